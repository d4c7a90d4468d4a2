// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace mmds {

/** Nanoseconds of a clock that never goes back. Whoever needs the time gets it as an argument. */
using Time = std::uint64_t;

inline constexpr Time millisecond = 1'000'000;
inline constexpr Time second = 1'000 * millisecond;
inline constexpr Time never = UINT64_MAX;

}  // namespace mmds
