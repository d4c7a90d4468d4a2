// SPDX-License-Identifier: Apache-2.0
#include <dumbo/tcp_segment.hpp>

#include <cstdint>

#include "support/catch.hpp"
#include "unit/support/bytes.hpp"
#include "unit/support/reference_checksum.hpp"
#include "unit/support/result.hpp"
#include "unit/support/segment.hpp"

using dumbo::Error;
using dumbo::Ipv4AddressPair;
using dumbo::TcpSegment;
using dumbo_test::Bytes;
using dumbo_test::error_of;
using dumbo_test::random_bytes;
using dumbo_test::same_bytes;
using dumbo_test::segment_bytes;
using dumbo_test::View;

namespace {

constexpr Ipv4AddressPair addresses{{10, 0, 0, 2}, {169, 254, 169, 254}};

// A segment with a payload, 8 bytes of options, and a right checksum for `addresses`.
Bytes checksummed_segment(std::size_t payload_length) {
    Bytes bytes = segment_bytes({.seq = 0x80fffffe,
                                 .ack = 0x7f000001,
                                 .flags = 0x18,
                                 .window = 0xabcd,
                                 .urgent_pointer = 0x4321,
                                 .options = {1, 1, 1, 1, 2, 4, 5, 0xb4},
                                 .payload = random_bytes(payload_length)});
    dumbo_test::put16(bytes, 16,
                      dumbo_test::reference_transport_checksum(addresses.source, addresses.destination, 6, bytes));
    return bytes;
}

}  // namespace

TEST_CASE("a segment tells every field of its header", "[tcp_segment]") {
    const Bytes bytes = checksummed_segment(7);
    const auto segment = TcpSegment::parse_verified(bytes, addresses);
    REQUIRE(segment);
    CHECK(segment->source_port() == 40000);
    CHECK(segment->destination_port() == 80);
    CHECK(segment->sequence_number().value() == 0x80fffffe);
    CHECK(segment->ack_number().value() == 0x7f000001);
    CHECK(segment->header_length() == 28);
    CHECK(segment->reserved_bits() == 0);
    CHECK_FALSE(segment->ns());
    CHECK(segment->flags() == 0x18);
    CHECK(segment->has(dumbo::tcp_flag::ack));
    CHECK(segment->has(dumbo::tcp_flag::psh));
    CHECK_FALSE(segment->has(dumbo::tcp_flag::syn));
    CHECK(segment->window() == 0xabcd);
    CHECK(segment->checksum() == dumbo_test::get16(bytes, 16));
    CHECK(segment->urgent_pointer() == 0x4321);
    CHECK(segment->length() == 35);
    CHECK(segment->payload_length() == 7);
    CHECK(same_bytes(segment->options(), Bytes{1, 1, 1, 1, 2, 4, 5, 0xb4}));
    CHECK(same_bytes(segment->payload(), random_bytes(7)));
    CHECK(segment->payload().data() == bytes.data() + 28);
}

TEST_CASE("each control bit is one of the names, and only that one", "[tcp_segment]") {
    using namespace dumbo::tcp_flag;
    const std::uint8_t all[] = {fin, syn, rst, psh, ack, urg, ece, cwr};
    for (unsigned bit = 0; bit < 8; ++bit) {
        CHECK(all[bit] == 1U << bit);
        const Bytes bytes = segment_bytes({.flags = all[bit]});
        const auto segment = TcpSegment::parse(bytes);
        REQUIRE(segment);
        for (const std::uint8_t flag : all) {
            CHECK(segment->has(flag) == (flag == all[bit]));
        }
    }
}

TEST_CASE("reserved bits and NS are told apart and do not disturb the header length", "[tcp_segment]") {
    for (unsigned low = 0; low < 16; ++low) {
        Bytes bytes = segment_bytes({});
        bytes[12] = static_cast<std::uint8_t>(0x50U | low);
        const auto segment = TcpSegment::parse(bytes);
        REQUIRE(segment);
        CHECK(segment->header_length() == 20);
        CHECK(segment->reserved_bits() == (low & 0x0eU));
        CHECK(segment->ns() == ((low & 1U) != 0));
    }
}

