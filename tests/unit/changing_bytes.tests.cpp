// SPDX-License-Identifier: Apache-2.0
// A guest can change its memory while the host looks at it. A view must stay inside the bounds that it has checked.
#include "support/catch.hpp"

#include <dumbo/ipv4.hpp>
#include <dumbo/tcp_segment.hpp>

#include <array>
#include <cstdint>
#include <span>

namespace {

constexpr std::size_t data_offset = 12;
constexpr std::size_t flags = 13;

}  // namespace

TEST_CASE("a header length that grows after parsing moves no payload", "[changing]") {
    std::array<std::uint8_t, 32> bytes{};
    bytes[data_offset] = 0x50;
    const auto segment = dumbo::TcpSegment::parse(bytes);
    REQUIRE(segment);
    bytes[data_offset] = 0xf0;
    CHECK(segment->header_length() == 20);
    CHECK(segment->payload_length() == 12);
    CHECK(segment->payload().data() == bytes.data() + 20);
    CHECK(segment->options().empty());
    CHECK(segment->mss_option());
}

TEST_CASE("an IPv4 header length that grows after parsing moves no payload", "[changing]") {
    std::array<std::uint8_t, 40> bytes{0x45, 0, 0, 40};
    const auto packet = dumbo::Ipv4Packet::parse(bytes, dumbo::ChecksumCheck::skip);
    REQUIRE(packet);
    bytes[0] = 0x4f;
    CHECK(packet->header_length() == 20);
    CHECK(packet->header().size() == 20);
    CHECK(packet->payload().size() == 20);
}

TEST_CASE("what a written segment was is not read back from its buffer", "[changing]") {
    std::array<std::uint8_t, 20> buffer{};
    auto segment = dumbo::IncompleteTcpSegment::write(buffer, {.flags = dumbo::tcp_flag::ack}, 100, std::nullopt);
    REQUIRE(segment);
    buffer[flags] = dumbo::tcp_flag::rst;
    CHECK(segment->has(dumbo::tcp_flag::ack));
    CHECK_FALSE(segment->has(dumbo::tcp_flag::rst));
    segment->add_flags(dumbo::tcp_flag::fin);
    CHECK(segment->complete({})[flags] == (dumbo::tcp_flag::ack | dumbo::tcp_flag::fin));
}
