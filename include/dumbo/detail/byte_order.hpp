// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace dumbo::inline v0::detail {

// Loads and stores of network-order integers at any alignment. Preconditions: the bytes are there.

// Compilers see the swap in shifts and masks, but not in all surroundings.
[[nodiscard]] constexpr std::uint16_t swap_unless_big_endian(std::uint16_t value) noexcept {
    return std::endian::native == std::endian::big ? value : __builtin_bswap16(value);
}

[[nodiscard]] constexpr std::uint32_t swap_unless_big_endian(std::uint32_t value) noexcept {
    return std::endian::native == std::endian::big ? value : __builtin_bswap32(value);
}

[[nodiscard]] constexpr std::uint64_t swap_unless_big_endian(std::uint64_t value) noexcept {
    return std::endian::native == std::endian::big ? value : __builtin_bswap64(value);
}

[[nodiscard]] inline std::uint16_t load_be16(const std::uint8_t* from) noexcept {
    std::uint16_t value = 0;
    std::memcpy(&value, from, sizeof value);
    return swap_unless_big_endian(value);
}

[[nodiscard]] inline std::uint32_t load_be32(const std::uint8_t* from) noexcept {
    std::uint32_t value = 0;
    std::memcpy(&value, from, sizeof value);
    return swap_unless_big_endian(value);
}

inline void store_be16(std::uint8_t* to, std::uint16_t value) noexcept {
    value = swap_unless_big_endian(value);
    std::memcpy(to, &value, sizeof value);
}

inline void store_be32(std::uint8_t* to, std::uint32_t value) noexcept {
    value = swap_unless_big_endian(value);
    std::memcpy(to, &value, sizeof value);
}

}  // namespace dumbo::inline v0::detail
