// SPDX-License-Identifier: Apache-2.0
#include <dumbo/checksum.hpp>
#include <dumbo/ipv4.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>

#include "support/catch.hpp"
#include "unit/support/bytes.hpp"
#include "unit/support/reference_checksum.hpp"
#include "unit/support/result.hpp"

using dumbo::ChecksumCheck;
using dumbo::Error;
using dumbo::IncompleteIpv4Packet;
using dumbo::Ipv4Fields;
using dumbo::Ipv4Packet;
using dumbo_test::Bytes;
using dumbo_test::error_of;
using dumbo_test::random_bytes;
using dumbo_test::reference_checksum;
using dumbo_test::same_bytes;
using dumbo_test::View;
using Checksum = IncompleteIpv4Packet::Checksum;

namespace {

constexpr Ipv4Fields fields{
    .protocol = 6, .ttl = 17, .identification = 0x1234, .source = {10, 0, 0, 1}, .destination = {172, 16, 255, 2}};

dumbo::Result<std::span<std::uint8_t>> write(std::span<std::uint8_t> buffer, std::size_t options, std::size_t payload,
                                             Checksum checksum = Checksum::compute, const Ipv4Fields& header = fields) {
    auto incomplete = IncompleteIpv4Packet::write(buffer, header);
    REQUIRE(incomplete);
    return std::move(*incomplete).complete(options, payload, checksum);
}

}  // namespace

TEST_CASE("a written header parses to its fields, with a checksum that verifies", "[ipv4]") {
    for (const std::size_t payload_length : {0U, 1U, 20U, 1480U, 65515U}) {
        Bytes buffer = random_bytes(20 + payload_length + 3, payload_length + 1);
        const Bytes before = buffer;
        const auto written = write(buffer, 0, payload_length);
        CAPTURE(payload_length);
        REQUIRE(written);
        CHECK(written->data() == buffer.data());
        CHECK(written->size() == 20 + payload_length);
        CHECK(same_bytes(View(buffer).subspan(20), View(before).subspan(20)));

        const auto packet = Ipv4Packet::parse(*written, ChecksumCheck::verify);
        REQUIRE(packet);
        CHECK(packet->header_length() == 20);
        CHECK(packet->dscp() == 0);
        CHECK(packet->ecn() == 0);
        CHECK(packet->total_length() == 20 + payload_length);
        CHECK(packet->identification() == 0x1234);
        CHECK(packet->fragment_offset() == 0);
        CHECK(packet->ttl() == 17);
        CHECK(packet->protocol() == 6);
        CHECK(packet->source() == fields.source);
        CHECK(packet->destination() == fields.destination);
    }
}

TEST_CASE("by default the hop limit is one hop and the identification 0", "[ipv4]") {
    CHECK(Ipv4Fields{}.ttl == 1);
    CHECK(Ipv4Fields{}.identification == 0);
}

TEST_CASE("a parsed header without options is written as the same bytes", "[ipv4]") {
    dumbo_test::Random random(5);
    for (int round = 0; round < 200; ++round) {
        Ipv4Fields original{.protocol = random.byte(), .ttl = random.byte(), .identification = random.word()};
        std::ranges::generate(original.source, [&random] { return random.byte(); });
        std::ranges::generate(original.destination, [&random] { return random.byte(); });
        Bytes first = random.bytes(20 + random.below(64));
        REQUIRE(write(first, 0, first.size() - 20, Checksum::compute, original));
        const auto packet = Ipv4Packet::parse(first, ChecksumCheck::verify);
        REQUIRE(packet);
        Bytes second = first;
        std::fill_n(second.begin(), 20, std::uint8_t{0xee});
        const Ipv4Fields again{.protocol = packet->protocol(),
                               .ttl = packet->ttl(),
                               .identification = packet->identification(),
                               .source = packet->source(),
                               .destination = packet->destination()};
        REQUIRE(write(second, 0, second.size() - 20, Checksum::compute, again));
        CHECK(second == first);
    }
}

TEST_CASE("a checksum that is not wanted is written as 0", "[ipv4]") {
    Bytes buffer(28, 0xff);
    const auto written = write(buffer, 0, 8, Checksum::zero);
    REQUIRE(written);
    CHECK(dumbo_test::get16(*written, 10) == 0);
    CHECK(Ipv4Packet::parse(*written, ChecksumCheck::skip));
    CHECK_FALSE(Ipv4Packet::parse(*written, ChecksumCheck::verify));
}

