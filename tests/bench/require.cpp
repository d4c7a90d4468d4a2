// SPDX-License-Identifier: Apache-2.0
#include "bench/require.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>

namespace bench {

void fail(const char* what) {
    fmt::print(stderr, "bench: {}\n", what);
    std::_Exit(1);
}

}  // namespace bench
