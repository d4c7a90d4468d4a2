// SPDX-License-Identifier: Apache-2.0
#include "conformance/alteration.hpp"

#include <fmt/format.h>

#include <sstream>

namespace conformance_test {

namespace {

constexpr std::string_view arrow = " -> ";

// Swaps the digits of a pair, so that a number stays within every power of two, and an octet an octet.
std::string with_other_last_digit(std::string value) {
    constexpr std::string_view digits = "0123456789abcdef";
    const std::size_t digit = digits.find(value.back());
    value.back() = digits[digit ^ 1U];
    return value;
}

std::string other_value(const std::string& key, const std::string& value) {
    if (key == "err") {
        return value == "connection_reset" ? "invalid_argument" : "connection_reset";
    }
    if (key == "next" && value.size() == 1) {
        return value == "A" ? "N" : "A";
    }
    if (key == "mss" && (value == "none" || value == "err")) {
        return value == "none" ? "err" : "none";
    }
    if (value == "-") {
        return "00";
    }
    return with_other_last_digit(value);
}

std::string other_token(const std::string& token) {
    const std::size_t equals = token.find('=');
    if (equals != std::string::npos) {
        const std::string key = token.substr(0, equals);
        return key + "=" + other_value(key, token.substr(equals + 1));
    }
    if (token == "none") {
        return "seg=00";
    }
    return with_other_last_digit(token);  // seq:N or ack:N
}

std::vector<std::string> split_at_spaces(std::string_view text) {
    std::istringstream stream{std::string(text)};
    std::vector<std::string> tokens;
    for (std::string token; stream >> token;) {
        tokens.push_back(token);
    }
    return tokens;
}

std::string joined(const std::vector<std::string>& tokens) {
    std::string text;
    for (const std::string& token : tokens) {
        text += text.empty() ? token : " " + token;
    }
    return text;
}

// The same number, of the other kind.
std::string with_other_prefix(const std::string& config) {
    return (config.substr(0, 4) == "seq:" ? "ack:" : "seq:") + config.substr(4);
}

bool can_fail(std::string_view verb) {
    return verb != "close" && verb != "reset" && verb != "adv" && verb != "rstcfg" && verb != "open";
}

}  // namespace

std::vector<std::string> untrue_results(std::string_view line) {
    const std::size_t at = line.find(arrow);
    const std::string input(line.substr(0, at + arrow.size()));
    const std::string verb = split_at_spaces(input).front();
    const auto result = split_at_spaces(line.substr(at + arrow.size()));
    std::vector<std::string> lines;
    for (std::size_t i = 0; i < result.size(); ++i) {
        if (result[i] == "ok" || result[i] == "|") {
            continue;
        }
        auto altered = result;
        altered[i] = other_token(result[i]);
        lines.push_back(input + joined(altered));
        if (result[i].find("cfg=") == 0) {
            altered[i] = "cfg=" + with_other_prefix(result[i].substr(4));
            lines.push_back(input + joined(altered));
        }
    }
    const std::size_t bar = line.find(" | ");
    if (bar != std::string_view::npos && verb != "open") {
        lines.emplace_back(line.substr(0, bar));
    }
    const bool fails = result.front().find("err=") == 0;
    const std::string changes(bar == std::string_view::npos ? "" : line.substr(bar));
    if (!fails && can_fail(verb)) {
        lines.push_back(input + "err=invalid_argument" + changes);
    }
    if (fails && verb == "write") {
        lines.push_back(input + "none" + changes);
    }
    if (fails && verb == "recv") {
        lines.push_back(input + "len=0 flags=0" + changes);
    }
    if (verb == "rstcfg") {
        lines.push_back(input + with_other_prefix(result.front()));
    }
    return lines;
}

std::string result_shape(std::string_view line) {
    const std::size_t at = line.find(arrow);
    std::string shape(line.substr(0, line.find(' ')));
    for (const std::string& token : split_at_spaces(line.substr(at + arrow.size()))) {
        const bool keep_value = token.find("err=") == 0 || token.find("next=A") == 0 || token.find("next=N") == 0 ||
                                token.find("mss=n") == 0 || token.find("mss=e") == 0;
        shape += " " + (keep_value ? token : token.substr(0, token.find_first_of("=:")));
    }
    return shape;
}

}  // namespace conformance_test
