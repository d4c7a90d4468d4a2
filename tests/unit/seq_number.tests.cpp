// SPDX-License-Identifier: Apache-2.0
#include <dumbo/seq_number.hpp>

#include <array>
#include <cstdint>

#include "support/catch.hpp"
#include "unit/support/bytes.hpp"

using dumbo::max_window_size;
using dumbo::SeqNumber;
using dumbo_test::Random;

namespace {

// Places where arithmetic modulo 2^32 could trip: around 0, the sign bit, the horizon and its mirror image.
constexpr std::array<std::uint32_t, 14> interesting = {
    0,           1,           2,           max_window_size - 1,      max_window_size,      max_window_size + 1,
    0x7fffffffU, 0x80000000U, 0x80000001U, 0U - max_window_size - 1, 0U - max_window_size, 0U - max_window_size + 1,
    0xfffffffeU, 0xffffffffU};

}  // namespace

TEST_CASE("the largest window is 65535 scaled by 14 bits", "[seq_number]") {
    STATIC_REQUIRE(max_window_size == 1073725440U);
}

TEST_CASE("a default sequence number is 0, any other keeps its value", "[seq_number]") {
    CHECK(SeqNumber().value() == 0);
    for (const std::uint32_t value : interesting) {
        CHECK(SeqNumber(value).value() == value);
    }
}

TEST_CASE("adding and subtracting octets wraps at 2^32 and cancels out", "[seq_number]") {
    STATIC_REQUIRE(SeqNumber(0xffffffffU) + 1 == SeqNumber(0));
    STATIC_REQUIRE(SeqNumber(0) - 1 == SeqNumber(0xffffffffU));
    for (const std::uint32_t value : interesting) {
        for (const std::uint32_t octets : interesting) {
            const SeqNumber start(value);
            CHECK((start + octets).value() == value + octets);
            CHECK((start - octets).value() == value - octets);
            CHECK((start + octets) - octets == start);
            CHECK((start + octets).distance_from(start) == octets);
        }
    }
}

TEST_CASE("sequence numbers are equal exactly when their values are", "[seq_number]") {
    for (const std::uint32_t a : interesting) {
        for (const std::uint32_t b : interesting) {
            CHECK((SeqNumber(a) == SeqNumber(b)) == (a == b));
            CHECK((SeqNumber(a) != SeqNumber(b)) == (a != b));
        }
    }
}

TEST_CASE("the order holds up to the horizon and not at it, wherever the pair lies", "[seq_number]") {
    for (const std::uint32_t base : interesting) {
        const SeqNumber b(base);
        CAPTURE(base);
        CHECK_FALSE(b.after(b));
        CHECK(b.at_or_after(b));
        for (const std::uint32_t inside : {1U, 2U, 65535U, max_window_size - 2, max_window_size - 1}) {
            CAPTURE(inside);
            CHECK((b + inside).after(b));
            CHECK((b + inside).at_or_after(b));
        }
        for (const std::uint32_t outside : {max_window_size, max_window_size + 1, 0x80000000U, 0xffffffffU}) {
            CAPTURE(outside);
            CHECK_FALSE((b + outside).after(b));
            CHECK_FALSE((b + outside).at_or_after(b));
        }
    }
}

TEST_CASE("two numbers further apart than the horizon on both ways round are unordered", "[seq_number]") {
    for (const std::uint32_t apart : {max_window_size, 0x80000000U, 0U - max_window_size}) {
        const SeqNumber a(12345);
        const SeqNumber b = a + apart;
        CAPTURE(apart);
        CHECK_FALSE(a.after(b));
        CHECK_FALSE(b.after(a));
        CHECK_FALSE(a.at_or_after(b));
        CHECK_FALSE(b.at_or_after(a));
    }
}

TEST_CASE("for any pair the order is what the distance says, the same after a shift, and never both ways",
          "[seq_number]") {
    Random random(7);
    int ordered = 0;
    for (int i = 0; i < 20000; ++i) {
        const auto a = static_cast<std::uint32_t>(random.next());
        // Half of the pairs are near each other, the others anywhere.
        const auto far = static_cast<std::uint32_t>(random.next());
        const std::uint32_t b = i % 2 == 0 ? far : a + (far >> 12U) - (1U << 19U);
        const auto shift = static_cast<std::uint32_t>(random.next());

        const bool after = SeqNumber(a).after(SeqNumber(b));
        const bool at_or_after = SeqNumber(a).at_or_after(SeqNumber(b));
        const bool consistent = after == (a != b && a - b < max_window_size) && at_or_after == (after || a == b) &&
                                !(after && SeqNumber(b).at_or_after(SeqNumber(a))) &&
                                after == SeqNumber(a + shift).after(SeqNumber(b + shift));
        if (!consistent) {
            CAPTURE(a, b, shift, after, at_or_after);
            FAIL("the order is inconsistent");
        }
        ordered += after ? 1 : 0;
    }
    CHECK(ordered > 5000);
    CHECK(ordered < 15000);
}
