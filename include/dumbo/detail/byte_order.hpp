// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <cstring>

namespace dumbo::inline v0::detail {

// Loads and stores of network-order integers at any alignment. Preconditions: the bytes are there.

[[nodiscard]] constexpr std::uint16_t swap_unless_big_endian(std::uint16_t value) noexcept {
    if constexpr (std::endian::native == std::endian::big) {
        return value;
    }
    const std::uint32_t wide = value;
    return static_cast<std::uint16_t>((wide >> 8U) | (wide << 8U));
}

[[nodiscard]] constexpr std::uint32_t swap_unless_big_endian(std::uint32_t value) noexcept {
    if constexpr (std::endian::native == std::endian::big) {
        return value;
    }
    return (value >> 24U) | ((value >> 8U) & 0xff00U) | ((value << 8U) & 0xff0000U) | (value << 24U);
}

[[nodiscard]] constexpr std::uint64_t swap_unless_big_endian(std::uint64_t value) noexcept {
    if constexpr (std::endian::native == std::endian::big) {
        return value;
    }
    const std::uint64_t lower = swap_unless_big_endian(static_cast<std::uint32_t>(value));
    return lower << 32U | swap_unless_big_endian(static_cast<std::uint32_t>(value >> 32U));
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
