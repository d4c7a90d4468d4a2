// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace randomness {

struct Sample {
    std::string name;
    std::vector<std::uint32_t> numbers;
};

// Ways to choose initial sequence numbers that were in use, or could be had by mistake.
[[nodiscard]] std::vector<Sample> bad_samples(std::size_t count);

// From generators that are good enough for this, with different seeds.
[[nodiscard]] std::vector<Sample> good_samples(std::size_t count);

}  // namespace randomness
