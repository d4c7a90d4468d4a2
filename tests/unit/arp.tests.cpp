// SPDX-License-Identifier: Apache-2.0
#include <dumbo/arp.hpp>

#include <array>
#include <cstdint>

#include "support/catch.hpp"
#include "unit/support/bytes.hpp"
#include "unit/support/result.hpp"

using dumbo::ArpOperation;
using dumbo::ArpPacket;
using dumbo::Error;
using dumbo::Ipv4Address;
using dumbo::is_arp_frame_for;
using dumbo::parse_arp_request;
using dumbo::write_arp;
using dumbo_test::Bytes;
using dumbo_test::concat;
using dumbo_test::error_of;
using dumbo_test::random_bytes;
using dumbo_test::same_bytes;

namespace {

// "Who has 169.254.169.254? Tell 169.254.1.2."
const Bytes request{0x00, 0x01, 0x08, 0x00, 6,    4,    0x00, 0x01, 0x06, 0x01, 0x23, 0x45, 0x67, 0x89,
                    169,  254,  1,    2,    0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 169,  254,  169,  254};

constexpr Ipv4Address asked{169, 254, 169, 254};

Bytes frame_with(const Bytes& packet, std::uint8_t ethertype_low = 0x06) {
    return concat({Bytes(12, 0xff), Bytes{0x08, ethertype_low}, packet});
}

}  // namespace

TEST_CASE("a request tells who asks for what", "[arp]") {
    const auto packet = parse_arp_request(request);
    REQUIRE(packet);
    CHECK(packet->operation == ArpOperation::request);
    CHECK(packet->sender_mac == dumbo::MacAddress{0x06, 0x01, 0x23, 0x45, 0x67, 0x89});
    CHECK(packet->sender_ip == Ipv4Address{169, 254, 1, 2});
    CHECK(packet->target_mac == dumbo::MacAddress{0x11, 0x22, 0x33, 0x44, 0x55, 0x66});
    CHECK(packet->target_ip == asked);
}

TEST_CASE("any length but that of an ARP packet is a mismatch", "[arp]") {
    for (std::size_t length = 0; length <= 64; ++length) {
        Bytes bytes = request;
        bytes.resize(length);
        const auto packet = parse_arp_request(bytes);
        CAPTURE(length);
        REQUIRE(packet.has_value() == (length == 28));
        if (!packet) {
            CHECK(packet.error() == Error::length_mismatch);
        }
    }
}

TEST_CASE("each field that is not that of an IPv4-over-Ethernet request has an error of its own", "[arp]") {
    struct Row {
        const char* name;
        std::size_t first;
        std::size_t last;
        Error error;
    };
    const auto row =
        GENERATE(Row{"hardware type", 0, 1, Error::hardware_type}, Row{"protocol type", 2, 3, Error::protocol_type},
                 Row{"hardware length", 4, 4, Error::hardware_length},
                 Row{"protocol length", 5, 5, Error::protocol_length}, Row{"operation", 6, 7, Error::operation});
    INFO(row.name);
    for (std::size_t at = row.first; at <= row.last; ++at) {
        for (unsigned bit = 0; bit < 8; ++bit) {
            Bytes bytes = request;
            bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ 1U << bit);
            const auto packet = parse_arp_request(bytes);
            CAPTURE(at, bit);
            CHECK(error_of(packet) == row.error);
        }
    }
}

TEST_CASE("a reply is not a request", "[arp]") {
    Bytes reply = request;
    reply[7] = 2;
    CHECK(error_of(parse_arp_request(reply)) == Error::operation);
}

TEST_CASE("of several wrong fields the first in the packet is reported", "[arp]") {
    Bytes bytes(28, 0xee);
    constexpr std::array<Error, 5> in_order = {Error::hardware_type, Error::protocol_type, Error::hardware_length,
                                               Error::protocol_length, Error::operation};
    constexpr std::array<std::size_t, 6> field_ends = {0, 2, 4, 5, 6, 8};
    for (std::size_t i = 0; i < in_order.size(); ++i) {
        std::copy_n(request.begin(), field_ends[i], bytes.begin());
        CHECK(error_of(parse_arp_request(bytes)) == in_order[i]);
    }
}

TEST_CASE("a parsed request is written as the same bytes", "[arp]") {
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        const Bytes bytes = concat({Bytes(request.begin(), request.begin() + 8), random_bytes(20, seed)});
        const auto packet = parse_arp_request(bytes);
        REQUIRE(packet);
        Bytes buffer = random_bytes(28, ~seed);
        const auto written = write_arp(buffer, *packet);
        REQUIRE(written);
        CHECK(written->data() == buffer.data());
        CHECK(written->size() == 28);
        CHECK(buffer == bytes);
    }
}

TEST_CASE("a reply differs from a request in its operation only", "[arp]") {
    auto packet = *parse_arp_request(request);
    packet.operation = ArpOperation::reply;
    Bytes buffer(28);
    REQUIRE(write_arp(buffer, packet));
    Bytes expected = request;
    expected[7] = 2;
    CHECK(buffer == expected);
}

TEST_CASE("a packet is only written into a buffer of exactly its length, any other is unchanged", "[arp]") {
    const auto packet = *parse_arp_request(request);
    for (const std::size_t size : {0U, 1U, 27U, 29U, 64U}) {
        Bytes buffer = random_bytes(size);
        const Bytes before = buffer;
        const auto written = write_arp(buffer, packet);
        CAPTURE(size);
        CHECK(error_of(written) == Error::length_mismatch);
        CHECK(buffer == before);
    }
}

// Like the system whose behaviour is kept, this first test leaves the EtherType to the caller, who has looked at it
// already.
TEST_CASE("a frame is one for an address when its target matches, whatever its type and operation", "[arp]") {
    const Bytes frame = frame_with(request);
    CHECK(is_arp_frame_for(frame, asked));
    CHECK(is_arp_frame_for(concat({frame, Bytes(18)}), asked));

    Bytes reply = frame;
    reply[14 + 7] = 2;
    CHECK(is_arp_frame_for(reply, asked));

    CHECK(is_arp_frame_for(frame_with(request, 0x00), asked));
    for (std::size_t i = 0; i < 4; ++i) {
        Ipv4Address other = asked;
        ++other[i];
        CHECK_FALSE(is_arp_frame_for(frame, other));
    }
}

TEST_CASE("no prefix of a frame that lacks a part of the target address is an ARP frame for it", "[arp]") {
    const Bytes frame = frame_with(request);
    for (std::size_t length = 0; length <= frame.size(); ++length) {
        const Bytes prefix(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(length));
        CAPTURE(length);
        CHECK(is_arp_frame_for(prefix, asked) == (length == frame.size()));
    }
}
