// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

namespace mmds {

/** All of a file, or of stdin for "-". Throws std::runtime_error, also if it is longer than that. */
std::string read_file(const std::string& path, std::size_t size_max);

}  // namespace mmds
