// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/case.hpp"

namespace bench {

// What finding a connection costs in a stack that has few or many of them.
void add_stack_cases(Suite& suite);

}  // namespace bench
