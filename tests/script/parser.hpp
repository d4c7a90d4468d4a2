// SPDX-License-Identifier: Apache-2.0
// From lines to steps.
#pragma once

#include "script/command.hpp"

#include <string_view>
#include <vector>

namespace script {

// The steps of a script; a BadScript if there is anything in it that is not of the language.
[[nodiscard]] std::vector<Step> parse(std::string_view script);

}  // namespace script
