// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>

#include "conformance/failure.hpp"
#include "conformance/record.hpp"
#include "conformance/results.hpp"

namespace conformance {

// Reads the fields of a result type from the result part of a record.
class ResultReader {
public:
    explicit ResultReader(const Fields& fields) : fields_(fields) {}

    template <typename T>
    void decimal(std::string_view key, T& to) const {
        to = fields_.decimal<T>(key);
    }
    template <typename T>
    void hex(std::string_view key, T& to) const {
        to = fields_.hex<T>(key);
    }
    void bit(std::string_view key, bool& to) const { to = fields_.bit(key); }
    void bytes(std::string_view key, Bytes& to) const { to = fields_.bytes(key).expand(); }
    void mac(std::string_view key, MacAddress& to) const { to = fields_.mac(key); }
    void ipv4(std::string_view key, Ipv4Address& to) const { to = fields_.ipv4(key); }
    void mss_option(std::string_view key, MssOption& to) const;
    void rst_config(std::string_view key, RstConfig& to) const;

private:
    const Fields& fields_;
};

// Prints them as a record has them, but for long byte strings, which are cut.
class ResultPrinter {
public:
    explicit ResultPrinter(std::string_view word) : text_(word) {}

    [[nodiscard]] const std::string& text() const { return text_; }

    template <typename T>
    void decimal(std::string_view key, T value) {
        add(key, fmt::format("{}", value));
    }
    template <typename T>
    void hex(std::string_view key, T value) {
        add(key, fmt::format("{:x}", value));
    }
    void bit(std::string_view key, bool value) { add(key, value ? "1" : "0"); }
    void bytes(std::string_view key, const Bytes& value) { add(key, to_text(value)); }
    void mac(std::string_view key, const MacAddress& value) { add(key, to_text(value)); }
    void ipv4(std::string_view key, const Ipv4Address& value) { add(key, to_text(value)); }
    void mss_option(std::string_view key, const MssOption& value);
    void rst_config(std::string_view key, const RstConfig& value);

private:
    void add(std::string_view key, std::string_view value);

    std::string text_;
};

// "seq:N" or "ack:N".
[[nodiscard]] std::optional<RstConfig> parse_rst_config(std::string_view text);
[[nodiscard]] std::string to_text(const RstConfig& config);

// What a record wants of a call: a failure by its name, or a value.
template <typename T>
struct Wanted {
    std::string_view failure;  // empty for success
    T value{};
};

// The name of the failure that a record wants, empty if it wants none.
[[nodiscard]] std::string_view wanted_failure(const Record& record, Dialect dialect);

// The record's result has this first token, or none if it is empty.
void require_word(const Record& record, std::string_view word);

void require_result(const Record& record);
void require_no_changes(const Record& record);

template <typename T>
[[nodiscard]] Wanted<T> read_wanted(const Record& record, Dialect dialect) {
    Wanted<T> wanted;
    wanted.failure = wanted_failure(record, dialect);
    if (wanted.failure.empty()) {
        require_word(record, T::word);
        const ResultReader reader(record.result);
        T::visit(wanted.value, reader);
    }
    return wanted;
}

template <typename T>
[[nodiscard]] std::string to_text(const Answer<T>& answer, Dialect dialect) {
    if (!answer) {
        return fmt::format("err={}", failure_name(answer.failure(), dialect));
    }
    ResultPrinter printer(T::word);
    T::visit(*answer, printer);
    return printer.text();
}

template <typename T>
[[nodiscard]] bool matches(const Wanted<T>& wanted, const Answer<T>& got, Dialect dialect) {
    if (!got) {
        return wanted.failure == failure_name(got.failure(), dialect);
    }
    return wanted.failure.empty() && wanted.value == *got;
}

}  // namespace conformance
