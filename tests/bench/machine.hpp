// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace bench {

// Where the figures come from.
struct Machine {
    std::string cpu;
    std::string compiler;
    std::string build_type;
};

[[nodiscard]] Machine this_machine();

}  // namespace bench
