// SPDX-License-Identifier: Apache-2.0
// A program of a user, in C++: the same exchange as in exchange.c, with the types of the C++ headers.
#include <dumbo/connection.hpp>

#include <array>
#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

int failures = 0;

void check(bool truth, const char* what) {
    if (!truth) {
        std::fprintf(stderr, "failed: %s\n", what);
        ++failures;
    }
}

constexpr dumbo::Ipv4AddressPair from_peer_to_us{{169, 254, 1, 2}, {169, 254, 169, 254}};
constexpr dumbo::Ipv4AddressPair from_us_to_peer{{169, 254, 169, 254}, {169, 254, 1, 2}};

std::span<const std::uint8_t> bytes_of(std::string_view text) {
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::vector<std::uint8_t> peer_segment(dumbo::SeqNumber seq, dumbo::SeqNumber ack, std::uint8_t flags,
                                       std::string_view text = {}) {
    const auto source = dumbo::ByteSource::of_bytes(bytes_of(text));
    std::optional<dumbo::TcpPayload> payload;
    if (!text.empty()) {
        payload = dumbo::TcpPayload{.source = &source, .offset = 0, .length = source.size()};
    }
    std::vector<std::uint8_t> buffer(20 + text.size());
    auto segment = dumbo::IncompleteTcpSegment::write(
        buffer, {.sequence_number = seq, .ack_number = ack, .flags = flags, .window = 30000}, 500, payload);
    check(segment.has_value(), "the peer's segment is written");
    std::move(*segment).complete({.source = 40000, .destination = 80}, from_peer_to_us);
    return buffer;
}

std::string receive(dumbo::Connection& connection, const std::vector<std::uint8_t>& bytes) {
    const auto segment = dumbo::TcpSegment::parse_verified(bytes, from_peer_to_us);
    check(segment.has_value(), "the peer's segment parses");
    std::array<std::uint8_t, 600> buffer{};
    const auto received = connection.receive_segment(*segment, buffer, 0);
    check(received && received->anomalies == 0, "it is received, and nothing is odd about it");
    return {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(received->length)};
}

struct Sent {
    std::uint8_t flags = 0;
    std::string text;
};

Sent write(dumbo::Connection& connection, const dumbo::PayloadSource* payload = nullptr) {
    std::array<std::uint8_t, 600> buffer{};
    auto written = connection.write_next_segment(buffer, 0, payload, 0);
    if (!written || !*written) {
        check(false, "a segment is written");
        return {};
    }
    const auto bytes = (*written)->segment.complete({.source = 80, .destination = 40000}, from_us_to_peer);
    const auto segment = dumbo::TcpSegment::parse_verified(bytes, from_us_to_peer);
    check(segment.has_value(), "it parses");
    return {segment->flags(), {segment->payload().begin(), segment->payload().end()}};
}

void exchange(dumbo::Connection& connection) {
    using namespace dumbo::tcp_flag;
    constexpr std::string_view question = "GET / HTTP/1.0\r\n\r\n";
    constexpr std::string_view answer = "HTTP/1.0 200 OK\r\n\r\nhello";

    check(write(connection).flags == (syn | ack), "the SYNACK");
    receive(connection, peer_segment(connection.next_expected(), connection.first_not_sent(), ack));
    check(connection.state() == dumbo::State::established, "the handshake is done");

    check(receive(connection, peer_segment(connection.next_expected(), connection.first_not_sent(), ack, question)) ==
              question,
          "the question arrives");
    const dumbo::PayloadSource payload{.bytes = dumbo::ByteSource::of_bytes(bytes_of(answer)),
                                       .first = connection.first_not_sent()};
    check(write(connection, &payload).text == answer, "the answer goes out");

    connection.close();
    receive(connection, peer_segment(connection.next_expected(), connection.first_not_sent(), ack));
    check(write(connection).flags == (ack | fin), "the FIN");
    receive(connection, peer_segment(connection.next_expected(), connection.first_not_sent(), ack | fin));
    check(write(connection).flags == ack, "the last ACK");
    check(connection.is_done() && connection.fin_acknowledged(), "both sides closed");
}

}  // namespace

int main() {
    const auto bytes = peer_segment(dumbo::SeqNumber(4294967290U), {}, dumbo::tcp_flag::syn);
    const auto syn = dumbo::TcpSegment::parse(bytes);
    check(syn.has_value(), "the SYN parses");

    const auto refused = dumbo::Connection::passive_open(*syn, {});
    check(!refused && refused.error() == dumbo::Error::invalid_argument, "a config without a timeout is refused");
    auto connection = dumbo::Connection::passive_open(*syn, {.rto_period = 1000});
    check(connection.has_value(), "a SYN opens a connection");
    exchange(*connection);
    std::printf("libdumbo in C++: %s\n", failures == 0 ? "all is well" : "something failed");
    return failures == 0 ? 0 : 1;
}
