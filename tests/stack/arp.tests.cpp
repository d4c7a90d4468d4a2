// SPDX-License-Identifier: Apache-2.0
#include <dumbo/stack.hpp>

#include <cstddef>
#include <cstdint>

#include "stack/checked_stack.hpp"
#include "support/catch.hpp"

using dumbo::Error;
using dumbo::FrameVerdict;
using stack_test::ArpFrame;
using stack_test::Bytes;
using stack_test::CheckedStack;
using stack_test::small_config;

TEST_CASE("who asks for us is answered, byte by byte", "[stack]") {
    CheckedStack stack(small_config());
    const auto verdict = stack.receive(ArpFrame{});
    CHECK(verdict.kind == FrameVerdict::Kind::arp_request);
    CHECK_FALSE(verdict.error);
    const Bytes wanted = {
        0x06, 0x01, 0x23, 0x45, 0x67, 0x02, 0x06, 0x01, 0x23, 0x45, 0x67, 0x01, 0x08, 0x06,  // Ethernet
        0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x02,                                      // a reply
        0x06, 0x01, 0x23, 0x45, 0x67, 0x01, 169,  254,  169,  254,                           // of ours
        0x06, 0x01, 0x23, 0x45, 0x67, 0x02, 172,  16,   0,    2                              // to the guest
    };
    CHECK(stack.next_bytes() == wanted);
    CHECK(stack.next_bytes().empty());
    CHECK(stack.counters().arp_requests == 1);
    CHECK(stack.counters().frames_out == 1);
}

TEST_CASE("a request that was sent to us alone, or is padded, is answered as well", "[stack]") {
    CheckedStack stack(small_config());
    stack.receive(ArpFrame{.to = stack_test::our_mac});
    REQUIRE(stack.next_frame().arp);
    Bytes padded = bytes_of(ArpFrame{});
    padded.resize(60, 0xee);
    CHECK(stack.receive(padded).kind == FrameVerdict::Kind::arp_request);
    const auto reply = stack.next_frame().arp;
    REQUIRE(reply);
    CHECK(reply->operation == 2);
    CHECK(reply->to == stack_test::guest_mac);
}

TEST_CASE("the reply goes to the sender that the request names", "[stack]") {
    CheckedStack stack(small_config());
    const stack_test::Mac other = {2, 4, 6, 8, 10, 12};
    stack.receive(ArpFrame{.sender_mac = other, .sender_ip = {10, 1, 2, 3}});
    const auto reply = stack.next_frame().arp;
    REQUIRE(reply);
    CHECK(reply->to == other);
    CHECK(reply->target_mac == other);
    CHECK(reply->target_ip == stack_test::Ip{10, 1, 2, 3});
}

// RFC 5227, 2.1.1: a sender that does not use the address yet names none of its own.
TEST_CASE("who asks whether our address is taken hears that it is", "[stack]") {
    CheckedStack stack(small_config());
    CHECK(stack.receive(ArpFrame{.sender_ip = {}}).kind == FrameVerdict::Kind::arp_request);
    const auto reply = stack.next_frame().arp;
    REQUIRE(reply);
    CHECK(reply->to == stack_test::guest_mac);
    CHECK(reply->sender_mac == stack_test::our_mac);
    CHECK(reply->sender_ip == stack_test::our_ip);
    CHECK(reply->target_ip == stack_test::Ip{});
}

TEST_CASE("questions for others, and from nobody, are not answered", "[stack]") {
    CheckedStack stack(small_config());
    for (const ArpFrame& frame :
         {ArpFrame{.target_ip = {169, 254, 169, 253}}, ArpFrame{.target_ip = {}}, ArpFrame{.to = stack_test::guest_mac},
          ArpFrame{.to = {0x07, 0x01, 0x23, 0x45, 0x67, 0x01}}, ArpFrame{.from = {1, 0, 0, 0, 0, 1}},
          ArpFrame{.from = stack_test::everyone}, ArpFrame{.sender_mac = stack_test::everyone},
          ArpFrame{.sender_mac = {1, 2, 3, 4, 5, 6}}, ArpFrame{.sender_ip = {0, 1, 2, 3}},
          ArpFrame{.sender_ip = {127, 0, 0, 1}}, ArpFrame{.sender_ip = {224, 0, 0, 1}},
          ArpFrame{.sender_ip = {255, 255, 255, 255}}, ArpFrame{.sender_ip = stack_test::our_ip}}) {
        CHECK(stack.receive(frame).kind == FrameVerdict::Kind::foreign);
        CHECK(stack.next_bytes().empty());
    }
    CHECK(stack.counters().foreign == 13);
    CHECK(stack.counters().arp_requests == 0);
}

TEST_CASE("an ARP packet that is none is malformed", "[stack]") {
    CheckedStack stack(small_config());
    const Bytes good = bytes_of(ArpFrame{});
    const auto error_with = [&](std::size_t at, std::uint8_t value) {
        Bytes bytes = good;
        bytes[at] = value;
        const auto verdict = stack.receive(bytes);
        CHECK(verdict.kind == FrameVerdict::Kind::malformed);
        return verdict.error;
    };
    CHECK(error_with(15, 6) == Error::hardware_type);
    CHECK(error_with(17, 1) == Error::protocol_type);
    CHECK(error_with(18, 8) == Error::hardware_length);
    CHECK(error_with(19, 16) == Error::protocol_length);
    CHECK(error_with(21, 0) == Error::operation);
    for (std::size_t length = 0; length < good.size(); ++length) {
        const auto verdict = stack.receive(std::span(good).first(length));
        CHECK(verdict.kind == FrameVerdict::Kind::malformed);
        CHECK(verdict.error == (length < 14 ? Error::truncated : Error::length_mismatch));
    }
    CHECK(stack.counters().malformed == 5 + good.size());
    CHECK(stack.next_bytes().empty());
}

TEST_CASE("as many questions wait for their answers as there are places, and the others are counted", "[stack]") {
    CheckedStack stack(small_config());
    for (std::uint8_t i = 1; i <= 20; ++i) {
        CHECK(stack.receive(ArpFrame{.sender_ip = {10, 0, 0, i}}).kind == FrameVerdict::Kind::arp_request);
    }
    std::uint8_t answered = 0;
    while (const auto reply = stack.next_frame().arp) {
        ++answered;
        CHECK(reply->target_ip == stack_test::Ip{10, 0, 0, answered});  // in their order
    }
    CHECK(answered > 0);
    CHECK(stack.counters().arp_requests == 20);
    CHECK(stack.counters().arp_replies_lost == 20U - answered);
    stack.receive(ArpFrame{});
    CHECK(stack.next_frame().arp);
}
