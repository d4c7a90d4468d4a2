// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "conformance/subject.hpp"

namespace conformance {

// Names the fields in which two states differ, as the vectors call them: "state: fns wanted 7, got 8".
[[nodiscard]] std::string describe_difference(const ConnectionState& wanted, const ConnectionState& got);

}  // namespace conformance
