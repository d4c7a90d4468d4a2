// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/case.hpp"

namespace bench {

// What it takes to receive one segment of the guest's.
void add_receive_cases(Suite& suite);

}  // namespace bench
