// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace dumbo::inline v0 {

inline constexpr std::size_t crc_length = 4;

// The CRC of IEEE 802.3. It finds every damage that is confined to 32 neighbouring bits, but no intent.
[[nodiscard]] std::uint32_t crc_32(std::span<const std::uint8_t> bytes) noexcept;

}  // namespace dumbo::inline v0
