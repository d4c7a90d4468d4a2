// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/case.hpp"

namespace bench {

// The measure of everything: memcpy of 1460 bytes from the first-level cache to the first-level cache.
[[nodiscard]] Case copy_case();

}  // namespace bench
