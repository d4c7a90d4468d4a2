// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/case.hpp"

namespace bench {

// How connections begin and end, in storage that is lent.
void add_lifecycle_cases(Suite& suite);

}  // namespace bench
