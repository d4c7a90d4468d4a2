// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace bench {

// What the command line asks for.
struct Options {
    std::string json;                  // a file to write the results to, if not empty
    unsigned runs = 11;                // of each case
    std::vector<std::string> filters;  // parts of the names that are wanted; all of them if there is none
    std::uint64_t stream_bytes = std::uint64_t{1} << 30U;  // that each run of a stream sends
    bool list = false;                                     // the names, and nothing else
    bool smoke = false;                                    // checks all cases; what it prints is no measurement
    std::string once;                                      // the one case that is run, without a clock ...
    std::uint64_t iterations = 1;                          // ... so many times
};

// Reads the command line. A number is what the program is to end with: the line made no sense, or asked for help.
[[nodiscard]] std::optional<int> parse_options(Options& options, int argc, char** argv);

// Whether a case of this name is asked for.
[[nodiscard]] bool is_wanted(const Options& options, const std::string& name);

}  // namespace bench
