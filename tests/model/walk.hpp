// SPDX-License-Identifier: Apache-2.0
// Every sequence of events of a small alphabet, up to a length: each state that they lead to is gone on from once.
#pragma once

#include "model/event.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace model {

struct Letter {
    std::string_view name;
    Event event;
};

// What can happen to a connection, as far as it makes a difference.
[[nodiscard]] std::vector<Letter> alphabet();

struct WalkResult {
    std::uint64_t states = 0;       // that were found, the first one included
    std::uint64_t transitions = 0;  // that were played
    double sequences = 0;           // of the full length, that these stand for
    std::string failure;            // the first one, shrunk; empty if there is none
};

[[nodiscard]] WalkResult walk(std::uint32_t options, unsigned depth);

}  // namespace model
