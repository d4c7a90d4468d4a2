// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/case.hpp"

namespace bench {

// Downloads from one connection, segments in and segments out.
void add_stream_cases(Suite& suite);

}  // namespace bench
