// SPDX-License-Identifier: Apache-2.0
#include <dumbo/checksum.hpp>

#include <array>
#include <cstdint>

#include "support/catch.hpp"
#include "unit/support/bytes.hpp"
#include "unit/support/reference_checksum.hpp"

using dumbo::ChecksumAccumulator;
using dumbo::IpProtocol;
using dumbo::Ipv4AddressPair;
using dumbo::transport_checksum;
using dumbo::update_checksum;
using dumbo_test::Bytes;
using dumbo_test::fold;
using dumbo_test::random_bytes;
using dumbo_test::reference_checksum;
using dumbo_test::reference_transport_checksum;
using dumbo_test::unfolded_pseudo_header;
using dumbo_test::unfolded_sum;
using dumbo_test::View;

namespace {

constexpr Ipv4AddressPair addresses{{169, 254, 169, 254}, {10, 200, 3, 255}};

std::uint16_t reference(IpProtocol protocol, View bytes) {
    return reference_transport_checksum(addresses.source, addresses.destination, static_cast<std::uint8_t>(protocol),
                                        bytes);
}

}  // namespace

TEST_CASE("the checksum of a TCP segment covers addresses, protocol, length and bytes", "[checksum]") {
    for (std::size_t length = 0; length <= 200; ++length) {
        const Bytes bytes = random_bytes(length, length + 1);
        CAPTURE(length);
        CHECK(transport_checksum(addresses, IpProtocol::tcp, bytes) == reference(IpProtocol::tcp, bytes));
        CHECK(transport_checksum(addresses, IpProtocol::udp, bytes) == reference(IpProtocol::udp, bytes));
    }
}

TEST_CASE("a change of one bit of an address changes the checksum", "[checksum]") {
    const Bytes bytes = random_bytes(33);
    const std::uint16_t before = transport_checksum(addresses, IpProtocol::tcp, bytes);
    for (std::size_t bit = 0; bit < 32; ++bit) {
        const auto mask = static_cast<std::uint8_t>(1U << bit % 8);
        Ipv4AddressPair other = addresses;
        other.source[bit / 8] ^= mask;
        CHECK(transport_checksum(other, IpProtocol::tcp, bytes) != before);
        other = addresses;
        other.destination[bit / 8] ^= mask;
        CHECK(transport_checksum(other, IpProtocol::tcp, bytes) != before);
    }
}

TEST_CASE("a pseudo header counts the same before, between and behind the pieces, odd ones included", "[checksum]") {
    const Bytes bytes = random_bytes(41);
    const std::uint16_t expected = reference(IpProtocol::tcp, bytes);
    for (std::size_t split = 0; split <= bytes.size(); ++split) {
        ChecksumAccumulator accumulator;
        accumulator.add(View(bytes).first(split));
        accumulator.add_pseudo_header(addresses, IpProtocol::tcp, bytes.size());
        accumulator.add(View(bytes).subspan(split));
        CAPTURE(split);
        CHECK(accumulator.checksum() == expected);
    }
}

TEST_CASE("the length of a pseudo header is added as a number, not cut to 16 bits", "[checksum]") {
    constexpr std::array<std::size_t, 10> lengths = {
        0, 1, 65534, 65535, 65536, 65537, 0x12345678, 0xffffffff, 0xffff0000, static_cast<std::size_t>(-1)};
    for (const std::size_t length : lengths) {
        ChecksumAccumulator accumulator;
        accumulator.add_pseudo_header(addresses, IpProtocol::udp, length);
        CAPTURE(length);
        CHECK(accumulator.sum() == fold(unfolded_pseudo_header(addresses.source, addresses.destination, 17, length)));
    }
}

TEST_CASE("a byte string longer than an IPv4 packet can be still has a checksum", "[checksum]") {
    for (const std::size_t length : {65535U, 65536U, 65537U, 70000U, 131071U}) {
        const Bytes bytes = random_bytes(length, length);
        CAPTURE(length);
        CHECK(transport_checksum(addresses, IpProtocol::tcp, bytes) == reference(IpProtocol::tcp, bytes));
    }
}

TEST_CASE("a computed 0 stays 0 for TCP and becomes 0xffff for UDP", "[checksum]") {
    for (const IpProtocol protocol : {IpProtocol::tcp, IpProtocol::udp}) {
        Bytes bytes = random_bytes(24);
        dumbo_test::put16(bytes, 6, 0);
        dumbo_test::put16(bytes, 6, reference(protocol, bytes));
        REQUIRE(reference(protocol, bytes) == 0);
        CHECK(transport_checksum(addresses, protocol, bytes) == (protocol == IpProtocol::udp ? 0xffff : 0));
    }
}

TEST_CASE("an updated checksum is the recomputed one, whatever word changed into whatever", "[checksum]") {
    constexpr std::array<std::uint16_t, 13> words = {0,      1,      2,      0x00ff, 0x0100, 0x1234, 0x7fff,
                                                     0x8000, 0x8001, 0xaaaa, 0xff00, 0xfffe, 0xffff};
    std::size_t compared = 0;
    for (const std::uint16_t other : words) {
        for (const std::uint16_t old_word : words) {
            for (const std::uint16_t new_word : words) {
                for (std::uint16_t third = 0; third < 4; ++third) {
                    Bytes message(6);
                    dumbo_test::put16(message, 0, other);
                    dumbo_test::put16(message, 2, old_word);
                    dumbo_test::put16(message, 4, third);
                    const std::uint16_t before = reference_checksum(message);
                    dumbo_test::put16(message, 2, new_word);
                    if (unfolded_sum(message) == 0) {
                        continue;  // the corner: see the next test
                    }
                    const std::uint16_t after = reference_checksum(message);
                    if (update_checksum(before, old_word, new_word) != after) {
                        CAPTURE(other, old_word, new_word, third);
                        CHECK(update_checksum(before, old_word, new_word) == after);
                    }
                    ++compared;
                }
            }
        }
    }
    CHECK(compared > 8000);
}

TEST_CASE("an update follows equation 3 of RFC 1624 on the sums where both zeros meet", "[checksum]") {
    // The RFC's own example, where equation 4 would give 0xffff.
    CHECK(update_checksum(0xdd2f, 0x5555, 0x3285) == 0x0000);
    // Turning the last nonzero word into 0 leaves a message of zeros. Its computed checksum is 0xffff, the updated one
    // is the other zero: a receiver accepts both.
    const std::uint16_t only_word = 0x1234;
    CHECK(update_checksum(static_cast<std::uint16_t>(~only_word), only_word, 0) == 0);
    // From such a message on, the update is exact again.
    CHECK(update_checksum(0xffff, 0, only_word) == static_cast<std::uint16_t>(~only_word));
}

TEST_CASE("an update is exact for every old and every new word of one message", "[checksum]") {
    constexpr std::uint16_t rest = 0x4500;
    const auto checksum_with = [](std::uint32_t word) { return static_cast<std::uint16_t>(~fold(rest + word)); };
    std::uint32_t wrong = 0;
    for (std::uint32_t word = 0; word <= 0xffff; ++word) {
        const auto value = static_cast<std::uint16_t>(word);
        const auto mirrored = static_cast<std::uint16_t>(word * 40503U);
        wrong += update_checksum(checksum_with(value), value, mirrored) != checksum_with(mirrored) ? 1U : 0U;
        wrong += update_checksum(checksum_with(value), value, value) != checksum_with(value) ? 1U : 0U;
    }
    CHECK(wrong == 0);
}
