// SPDX-License-Identifier: Apache-2.0
#include "bench/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "bench/machine.hpp"

namespace bench {

namespace {

void print_rows(const std::vector<Result>& rows) {
    fmt::print("{:<66} {:>9} {:>9} {:>9} {:>9}\n", "", "median ns", "min ns", "median/m", "min/m");
    for (const Result& row : rows) {
        fmt::print("{:<66} {:>9.1f} {:>9.1f} {:>9.2f} {:>9.2f}\n", row.name(), row.time.median, row.time.minimum,
                   row.ratio(), row.ratio_of_minima());
    }
}

void print_streams(const std::vector<Result>& rows) {
    if (std::none_of(rows.begin(), rows.end(), [](const Result& row) { return row.is_stream(); })) {
        return;
    }
    fmt::print("\n{:<66} {:>9} {:>9} {:>9}\n", "streams, Gbit/s", "measured", "m = 14 ns", "of minima");
    for (const Result& row : rows) {
        if (row.is_stream()) {
            fmt::print("{:<66} {:>9.1f} {:>9.1f} {:>9.1f}\n", row.name(), row.gbit_per_s(), row.gbit_per_s_at_14(),
                       row.gbit_per_s_at_14_of_minima());
        }
    }
}

void print_comparisons(const std::vector<ComparisonResult>& comparisons) {
    fmt::print("\n{:<86} {:>9} {:>9}\n", "one way and another", "medians", "minima");
    for (const ComparisonResult& comparison : comparisons) {
        fmt::print("{:<86} {:>9.2f} {:>9.2f}\n", comparison.name, comparison.ratio, comparison.ratio_of_minima);
    }
}

void print_missing(const Suite& suite) {
    for (const std::string& missing : suite.missing) {
        fmt::print("\nNOT MEASURED: {}\n", missing);
    }
}

nlohmann::json to_json(const Result& row) {
    nlohmann::json json = {{"name", row.name()},
                           {"median_ns", row.time.median},
                           {"min_ns", row.time.minimum},
                           {"m_median_ns", row.m.median},
                           {"m_min_ns", row.m.minimum},
                           {"ratio", row.ratio()},
                           {"ratio_of_minima", row.ratio_of_minima()},
                           {"is_difference", row.is_difference}};
    if (row.is_stream()) {
        json["segment_payload"] = row.segment_payload;
        json["gbit_per_s"] = row.gbit_per_s();
        json["gbit_per_s_at_m_14_ns"] = row.gbit_per_s_at_14();
        json["gbit_per_s_at_m_14_ns_of_minima"] = row.gbit_per_s_at_14_of_minima();
    }
    return json;
}

nlohmann::json to_json(const Machine& machine) {
    return {{"cpu", machine.cpu}, {"compiler", machine.compiler}, {"build_type", machine.build_type}};
}

nlohmann::json to_json(const ComparisonResult& comparison) {
    return {{"name", comparison.name},
            {"ratio_of_medians", comparison.ratio},
            {"ratio_of_minima", comparison.ratio_of_minima}};
}

template <typename Value>
nlohmann::json to_json(const std::vector<Value>& values) {
    auto json = nlohmann::json::array();
    for (const Value& value : values) {
        json.push_back(to_json(value));
    }
    return json;
}

}  // namespace

void print_table(const Suite& suite, const Results& results, const Options& options) {
    const Machine machine = this_machine();
    fmt::print("{}; {}, {}; {} runs; m is memcpy of 1460 B; a stream's time is that of one segment\n\n", machine.cpu,
               machine.compiler, machine.build_type, options.runs);
    print_rows(results.rows);
    print_streams(results.rows);
    print_comparisons(results.comparisons);
    print_missing(suite);
}

void print_smoke(const Suite& suite) {
    for (const Case& one : suite.cases) {
        fmt::print("checked: {}\n", one.name());
    }
    fmt::print("{} cases do what they should; nothing was measured\n", suite.cases.size());
    print_missing(suite);
}

bool write_json(const std::string& file, const Suite& suite, const Results& results, const Options& options) {
    const nlohmann::json json = {{"machine", to_json(this_machine())},
                                 {"is_measurement", !options.smoke},
                                 {"runs", options.smoke ? 1 : options.runs},
                                 {"stream_bytes", options.stream_bytes},
                                 {"cases", to_json(results.rows)},
                                 {"comparisons", to_json(results.comparisons)},
                                 {"not_measured", suite.missing}};
    std::ofstream stream(file);
    stream << json.dump(2) << '\n';
    stream.flush();
    return stream.good();
}

}  // namespace bench
