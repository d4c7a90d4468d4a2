// SPDX-License-Identifier: Apache-2.0
//
// bench: what calls cost, in nanoseconds and as multiples of copying 1460 bytes in the same run. docs/performance.md
// says what each case includes.

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <exception>

#include "bench/checksum_cases.hpp"
#include "bench/copy_cases.hpp"
#include "bench/lifecycle_cases.hpp"
#include "bench/lwip_cases.hpp"
#include "bench/measure.hpp"
#include "bench/options.hpp"
#include "bench/receive_cases.hpp"
#include "bench/report.hpp"
#include "bench/stack_cases.hpp"
#include "bench/stack_stream_cases.hpp"
#include "bench/stream_cases.hpp"
#include "bench/ways.hpp"
#include "bench/write_cases.hpp"

using namespace bench;

namespace {

Suite everything() {
    Suite suite;
    suite.cases.push_back(copy_case());
    add_checksum_cases(suite);
    add_receive_cases(suite);
    add_write_cases(suite);
    add_lifecycle_cases(suite);
    add_stream_cases(suite);
    add_stack_stream_cases(suite);
    add_lwip_cases(suite);
    add_stack_cases(suite);
    suite.comparisons.push_back({naive_way, CAbi::name});
    suite.comparisons.push_back({CAbi::name, CppApi::name});
    suite.comparisons.push_back({counted_way, CAbi::name});
    suite.comparisons.push_back({lwip_way, stack_way});
    suite.comparisons.push_back({lwip_way, CAbi::name});
    return suite;
}

// A difference that is wanted needs both of its parts.
bool is_wanted_case(const Options& options, const Suite& suite, const Case& one) {
    const auto needs_it = [&](const Difference& difference) {
        const bool is_part = one.subject == difference.minuend || one.subject == difference.subtrahend;
        return is_part && is_wanted(options, difference.subject + ", " + one.way);
    };
    return is_wanted(options, one.name()) || std::any_of(suite.differences.begin(), suite.differences.end(), needs_it);
}

Suite what_is_wanted(const Options& options) {
    Suite suite = everything();
    std::erase_if(suite.cases, [&](const Case& one) { return !is_wanted_case(options, suite, one); });
    return suite;
}

int list(const Suite& suite) {
    for (const Case& one : suite.cases) {
        fmt::print("{}\n", one.name());
    }
    return 0;
}

int run(const Options& options) {
    const Suite suite = what_is_wanted(options);
    if (suite.cases.empty()) {
        fmt::print(stderr, "bench: no case has such a name\n");
        return 2;
    }
    if (options.list) {
        return list(suite);
    }
    if (!options.once.empty()) {
        if (run_once(suite, options.once, options.iterations)) {
            return 0;
        }
        fmt::print(stderr, "bench: no case is called '{}'\n", options.once);
        return 2;
    }
    const Results results = measure(suite, options);
    if (options.smoke) {
        print_smoke(suite);
    } else {
        print_table(suite, results, options);
    }
    if (!options.json.empty() && !write_json(options.json, suite, results, options)) {
        fmt::print(stderr, "bench: cannot write {}\n", options.json);
        return 1;
    }
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    try {
        Options options;
        const auto end = parse_options(options, argc, argv);
        return end ? *end : run(options);
    } catch (const std::exception& error) {
        fmt::print(stderr, "bench: {}\n", error.what());
        return 1;
    }
}
