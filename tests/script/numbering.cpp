// SPDX-License-Identifier: Apache-2.0
#include "script/numbering.hpp"

#include <fmt/format.h>

#include <limits>

namespace script {

std::string relative_text(std::uint32_t number, std::uint32_t isn) {
    return fmt::to_string(static_cast<std::int32_t>(number - isn));
}

std::uint32_t parse_sequence_number(const Words& words, std::string_view text, std::uint32_t isn) {
    const bool absolute = text.substr(0, 1) == "@";
    const bool negative = text.substr(0, 1) == "-";
    const auto digits = text.substr(absolute || negative ? 1 : 0);
    const auto value = static_cast<std::uint32_t>(words.number(digits, std::numeric_limits<std::uint32_t>::max()));
    if (absolute) {
        return value;
    }
    return negative ? isn - value : isn + value;
}

}  // namespace script
