// SPDX-License-Identifier: Apache-2.0
#include "bench/measure.hpp"

#include <algorithm>
#include <ctime>
#include <memory>

#include "bench/copy_cases.hpp"
#include "bench/require.hpp"

namespace bench {

namespace {

// Of a case, and of m before and after it. A thousand times as long as reading the clock takes, and short enough for
// most of them to be left alone on a busy machine.
constexpr double slice_ns = 0.5e6;

Figures figures_of(std::vector<double> times) {
    std::sort(times.begin(), times.end());
    const std::size_t middle = times.size() / 2;
    const double median = times.size() % 2 != 0 ? times[middle] : (times[middle - 1] + times[middle]) / 2;
    return {.median = median, .minimum = times.front()};
}

// The time that this thread has had a processor for: nothing here waits, and what others do meanwhile is not looked at.
double thread_nanoseconds() {
    timespec now{};
    require(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) == 0, "the thread's clock");
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

// For so many times the nanoseconds of one.
double time(Scenario& scenario, std::uint64_t times) {
    const double begin = thread_nanoseconds();
    scenario.run(times);
    return (thread_nanoseconds() - begin) / static_cast<double>(times);
}

std::uint64_t times_in_a_slice(Scenario& scenario) {
    constexpr std::uint64_t trial = 1000;
    return std::max<std::uint64_t>(1, static_cast<std::uint64_t>(slice_ns / time(scenario, trial)));
}

class Measurement {
public:
    explicit Measurement(const Case& one) : case_(one), scenario_(one.make()) { scenario_->check(); }

    // How many times a run of it does it.
    void settle(const Options& options) { times_ = options.smoke ? 2 : times_for(options); }

    void run(Scenario& copy, std::uint64_t copies) {
        m_.push_back(time(copy, copies));
        times_taken_.push_back(time(*scenario_, times_));
        m_.push_back(time(copy, copies));
    }

    [[nodiscard]] Result result() const {
        return {.subject = case_.subject,
                .way = case_.way,
                .time = figures_of(times_taken_),
                .m = figures_of(m_),
                .segment_payload = case_.segment_payload};
    }

private:
    [[nodiscard]] std::uint64_t times_for(const Options& options) {
        if (case_.segment_payload == 0) {
            return times_in_a_slice(*scenario_);
        }
        return std::max<std::uint64_t>(1, options.stream_bytes / case_.segment_payload);
    }

    const Case& case_;
    std::unique_ptr<Scenario> scenario_;
    std::uint64_t times_ = 0;
    std::vector<double> times_taken_;
    std::vector<double> m_;
};

const Result* find(const std::vector<Result>& rows, const std::string& subject, const std::string& way) {
    const auto is_it = [&](const Result& row) { return row.subject == subject && row.way == way; };
    const auto found = std::find_if(rows.begin(), rows.end(), is_it);
    return found != rows.end() ? &*found : nullptr;
}

Result subtract(const std::string& subject, const Result& minuend, const Result& subtrahend) {
    return {.subject = subject,
            .way = minuend.way,
            .time = {.median = minuend.time.median - subtrahend.time.median,
                     .minimum = minuend.time.minimum - subtrahend.time.minimum},
            .m = minuend.m,
            .is_difference = true};
}

// The rows, each followed by the differences that are taken of it.
std::vector<Result> with_differences(const Suite& suite, const std::vector<Result>& rows) {
    std::vector<Result> results;
    for (const Result& row : rows) {
        results.push_back(row);
        for (const Difference& difference : suite.differences) {
            const auto* subtrahend = find(rows, difference.subtrahend, row.way);
            if (row.subject == difference.minuend && subtrahend != nullptr) {
                results.push_back(subtract(difference.subject, row, *subtrahend));
            }
        }
    }
    return results;
}

std::vector<ComparisonResult> comparisons(const Suite& suite, const std::vector<Result>& rows) {
    std::vector<ComparisonResult> results;
    for (const Comparison& comparison : suite.comparisons) {
        for (const Result& row : rows) {
            const auto* denominator = find(rows, row.subject, comparison.denominator);
            if (row.way == comparison.numerator && denominator != nullptr) {
                results.push_back({.name = row.subject + ": " + comparison.numerator + " / " + comparison.denominator,
                                   .ratio = row.ratio() / denominator->ratio(),
                                   .ratio_of_minima = row.ratio_of_minima() / denominator->ratio_of_minima()});
            }
        }
    }
    return results;
}

}  // namespace

Results measure(const Suite& suite, const Options& options) {
    const auto copy = copy_case().make();
    const std::uint64_t copies = options.smoke ? 2 : times_in_a_slice(*copy);
    std::vector<Measurement> measurements;
    measurements.reserve(suite.cases.size());
    for (const Case& one : suite.cases) {
        measurements.emplace_back(one).settle(options);
    }
    const unsigned runs = options.smoke ? 1 : options.runs;
    for (unsigned run = 0; run < runs; ++run) {
        for (Measurement& measurement : measurements) {
            measurement.run(*copy, copies);
        }
    }
    std::vector<Result> rows;
    rows.reserve(measurements.size());
    for (const Measurement& measurement : measurements) {
        rows.push_back(measurement.result());
    }
    rows = with_differences(suite, rows);
    return {.rows = rows, .comparisons = comparisons(suite, rows)};
}

bool run_once(const Suite& suite, const std::string& name, std::uint64_t times) {
    const auto is_it = [&](const Case& one) { return one.name() == name; };
    const auto found = std::find_if(suite.cases.begin(), suite.cases.end(), is_it);
    if (found == suite.cases.end()) {
        return false;
    }
    found->make()->run(times);
    return true;
}

}  // namespace bench
