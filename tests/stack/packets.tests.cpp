// SPDX-License-Identifier: Apache-2.0
#include <dumbo/stack.hpp>

#include <cstddef>
#include <cstdint>

#include "scenario/dice.hpp"
#include "stack/checked_stack.hpp"
#include "support/catch.hpp"

using dumbo::Error;
using dumbo::FrameVerdict;
using stack_test::Bytes;
using stack_test::CheckedStack;
using stack_test::repair_checksums;
using stack_test::small_config;
using stack_test::TcpFrame;

namespace {

const TcpFrame a_syn{.seq = 5000, .flags = stack_test::syn};

constexpr std::size_t header_at = 14;
constexpr std::size_t segment_at = 34;

}  // namespace

TEST_CASE("a SYN to one of our ports begins a connection", "[stack]") {
    CheckedStack stack(small_config());
    const auto verdict = stack.receive(a_syn);
    CHECK(verdict.kind == FrameVerdict::Kind::opening);
    CHECK(verdict.connection != 0);
    CHECK(stack.raw().connection(verdict.connection) == nullptr);  // not yet
    CHECK(stack.count() == 1);
    const auto synack = stack.next_frame().tcp;
    REQUIRE(synack);
    CHECK(synack->flags == (stack_test::syn | stack_test::ack));
    CHECK(synack->ack == 5001);
    CHECK(synack->window == 1000);
    CHECK(synack->to == stack_test::guest_mac);
    CHECK(synack->from == stack_test::our_mac);
    CHECK(synack->source == stack_test::our_ip);
    CHECK(synack->destination == stack_test::guest_ip);
    CHECK(synack->source_port == 80);
    CHECK(synack->destination_port == 1024);
}

TEST_CASE("frames for others, and from nobody who could be answered, are foreign", "[stack]") {
    CheckedStack stack(small_config());
    std::uint64_t count = 0;
    const auto is_foreign = [&](const TcpFrame& frame) {
        ++count;
        return stack.receive(frame).kind == FrameVerdict::Kind::foreign && stack.next_bytes().empty();
    };
    const auto with = [](auto change) {
        TcpFrame frame = a_syn;
        change(frame);
        return frame;
    };
    CHECK(is_foreign(with([](TcpFrame& f) { f.to[5] ^= 1U; })));
    CHECK(is_foreign(with([](TcpFrame& f) { f.to = stack_test::everyone; })));
    CHECK(is_foreign(with([](TcpFrame& f) { f.to[0] |= 1U; })));
    CHECK(is_foreign(with([](TcpFrame& f) { f.from = stack_test::everyone; })));
    CHECK(is_foreign(with([](TcpFrame& f) { f.from[0] |= 1U; })));
    CHECK(is_foreign(with([](TcpFrame& f) { f.ethertype = 0x86dd; })));
    CHECK(is_foreign(with([](TcpFrame& f) { f.ethertype = 0; })));
    for (const stack_test::Ip& destination :
         {stack_test::Ip{169, 254, 169, 253}, {255, 255, 255, 255}, {224, 0, 0, 1}, {169, 254, 255, 255}, {}}) {
        CHECK(is_foreign(with([&](TcpFrame& f) { f.destination = destination; })));
    }
    for (const stack_test::Ip& source : {stack_test::Ip{},
                                         stack_test::Ip{0, 1, 2, 3},
                                         {127, 0, 0, 1},
                                         {127, 255, 255, 255},
                                         {224, 0, 0, 1},
                                         {239, 1, 1, 1},
                                         {240, 0, 0, 1},
                                         {255, 255, 255, 255},
                                         stack_test::our_ip}) {
        CHECK(is_foreign(with([&](TcpFrame& f) { f.source = source; })));
    }
    for (const int protocol : {0, 1, 2, 17, 58, 255}) {
        CHECK(is_foreign(with([&](TcpFrame& f) { f.protocol = static_cast<std::uint8_t>(protocol); })));
    }
    CHECK(stack.counters().foreign == count);
    CHECK(stack.count() == 0);
    for (const stack_test::Ip& source :
         {stack_test::Ip{1, 0, 0, 0}, {126, 255, 255, 255}, {128, 0, 0, 1}, {223, 255, 255, 255}}) {
        const auto verdict = stack.receive(with([&](TcpFrame& f) { f.source = source; }));
        CHECK(verdict.kind == FrameVerdict::Kind::opening);
        static_cast<void>(stack.next_bytes());
    }
}

