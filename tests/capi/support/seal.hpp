// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace dumbo_test {

// CRC-32 of IEEE 802.3, bit by bit, in the last four bytes of a snapshot.
inline void seal(std::span<std::uint8_t> snapshot) {
    std::uint32_t remainder = 0xffffffff;
    for (std::size_t i = 0; i + 4 < snapshot.size(); ++i) {
        remainder ^= snapshot[i];
        for (int bit = 0; bit < 8; ++bit) {
            remainder = (remainder >> 1U) ^ ((remainder & 1U) != 0 ? 0xedb88320U : 0U);
        }
    }
    for (unsigned i = 0; i < 4; ++i) {
        snapshot[snapshot.size() - 4 + i] = static_cast<std::uint8_t>(~remainder >> (8 * i));
    }
}

}  // namespace dumbo_test