TEST_CASE("every prefix is refused until the header is complete, and is a shorter segment from then on",
          "[tcp_segment]") {
    const Bytes bytes = checksummed_segment(5);
    for (std::size_t length = 0; length <= bytes.size(); ++length) {
        const Bytes prefix(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length));
        const auto segment = TcpSegment::parse(prefix);
        CAPTURE(length);
        if (length < 20) {
            CHECK(error_of(segment) == Error::truncated);
            CHECK(error_of(TcpSegment::parse_verified(prefix, addresses)) == Error::truncated);
        } else if (length < 28) {
            CHECK(error_of(segment) == Error::header_length);
            CHECK(error_of(TcpSegment::parse_verified(prefix, addresses)) == Error::header_length);
        } else {
            REQUIRE(segment);
            CHECK(segment->length() == length);
            CHECK(segment->payload_length() == length - 28);
            CHECK(segment->payload().size() == length - 28);
            if (length < bytes.size()) {
                CHECK(error_of(TcpSegment::parse_verified(prefix, addresses)) == Error::checksum);
            }
        }
    }
}

TEST_CASE("a header length is accepted from 20 bytes up to the length of the segment", "[tcp_segment]") {
    for (unsigned words = 0; words < 16; ++words) {
        for (const std::size_t length : {20U, 24U, 27U, 43U, 44U, 60U, 61U}) {
            Bytes bytes(length);
            bytes[12] = static_cast<std::uint8_t>(words << 4U);
            const auto segment = TcpSegment::parse(bytes);
            CAPTURE(words, length);
            if (words >= 5 && 4 * words <= length) {
                REQUIRE(segment);
                CHECK(segment->header_length() == 4 * words);
                CHECK(segment->options().size() == 4 * words - 20);
                CHECK(segment->payload_length() == length - 4 * words);
            } else {
                CHECK(error_of(segment) == Error::header_length);
            }
        }
    }
}

TEST_CASE("a segment of more than 65535 bytes is cut there, and its checksum covers all of it", "[tcp_segment]") {
    for (const std::size_t length : {65534U, 65535U, 65536U, 65537U, 70000U}) {
        Bytes bytes = checksummed_segment(length - 28);
        const auto segment = TcpSegment::parse_verified(bytes, addresses);
        CAPTURE(length);
        REQUIRE(segment);
        const std::size_t visible = std::min<std::size_t>(length, 65535);
        CHECK(segment->length() == visible);
        CHECK(segment->payload_length() == visible - 28);
        CHECK(segment->payload().size() == visible - 28);

        bytes.back() ^= 1;
        CHECK(error_of(TcpSegment::parse_verified(bytes, addresses)) == Error::checksum);
        CHECK(TcpSegment::parse(bytes));
    }
}

TEST_CASE("every flipped bit of a segment or an address is noticed when the checksum is verified", "[tcp_segment]") {
    const Bytes good = checksummed_segment(9);
    REQUIRE(TcpSegment::parse_verified(good, addresses));
    for (std::size_t bit = 0; bit < 8 * good.size(); ++bit) {
        Bytes bytes = good;
        bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] ^ 1U << bit % 8);
        CAPTURE(bit);
        CHECK_FALSE(TcpSegment::parse_verified(bytes, addresses));
    }
    for (std::size_t bit = 0; bit < 32; ++bit) {
        Ipv4AddressPair other = addresses;
        other.destination[bit / 8] = static_cast<std::uint8_t>(other.destination[bit / 8] ^ 1U << bit % 8);
        CHECK(error_of(TcpSegment::parse_verified(good, other)) == Error::checksum);
    }
}

TEST_CASE("without addresses a wrong checksum is no error", "[tcp_segment]") {
    Bytes bytes = checksummed_segment(3);
    dumbo_test::put16(bytes, 16, 0);
    CHECK(TcpSegment::parse(bytes));
    CHECK(error_of(TcpSegment::parse_verified(bytes, addresses)) == Error::checksum);
}

TEST_CASE("a wrong header length is reported before a wrong checksum", "[tcp_segment]") {
    Bytes bytes = checksummed_segment(3);
    bytes[12] = 0x40;
    CHECK(error_of(TcpSegment::parse_verified(bytes, addresses)) == Error::header_length);
}