TEST_CASE("fragments are refused and counted, wherever they are from", "[stack]") {
    CheckedStack stack(small_config());
    for (const int fragment : {0x2000, 0x0001, 0x1fff, 0x2001, 0x6000, 0x3fff}) {
        TcpFrame frame = a_syn;
        frame.fragment = static_cast<std::uint16_t>(fragment);
        CHECK(stack.receive(frame).kind == FrameVerdict::Kind::fragment);
    }
    CHECK(stack.counters().fragments == 6);
    CHECK(stack.count() == 0);
    CHECK(stack.next_bytes().empty());
    TcpFrame whole = a_syn;
    whole.fragment = 0x4000;  // must not be fragmented, and is not
    CHECK(stack.receive(whole).kind == FrameVerdict::Kind::opening);
}

TEST_CASE("every bit of a packet is under one of the checksums", "[stack]") {
    CheckedStack stack(small_config());
    TcpFrame frame = a_syn;
    frame.packet_options = {1, 1, 1, 0};
    frame.options = {2, 4, 5, 0xb4};
    const Bytes good = bytes_of(frame);
    for (std::size_t bit = header_at * 8; bit < good.size() * 8; ++bit) {
        Bytes bad = good;
        bad[bit / 8] = static_cast<std::uint8_t>(bad[bit / 8] ^ 1U << bit % 8);
        const auto kind = stack.receive(bad).kind;
        CHECK(kind == FrameVerdict::Kind::malformed);
    }
    CHECK(stack.counters().checksum_errors + stack.counters().malformed == (good.size() - header_at) * 8);
    CHECK(stack.counters().checksum_errors > stack.counters().malformed);
    CHECK(stack.count() == 0);
    CHECK(stack.next_bytes().empty());
    CHECK(stack.receive(good).kind == FrameVerdict::Kind::opening);
}

TEST_CASE("where a device has verified the checksums they are not looked at", "[stack]") {
    auto config = small_config();
    config.verifies_checksums = false;
    CheckedStack stack(config);
    Bytes bytes = bytes_of(a_syn);
    bytes[header_at + 10] ^= 0xffU;
    bytes[segment_at + 16] ^= 0xffU;
    CHECK(stack.receive(bytes).kind == FrameVerdict::Kind::opening);
    CHECK(stack.counters().checksum_errors == 0);
}

TEST_CASE("what goes out has the checksums that the config asks for", "[stack]") {
    using dumbo::ChecksumPolicy;
    using stack_test::TcpChecksum;
    for (const auto& [policy, checksum] :
         {std::pair{ChecksumPolicy::full, TcpChecksum::full}, std::pair{ChecksumPolicy::none, TcpChecksum::none},
          std::pair{ChecksumPolicy::pseudo_header, TcpChecksum::pseudo_header}}) {
        auto config = small_config();
        config.checksums = policy;
        CheckedStack stack(config);
        stack.checksum = checksum;
        stack.receive(a_syn);
        TcpFrame elsewhere = a_syn;
        elsewhere.destination_port = 81;
        stack.receive(elsewhere);
        CHECK(stack.next_frame().tcp);
        CHECK(stack.next_frame().tcp);
    }
}

TEST_CASE("options of IPv4 are skipped", "[stack]") {
    for (std::size_t length = 0; length <= 40; length += 4) {
        CheckedStack stack(small_config());
        TcpFrame frame = a_syn;
        frame.packet_options = Bytes(length, 1);
        CHECK(stack.receive(frame).kind == FrameVerdict::Kind::opening);
        const auto synack = stack.next_frame().tcp;
        REQUIRE(synack);
        CHECK(synack->ack == 5001);
    }
}

