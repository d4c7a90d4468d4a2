// SPDX-License-Identifier: Apache-2.0
#include "bench/options.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <limits>

namespace bench {

std::optional<int> parse_options(Options& options, int argc, char** argv) {
    CLI::App app("What calls of libdumbo cost, in nanoseconds and as multiples of copying 1460 bytes.");
    app.add_option("--json", options.json, "Write the results to this file, too")->type_name("FILE");
    app.add_option("--runs", options.runs, "How often each case is measured")
        ->check(CLI::Range(7U, 1000U))
        ->capture_default_str();
    app.add_option("--filter", options.filters, "Only cases whose name has this in it")->type_name("TEXT");
    app.add_option("--stream-bytes", options.stream_bytes, "What each run of a stream sends")
        ->check(CLI::Range(std::uint64_t{1}, std::numeric_limits<std::uint64_t>::max() / 2))
        ->capture_default_str();
    app.add_flag("--list", options.list, "Only list the cases");
    auto* smoke = app.add_flag("--smoke", options.smoke, "Check each case, and measure nothing worth the name");
    auto* once = app.add_option("--once", options.once, "Only run this case, without a clock")->type_name("CASE");
    app.add_option("--iterations", options.iterations, "How many times, with --once")->needs(once);
    smoke->excludes(once);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
        return app.exit(error);
    }
    return std::nullopt;
}

bool is_wanted(const Options& options, const std::string& name) {
    const auto is_part_of_it = [&](const std::string& filter) { return name.find(filter) != std::string::npos; };
    return options.filters.empty() || std::any_of(options.filters.begin(), options.filters.end(), is_part_of_it);
}

}  // namespace bench
