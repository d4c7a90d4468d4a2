// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

// The arithmetic of RFC 1071, in words of 64 bits: what is congruent modulo 0xffff folds to the same 16 bits.
namespace dumbo::inline v0::detail {

// The carry comes back in at the lower end.
[[nodiscard]] constexpr std::uint64_t add_with_carry(std::uint64_t a, std::uint64_t b) noexcept {
    const std::uint64_t sum = a + b;
    return sum + (sum < a ? 1U : 0U);
}

// A number plus itself with the halves swapped: the upper half is the sum of both halves, and the lower half's carry
// has come into it, at its lower end.
[[nodiscard]] constexpr std::uint16_t fold(std::uint64_t sum) noexcept {
    const auto word = static_cast<std::uint32_t>((sum + std::rotl(sum, 32)) >> 32U);
    return static_cast<std::uint16_t>((word + std::rotl(word, 16)) >> 16U);
}

}  // namespace dumbo::inline v0::detail
