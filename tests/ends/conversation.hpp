// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "ends/client.hpp"
#include "ends/server.hpp"
#include "ends/weather.hpp"

namespace ends {

// Everything that one conversation depends on.
struct Plan {
    std::uint64_t seed = 0;
    Habits habits;
    Service service;
    Forecast forecast;
    std::size_t from_client = 0;  // bytes
    std::size_t from_server = 0;
};

// All of it drawn from a seed.
[[nodiscard]] Plan plan_of(std::uint64_t seed);
[[nodiscard]] std::string text_of(const Plan& plan);

enum class Outcome : std::uint8_t {
    intact,    // every byte has arrived, both FINs included
    given_up,  // the server has given up the client, at the right time
    stalled,   // the client's window was closed, its reopening ACK was lost, and nobody asks
    waiting,   // the link is dead, and the server has nothing to say that would need an answer
    failed
};
inline constexpr std::size_t outcomes = 5;

struct Result {
    Outcome outcome = Outcome::failed;
    std::string what;  // went wrong
    std::uint64_t hash = 0;
    std::uint64_t calls = 0;  // that can be followed by a restore
    std::string journal;
};

struct Restore {
    std::uint64_t after_calls = 0;
    Time ahead = 0;
};

// Lets both ends talk until the end.
[[nodiscard]] Result converse(const Plan& plan, const std::optional<Restore>& restore);

// The same, and once more with the server's end restored from its bytes somewhere, by another clock now and then: not a
// segment may differ.
[[nodiscard]] Result converse_twice(const Plan& plan);

}  // namespace ends
