// SPDX-License-Identifier: Apache-2.0
#include <dumbo/tcp_segment.hpp>

#include <cstdint>
#include <optional>
#include <utility>

#include "support/catch.hpp"
#include "unit/support/bytes.hpp"
#include "unit/support/reference_checksum.hpp"

using dumbo::ByteSource;
using dumbo::ChecksumPolicy;
using dumbo::IncompleteTcpSegment;
using dumbo::Ipv4AddressPair;
using dumbo::SeqNumber;
using dumbo::TcpPayload;
using dumbo::TcpSegment;
using dumbo_test::Bytes;
using dumbo_test::get16;
using dumbo_test::random_bytes;
using dumbo_test::View;

namespace {

constexpr Ipv4AddressPair addresses{{169, 254, 169, 254}, {192, 168, 255, 255}};

// A segment in a buffer full of other bytes, completed under a policy.
Bytes written(std::size_t payload_length, ChecksumPolicy policy, std::uint16_t mss_option = 0) {
    const Bytes bytes = random_bytes(payload_length, payload_length + 1);
    const ByteSource source = ByteSource::of_bytes(bytes);
    std::optional<TcpPayload> payload;
    if (payload_length > 0) {
        payload = TcpPayload{.source = &source, .length = payload_length};
    }
    Bytes buffer(24 + payload_length, 0xa5);
    dumbo::TcpFields fields{
        .sequence_number = SeqNumber(0xdeadbeef), .ack_number = SeqNumber(7), .flags = 0x10, .window = 1234};
    if (mss_option != 0) {
        fields.mss_option = mss_option;
    }
    auto segment = IncompleteTcpSegment::write(buffer, fields, 65535, payload, policy);
    REQUIRE(segment);
    return dumbo_test::copy_of(std::move(*segment).complete({.source = 80, .destination = 40001}, addresses));
}

std::uint16_t pseudo_header_sum(std::size_t length) {
    return dumbo_test::fold(dumbo_test::unfolded_pseudo_header(addresses.source, addresses.destination, 6, length));
}

}  // namespace

TEST_CASE("a full checksum verifies, for every payload length", "[tcp_checksum]") {
    for (std::size_t length = 0; length <= 300; ++length) {
        const std::uint16_t mss_option = length % 2 == 0 ? 0 : 1460;
        const Bytes segment = written(length, ChecksumPolicy::full, mss_option);
        CAPTURE(length);
        CHECK(TcpSegment::parse_verified(segment, addresses));
        CHECK(dumbo_test::reference_transport_checksum(addresses.source, addresses.destination, 6, segment) == 0);
    }
}

TEST_CASE("full is what completing with addresses means", "[tcp_checksum]") {
    Bytes buffer(20);
    auto segment = IncompleteTcpSegment::write(buffer, {}, 0, std::nullopt);
    REQUIRE(segment);
    CHECK(TcpSegment::parse_verified(std::move(*segment).complete({}, addresses), addresses));
}

TEST_CASE("no checksum is a field of 0, with addresses or without", "[tcp_checksum]") {
    CHECK(get16(written(33, ChecksumPolicy::none), 16) == 0);

    Bytes buffer(20, 0xff);
    auto segment = IncompleteTcpSegment::write(buffer, {}, 0, std::nullopt);
    REQUIRE(segment);
    CHECK(get16(std::move(*segment).complete({.source = 1, .destination = 2}), 16) == 0);
}

TEST_CASE("the policies differ in the checksum field only", "[tcp_checksum]") {
    Bytes full = written(57, ChecksumPolicy::full);
    Bytes none = written(57, ChecksumPolicy::none);
    Bytes partial = written(57, ChecksumPolicy::pseudo_header);
    for (Bytes* segment : {&full, &none, &partial}) {
        dumbo_test::put16(*segment, 16, 0);
    }
    CHECK(full == none);
    CHECK(partial == none);
}

TEST_CASE("a partial checksum is the folded sum of the pseudo header, not inverted", "[tcp_checksum]") {
    for (const std::size_t length : {0U, 1U, 100U, 1460U, 65491U}) {
        const Bytes segment = written(length, ChecksumPolicy::pseudo_header);
        CAPTURE(length);
        CHECK(get16(segment, 16) == pseudo_header_sum(20 + length));
    }
}

TEST_CASE("completing a partial checksum as a virtio device does gives the full one", "[tcp_checksum]") {
    for (std::size_t length = 0; length <= 300; ++length) {
        Bytes segment = written(length, ChecksumPolicy::pseudo_header);
        // VIRTIO_NET_HDR_F_NEEDS_CSUM: sum from csum_start to the end, the field included as it is, invert, and store.
        dumbo_test::put16(segment, 16, dumbo_test::reference_checksum(segment));
        CAPTURE(length);
        CHECK(segment == written(length, ChecksumPolicy::full));
    }
}
