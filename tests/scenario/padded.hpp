// SPDX-License-Identifier: Apache-2.0
// Structs of the C ABI as callers of any release, and confused ones, hand them over.
#pragma once

#include "scenario/dice.hpp"

#include <cstddef>
#include <cstdint>

namespace scenario {

// A struct with some memory behind it, so that it can claim to be larger than this release knows it.
template <class T>
struct Padded {
    T value{};
    std::uint8_t behind[16]{};

    // Sets a struct_size that is mostly right, else too small, or larger, with the rest zero or not.
    T* sized(Dice& dice) {
        value.struct_size = static_cast<std::uint32_t>(sizeof(T));
        if (dice.one_in(50)) {
            value.struct_size = static_cast<std::uint32_t>(dice.below(sizeof(T)));
        } else if (dice.one_in(50)) {
            value.struct_size += static_cast<std::uint32_t>(dice.below(sizeof behind + 1));
            behind[dice.size_below(sizeof behind)] = static_cast<std::uint8_t>(dice.below(2));
        }
        return &value;
    }
};

}  // namespace scenario
