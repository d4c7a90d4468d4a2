// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/case.hpp"

namespace bench {

constexpr const char* naive_way = "naive loop";

// The Internet checksum of byte strings of several lengths, beside the loop that comes to mind first.
void add_checksum_cases(Suite& suite);

}  // namespace bench
