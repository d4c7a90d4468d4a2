// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/case.hpp"

namespace bench {

constexpr const char* stack_way = "stack";

// Downloads from a stack, Ethernet frames in and Ethernet frames out.
void add_stack_stream_cases(Suite& suite);

}  // namespace bench
