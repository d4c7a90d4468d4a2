// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mmds {

/** What a request asks for, as keys to be followed one after the other. */
using Path = std::vector<std::string>;

/**
 * Reads a request's target, in origin-form or absolute-form (RFC 9112, 3.2). The query is cut off, empty segments do
 * not count, and each segment is percent-decoded by itself, so that %2F is part of a key and no separator. Dots have
 * no meaning: there is nothing above the document. None for what is no target.
 */
std::optional<Path> parse_target(std::string_view target);

}  // namespace mmds
