// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace fuzz {

/** No source in memory is longer. */
inline constexpr std::size_t longest_source = 80000;

/** The octets that stand at a sequence number and behind it, whoever sends them: what arrives tells where it belongs.
 * Readable are longest_source of them. */
[[nodiscard]] const std::uint8_t* octets_at(std::uint32_t seq);

}  // namespace fuzz
