// SPDX-License-Identifier: Apache-2.0
// The two ways in which playing a script can go wrong.
#pragma once

#include <fmt/format.h>

#include <stdexcept>
#include <string_view>

namespace script {

// The script is wrong: a word nobody knows, a number that is none, a range that does not add up.
class BadScript : public std::runtime_error {
public:
    BadScript(unsigned line, std::string_view what)
        : std::runtime_error(fmt::format("script line {}: {}", line, what)) {}
};

// The script is fine and the library did something else. Both sides are in the notation of the script.
class Mismatch : public std::runtime_error {
public:
    Mismatch(std::string_view wanted, std::string_view got)
        : std::runtime_error(fmt::format("  wanted  {}\n  got     {}", wanted, got)) {}
};

}  // namespace script
