// SPDX-License-Identifier: Apache-2.0
// A program of a user, in C++ on the C interface: a peer that this file plays connects, asks and is answered, and both
// sides close. It ends with 0 if everything went as it should.
#include <dumbo/dumbo.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace {

struct Free {
    void operator()(dumbo_connection* connection) const { dumbo_connection_free(connection); }
};
using Connection = std::unique_ptr<dumbo_connection, Free>;
using Bytes = std::vector<std::uint8_t>;

void expect(bool truth, const char* what) {
    if (!truth) {
        std::fprintf(stderr, "failed: %s\n", what);
        std::exit(1);
    }
}

// A segment of the peer's, whose checksum nobody looks at.
Bytes from_peer(std::uint32_t seq, std::uint32_t ack, int flags, std::string_view text = {}) {
    const dumbo_addressing addressing{.struct_size = sizeof addressing,
                                      .checksum = DUMBO_CHECKSUM_NONE,
                                      .source_port = 40000,
                                      .destination_port = 80,
                                      .source = {},
                                      .destination = {},
                                      .flags = 0};
    dumbo_tcp_fields fields{};
    fields.struct_size = sizeof fields;
    fields.seq = seq;
    fields.ack = ack;
    fields.flags = static_cast<std::uint8_t>(flags);
    fields.window = 30000;
    Bytes segment(20);
    std::size_t length = 0;
    expect(dumbo_tcp_write(segment.data(), segment.size(), &fields, nullptr, &addressing, &length) == DUMBO_OK,
           "the peer's header is written");
    segment.insert(segment.end(), text.begin(), text.end());
    return segment;
}

struct Received {
    std::int32_t code;
    std::size_t length;
    std::string text;
};

Received receive(const Connection& connection, const Bytes& segment, std::size_t room = 600) {
    Bytes buffer(room);
    std::size_t length = 0;
    std::uint32_t anomalies = 0;
    const auto code = dumbo_connection_receive_segment(connection.get(), segment.data(), segment.size(), nullptr,
                                                       buffer.data(), room, 0, &length, &anomalies);
    expect(anomalies == 0, "nothing is odd about a segment");
    return {code, length, code == DUMBO_OK ? std::string(buffer.begin(), buffer.begin() + length) : ""};
}

struct Sent {
    int flags;
    std::string text;
};

Sent write(const Connection& connection, const dumbo_payload* payload = nullptr) {
    const dumbo_addressing addressing{sizeof addressing, DUMBO_CHECKSUM_NONE, 80, 40000, {}, {}, 0};
    std::array<std::uint8_t, 600> buffer{};
    std::size_t length = 0;
    expect(dumbo_connection_write_next_segment(connection.get(), buffer.data(), buffer.size(), 0, payload, &addressing,
                                               0, &length, nullptr) == DUMBO_OK,
           "a segment is written");
    dumbo_tcp_segment segment{};
    segment.struct_size = sizeof segment;
    expect(dumbo_tcp_parse(buffer.data(), length, nullptr, &segment) == DUMBO_OK, "it parses");
    const auto* text = buffer.data() + segment.header_length;
    return {segment.flags, std::string(text, text + segment.payload_length)};
}

Connection open_connection(std::uint32_t peer) {
    dumbo_connection_config config;
    dumbo_connection_config_init(&config, sizeof config);
    config.rto_period = 1000;
    dumbo_connection* connection = nullptr;
    auto syn = from_peer(peer, 0, DUMBO_TCP_SYN, "early");
    expect(dumbo_connection_passive_open(&connection, syn.data(), syn.size(), nullptr, &config, nullptr) ==
               DUMBO_ERR_INVALID_SYN,
           "a SYN with a payload is refused");
    syn = from_peer(peer, 0, DUMBO_TCP_SYN);
    expect(dumbo_connection_passive_open(&connection, syn.data(), syn.size(), nullptr, &config, nullptr) == DUMBO_OK,
           "a SYN opens a connection");
    return Connection(connection);
}

void exchange(const Connection& connection, std::uint32_t peer) {
    constexpr std::string_view question = "GET / HTTP/1.0\r\n\r\n";
    constexpr std::string_view answer = "HTTP/1.0 200 OK\r\n\r\nhello";

    expect(write(connection).flags == (DUMBO_TCP_SYN | DUMBO_TCP_ACK), "the SYN is answered");
    auto us = dumbo_connection_first_not_sent(connection.get());
    receive(connection, from_peer(peer, us, DUMBO_TCP_ACK));
    expect(dumbo_connection_is_established(connection.get()), "the handshake is done");

    const auto asked = from_peer(peer, us, DUMBO_TCP_ACK | DUMBO_TCP_PSH, question);
    const auto refused = receive(connection, asked, 3);
    expect(refused.code == DUMBO_ERR_BUFFER_TOO_SMALL && refused.length == question.size(),
           "a short buffer is refused");
    expect(receive(connection, asked).text == question, "the question arrives");
    peer += static_cast<std::uint32_t>(question.size());

    dumbo_payload payload{};
    payload.struct_size = sizeof payload;
    payload.bytes = reinterpret_cast<const std::uint8_t*>(answer.data());
    payload.len = answer.size();
    payload.seq = us;
    expect(write(connection, &payload).text == answer, "the answer goes out");
    us += static_cast<std::uint32_t>(answer.size());

    dumbo_connection_close(connection.get());
    receive(connection, from_peer(peer, us, DUMBO_TCP_ACK));
    expect(write(connection).flags == (DUMBO_TCP_ACK | DUMBO_TCP_FIN), "our FIN");
    receive(connection, from_peer(peer, us + 1, DUMBO_TCP_ACK | DUMBO_TCP_FIN));
    expect(write(connection).flags == DUMBO_TCP_ACK, "the last ACK");
    expect(dumbo_connection_is_done(connection.get()), "both sides have closed");
    expect(dumbo_connection_fin_acknowledged(connection.get()), "the peer has everything");
}

}  // namespace

int main() {
    constexpr std::uint32_t peer = 1000;
    exchange(open_connection(peer), peer + 1);
    std::printf("libdumbo %s from C++: all is well\n", dumbo_version_string());
}
