// SPDX-License-Identifier: Apache-2.0
#include "fuzz/support/entropy.hpp"

#include <unistd.h>

#include <cstddef>

namespace fuzz {

namespace {

std::uint64_t state = 0;

}  // namespace

void seed_entropy(std::uint8_t seed) {
    state = seed;
}

}  // namespace fuzz

// Stands in front of libc's.
extern "C" int getentropy(void* buffer, std::size_t length) {
    auto* const bytes = static_cast<std::uint8_t*>(buffer);
    for (std::size_t i = 0; i < length; ++i) {
        fuzz::state = fuzz::state * 6364136223846793005U + 1442695040888963407U;
        bytes[i] = static_cast<std::uint8_t>(fuzz::state >> 56U);
    }
    return 0;
}
