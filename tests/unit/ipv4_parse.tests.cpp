// SPDX-License-Identifier: Apache-2.0
#include <dumbo/ipv4.hpp>

#include <cstdint>

#include "support/catch.hpp"
#include "unit/support/bytes.hpp"
#include "unit/support/reference_checksum.hpp"
#include "unit/support/result.hpp"

using dumbo::ChecksumCheck;
using dumbo::Error;
using dumbo::Ipv4Address;
using dumbo::Ipv4Packet;
using dumbo_test::Bytes;
using dumbo_test::concat;
using dumbo_test::put16;
using dumbo_test::random_bytes;
using dumbo_test::reference_checksum;
using dumbo_test::same_bytes;
using dumbo_test::View;

namespace {

constexpr Ipv4Address target{169, 254, 169, 254};

// A header of the given length with values that all differ, a right checksum, and a payload behind it.
Bytes packet_with(std::size_t header_length, const Bytes& payload) {
    Bytes header(header_length, 1);  // NOP options
    header[0] = static_cast<std::uint8_t>(0x40 | header_length / 4);
    header[1] = 0xb9;  // DSCP 46, ECN 1
    put16(header, 2, static_cast<std::uint16_t>(header_length + payload.size()));
    put16(header, 4, 0xbeef);
    put16(header, 6, 0x5abc);  // flags 2 (DF), offset 0x1abc
    header[8] = 64;
    header[9] = 6;
    put16(header, 10, 0);
    std::ranges::copy(Bytes{10, 1, 2, 3, 169, 254, 169, 254}, header.begin() + 12);
    put16(header, 10, reference_checksum(header));
    return concat({header, payload});
}

// Makes the checksum right again after a change of the fixed header.
void repair_checksum(Bytes& packet) {
    put16(packet, 10, 0);
    const std::size_t header_length = std::size_t{4} * (packet[0] & 0x0fU);
    put16(packet, 10, reference_checksum(View(packet).first(header_length)));
}

Error parse_error(const Bytes& packet, ChecksumCheck check = ChecksumCheck::verify) {
    return dumbo_test::error_of(Ipv4Packet::parse(packet, check));
}

}  // namespace

TEST_CASE("a packet tells every field of its header", "[ipv4]") {
    const Bytes payload = random_bytes(11);
    const Bytes bytes = packet_with(20, payload);
    const auto packet = Ipv4Packet::parse(bytes, ChecksumCheck::verify);
    REQUIRE(packet);
    CHECK(packet->version() == 4);
    CHECK(packet->header_length() == 20);
    CHECK(packet->dscp() == 46);
    CHECK(packet->ecn() == 1);
    CHECK(packet->total_length() == 31);
    CHECK(packet->identification() == 0xbeef);
    CHECK(packet->flags() == 2);
    CHECK(packet->fragment_offset() == 0x1abc);
    CHECK(packet->ttl() == 64);
    CHECK(packet->protocol() == 6);
    CHECK(packet->checksum() == dumbo_test::get16(bytes, 10));
    CHECK(packet->source() == Ipv4Address{10, 1, 2, 3});
    CHECK(packet->destination() == target);
    CHECK(same_bytes(packet->header(), View(bytes).first(20)));
    CHECK(same_bytes(packet->payload(), payload));
}

TEST_CASE("all flag bits and the whole fragment offset come apart cleanly", "[ipv4]") {
    for (std::uint32_t word = 0; word <= 0xffff; word += 0x111) {
        Bytes bytes = packet_with(20, {});
        put16(bytes, 6, static_cast<std::uint16_t>(word));
        bytes[1] = static_cast<std::uint8_t>(word);
        const auto packet = Ipv4Packet::parse(bytes, ChecksumCheck::skip);
        REQUIRE(packet);
        CHECK(packet->flags() == word >> 13U);
        CHECK(packet->fragment_offset() == (word & 0x1fffU));
        CHECK(packet->dscp() == (word & 0xffU) >> 2U);
        CHECK(packet->ecn() == (word & 3U));
    }
}

TEST_CASE("a header may be 20 to 60 bytes long, options belong to it and to its checksum", "[ipv4]") {
    for (std::size_t header_length = 20; header_length <= 60; header_length += 4) {
        Bytes bytes = packet_with(header_length, random_bytes(7));
        const auto packet = Ipv4Packet::parse(bytes, ChecksumCheck::verify);
        CAPTURE(header_length);
        REQUIRE(packet);
        CHECK(packet->header_length() == header_length);
        CHECK(packet->header().size() == header_length);
        CHECK(same_bytes(packet->payload(), random_bytes(7)));
        bytes[header_length - 1] ^= 0x10;  // the last byte of the header, in the options beyond 20 bytes
        CHECK(parse_error(bytes) == Error::checksum);
    }
}

TEST_CASE("every prefix of a packet is refused: without a full header as truncated, else by its length", "[ipv4]") {
    const Bytes bytes = packet_with(28, random_bytes(9));
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        const Bytes prefix(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
        CAPTURE(length);
        CHECK(parse_error(prefix) == (length < 20 ? Error::truncated : Error::length_mismatch));
        CHECK(parse_error(prefix, ChecksumCheck::skip) == (length < 20 ? Error::truncated : Error::length_mismatch));
    }
}

