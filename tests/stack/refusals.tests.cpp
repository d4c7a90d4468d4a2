// SPDX-License-Identifier: Apache-2.0
#include <dumbo/stack.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>

#include "stack/checked_stack.hpp"
#include "support/catch.hpp"

using dumbo::Error;
using dumbo::FrameVerdict;
using stack_test::Bytes;
using stack_test::CheckedStack;
using stack_test::small_config;
using stack_test::TcpFrame;

namespace {

constexpr std::uint16_t closed_port = 81;

std::optional<TcpFrame> answer_to(CheckedStack& stack, const TcpFrame& frame) {
    CHECK(stack.receive(frame).kind == FrameVerdict::Kind::refused);
    auto answer = stack.next_frame().tcp;
    CHECK(stack.next_bytes().empty());
    return answer;
}

}  // namespace

// RFC 9293, 3.10.7.1.
TEST_CASE("a segment of no connection is answered with the RST that its sender believes", "[stack]") {
    CheckedStack stack(small_config());
    for (unsigned flags = 0; flags < 256; ++flags) {
        for (const std::uint16_t port : {closed_port, stack_test::our_port}) {
            const auto bits = static_cast<std::uint8_t>(flags);
            const bool is_syn = (bits & (stack_test::syn | stack_test::ack | stack_test::rst)) == stack_test::syn;
            if ((bits & stack_test::rst) != 0 || (is_syn && port == stack_test::our_port)) {
                continue;
            }
            const TcpFrame frame{.from = {2, 2, 2, 2, 2, 2},
                                 .source = {10, 9, 8, 7},
                                 .source_port = 4321,
                                 .destination_port = port,
                                 .seq = 0xfffffff0,
                                 .ack = 777,
                                 .flags = bits,
                                 .payload = Bytes(50)};
            const auto answer = answer_to(stack, frame);
            REQUIRE(answer);
            CHECK(answer->to == frame.from);
            CHECK(answer->destination == frame.source);
            CHECK(answer->source_port == port);
            CHECK(answer->destination_port == 4321);
            CHECK(answer->payload.empty());
            if ((bits & stack_test::ack) != 0) {
                CHECK(answer->flags == stack_test::rst);
                CHECK(answer->seq == 777);
            } else {
                CHECK(answer->flags == (stack_test::rst | stack_test::ack));
                CHECK(answer->seq == 0);
                CHECK(answer->ack == frame.seq + frame.length());
            }
        }
    }
}

TEST_CASE("a RST is never answered", "[stack]") {
    CheckedStack stack(small_config());
    for (unsigned flags = 0; flags < 256; ++flags) {
        for (const std::uint16_t port : {closed_port, stack_test::our_port, std::uint16_t{0}}) {
            const TcpFrame frame{.destination_port = port, .flags = static_cast<std::uint8_t>(flags | stack_test::rst)};
            CHECK_FALSE(answer_to(stack, frame));
        }
    }
    CHECK(stack.counters().refused == 3 * 256);
    CHECK(stack.counters().frames_out == 0);
}

TEST_CASE("port 0 is a port of nobody's, whatever stands for none in the config", "[stack]") {
    CheckedStack stack(small_config());
    const auto answer = answer_to(stack, {.destination_port = 0, .flags = stack_test::syn});
    REQUIRE(answer);
    CHECK(answer->flags == (stack_test::rst | stack_test::ack));
    CHECK(stack.receive(TcpFrame{.destination_port = 8080, .flags = stack_test::syn}).kind ==
          FrameVerdict::Kind::opening);
}

TEST_CASE("a SYN that cannot begin a connection is refused, and the reason is told", "[stack]") {
    CheckedStack stack(small_config());
    const auto refused = [&stack](const TcpFrame& frame, Error error) {
        const auto verdict = stack.receive(frame);
        const auto answer = stack.next_frame().tcp;
        return verdict.kind == FrameVerdict::Kind::refused && verdict.error == error && answer &&
               answer->flags == (stack_test::rst | stack_test::ack) && answer->ack == frame.seq + frame.length();
    };
    CHECK(refused({.seq = 9, .flags = stack_test::syn, .payload = Bytes(3)}, Error::invalid_syn));
    CHECK(refused({.seq = 9, .flags = stack_test::syn | stack_test::fin}, Error::invalid_syn));
    CHECK(refused({.seq = 9, .flags = stack_test::syn, .options = {2, 4, 0, 99}}, Error::mss_option));
    CHECK(refused({.seq = 9, .flags = stack_test::syn, .options = {3, 0, 0, 0}}, Error::mss_option));
    CHECK(stack.count() == 0);
    CHECK(stack.counters().opened == 0);
}

