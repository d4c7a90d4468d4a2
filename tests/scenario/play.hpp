// SPDX-License-Identifier: Apache-2.0
// How a Catch2 test plays a script.
#pragma once

#include "script/player.hpp"
#include "support/catch.hpp"

#include <string>
#include <string_view>

namespace scenario {

// Plays a script in every setup. A failure shows the line, what it wanted and what came instead.
inline void play(std::string_view script) {
    for (const auto& setup : script::all_setups()) {
        const auto failure = script::play(script, setup);
        INFO(failure.value_or(std::string{}));
        CHECK_FALSE(failure.has_value());
    }
}

}  // namespace scenario
