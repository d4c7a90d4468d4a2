// SPDX-License-Identifier: Apache-2.0
#include "fuzz/support/pattern.hpp"

namespace fuzz {

namespace {

constexpr std::uint32_t period = 4096;

struct Octets {
    Octets() {
        for (std::uint32_t i = 0; i < sizeof all; ++i) {
            all[i] = static_cast<std::uint8_t>((i % period * 0x9e3779b1U) >> 19U);
        }
    }
    std::uint8_t all[period + longest_source];
} const octets;

}  // namespace

const std::uint8_t* octets_at(std::uint32_t seq) {
    return octets.all + seq % period;
}

}  // namespace fuzz
