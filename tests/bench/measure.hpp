// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "bench/case.hpp"
#include "bench/options.hpp"

namespace bench {

// Nanoseconds.
struct Figures {
    double median = 0;
    double minimum = 0;
};

// What a case came to. m is the copy of 1460 bytes, measured right before and right after each of its runs: the
// machine may have others to serve, and what they take from both is the same.
struct Result {
    std::string subject;
    std::string way;
    Figures time;
    Figures m;
    std::uint64_t segment_payload = 0;
    bool is_difference = false;  // computed, not measured

    [[nodiscard]] std::string name() const { return way.empty() ? subject : subject + ", " + way; }
    [[nodiscard]] double ratio() const { return time.median / m.median; }
    [[nodiscard]] double ratio_of_minima() const { return time.minimum / m.minimum; }
    [[nodiscard]] bool is_stream() const { return segment_payload != 0; }
    // Of a stream, as measured ...
    [[nodiscard]] double gbit_per_s() const { return static_cast<double>(segment_payload) * 8 / time.median; }
    // ... and as it would be where m is 14 ns.
    [[nodiscard]] double gbit_per_s_at_14() const { return static_cast<double>(segment_payload) * 8 / (ratio() * 14); }
    [[nodiscard]] double gbit_per_s_at_14_of_minima() const {
        return static_cast<double>(segment_payload) * 8 / (ratio_of_minima() * 14);
    }
};

struct ComparisonResult {
    std::string name;
    double ratio = 0;
    double ratio_of_minima = 0;
};

struct Results {
    std::vector<Result> rows;
    std::vector<ComparisonResult> comparisons;
};

// Checks each case, then runs all of them in turns, as often as asked for.
[[nodiscard]] Results measure(const Suite& suite, const Options& options);

// Runs one case so many times. False if there is none of this name.
[[nodiscard]] bool run_once(const Suite& suite, const std::string& name, std::uint64_t times);

}  // namespace bench
