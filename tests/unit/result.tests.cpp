// SPDX-License-Identifier: Apache-2.0
#include <dumbo/result.hpp>

#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include "support/catch.hpp"

using dumbo::Error;
using dumbo::Result;

namespace {

struct Point {
    int x = 0;
    int y = 0;
};

constexpr Result<int> half(int number) {
    if (number % 2 != 0) {
        return Error::invalid_argument;
    }
    return number / 2;
}

}  // namespace

TEST_CASE("a result of a value has the value, one of an error has the error", "[result]") {
    const Result<int> good = half(10);
    CHECK(good.has_value());
    CHECK(static_cast<bool>(good));
    CHECK(*good == 5);

    const Result<int> bad = half(3);
    CHECK_FALSE(bad.has_value());
    CHECK_FALSE(static_cast<bool>(bad));
    CHECK(bad.error() == Error::invalid_argument);
}

TEST_CASE("a value that looks like nothing is still a value", "[result]") {
    CHECK(Result<int>(0).has_value());
    CHECK(Result<bool>(false).has_value());
    CHECK_FALSE(*Result<bool>(false));
    const Result<std::optional<int>> nothing_found = std::optional<int>();
    CHECK(nothing_found.has_value());
    CHECK_FALSE(nothing_found->has_value());
}

TEST_CASE("every error stays itself, the last one of the list included", "[result]") {
    for (auto number = static_cast<std::uint8_t>(Error::invalid_argument);
         number <= static_cast<std::uint8_t>(Error::no_entropy); ++number) {
        const auto error = static_cast<Error>(number);
        CHECK_FALSE(Result<int>(error).has_value());
        CHECK(Result<int>(error).error() == error);
    }
}

TEST_CASE("the value can be reached, changed and moved out", "[result]") {
    Result<Point> point = Point{1, 2};
    point->x = 7;
    (*point).y = 8;
    const Result<Point>& same = point;
    CHECK(same->x == 7);
    CHECK((*same).y == 8);
    const Point moved = std::move(*point);
    CHECK(moved.x == 7);
}

TEST_CASE("a copy of a result is independent of it", "[result]") {
    Result<Point> original = Point{1, 2};
    Result<Point> copy = original;
    copy->x = 9;
    CHECK(original->x == 1);
    copy = Error::checksum;
    CHECK(original.has_value());
    CHECK(copy.error() == Error::checksum);
}

TEST_CASE("results work in constant expressions and do not convert to bool by accident", "[result]") {
    STATIC_REQUIRE(*half(8) == 4);
    STATIC_REQUIRE(half(7).error() == Error::invalid_argument);
    STATIC_REQUIRE_FALSE(std::is_convertible_v<Result<int>, bool>);
    STATIC_REQUIRE(std::is_trivially_destructible_v<Result<Point>>);
}
