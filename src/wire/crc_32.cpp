// SPDX-License-Identifier: Apache-2.0
#include "wire/crc_32.hpp"

#include <array>

namespace dumbo::inline v0 {

namespace {

constexpr std::array<std::uint32_t, 256> make_crc_table() noexcept {
    constexpr std::uint32_t reversed_polynomial = 0xedb88320;
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t index = 0; index < table.size(); ++index) {
        table[index] = index;
        for (int bit = 0; bit < 8; ++bit) {
            table[index] = (table[index] >> 1U) ^ ((table[index] & 1U) != 0 ? reversed_polynomial : 0);
        }
    }
    return table;
}

constexpr auto crc_table = make_crc_table();

}  // namespace

std::uint32_t crc_32(std::span<const std::uint8_t> bytes) noexcept {
    std::uint32_t remainder = 0xffffffff;
    for (const std::uint8_t byte : bytes) {
        remainder = (remainder >> 8U) ^ crc_table[(remainder ^ byte) & 0xffU];
    }
    return ~remainder;
}

}  // namespace dumbo::inline v0