TEST_CASE("what a link pads a frame with is not looked at", "[stack]") {
    for (std::size_t padding = 0; padding < 64; ++padding) {
        CheckedStack stack(small_config());
        Bytes bytes = bytes_of(a_syn);
        bytes.resize(bytes.size() + padding, 0xee);
        CHECK(stack.receive(bytes).kind == FrameVerdict::Kind::opening);
    }
}

TEST_CASE("a frame that was cut anywhere is malformed", "[stack]") {
    CheckedStack stack(small_config());
    TcpFrame frame = a_syn;
    frame.packet_options = Bytes(8, 1);
    frame.options = {2, 4, 5, 0xb4, 1, 1, 1, 1};
    const Bytes good = bytes_of(frame);
    for (std::size_t length = 0; length < good.size(); ++length) {
        const auto verdict = stack.receive(std::span(good).first(length));
        CHECK(verdict.kind == FrameVerdict::Kind::malformed);
        CHECK(verdict.error);
    }
    CHECK(stack.counters().malformed == good.size());
    CHECK(stack.next_bytes().empty());
}

TEST_CASE("no length that a frame lies about leads outside of it", "[stack]") {
    CheckedStack stack(small_config());
    TcpFrame frame = a_syn;
    frame.packet_options = Bytes(8, 1);
    frame.options = {2, 4, 5, 0xb4};
    frame.destination_port = 81;
    const Bytes good = bytes_of(frame);
    for (std::size_t cut = header_at; cut <= good.size(); ++cut) {
        for (std::size_t total = 0; total <= good.size() + 8; ++total) {
            Bytes bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(cut));
            if (cut >= header_at + 4) {
                bytes[header_at + 2] = static_cast<std::uint8_t>(total >> 8U);
                bytes[header_at + 3] = static_cast<std::uint8_t>(total);
            }
            repair_checksums(bytes);
            // A SYN that lost its options, or keeps some, is one all the same, if its own header length allows it.
            const bool is_whole = cut == good.size() && total == good.size() - header_at;
            CHECK((stack.receive(bytes).kind == FrameVerdict::Kind::malformed) == !is_whole);
            static_cast<void>(stack.next_bytes());
        }
    }
    for (unsigned nibbles = 0; nibbles < 256; ++nibbles) {
        for (const std::size_t at : {header_at, segment_at + 8 + 12}) {
            Bytes bytes = good;
            bytes[at] = static_cast<std::uint8_t>(nibbles);
            repair_checksums(bytes);
            stack.receive(bytes);  // the sanitizers look
            static_cast<void>(stack.next_bytes());
        }
    }
    CHECK(stack.count() == 0);
}

TEST_CASE("the first test lets everything through that the second one takes", "[stack]") {
    // The checked stack compares the two: here with frames that are almost right.
    CheckedStack stack(small_config(), 16);
    scenario::Dice dice(1);
    for (int i = 0; i < 20'000; ++i) {
        Bytes bytes = dice.one_in(3) ? bytes_of(stack_test::ArpFrame{}) : bytes_of(a_syn);
        for (std::uint64_t changes = dice.below(3); changes > 0; --changes) {
            bytes[dice.size_below(bytes.size())] = static_cast<std::uint8_t>(dice.any());
        }
        bytes.resize(dice.one_in(4) ? dice.size_below(80) : bytes.size());
        if (dice.one_in(2)) {
            repair_checksums(bytes);
        }
        stack.receive(bytes);
        static_cast<void>(stack.next_bytes());
    }
    CHECK(stack.counters().frames_in == 20'000);
    CHECK_FALSE(stack.raw().is_for_us(bytes_of(stack_test::ArpFrame{.target_ip = {10, 0, 0, 1}})));
    TcpFrame other = a_syn;
    other.destination = {10, 0, 0, 1};
    CHECK_FALSE(stack.raw().is_for_us(bytes_of(other)));
}
