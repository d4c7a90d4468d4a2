// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace conformance_test {

// Every way in which one detail of a record's result can be made untrue: each value changed in turn, success for an
// error and the reverse, a state change left out. The lines are still well formed.
[[nodiscard]] std::vector<std::string> untrue_results(std::string_view line);

// What kind of result a record has, its values left out: "recv len flags | har est".
[[nodiscard]] std::string result_shape(std::string_view line);

}  // namespace conformance_test