// RFC 3168, 6.1.1: SYN, ECE and CWR together ask for ECN. Who has none leaves ECE away in the SYNACK; with a RST a
// guest that has ECN switched on could not connect at all.
TEST_CASE("a SYN that asks for ECN begins a connection without it", "[stack]") {
    CheckedStack stack(small_config());
    constexpr std::uint8_t ece_cwr = 0xc0;
    CHECK(stack.receive(TcpFrame{.flags = stack_test::syn | ece_cwr}).kind == FrameVerdict::Kind::opening);
    const auto synack = stack.next_frame().tcp;
    REQUIRE(synack);
    CHECK(synack->flags == (stack_test::syn | stack_test::ack));
}

TEST_CASE("a SYN that asks for ECN is verified as it came, unless a device has done so", "[stack]") {
    Bytes frame = bytes_of(TcpFrame{.flags = stack_test::syn | 0xc0});
    constexpr std::size_t checksum_at = 14 + 20 + 16;
    frame[checksum_at] ^= 1U;
    CheckedStack stack(small_config());
    const auto verdict = stack.receive(frame);
    CHECK(verdict.kind == FrameVerdict::Kind::malformed);
    CHECK(verdict.error == Error::checksum);
    CHECK(stack.counters().checksum_errors == 1);
    auto config = small_config();
    config.verifies_checksums = false;
    CheckedStack trusting(config);
    CHECK(trusting.receive(frame).kind == FrameVerdict::Kind::opening);
}

// With ECN or without, the RST acknowledges all of the payload, or else its sender does not believe it.
TEST_CASE("a SYN with payload is refused with the right RST, whether it asks for ECN or not", "[stack]") {
    CheckedStack stack(small_config());
    for (const std::size_t length : {1U, 39U, 40U, 41U, 1000U}) {
        for (const unsigned ecn : {0x00U, 0xc0U}) {
            for (const std::uint16_t port : {closed_port, stack_test::our_port}) {
                const auto answer = answer_to(stack, {.destination_port = port,
                                                      .seq = 100,
                                                      .flags = static_cast<std::uint8_t>(stack_test::syn | ecn),
                                                      .payload = Bytes(length)});
                REQUIRE(answer);
                CHECK(answer->ack == 101 + length);
            }
        }
    }
    CHECK(stack.count() == 0);
}

TEST_CASE("RSTs wait in as many places as the config has, and those that find none are counted", "[stack]") {
    CheckedStack stack(small_config());  // 4 of them
    for (std::uint16_t port = 1; port <= 10; ++port) {
        CHECK(stack.receive(TcpFrame{.source_port = port, .destination_port = closed_port, .flags = stack_test::syn})
                  .kind == FrameVerdict::Kind::refused);
    }
    CHECK(stack.counters().refused == 10);
    CHECK(stack.counters().rsts_lost == 6);
    for (std::uint16_t port = 1; port <= 4; ++port) {
        const auto answer = stack.next_frame().tcp;
        REQUIRE(answer);
        CHECK(answer->destination_port == port);  // the oldest ones, in their order
    }
    CHECK(stack.next_bytes().empty());
    // The places can be used again, round and round.
    for (std::uint16_t port = 1; port <= 50; ++port) {
        CHECK(answer_to(stack, {.source_port = port, .destination_port = closed_port, .flags = stack_test::syn}));
    }
    CHECK(stack.counters().rsts_lost == 6);
}

TEST_CASE("time does not go backwards, and a refused call changes nothing", "[stack]") {
    CheckedStack stack(small_config());
    stack.receive(TcpFrame{.destination_port = closed_port, .flags = stack_test::syn});
    const auto before = stack.counters();
    Bytes buffer(100);
    const auto received = stack.raw().receive_frame(bytes_of(TcpFrame{}), stack.now - 1);
    REQUIRE_FALSE(received);
    CHECK(received.error() == Error::timestamp_decreased);
    const auto written = stack.raw().next_frame(buffer, stack.now - 1);
    REQUIRE_FALSE(written);
    CHECK(written.error() == Error::timestamp_decreased);
    const auto status = stack.raw().next(stack.now - 1);
    REQUIRE_FALSE(status);
    CHECK(status.error() == Error::timestamp_decreased);
    CHECK(stack.counters().frames_in == before.frames_in);
    CHECK(stack.counters().frames_out == before.frames_out);
    // A buffer that is too small loses nothing either.
    for (std::size_t room = 0; room < dumbo::Stack::frame_minimum; ++room) {
        const auto none = stack.raw().next_frame(std::span(buffer).first(room), stack.now);
        REQUIRE_FALSE(none);
        CHECK(none.error() == Error::buffer_too_small);
    }
    CHECK_FALSE(stack.next_bytes(dumbo::Stack::frame_minimum).empty());
}
