// SPDX-License-Identifier: Apache-2.0
#include "path.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace mmds {

namespace {

constexpr std::string_view scheme = "http://";

char to_lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

int hex_digit(char c) {
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    const char letter = to_lower(c);
    return letter >= 'a' && letter <= 'f' ? letter - 'a' + 10 : -1;
}

std::optional<std::string> percent_decode(std::string_view text) {
    std::string decoded;
    decoded.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            decoded += text[i];
            continue;
        }
        if (text.size() - i < 3 || hex_digit(text[i + 1]) < 0 || hex_digit(text[i + 2]) < 0) {
            return std::nullopt;
        }
        decoded += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
        i += 2;
    }
    return decoded;
}

bool has_scheme(std::string_view target) {
    return target.size() >= scheme.size() && std::equal(scheme.begin(), scheme.end(), target.begin(),
                                                        [](char expected, char c) { return expected == to_lower(c); });
}

std::string_view without_authority(std::string_view target) {
    if (!has_scheme(target)) {
        return target;
    }
    const auto path = target.find_first_of("/?", scheme.size());
    return path == std::string_view::npos || target[path] == '?' ? "/" : target.substr(path);
}

}  // namespace

std::optional<Path> parse_target(std::string_view target) {
    std::string_view rest = without_authority(target);
    if (!rest.starts_with('/') || rest.find('#') != std::string_view::npos) {
        return std::nullopt;
    }
    rest = rest.substr(0, rest.find('?'));
    Path path;
    while (!rest.empty()) {
        const auto end = std::min(rest.find('/'), rest.size());
        auto segment = percent_decode(rest.substr(0, end));
        if (!segment) {
            return std::nullopt;
        }
        if (!segment->empty()) {
            path.push_back(std::move(*segment));
        }
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return path;
}

}  // namespace mmds
