// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace mmds {

/** All of a file, or of stdin for "-". Throws std::runtime_error, also if it is longer than that. */
std::string read_file(const std::string& path, std::size_t size_max);

/** Writes a file for this user alone, as a whole or not at all. Throws std::runtime_error. */
void write_file(const std::string& path, std::span<const std::uint8_t> bytes);

}  // namespace mmds
