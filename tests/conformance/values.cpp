// SPDX-License-Identifier: Apache-2.0
#include "conformance/values.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <limits>
#include <utility>

namespace conformance {

namespace {

using Halves = std::pair<std::string_view, std::string_view>;

std::optional<Halves> split(std::string_view text, char separator) {
    const std::size_t at = text.find(separator);
    if (at == std::string_view::npos) {
        return std::nullopt;
    }
    return Halves(text.substr(0, at), text.substr(at + 1));
}

std::optional<unsigned> digit_value(char digit, unsigned base) {
    unsigned value = base;
    if (digit >= '0' && digit <= '9') {
        value = static_cast<unsigned>(digit - '0');
    } else if (digit >= 'a' && digit <= 'f') {
        value = static_cast<unsigned>(digit - 'a') + 10;
    }
    return value < base ? std::optional(value) : std::nullopt;
}

std::optional<std::uint64_t> parse_number(std::string_view text, unsigned base, std::uint64_t max) {
    if (text.empty()) {
        return std::nullopt;
    }
    std::uint64_t number = 0;
    for (const char character : text) {
        const auto digit = digit_value(character, base);
        if (!digit || number > (std::numeric_limits<std::uint64_t>::max() - *digit) / base) {
            return std::nullopt;
        }
        number = number * base + *digit;
    }
    return number <= max ? std::optional(number) : std::nullopt;
}

}  // namespace

std::optional<std::uint64_t> parse_decimal(std::string_view text, std::uint64_t max) {
    return parse_number(text, 10, max);
}

std::optional<std::uint64_t> parse_hex(std::string_view text, std::uint64_t max) {
    return parse_number(text, 16, max);
}

std::optional<MacAddress> parse_mac(std::string_view text) {
    constexpr std::size_t text_length = 17;
    if (text.size() != text_length) {
        return std::nullopt;
    }
    MacAddress address{};
    for (std::size_t i = 0; i < address.size(); ++i) {
        const auto byte = parse_hex(text.substr(3 * i, 2), 0xff);
        const bool separated = i + 1 == address.size() || text[3 * i + 2] == ':';
        if (!byte || !separated) {
            return std::nullopt;
        }
        address[i] = static_cast<std::uint8_t>(*byte);
    }
    return address;
}

std::optional<Ipv4Address> parse_ipv4(std::string_view text) {
    Ipv4Address address{};
    for (std::size_t i = 0; i < address.size(); ++i) {
        const bool last = i + 1 == address.size();
        const auto halves = last ? Halves(text, "") : split(text, '.');
        const auto byte = halves ? parse_decimal(halves->first, 255) : std::nullopt;
        if (!byte) {
            return std::nullopt;
        }
        address[i] = static_cast<std::uint8_t>(*byte);
        text = halves->second;
    }
    return address;
}

std::optional<AddressPair> parse_address_pair(std::string_view text) {
    const auto halves = split(text, ',');
    const auto source = halves ? parse_ipv4(halves->first) : std::nullopt;
    const auto destination = halves ? parse_ipv4(halves->second) : std::nullopt;
    if (!source || !destination) {
        return std::nullopt;
    }
    return AddressPair{*source, *destination};
}

std::optional<Run> parse_run(std::string_view text) {
    const auto halves = split(text, '@');
    const auto length = halves ? parse_decimal(halves->first, std::numeric_limits<std::uint64_t>::max()) : std::nullopt;
    const auto first = halves ? parse_decimal(halves->second, std::numeric_limits<std::uint32_t>::max()) : std::nullopt;
    if (!length || !first) {
        return std::nullopt;
    }
    return Run{*length, static_cast<std::uint32_t>(*first)};
}

std::string to_text(const MacAddress& address) {
    return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", address[0], address[1], address[2], address[3],
                       address[4], address[5]);
}

std::string to_text(const Ipv4Address& address) {
    return fmt::format("{}.{}.{}.{}", address[0], address[1], address[2], address[3]);
}

}  // namespace conformance
