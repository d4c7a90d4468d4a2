// SPDX-License-Identifier: Apache-2.0
#include "conformance/record.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace conformance {

namespace {

constexpr std::string_view arrow = " -> ";
constexpr std::string_view bar = " | ";

bool is_printable(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; });
}

bool is_key_value(std::string_view token) {
    return token.find('=') != std::string_view::npos;
}

// Exactly one space lies between tokens, so an empty token is a mistake.
std::vector<std::string_view> split_tokens(std::size_t line, std::string_view text) {
    std::vector<std::string_view> tokens;
    while (true) {
        const std::size_t space = text.find(' ');
        const std::string_view token = text.substr(0, space);
        if (token.empty()) {
            throw FormatError(line, "a token is missing, or separated by more than one space");
        }
        tokens.push_back(token);
        if (space == std::string_view::npos) {
            return tokens;
        }
        text.remove_prefix(space + 1);
    }
}

// Splits at a separator that may occur once. The second part is empty without it.
std::pair<std::string_view, std::string_view> split_once(std::size_t line, std::string_view text,
                                                         std::string_view separator) {
    const std::size_t at = text.find(separator);
    if (at == std::string_view::npos) {
        return {text, {}};
    }
    const std::string_view rest = text.substr(at + separator.size());
    if (rest.find(separator) != std::string_view::npos) {
        throw FormatError(line, fmt::format("'{}' occurs more than once", separator));
    }
    return {text.substr(0, at), rest};
}

void parse_result(Record& record, std::string_view text) {
    record.has_result = true;
    record.result_text = text;
    record.has_changes = text.find(bar) != std::string_view::npos;
    const auto [result, changes] = split_once(record.line, text, bar);
    auto tokens = split_tokens(record.line, result);
    if (!is_key_value(tokens.front())) {
        record.word = tokens.front();
        tokens.erase(tokens.begin());
    }
    for (const std::string_view token : tokens) {
        record.result.add(token);
    }
    if (record.has_changes) {
        for (const std::string_view token : split_tokens(record.line, changes)) {
            record.changes.add(token);
        }
    }
}

}  // namespace

void Fields::add(std::string_view token) {
    const std::size_t equals = token.find('=');
    if (equals == std::string_view::npos || equals == 0 || equals + 1 == token.size()) {
        throw FormatError(line_, fmt::format("'{}' is not key=value", token));
    }
    const std::string_view key = token.substr(0, equals);
    if (has(key)) {
        throw FormatError(line_, fmt::format("the key '{}' occurs twice", key));
    }
    entries_.emplace_back(key, token.substr(equals + 1));
}

std::string_view Fields::text(std::string_view key) const {
    const auto value = find(key);
    if (!value) {
        throw FormatError(line_, fmt::format("the key '{}' is missing", key));
    }
    return *value;
}

std::optional<AddressPair> Fields::address_pair(std::string_view key) const {
    if (text(key) == "-") {
        return std::nullopt;
    }
    return checked(key, parse_address_pair(text(key)));
}

std::optional<std::string_view> Fields::find(std::string_view key) const {
    const auto has_key = [key](const Entry& entry) { return entry.first == key; };
    const auto entry = std::find_if(entries_.begin(), entries_.end(), has_key);
    return entry == entries_.end() ? std::nullopt : std::optional(entry->second);
}

void Fields::complain_about_value(std::string_view key) const {
    throw FormatError(line_, fmt::format("'{}={}' has no valid value", key, text(key)));
}

Record parse_record(std::size_t line, std::string_view text) {
    if (!is_printable(text)) {
        throw FormatError(line, "the line holds characters other than printable ASCII");
    }
    Record record;
    record.line = line;
    record.text = text;
    record.inputs = Fields(line);
    record.result = Fields(line);
    record.changes = Fields(line);
    const auto [input, result] = split_once(line, text, arrow);
    const auto tokens = split_tokens(line, input);
    record.verb = tokens.front();
    if (is_key_value(record.verb)) {
        throw FormatError(line, "the line does not begin with a verb");
    }
    for (std::size_t i = 1; i < tokens.size(); ++i) {
        record.inputs.add(tokens[i]);
    }
    if (text.find(arrow) != std::string_view::npos) {
        parse_result(record, result);
    }
    return record;
}

}  // namespace conformance
