// SPDX-License-Identifier: Apache-2.0
#include "conformance/document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace conformance {

namespace {

constexpr std::string_view format_version = "1";

constexpr std::array kind_names{
    std::pair(std::string_view("connection"), Kind::connection),
    std::pair(std::string_view("tcp_parse"), Kind::tcp_parse),
    std::pair(std::string_view("tcp_write"), Kind::tcp_write),
    std::pair(std::string_view("checksum"), Kind::checksum),
    std::pair(std::string_view("seq"), Kind::seq),
    std::pair(std::string_view("rst"), Kind::rst),
    std::pair(std::string_view("ethernet"), Kind::ethernet),
    std::pair(std::string_view("arp"), Kind::arp),
    std::pair(std::string_view("ipv4"), Kind::ipv4),
};

Kind parse_header(std::string_view text) {
    const Record header = parse_record(1, text);
    if (header.verb != "dumbo-vectors" || header.has_result) {
        throw FormatError(1, "the first line is not the header 'dumbo-vectors version=1 kind=KIND'");
    }
    if (header.inputs.text("version") != format_version) {
        throw FormatError(1, fmt::format("version {} is not known", header.inputs.text("version")));
    }
    const std::string_view name = header.inputs.text("kind");
    const auto has_name = [name](const auto& entry) { return entry.first == name; };
    const auto* const entry = std::find_if(kind_names.begin(), kind_names.end(), has_name);
    if (entry == kind_names.end()) {
        throw FormatError(1, fmt::format("the kind '{}' is not known", name));
    }
    return entry->second;
}

bool is_comment(std::string_view line) {
    return line.empty() || line.front() == '#';
}

}  // namespace

Document::Document(std::string text) : text_(std::move(text)) {
    std::string_view rest = text_;
    for (std::size_t number = 1; !rest.empty() || number == 1; ++number) {
        const std::size_t end = rest.find('\n');
        const std::string_view line = rest.substr(0, end);
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
        if (number == 1) {
            kind_ = parse_header(line);
        } else if (!is_comment(line)) {
            records_.push_back(parse_record(number, line));
        }
    }
}

}  // namespace conformance
