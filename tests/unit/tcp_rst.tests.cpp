// SPDX-License-Identifier: Apache-2.0
#include <dumbo/tcp_segment.hpp>

#include <cstdint>

#include "support/catch.hpp"
#include "unit/support/bytes.hpp"
#include "unit/support/segment.hpp"

using dumbo::RstConfig;
using dumbo::SeqNumber;
using dumbo::TcpSegment;
using dumbo_test::Bytes;
using dumbo_test::segment_bytes;
using namespace dumbo::tcp_flag;

namespace {

RstConfig answer_to(const dumbo_test::SegmentSpec& spec) {
    const Bytes bytes = segment_bytes(spec);
    const auto segment = TcpSegment::parse(bytes);
    REQUIRE(segment);
    return dumbo::rst_config_for(*segment);
}

}  // namespace

TEST_CASE("a segment with ACK is answered with a RST at its ack number, whatever else it carries", "[tcp_rst]") {
    for (unsigned flags = 0; flags < 256; ++flags) {
        if ((flags & ack) == 0) {
            continue;
        }
        const auto config =
            answer_to({.seq = 5, .ack = 0xfffffff7, .flags = static_cast<std::uint8_t>(flags), .payload = Bytes(11)});
        CAPTURE(flags);
        CHECK(config == RstConfig{.kind = RstConfig::Kind::seq, .number = SeqNumber(0xfffffff7)});
        CHECK(config.sequence_number() == SeqNumber(0xfffffff7));
        CHECK(config.ack_number() == SeqNumber(0));
        CHECK(config.flags() == rst);
    }
}

TEST_CASE("a segment without ACK is acknowledged, its payload, SYN and FIN counted", "[tcp_rst]") {
    for (unsigned flags = 0; flags < 256; ++flags) {
        if ((flags & ack) != 0) {
            continue;
        }
        for (const std::uint32_t payload : {0U, 1U, 1000U}) {
            const auto config = answer_to({.seq = 0xfffffffe,
                                           .ack = 99,
                                           .flags = static_cast<std::uint8_t>(flags),
                                           .options = dumbo_test::mss_option(1460),
                                           .payload = Bytes(payload)});
            const std::uint32_t length = payload + ((flags & syn) != 0 ? 1U : 0U) + ((flags & fin) != 0 ? 1U : 0U);
            CAPTURE(flags, payload);
            CHECK(config == RstConfig{.kind = RstConfig::Kind::ack, .number = SeqNumber(0xfffffffe + length)});
            CHECK(config.sequence_number() == SeqNumber(0));
            CHECK(config.ack_number() == SeqNumber(0xfffffffe + length));
            CHECK(config.flags() == (rst | ack));
        }
    }
}

TEST_CASE("the longest segment is acknowledged as far as it is looked at", "[tcp_rst]") {
    const auto config = answer_to({.seq = 10, .flags = syn | fin, .payload = Bytes(70000)});
    CHECK(config.ack_number() == SeqNumber(10 + 65535 - 20 + 2));
}

TEST_CASE("configurations are equal when kind and number are", "[tcp_rst]") {
    const RstConfig one{.kind = RstConfig::Kind::seq, .number = SeqNumber(1)};
    CHECK(one == RstConfig{.kind = RstConfig::Kind::seq, .number = SeqNumber(1)});
    CHECK(one != RstConfig{.kind = RstConfig::Kind::ack, .number = SeqNumber(1)});
    CHECK(one != RstConfig{.kind = RstConfig::Kind::seq, .number = SeqNumber(2)});
}
