// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

// Whether numbers look as if each of them were drawn from all 32-bit numbers, independently of the others.
namespace randomness {

// What one statistic says: how many standard deviations it lies away from what is expected of good numbers, in either
// direction. Numbers that are spread too evenly are no better than others.
struct Finding {
    std::string what;
    double deviations = 0;
};

// Of each byte, of each 16-bit half, and of the correlation with the 1st to 8th next number; all of that for the
// numbers and for their differences modulo 2^32, which of independent numbers are as good; and of how many numbers come
// twice.
[[nodiscard]] std::vector<Finding> examine(std::span<const std::uint32_t> numbers);

// With 29 statistics good numbers exceed this once in 10^7 times, and what is wrong with others grows with their
// number.
inline constexpr double deviations_max = 6.0;

// The findings beyond that, as text; empty for good numbers.
[[nodiscard]] std::string complaints_about(std::span<const std::uint32_t> numbers);

}  // namespace randomness
