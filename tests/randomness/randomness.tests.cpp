// SPDX-License-Identifier: Apache-2.0
#include <cstddef>
#include <cstdint>
#include <set>
#include <vector>

#include "randomness/bad_numbers.hpp"
#include "randomness/initial_numbers.hpp"
#include "randomness/statistics.hpp"
#include "support/catch.hpp"

using namespace randomness;

namespace {

constexpr std::size_t million = 1000000;

std::size_t distinct(const std::vector<std::uint32_t>& numbers) {
    return std::set<std::uint32_t>(numbers.begin(), numbers.end()).size();
}

}  // namespace

TEST_CASE("the statistics have nothing to say of good generators") {
    for (const Sample& sample : good_samples(million)) {
        INFO(sample.name);
        CHECK(complaints_about(sample.numbers) == "");
    }
}

// With fewer numbers than the library has to show.
TEST_CASE("the statistics complain about bad generators") {
    for (const Sample& sample : bad_samples(million / 2)) {
        INFO(sample.name);
        CHECK_FALSE(complaints_about(sample.numbers).empty());
    }
}

TEST_CASE("a million initial sequence numbers of connections are uniform and independent") {
    const auto numbers = numbers_of_connections(million);
    CHECK(complaints_about(numbers) == "");
}

TEST_CASE("a million initial sequence numbers of a stack are uniform and independent") {
    const auto numbers = numbers_of_a_stack(million);
    CHECK(complaints_about(numbers) == "");
}

// Eight, so that this fails by chance once in 10^8 times.
TEST_CASE("connections that are opened by the same SYN, at the same time, have different numbers") {
    CHECK(distinct(numbers_of_connections(8)) == 8);
    CHECK(distinct(numbers_of_a_stack(8)) == 8);
    std::vector<std::uint32_t> of_stacks;
    while (of_stacks.size() < 8) {
        of_stacks.push_back(numbers_of_a_stack(1).front());
    }
    CHECK(distinct(of_stacks) == 8);
}
