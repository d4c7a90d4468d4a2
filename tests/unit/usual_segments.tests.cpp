// SPDX-License-Identifier: Apache-2.0
#include <dumbo/connection.hpp>

#include <array>
#include <cstdint>
#include <optional>

#include "support/catch.hpp"
#include "tcp/arrival.hpp"
#include "tcp/departure.hpp"
#include "unit/support/bytes.hpp"
#include "unit/support/segment.hpp"

// What is taken and written by header prediction against the steps that leave nothing out: two connections go through
// the same, one by its own functions, the other by the steps alone, and are the same after each of them.
using dumbo::ByteSource;
using dumbo::Connection;
using dumbo::SeqNumber;
using dumbo_test::Bytes;
using dumbo_test::Random;
using dumbo_test::View;

namespace {

constexpr std::size_t source_length = 4000;

struct Tally {
    std::size_t usual_takes = 0;
    std::size_t usual_writes = 0;
    std::size_t steps = 0;
};

Connection opened(Random& random) {
    const Bytes syn =
        dumbo_test::segment_bytes({.seq = 999, .flags = dumbo::tcp_flag::syn, .window = 400, .options = {2, 4, 1, 0}});
    const auto segment = dumbo::TcpSegment::parse(syn);
    REQUIRE(segment);
    const auto connection =
        Connection::passive_open(*segment, {.local_rwnd_size = static_cast<std::uint32_t>(random.below(70'000)),
                                            .rto_period = 1 + random.below(30),
                                            .rto_count_max = static_cast<std::uint16_t>(1 + random.below(20)),
                                            .isn = SeqNumber(static_cast<std::uint32_t>(random.next())),
                                            .options = random.byte()});
    REQUIRE(connection);
    return *connection;
}

class Twins {
public:
    Twins(Random& random, Tally& tally) : random_(random), tally_(tally), usual_(opened(random)), plain_(usual_) {
        shake_hands();
    }

    void step() {
        now_ += random_.below(8) == 0 ? random_.below(12) : 0;
        switch (random_.below(16)) {
            case 0:
                on_both([n = static_cast<std::uint32_t>(random_.below(3000))](Connection& c) {
                    c.advance_local_rwnd_edge(n);
                });
                break;
            case 1:
                if (random_.below(6) == 0) {
                    on_both([n = static_cast<std::uint32_t>(random_.below(3000))](Connection& c) {
                        static_cast<void>(c.close_after(n));
                    });
                }
                break;
            case 2:
                if (random_.below(40) == 0) {
                    on_both([](Connection& c) { c.reset(); });
                }
                break;
            case 3:
            case 4:
            case 5:
            case 6:
            case 7:
            case 8:
                write();
                break;
            default:
                receive();
                break;
        }
        REQUIRE(usual_.snapshot() == plain_.snapshot());
        ++tally_.steps;
    }

private:
    // Most walks begin behind it.
    void shake_hands() {
        if (random_.below(10) == 0) {
            return;
        }
        Bytes synack(24);
        REQUIRE(usual_.write_next_segment(synack, 0, nullptr, now_));
        const Bytes ack = dumbo_test::segment_bytes({.seq = usual_.next_expected().value(),
                                                     .ack = usual_.first_not_sent().value(),
                                                     .flags = dumbo::tcp_flag::ack,
                                                     .window = window()});
        const auto segment = dumbo::TcpSegment::parse(ack);
        REQUIRE(segment);
        REQUIRE(usual_.receive_segment_in_place(*segment, now_));
        plain_ = usual_;
    }

    template <typename Change>
    void on_both(Change change) {
        change(usual_);
        change(plain_);
    }

    // Mostly what a peer would send, and now and then something near it.
    [[nodiscard]] Bytes segment() {
        std::uint32_t seq = usual_.next_expected().value();
        std::uint32_t ack = usual_.highest_ack_received().value();
        const std::uint32_t outstanding = usual_.first_not_sent().distance_from(usual_.highest_ack_received());
        ack +=
            random_.below(3) == 0 || outstanding == 0 ? 0 : static_cast<std::uint32_t>(random_.below(outstanding + 1));
        std::uint8_t flags = dumbo::tcp_flag::ack;
        if (random_.below(60) == 0) {
            flags = random_.byte();
        }
        if (random_.below(30) == 0) {
            ack = static_cast<std::uint32_t>(ack + random_.below(7) - 3);
        }
        if (random_.below(30) == 0) {
            seq = static_cast<std::uint32_t>(seq + random_.below(7) - 3);
        }
        const std::size_t length = random_.below(4) == 0 ? random_.below(50) : 0;
        return dumbo_test::segment_bytes(
            {.seq = seq, .ack = ack, .flags = flags, .window = window(), .payload = random_.bytes(length)});
    }

    [[nodiscard]] std::uint16_t window() {
        return static_cast<std::uint16_t>(is_narrow_ ? random_.below(4) * random_.below(300) : 40'000);
    }

    void receive() {
        const Bytes bytes = segment();
        const auto parsed = dumbo::TcpSegment::parse(bytes);
        REQUIRE(parsed);
        Connection copy = plain_;
        tally_.usual_takes += Connection::Usual::take(copy, *parsed, now_) ? 1U : 0U;
        const auto other = Connection::Arrival(plain_, *parsed, now_).take_if_alive();
        if (random_.below(2) == 0) {
            check_same(usual_.receive_segment_in_place(*parsed, now_), other);
        } else {
            check_same(receive_copying(bytes, parsed->payload()), other);
        }
    }

    // Verified or not, with and without room to spare. Before it, what is damaged is refused, and changes nothing.
    dumbo::Result<dumbo::Received> receive_copying(Bytes bytes, View payload) {
        const dumbo::Ipv4AddressPair addresses{{1, 2, 3, 4}, {5, 6, 7, 8}};
        const bool is_verified = random_.below(2) == 0;
        Bytes room(payload.size() + random_.below(2));
        if (is_verified) {
            const std::uint16_t checksum = dumbo::transport_checksum(addresses, dumbo::IpProtocol::tcp, bytes);
            bytes[16] = static_cast<std::uint8_t>(checksum >> 8U);
            bytes[17] = static_cast<std::uint8_t>(checksum & 0xffU);
            Bytes damaged = bytes;
            damaged[random_.below(4)] ^= 0x40U;  // a port, which the connection does not look at
            const auto refused = usual_.receive_segment(damaged, &addresses, room, now_);
            REQUIRE_FALSE(refused);
            REQUIRE(refused.error() == dumbo::Error::checksum);
        }
        const auto received = usual_.receive_segment(bytes, is_verified ? &addresses : nullptr, room, now_);
        if (received) {
            REQUIRE(dumbo_test::same_bytes(View(room).first(received->length), payload.first(received->length)));
        }
        return received;
    }

    static void check_same(const dumbo::Result<dumbo::Received>& one, const dumbo::Result<dumbo::Received>& other) {
        REQUIRE(one.has_value() == other.has_value());
        if (one) {
            REQUIRE(one->length == other->length);
            REQUIRE(one->anomalies == other->anomalies);
        } else {
            REQUIRE(one.error() == other.error());
        }
    }

    void write() {
        const std::size_t first = random_.below(3) == 0 ? random_.below(100) : 0;
        static const Bytes bytes = dumbo_test::random_bytes(source_length, 1);
        const auto contiguous = ByteSource::of_bytes(View(bytes).first(random_.below(source_length)));
        const std::array<ByteSource::Piece, 1> pieces = {View(bytes)};
        dumbo::PayloadSource source{.bytes = random_.below(4) == 0 ? ByteSource::of_pieces(pieces) : contiguous,
                                    .first = usual_.highest_ack_received() - static_cast<std::uint32_t>(first)};
        if (random_.below(20) == 0) {
            source.first = source.first + static_cast<std::uint32_t>(random_.below(5000));
        }
        const dumbo::PayloadSource* const payload = random_.below(3) == 0 ? nullptr : &source;
        const auto reserved = static_cast<std::uint16_t>(random_.below(12) == 0 ? random_.below(300) : 0);
        const std::size_t room = random_.below(8) == 0 ? random_.below(200) : 5000;
        const dumbo::Offload offload{
            .checksum = static_cast<dumbo::ChecksumPolicy>(random_.below(3)),
            .segmentation = random_.below(4) == 0 ? dumbo::Segmentation::by_device : dumbo::Segmentation::ours};
        tally_.usual_writes += is_usual(payload, reserved, room, offload) ? 1U : 0U;

        Bytes ones(room);
        Bytes others(room);
        dumbo::Sent one;
        dumbo::Sent other;
        const auto error = usual_.write_next_segment_to(one, ones, reserved, payload, now_, offload);
        REQUIRE(Connection::Departure::write_next_segment(plain_, other, others, reserved, payload, now_, offload) ==
                error);
        REQUIRE(one.cause == other.cause);
        if (one.cause != dumbo::Cause::none) {
            const dumbo::Ipv4AddressPair addresses{{1, 2, 3, 4}, {5, 6, 7, 8}};
            REQUIRE(dumbo_test::same_bytes(one.segment.complete({1, 2}, addresses),
                                           other.segment.complete({1, 2}, addresses)));
        }
    }

    [[nodiscard]] bool is_usual(const dumbo::PayloadSource* payload, std::uint16_t reserved, std::size_t room,
                                const dumbo::Offload& offload) const {
        Connection copy = plain_;
        Bytes buffer(room);
        dumbo::IncompleteTcpSegment segment;
        return Connection::Usual::write(copy, segment, buffer, reserved, payload, now_, offload).has_value();
    }

    Random& random_;
    Tally& tally_;
    Connection usual_;
    Connection plain_;
    bool is_narrow_ = random_.below(2) == 0;  // the peer's window, which closes then
    std::uint64_t now_ = 0;
};

}  // namespace

TEST_CASE("header prediction does what the steps do that leave nothing out", "[usual]") {
    Random random(20);
    Tally tally;
    for (int round = 0; round < 2000; ++round) {
        CAPTURE(round);
        Twins twins(random, tally);
        for (int i = 0; i < 60; ++i) {
            twins.step();
        }
    }
    CAPTURE(tally.usual_takes, tally.usual_writes, tally.steps);
    CHECK(tally.usual_takes > 5000);
    CHECK(tally.usual_writes > 5000);
}

TEST_CASE("the ACK of a probe ends the probing, as usual", "[usual]") {
    const Bytes syn = dumbo_test::segment_bytes({.seq = 999, .flags = dumbo::tcp_flag::syn, .window = 0});
    const auto parsed_syn = dumbo::TcpSegment::parse(syn);
    REQUIRE(parsed_syn);
    auto usual = Connection::passive_open(
        *parsed_syn, {.rto_period = 10, .isn = SeqNumber(100), .options = dumbo::option::zero_window_probe});
    REQUIRE(usual);
    Bytes buffer(100);
    REQUIRE(usual->write_next_segment(buffer, 0, nullptr, 0));
    const auto ack_of = [](std::uint32_t ack, std::uint16_t window) {
        return dumbo_test::segment_bytes({.seq = 1000, .ack = ack, .flags = dumbo::tcp_flag::ack, .window = window});
    };
    const Bytes end_of_handshake = ack_of(101, 0);
    REQUIRE(usual->receive_segment(end_of_handshake, nullptr, {}, 0));
    const Bytes bytes = dumbo_test::random_bytes(50);
    const dumbo::PayloadSource source{.bytes = ByteSource::of_bytes(bytes), .first = SeqNumber(101)};
    dumbo::Sent sent;
    REQUIRE_FALSE(usual->write_next_segment_to(sent, buffer, 0, &source, 0));
    REQUIRE(sent.cause == dumbo::Cause::none);
    REQUIRE_FALSE(usual->write_next_segment_to(sent, buffer, 0, &source, 10));
    REQUIRE(sent.cause == dumbo::Cause::probe);

    const Bytes answer = ack_of(102, 1000);
    const auto parsed_answer = dumbo::TcpSegment::parse(answer);
    REQUIRE(parsed_answer);
    Connection plain = *usual;
    Connection recognized = *usual;
    CHECK(Connection::Usual::take(recognized, *parsed_answer, 11));
    CHECK(Connection::Arrival(plain, *parsed_answer, 11).take_if_alive());
    CHECK(recognized.snapshot() == plain.snapshot());
}
