// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/case.hpp"

namespace bench {

// What it takes to write one segment.
void add_write_cases(Suite& suite);

}  // namespace bench
