// SPDX-License-Identifier: Apache-2.0
#include "conformance/bytes.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "conformance/values.hpp"

namespace conformance {

namespace {

// Longer than any byte string that a vector needs, short enough to be allocated without a second thought.
constexpr std::uint64_t tail_length_max = 1U << 24U;

std::optional<Bytes> parse_hex_bytes(std::string_view text) {
    if (text.size() % 2 != 0) {
        return std::nullopt;
    }
    Bytes bytes;
    bytes.reserve(text.size() / 2);
    for (std::size_t at = 0; at < text.size(); at += 2) {
        const auto byte = parse_hex(text.substr(at, 2), 0xff);
        if (!byte) {
            return std::nullopt;
        }
        bytes.push_back(static_cast<std::uint8_t>(*byte));
    }
    return bytes;
}

}  // namespace

void generate(std::uint32_t first, std::span<std::uint8_t> to) {
    std::uint32_t seq = first;
    for (std::uint8_t& byte : to) {
        byte = generated_byte(seq);
        ++seq;
    }
}

std::optional<ByteString> ByteString::parse(std::string_view text) {
    ByteString string;
    if (text == "-") {
        return string;
    }
    const std::size_t plus = text.find('+');
    auto spelled_out = parse_hex_bytes(text.substr(0, plus));
    if (!spelled_out || text.empty()) {
        return std::nullopt;
    }
    string.spelled_out_ = std::move(*spelled_out);
    if (plus != std::string_view::npos) {
        const auto tail = parse_run(text.substr(plus + 1));
        if (!tail || tail->length > tail_length_max) {
            return std::nullopt;
        }
        string.tail_length_ = static_cast<std::size_t>(tail->length);
        string.tail_first_ = tail->first;
    }
    return string;
}

Bytes ByteString::expand() const {
    Bytes bytes(size());
    std::copy(spelled_out_.begin(), spelled_out_.end(), bytes.begin());
    generate(tail_first_, std::span(bytes).subspan(spelled_out_.size()));
    return bytes;
}

std::string to_text(std::span<const std::uint8_t> bytes) {
    constexpr std::size_t shown_max = 80;
    if (bytes.empty()) {
        return "-";
    }
    std::string text;
    for (const std::uint8_t byte : bytes.first(std::min(bytes.size(), shown_max))) {
        text += fmt::format("{:02x}", byte);
    }
    if (bytes.size() > shown_max) {
        text += fmt::format("...({} bytes)", bytes.size());
    }
    return text;
}

}  // namespace conformance
