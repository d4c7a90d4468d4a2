// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "scenario/dice.hpp"

#include <string>

namespace scenario {

// One call of a function of the C ABI that needs no connection. Returns what was wrong with it; empty most of the time.
[[nodiscard]] std::string strike_codec(Dice& dice);

}  // namespace scenario
