// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "options.hpp"

namespace mmds {

/** Has a running dumbo-mmds carry out a command. What it gives back goes to stdout, why it refuses to stderr. Returns
 * whether the command took effect. */
bool run_command(const std::string& path, const ControlCommand& command);

}  // namespace mmds
