// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "conformance/subject.hpp"

namespace conformance {

// The worst of all files.
enum ExitCode : int { all_as_recorded = 0, some_differ = 1, unusable_input = 2 };

struct Output {
    std::FILE* findings = stdout;
    std::FILE* errors = stderr;
};

// What the program `replay` does with its arguments. The result is its exit code.
[[nodiscard]] int run_command(const std::vector<std::string>& arguments, Subject& subject, const Output& output);

}  // namespace conformance
