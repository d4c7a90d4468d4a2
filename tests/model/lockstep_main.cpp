// SPDX-License-Identifier: Apache-2.0
// The library and the model in lockstep through random programs.
#include "model/chance.hpp"
#include "model/lockstep.hpp"
#include "model/shrink.hpp"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdint>

namespace {

// Long enough for stories, short enough for many beginnings.
constexpr std::size_t longest_program = 120;

struct Tally {
    std::uint64_t events = 0;
    std::uint64_t programs = 0;
    std::uint64_t established = 0;  // programs that came so far
    std::uint64_t ended = 0;        // in a reset, or with both FINs acknowledged
};

// Nothing, or what went wrong.
std::string play_one(std::uint64_t seed, Tally& tally) {
    model::Chance chance(seed);
    model::Program program;
    program.setup = chance.setup();
    model::Lockstep both(program.setup);
    tally.programs += 1;
    const auto handshake = chance.handshake();
    if (!both.is_open()) {
        return both.complaint().value_or("");
    }
    std::size_t epilogue = 0;
    while (program.events.size() < longest_program && epilogue < 4) {
        const std::size_t index = program.events.size();
        program.events.push_back(index < handshake.size() ? handshake[index] : chance.event(both.expected()));
        tally.events += 1;
        if (both.play(program.events.back())) {
            return fmt::format("seed {}, event {}:\n{}", seed, program.events.size(), model::report(program));
        }
        // A reset connection has not much to tell.
        epilogue += both.expected().is_reset() ? 1 : 0;
    }
    tally.established += both.expected().is_established() ? 1 : 0;
    tally.ended += both.expected().state() == DUMBO_STATE_CLOSED ? 1 : 0;
    return "";
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("The library and the model of its behaviour in lockstep through random programs");
    std::uint64_t seed = 1;
    std::uint64_t events = 300'000;
    std::uint64_t seconds = 0;
    app.add_option("--seed", seed, "of the first program; each of the following ones has the next number");
    app.add_option("--events", events, "to be played, at least");
    app.add_option("--seconds", seconds, "to go on for, instead of a number of events");
    CLI11_PARSE(app, argc, argv);

    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    const auto is_over = [&](const Tally& tally) {
        return seconds == 0 ? tally.events >= events : Clock::now() - start >= std::chrono::seconds(seconds);
    };
    Tally tally;
    for (; !is_over(tally); ++seed) {
        if (const auto failure = play_one(seed, tally); !failure.empty()) {
            fmt::print("{}", failure);
            return 1;
        }
    }
    const std::chrono::duration<double> took = Clock::now() - start;
    fmt::print("{} events in {} programs, of which {} were established and {} ended, in {:.1f} s\n", tally.events,
               tally.programs, tally.established, tally.ended, took.count());
    return 0;
}
