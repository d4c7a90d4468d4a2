// SPDX-License-Identifier: Apache-2.0
#include <dumbo/checksum.hpp>

#include <cstdint>
#include <span>

#include "support/catch.hpp"
#include "unit/support/bytes.hpp"
#include "unit/support/reference_checksum.hpp"

using dumbo::ChecksumAccumulator;
using dumbo::internet_checksum;
using dumbo_test::Bytes;
using dumbo_test::Random;
using dumbo_test::random_bytes;
using dumbo_test::reference_checksum;
using dumbo_test::View;

namespace {

constexpr std::size_t longest = 300;

std::uint16_t checksum_of_two(View bytes, std::size_t split) {
    ChecksumAccumulator accumulator;
    accumulator.add(bytes.first(split));
    accumulator.add(bytes.subspan(split));
    return accumulator.checksum();
}

// Cuts at random, with empty and one-byte pieces more often than not.
std::uint16_t checksum_of_many(View bytes, Random& random) {
    ChecksumAccumulator accumulator;
    while (!bytes.empty()) {
        const std::size_t limit = random.below(2) == 0 ? 3 : 80;
        const std::size_t length = std::min(bytes.size(), random.below(limit));
        accumulator.add(bytes.first(length));
        bytes = bytes.subspan(length);
    }
    return accumulator.checksum();
}

}  // namespace

TEST_CASE("the worked example of RFC 1071 gives its sum", "[checksum]") {
    const Bytes example = {0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7};
    ChecksumAccumulator accumulator;
    accumulator.add(example);
    CHECK(accumulator.sum() == 0xddf2);
    CHECK(accumulator.checksum() == 0x220d);
    CHECK(internet_checksum(example) == 0x220d);
}

TEST_CASE("no bytes sum to 0", "[checksum]") {
    CHECK(ChecksumAccumulator().sum() == 0);
    CHECK(ChecksumAccumulator().checksum() == 0xffff);
    CHECK(internet_checksum({}) == 0xffff);
}

TEST_CASE("a header is summed like any other bytes, behind an even number of them", "[checksum]") {
    const Bytes bytes = random_bytes(100);
    for (std::size_t length = 0; length <= 60; length += 4) {
        for (const std::size_t before : {0U, 2U, 6U, 20U}) {
            ChecksumAccumulator accumulator;
            accumulator.add(View(bytes).first(before));
            accumulator.add_header(View(bytes).subspan(before, length));
            accumulator.add(View(bytes).subspan(before + length, 3));
            CHECK(accumulator.checksum() == reference_checksum(View(bytes).first(before + length + 3)));
        }
    }
}

TEST_CASE("a sum is taken up again where it was left", "[checksum]") {
    const Bytes bytes = random_bytes(100);
    ChecksumAccumulator first;
    first.add(View(bytes).first(40));
    ChecksumAccumulator second(first.unfolded());
    second.add(View(bytes).subspan(40));
    CHECK(second.checksum() == reference_checksum(bytes));
}

TEST_CASE("an odd last byte is the high half of a word", "[checksum]") {
    CHECK(internet_checksum(Bytes{0x12}) == static_cast<std::uint16_t>(~0x1200));
    CHECK(internet_checksum(Bytes{0x12, 0x34, 0x56}) == static_cast<std::uint16_t>(~(0x1234 + 0x5600)));
}

TEST_CASE("every length at every alignment gives the bytewise checksum", "[checksum]") {
    const int filling = GENERATE(-1, 0x00, 0xff);
    CAPTURE(filling);
    std::size_t compared = 0;
    for (std::size_t alignment = 0; alignment < 16; ++alignment) {
        for (std::size_t length = 0; length <= longest; ++length) {
            // An allocation of its own, so that reading past the end is noticed at every length.
            Bytes bytes = filling < 0 ? random_bytes(alignment + length, length + 1)
                                      : Bytes(alignment + length, static_cast<std::uint8_t>(filling));
            const View view = View(bytes).subspan(alignment);
            if (internet_checksum(view) != reference_checksum(view)) {
                CAPTURE(alignment, length);
                CHECK(internet_checksum(view) == reference_checksum(view));
            }
            ++compared;
        }
    }
    CHECK(compared == 16 * (longest + 1));
}

TEST_CASE("every split in two pieces gives the checksum of the whole", "[checksum]") {
    const Bytes bytes = random_bytes(longest, 42);
    for (std::size_t length = 0; length <= longest; ++length) {
        const View view = View(bytes).first(length);
        const std::uint16_t expected = reference_checksum(view);
        for (std::size_t split = 0; split <= length; ++split) {
            if (checksum_of_two(view, split) != expected) {
                CAPTURE(length, split);
                CHECK(checksum_of_two(view, split) == expected);
            }
        }
    }
    CHECK(checksum_of_two(bytes, longest / 2) == reference_checksum(bytes));
}

TEST_CASE("random splits in many pieces give the checksum of the whole", "[checksum]") {
    Random random(3);
    for (int round = 0; round < 2000; ++round) {
        const Bytes bytes = random.bytes(random.below(2000));
        CAPTURE(round, bytes.size());
        REQUIRE(checksum_of_many(bytes, random) == reference_checksum(bytes));
    }
}

TEST_CASE("carries survive in long byte strings", "[checksum]") {
    // All ones carry on every addition. One byte less than a multiple of 8 leaves every kind of remainder.
    for (const std::size_t length : {65535U, 65536U, 200000U, 200007U, 1U << 20U}) {
        const Bytes ones(length, 0xff);
        CAPTURE(length);
        CHECK(internet_checksum(ones) == reference_checksum(ones));
        CHECK(checksum_of_two(ones, 4097) == reference_checksum(ones));
        const Bytes mixed = random_bytes(length, length);
        CHECK(internet_checksum(mixed) == reference_checksum(mixed));
    }
}

TEST_CASE("a byte string followed by its own checksum sums to 0xffff", "[checksum]") {
    Random random(11);
    for (int round = 0; round < 200; ++round) {
        Bytes bytes = random.bytes(2 * random.below(100) + 2);
        const std::uint16_t checksum = internet_checksum(bytes);
        bytes.resize(bytes.size() + 2);
        dumbo_test::put16(bytes, bytes.size() - 2, checksum);
        CHECK(internet_checksum(bytes) == 0);
    }
}

TEST_CASE("flipping any one bit changes the checksum", "[checksum]") {
    for (const std::size_t length : {1U, 2U, 3U, 7U, 8U, 9U, 20U, 31U, 64U, 129U}) {
        Bytes bytes = random_bytes(length, length);
        const std::uint16_t before = internet_checksum(bytes);
        for (std::size_t bit = 0; bit < 8 * length; ++bit) {
            const auto mask = static_cast<std::uint8_t>(1U << bit % 8);
            bytes[bit / 8] ^= mask;
            CAPTURE(length, bit);
            CHECK(internet_checksum(bytes) != before);
            bytes[bit / 8] ^= mask;
        }
    }
}

TEST_CASE("swapping two words keeps the checksum, swapping the bytes of one does not", "[checksum]") {
    CHECK(internet_checksum(Bytes{1, 2, 3, 4}) == internet_checksum(Bytes{3, 4, 1, 2}));
    CHECK(internet_checksum(Bytes{1, 2, 3, 4}) != internet_checksum(Bytes{2, 1, 3, 4}));
}
