// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

// The arithmetic of RFC 1071, in words of 64 bits: what is congruent modulo 0xffff folds to the same 16 bits.
namespace dumbo::inline v0::detail {

// The carry comes back in at the lower end.
[[nodiscard]] constexpr std::uint64_t add_with_carry(std::uint64_t a, std::uint64_t b) noexcept {
    const std::uint64_t sum = a + b;
    return sum + (sum < a ? 1U : 0U);
}

[[nodiscard]] constexpr std::uint16_t fold(std::uint64_t sum) noexcept {
    sum = (sum & 0xffffffffU) + (sum >> 32U);
    sum = (sum & 0xffffU) + ((sum >> 16U) & 0xffffU) + (sum >> 32U);
    sum = (sum & 0xffffU) + (sum >> 16U);
    sum = (sum & 0xffffU) + (sum >> 16U);
    return static_cast<std::uint16_t>(sum);
}

}  // namespace dumbo::inline v0::detail
