// SPDX-License-Identifier: Apache-2.0
// The library and the model through every sequence of events up to a length.
#include "model/walk.hpp"

#include <dumbo/dumbo.h>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <chrono>
#include <cmath>
#include <cstdint>
#include <vector>

namespace {

[[nodiscard]] std::vector<std::uint32_t> usual_option_sets() {
    std::vector<std::uint32_t> sets = {DUMBO_OPTIONS_NONE, DUMBO_OPTIONS_GUEST_FACING};
    for (std::uint32_t option = 1; option <= DUMBO_OPTION_LINGER; option <<= 1U) {
        sets.push_back(option);
    }
    return sets;
}

[[nodiscard]] bool walk_with(std::uint32_t options, unsigned depth) {
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    const auto result = model::walk(options, depth);
    const std::chrono::duration<double> took = Clock::now() - start;
    fmt::print("options {:#04x}, depth {}: {} states, {} transitions, {:.4g} sequences, {:.1f} s\n", options, depth,
               result.states, result.transitions, result.sequences, took.count());
    if (!result.failure.empty()) {
        fmt::print("{}", result.failure);
        return false;
    }
    // All letters lead on from every state: none was left out on the way.
    const double wanted = std::pow(static_cast<double>(model::alphabet().size()), depth);
    if (std::abs(result.sequences - wanted) > wanted * 1e-9) {
        fmt::print("but there are {:.4g} sequences\n", wanted);
        return false;
    }
    return true;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app("Every sequence of events of an alphabet, up to a length");
    unsigned depth = 7;
    std::vector<std::uint32_t> option_sets;
    app.add_option("--depth", depth, "the length of the sequences");
    app.add_option("--options", option_sets, "enum dumbo_option; none, all, and each of them unless given");
    CLI11_PARSE(app, argc, argv);
    if (option_sets.empty()) {
        option_sets = usual_option_sets();
    }
    fmt::print("an alphabet of {} letters\n", model::alphabet().size());
    for (const std::uint32_t options : option_sets) {
        if (!walk_with(options, depth)) {
            return 1;
        }
    }
    return 0;
}
