// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "ends/conversation.hpp"

using namespace ends;

namespace {

constexpr std::string_view usage =
    "usage: ends [--from N] [--count N]   as many conversations, from that seed on (1, 1500)\n"
    "       ends --seed N                 one, shown to its end\n";

struct Arguments {
    std::uint64_t from = 1;
    std::uint64_t count = 1500;
    bool is_shown = false;
};

std::optional<Arguments> parse(std::span<char*> words) {
    Arguments arguments;
    for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
        const std::string_view name = words[i];
        const std::string_view text = words[i + 1];
        std::uint64_t number = 0;
        if (const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
            error != std::errc{} || end != text.data() + text.size()) {
            return std::nullopt;
        }
        if (name == "--from") {
            arguments.from = number;
        } else if (name == "--count") {
            arguments.count = number;
        } else if (name == "--seed") {
            arguments = {.from = number, .count = 1, .is_shown = true};
        } else {
            return std::nullopt;
        }
    }
    return words.size() % 2 == 0 ? std::optional(arguments) : std::nullopt;
}

void show(const Plan& plan, const Result& result) {
    fmt::print("{}\n{}{}\n", text_of(plan), result.journal, result.what);
}

// A lost window update: without probes nobody asks for it (behaviour, section 8), with them somebody does.
bool check_lost_window_updates() {
    Plan plan;
    plan.habits = {.mss = 1000, .buffer = 1000, .pause = 200, .read_max = 2000};
    plan.forecast.loses_window_updates = true;
    plan.from_server = 5000;
    plan.service.options = DUMBO_OPTIONS_NONE;
    const Result stalled = converse_twice(plan);
    plan.service.options = DUMBO_OPTION_ZERO_WINDOW_PROBE;
    const Result probed = converse_twice(plan);
    if (stalled.outcome != Outcome::stalled || probed.outcome != Outcome::intact) {
        fmt::print("a lost window update ends otherwise than it should, without or with probes\n{}{}\n{}{}\n",
                   stalled.journal, stalled.what, probed.journal, probed.what);
        return false;
    }
    return true;
}

// A FIN before the client's closed window is refused by it (RFC 9293, 3.10.7.4), and answered: on a link without delay,
// both ends would not stop to talk if the answer had the FIN go again.
bool check_fin_before_closed_window() {
    Plan plan;
    plan.habits = {.mss = 1000, .buffer = 1000, .avoids_silly_windows = false, .ack_delay = 0, .pause = 200};
    plan.forecast.delay = 0;
    plan.from_server = 1000;
    plan.service.options = DUMBO_OPTIONS_GUEST_FACING;
    plan.service.close = Service::Close::when_all_is_sent;
    const Result result = converse_twice(plan);
    if (result.outcome != Outcome::intact) {
        fmt::print("a FIN before a closed window\n{}{}\n", result.journal, result.what);
    }
    return result.outcome == Outcome::intact;
}

}  // namespace

int main(int argc, char** argv) {
    const auto arguments = parse(std::span(argv, static_cast<std::size_t>(argc)).subspan(1));
    if (!arguments) {
        fmt::print(stderr, "{}", usage);
        return 2;
    }
    bool is_good = arguments->is_shown || (check_lost_window_updates() && check_fin_before_closed_window());
    std::array<std::uint64_t, outcomes> tally{};
    for (std::uint64_t seed = arguments->from; seed - arguments->from < arguments->count; ++seed) {
        const Plan plan = plan_of(seed);
        const Result result = converse_twice(plan);
        ++tally[static_cast<std::size_t>(result.outcome)];
        if (result.outcome == Outcome::failed || arguments->is_shown) {
            show(plan, result);
        }
        is_good = is_good && result.outcome != Outcome::failed;
    }
    fmt::print("{} intact, {} given up, {} stalled without probes, {} waiting on a dead link, {} failed\n", tally[0],
               tally[1], tally[2], tally[3], tally[4]);
    return is_good ? 0 : 1;
}
