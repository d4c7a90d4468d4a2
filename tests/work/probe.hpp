// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <valgrind/callgrind.h>

#include <string>
#include <utility>

namespace work {

// Has callgrind write down what one call takes, under a name. Outside of valgrind the call is made, and nothing else.
template <typename Call>
void measure(const std::string& name, Call call) {
    CALLGRIND_ZERO_STATS;
    call();
    CALLGRIND_DUMP_STATS_AT(name.c_str());
}

}  // namespace work
