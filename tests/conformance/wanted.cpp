// SPDX-License-Identifier: Apache-2.0
#include "conformance/wanted.hpp"

namespace conformance {

namespace {

constexpr std::string_view failure_key = "err";

std::optional<MssOption> parse_mss_option(std::string_view text) {
    if (text == "none") {
        return MssOption{};
    }
    if (text == "err") {
        return MssOption{MssOption::Kind::invalid, 0};
    }
    const auto value = parse_decimal(text, 0xffff);
    if (!value) {
        return std::nullopt;
    }
    return MssOption{MssOption::Kind::present, static_cast<std::uint16_t>(*value)};
}

}  // namespace

void ResultReader::mss_option(std::string_view key, MssOption& to) const {
    to = fields_.checked(key, parse_mss_option(fields_.text(key)));
}

void ResultReader::rst_config(std::string_view key, RstConfig& to) const {
    to = fields_.checked(key, parse_rst_config(fields_.text(key)));
}

void ResultPrinter::mss_option(std::string_view key, const MssOption& value) {
    switch (value.kind) {
        case MssOption::Kind::absent:
            return add(key, "none");
        case MssOption::Kind::present:
            return decimal(key, value.value);
        case MssOption::Kind::invalid:
            return add(key, "err");
    }
}

void ResultPrinter::rst_config(std::string_view key, const RstConfig& value) {
    add(key, to_text(value));
}

void ResultPrinter::add(std::string_view key, std::string_view value) {
    text_ += fmt::format("{}{}={}", text_.empty() ? "" : " ", key, value);
}

std::optional<RstConfig> parse_rst_config(std::string_view text) {
    constexpr std::size_t prefix_length = 4;
    const std::string_view prefix = text.substr(0, prefix_length);
    if (prefix != "seq:" && prefix != "ack:") {
        return std::nullopt;
    }
    const auto number = parse_decimal(text.substr(prefix_length), 0xffffffff);
    if (!number) {
        return std::nullopt;
    }
    const auto kind = prefix == "seq:" ? RstConfig::Kind::seq : RstConfig::Kind::ack;
    return RstConfig{kind, static_cast<std::uint32_t>(*number)};
}

std::string to_text(const RstConfig& config) {
    return fmt::format("{}:{}", config.kind == RstConfig::Kind::seq ? "seq" : "ack", config.number);
}

std::string_view wanted_failure(const Record& record, Dialect dialect) {
    if (!record.result.has(failure_key)) {
        return {};
    }
    require_word(record, {});
    const std::string_view name = record.result.text(failure_key);
    if (!is_failure_name(name, dialect)) {
        throw FormatError(record.line, fmt::format("the error '{}' is not known", name));
    }
    return name;
}

void require_word(const Record& record, std::string_view word) {
    require_result(record);
    if (record.word == word) {
        return;
    }
    throw FormatError(record.line, word.empty() ? fmt::format("the result begins with '{}'", record.word)
                                                : fmt::format("the result does not begin with '{}'", word));
}

void require_result(const Record& record) {
    if (!record.has_result) {
        throw FormatError(record.line, "the result is missing");
    }
}

void require_no_changes(const Record& record) {
    if (record.has_changes) {
        throw FormatError(record.line, "state changes have no meaning here");
    }
}

}  // namespace conformance