TEST_CASE("a packet followed by the padding of a frame has to be cut first", "[ipv4]") {
    const Bytes bytes = packet_with(20, random_bytes(6));
    CHECK(parse_error(concat({bytes, Bytes(1)})) == Error::length_mismatch);
    CHECK(parse_error(concat({bytes, Bytes(20)})) == Error::length_mismatch);
}

TEST_CASE("every version but 4 is refused", "[ipv4]") {
    for (unsigned version = 0; version < 16; ++version) {
        Bytes bytes = packet_with(20, {});
        bytes[0] = static_cast<std::uint8_t>(version << 4U | 5U);
        repair_checksum(bytes);
        CAPTURE(version);
        if (version == 4) {
            CHECK(Ipv4Packet::parse(bytes, ChecksumCheck::verify));
        } else {
            CHECK(parse_error(bytes) == Error::ip_version);
        }
    }
}

TEST_CASE("a header length below 20 bytes is refused", "[ipv4]") {
    for (unsigned words = 0; words < 5; ++words) {
        Bytes bytes = packet_with(20, random_bytes(4));
        bytes[0] = static_cast<std::uint8_t>(0x40U | words);
        CAPTURE(words);
        CHECK(parse_error(bytes, ChecksumCheck::skip) == Error::header_length);
    }
}

TEST_CASE("a total length below the header length is refused, an equal one is a packet without payload", "[ipv4]") {
    for (std::size_t header_length = 20; header_length <= 60; header_length += 20) {
        for (std::uint16_t total = 0; total < header_length; ++total) {
            Bytes bytes = packet_with(header_length, {});
            put16(bytes, 2, total);
            CAPTURE(header_length, total);
            CHECK(parse_error(bytes, ChecksumCheck::skip) == Error::total_length);
        }
        const Bytes bytes = packet_with(header_length, {});
        const auto packet = Ipv4Packet::parse(bytes, ChecksumCheck::verify);
        REQUIRE(packet);
        CHECK(packet->payload().empty());
    }
}

TEST_CASE("the longest packet parses", "[ipv4]") {
    const Bytes bytes = packet_with(20, random_bytes(65515));
    const auto packet = Ipv4Packet::parse(bytes, ChecksumCheck::verify);
    REQUIRE(packet);
    CHECK(packet->total_length() == 65535);
    CHECK(packet->payload().size() == 65515);
}

TEST_CASE("every flipped bit of a header is noticed when the checksum is verified", "[ipv4]") {
    const Bytes good = packet_with(24, random_bytes(5));
    for (std::size_t bit = 0; bit < std::size_t{8} * 24; ++bit) {
        Bytes bytes = good;
        bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ 1U << bit % 8);
        CAPTURE(bit);
        CHECK_FALSE(Ipv4Packet::parse(bytes, ChecksumCheck::verify));
    }
}

TEST_CASE("a wrong checksum passes when it is not verified, and the payload is never part of it", "[ipv4]") {
    Bytes bytes = packet_with(20, random_bytes(5));
    bytes.back() ^= 0xff;
    CHECK(Ipv4Packet::parse(bytes, ChecksumCheck::verify));
    bytes[10] ^= 0xff;
    CHECK(parse_error(bytes) == Error::checksum);
    CHECK(Ipv4Packet::parse(bytes, ChecksumCheck::skip));
}

// Like the system whose behaviour is kept, this first test leaves the EtherType to the caller, who has looked at it
// already.
TEST_CASE("a frame is for an address when its destination matches, whatever its type", "[ipv4]") {
    const Bytes frame = concat({Bytes(12, 0xff), Bytes{0x08, 0x00}, packet_with(20, {})});
    for (std::size_t length = 0; length <= frame.size(); ++length) {
        const Bytes prefix(frame.begin(), frame.begin() + static_cast<std::ptrdiff_t>(length));
        CAPTURE(length);
        CHECK(dumbo::is_ipv4_frame_for(prefix, target) == (length == 34));
    }
    CHECK(dumbo::is_ipv4_frame_for(concat({frame, Bytes(26)}), target));
    for (std::size_t i = 0; i < 4; ++i) {
        Ipv4Address other = target;
        ++other[i];
        CHECK_FALSE(dumbo::is_ipv4_frame_for(frame, other));
    }
    Bytes other_type = frame;
    other_type[13] ^= 0x06;
    CHECK(dumbo::is_ipv4_frame_for(other_type, target));
}

TEST_CASE("the stated total length can be read as soon as the fixed header is there", "[ipv4]") {
    Bytes bytes = packet_with(20, random_bytes(500));
    for (std::size_t length = 0; length <= 40; ++length) {
        const Bytes prefix(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
        CAPTURE(length);
        CHECK(dumbo::ipv4_total_length(prefix) == (length < 20 ? 0 : 520));
    }
}
