// SPDX-License-Identifier: Apache-2.0
// Plays scripts to the library, through its C ABI alone.
#pragma once

#include "script/endpoint.hpp"
#include "script/source.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace script {

// The circumstances that no script mentions, because they must make no difference.
struct Setup {
    std::string_view name;
    SourceKind kind{};
    Keep keep{};
    Home home{};
    std::uint64_t epoch = 0;  // the time that the script calls 0, unless it sets its own
};

// A few that together have every value of each circumstance.
[[nodiscard]] std::span<const Setup> all_setups();

// Plays a script. Returns what was wanted and what was got instead, or nothing if the library did as the script says.
// A script that is no script throws a BadScript.
[[nodiscard]] std::optional<std::string> play(std::string_view script, const Setup& setup);

}  // namespace script