TEST_CASE("options count for total length and checksum, while the header length says 20", "[ipv4]") {
    for (std::size_t options = 4; options <= 40; options += 4) {
        Bytes buffer = random_bytes(20 + options + 10);
        const Bytes before = buffer;
        const auto written = write(buffer, options, 10);
        CAPTURE(options);
        REQUIRE(written);
        CHECK(written->size() == 30 + options);
        CHECK(same_bytes(View(buffer).subspan(20), View(before).subspan(20)));
        CHECK((*written)[0] == 0x45);
        CHECK(reference_checksum(View(*written).first(20 + options)) == 0);

        // What a sender of options does about it: set the header length, repair the checksum by the changed word.
        const std::uint16_t old_word = dumbo_test::get16(buffer, 0);
        buffer[0] = static_cast<std::uint8_t>(0x40U | (20 + options) / 4);
        dumbo_test::put16(
            buffer, 10, dumbo::update_checksum(dumbo_test::get16(buffer, 10), old_word, dumbo_test::get16(buffer, 0)));
        const auto packet = Ipv4Packet::parse(*written, ChecksumCheck::verify);
        REQUIRE(packet);
        CHECK(packet->header_length() == 20 + options);
    }
}

TEST_CASE("a buffer without room for the fixed header is refused and unchanged", "[ipv4]") {
    for (std::size_t size = 0; size < 20; ++size) {
        Bytes buffer = random_bytes(size);
        const Bytes before = buffer;
        const auto incomplete = IncompleteIpv4Packet::write(buffer, fields);
        CAPTURE(size);
        CHECK(error_of(incomplete) == Error::buffer_too_small);
        CHECK(buffer == before);
    }
}

TEST_CASE("a packet longer than the buffer is refused", "[ipv4]") {
    Bytes buffer(60);
    CHECK(write(buffer, 0, 40));
    CHECK(write(buffer, 40, 0));
    CHECK(error_of(write(buffer, 4, 37)) == Error::buffer_too_small);
    CHECK(error_of(write(buffer, 0, 41)) == Error::buffer_too_small);
    CHECK(error_of(write(buffer, 0, 65515)) == Error::buffer_too_small);
}

TEST_CASE("more options than a header holds, or more than a packet holds, is an invalid argument", "[ipv4]") {
    Bytes buffer(70000);
    CHECK(write(buffer, 0, 65515));
    CHECK(write(buffer, 40, 65475));
    CHECK(error_of(write(buffer, 0, 65516)) == Error::invalid_argument);
    CHECK(error_of(write(buffer, 40, 65476)) == Error::invalid_argument);
    for (const std::size_t options : {std::size_t{41}, std::size_t{44}, std::numeric_limits<std::size_t>::max()}) {
        CHECK(error_of(write(buffer, options, 0)) == Error::invalid_argument);
    }
    for (std::size_t below_end = 0; below_end < 64; ++below_end) {
        CHECK(error_of(write(buffer, 40, std::numeric_limits<std::size_t>::max() - below_end)) ==
              Error::invalid_argument);
    }
}

TEST_CASE("a header written in one go is the same, whatever was in the buffer", "[ipv4]") {
    for (std::uint32_t seed = 0; seed < 1000; ++seed) {
        const Bytes dice = random_bytes(14, seed);
        const auto number = [&dice](std::size_t at) {
            return static_cast<std::uint16_t>(dice[at] * 256U + dice[at + 1]);
        };
        const Ipv4Fields header{.protocol = dice[0],
                                .ttl = dice[1],
                                .identification = number(2),
                                .source = {dice[4], dice[5], dice[6], dice[7]},
                                .destination = {dice[8], dice[9], dice[10], dice[11]}};
        const std::size_t payload_length = seed < 40 ? seed : number(12) % 65516U;
        Bytes expected = random_bytes(20 + payload_length, seed + 1000);
        Bytes buffer = expected;
        auto incomplete = IncompleteIpv4Packet::write(expected, header);
        REQUIRE(incomplete);
        REQUIRE(incomplete->complete(0, payload_length, Checksum::compute));
        const auto packet = dumbo::write_ipv4(buffer, header, payload_length);
        REQUIRE(packet);
        CHECK(packet->data() == buffer.data());
        CHECK(packet->size() == buffer.size());
        CHECK(buffer == expected);
    }
}

TEST_CASE("a header that is written in one go has the same bounds, and touches nothing outside of them", "[ipv4]") {
    Bytes buffer(70'000, 0xa5);
    const Bytes before = buffer;
    CHECK(error_of(dumbo::write_ipv4(buffer, {}, 65516)) == Error::invalid_argument);
    CHECK(error_of(dumbo::write_ipv4(buffer, {}, std::numeric_limits<std::size_t>::max())) == Error::invalid_argument);
    CHECK(error_of(dumbo::write_ipv4(std::span(buffer).first(19), {}, 0)) == Error::buffer_too_small);
    CHECK(error_of(dumbo::write_ipv4(std::span(buffer).first(60), {}, 41)) == Error::buffer_too_small);
    CHECK(buffer == before);
    CHECK(dumbo::write_ipv4(std::span(buffer).first(60), {}, 40));
    CHECK(std::equal(buffer.begin() + 20, buffer.end(), before.begin() + 20));
    CHECK(dumbo::write_ipv4(buffer, {}, 65515));
}
