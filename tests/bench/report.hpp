// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "bench/measure.hpp"

namespace bench {

// For people, to the standard output.
void print_table(const Suite& suite, const Results& results, const Options& options);

// Which cases were checked.
void print_smoke(const Suite& suite);

// For programs. False if the file cannot be written.
[[nodiscard]] bool write_json(const std::string& file, const Suite& suite, const Results& results,
                              const Options& options);

}  // namespace bench
