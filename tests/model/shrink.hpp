// SPDX-License-Identifier: Apache-2.0
// From a long program that fails to one that can be read.
#pragma once

#include "model/event.hpp"

#include <functional>
#include <string>

namespace model {

// Whether a program still fails.
using Fails = std::function<bool(const Program&)>;

// Drops events and simplifies what is left for as long as the program fails.
[[nodiscard]] Program shrink(Program program, const Fails& fails);

// What a program that fails in lockstep comes down to, and how that fails.
[[nodiscard]] std::string report(const Program& program);

}  // namespace model
