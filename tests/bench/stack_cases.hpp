// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "bench/bench_case.hpp"

namespace bench {

// What finding a connection costs in a stack that has few or many of them.
[[nodiscard]] std::vector<Case> stack_cases();

}  // namespace bench
