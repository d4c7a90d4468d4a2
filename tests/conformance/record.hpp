// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "conformance/bytes.hpp"
#include "conformance/values.hpp"

namespace conformance {

// A vector file that does not follow the format. Nothing is ever skipped in silence: what cannot be understood was
// perhaps a check.
class FormatError : public std::runtime_error {
public:
    FormatError(std::size_t line, const std::string& message) : std::runtime_error(message), line_(line) {}

    [[nodiscard]] std::size_t line() const { return line_; }

private:
    std::size_t line_;
};

// The key=value tokens of one part of a record. Asking for a key that is missing, or for a type that its value does not
// have, is a FormatError. Keys that nobody asks for are ignored.
class Fields {
public:
    explicit Fields(std::size_t line = 0) : line_(line) {}

    // Adds a token.
    void add(std::string_view token);

    [[nodiscard]] bool has(std::string_view key) const { return find(key).has_value(); }
    [[nodiscard]] bool empty() const { return entries_.empty(); }
    [[nodiscard]] std::size_t line() const { return line_; }

    [[nodiscard]] std::string_view text(std::string_view key) const;

    template <typename T>
    [[nodiscard]] T decimal(std::string_view key) const {
        return static_cast<T>(checked(key, parse_decimal(text(key), std::numeric_limits<T>::max())));
    }
    template <typename T>
    [[nodiscard]] T hex(std::string_view key) const {
        return static_cast<T>(checked(key, parse_hex(text(key), std::numeric_limits<T>::max())));
    }
    [[nodiscard]] bool bit(std::string_view key) const { return checked(key, parse_decimal(text(key), 1)) == 1; }
    [[nodiscard]] ByteString bytes(std::string_view key) const { return checked(key, ByteString::parse(text(key))); }
    [[nodiscard]] MacAddress mac(std::string_view key) const { return checked(key, parse_mac(text(key))); }
    [[nodiscard]] Ipv4Address ipv4(std::string_view key) const { return checked(key, parse_ipv4(text(key))); }
    [[nodiscard]] Run run(std::string_view key) const { return checked(key, parse_run(text(key))); }
    // "-" is no pair.
    [[nodiscard]] std::optional<AddressPair> address_pair(std::string_view key) const;

    // The value, or a FormatError about the key. For parsers that this class does not know.
    template <typename T>
    [[nodiscard]] T checked(std::string_view key, const std::optional<T>& value) const {
        if (!value) {
            complain_about_value(key);
        }
        return *value;
    }

private:
    using Entry = std::pair<std::string_view, std::string_view>;

    [[nodiscard]] std::optional<std::string_view> find(std::string_view key) const;
    [[noreturn]] void complain_about_value(std::string_view key) const;

    std::size_t line_;
    std::vector<Entry> entries_;
};

// One line: VERB key=value... [ -> [WORD] [key=value...] [ | key=value...]]. It refers to the text of its document.
struct Record {
    std::size_t line = 0;  // counted from 1
    std::string_view text;
    std::string_view verb;
    Fields inputs;
    bool has_result = false;
    std::string_view word;         // the result's first token, if it is not key=value
    std::string_view result_text;  // all that follows the arrow
    Fields result;
    bool has_changes = false;
    Fields changes;  // what follows the bar
};

[[nodiscard]] Record parse_record(std::size_t line, std::string_view text);

}  // namespace conformance
