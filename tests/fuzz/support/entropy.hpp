// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace fuzz {

/** The operating system's randomness, as the library sees it: the same after the same seed. */
void seed_entropy(std::uint8_t seed);

}  // namespace fuzz
