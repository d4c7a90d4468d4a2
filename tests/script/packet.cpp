// SPDX-License-Identifier: Apache-2.0
#include "script/packet.hpp"

#include <dumbo/dumbo.h>
#include <fmt/format.h>

#include <string_view>

namespace script {
namespace {

constexpr std::uint32_t max_u16 = 0xffff;
constexpr std::uint32_t max_u32 = 0xffff'ffff;

struct Letter {
    char letter;
    std::uint8_t flag;
};

// In the order in which they are printed.
constexpr Letter letters[] = {
    {'S', DUMBO_TCP_SYN}, {'F', DUMBO_TCP_FIN}, {'R', DUMBO_TCP_RST}, {'P', DUMBO_TCP_PSH},
    {'U', DUMBO_TCP_URG}, {'E', DUMBO_TCP_ECE}, {'W', DUMBO_TCP_CWR}, {'.', DUMBO_TCP_ACK},
};

[[nodiscard]] std::uint8_t flag_of(const Words& words, char wanted) {
    for (const auto& [letter, flag] : letters) {
        if (letter == wanted) {
            return flag;
        }
    }
    words.fail(fmt::format("unknown flag '{}'", wanted));
}

[[nodiscard]] std::uint8_t parse_flags(Words& words) {
    const auto text = words.take("the flags of a segment");
    unsigned flags = 0;
    for (const char letter : text == "-" ? std::string_view{} : text) {
        flags |= flag_of(words, letter);
    }
    return static_cast<std::uint8_t>(flags);
}

[[nodiscard]] std::string flags_text(std::uint8_t flags) {
    std::string text;
    for (const auto& [letter, flag] : letters) {
        if ((flags & flag) != 0) {
            text += letter;
        }
    }
    return text.empty() ? "-" : text;
}

// `FIRST:END(LENGTH)`, where END has to be FIRST + LENGTH.
void parse_range(Words& words, std::uint32_t isn, Packet& packet) {
    const auto text = words.take("a range of sequence numbers");
    const auto colon = text.find(':');
    const auto parenthesis = text.find('(');
    if (colon == std::string_view::npos || parenthesis == std::string_view::npos || parenthesis < colon ||
        text.back() != ')') {
        words.fail(fmt::format("'{}' is not of the form FIRST:END(LENGTH)", text));
    }
    packet.seq = parse_sequence_number(words, text.substr(0, colon), isn);
    const auto end = parse_sequence_number(words, text.substr(colon + 1, parenthesis - colon - 1), isn);
    const auto length = text.substr(parenthesis + 1, text.size() - parenthesis - 2);
    packet.length = static_cast<std::uint32_t>(words.number(length, max_u32));
    if (packet.seq + packet.length != end) {
        words.fail(fmt::format("'{}' does not add up", text));
    }
}

void append_bytes(const Words& words, std::string_view digits, std::vector<std::uint8_t>& bytes) {
    if (digits.empty() || digits.size() % 2 != 0) {
        words.fail(fmt::format("'{}' is not a string of bytes", digits));
    }
    for (; !digits.empty(); digits.remove_prefix(2)) {
        const auto byte = words.number(fmt::format("0x{}", digits.substr(0, 2)), 0xff);
        bytes.push_back(static_cast<std::uint8_t>(byte));
    }
}

void append_option(const Words& words, std::string_view option, std::vector<std::uint8_t>& bytes) {
    constexpr std::uint8_t end_of_list = 0;
    constexpr std::uint8_t no_operation = 1;
    if (option == "eol") {
        bytes.push_back(end_of_list);
    } else if (option == "nop") {
        bytes.push_back(no_operation);
    } else if (option.substr(0, 4) == "mss ") {
        append_bytes(words, fmt::format("0204{:04x}", words.number(option.substr(4), max_u16)), bytes);
    } else if (option.substr(0, 4) == "hex ") {
        append_bytes(words, option.substr(4), bytes);
    } else {
        words.fail(fmt::format("unknown option '{}'", option));
    }
}

[[nodiscard]] std::vector<std::uint8_t> parse_options(Words& words) {
    auto list = words.take("options");
    if (list.back() != '>') {
        words.fail("an option list ends with '>'");
    }
    list = list.substr(1, list.size() - 2);
    std::vector<std::uint8_t> bytes;
    for (;;) {
        const auto comma = list.find(',');
        append_option(words, list.substr(0, comma), bytes);
        if (comma == std::string_view::npos) {
            break;
        }
        list.remove_prefix(comma + 1);
    }
    if (bytes.size() % 4 != 0 || bytes.size() > 40) {
        words.fail(fmt::format("{} bytes of options are no whole number of words up to 40 bytes", bytes.size()));
    }
    return bytes;
}

[[nodiscard]] std::string options_text(const std::vector<std::uint8_t>& options) {
    if (options.size() == 4 && options[0] == 2 && options[1] == 4) {
        return fmt::format("<mss {}>", options[2] * 256U + options[3]);
    }
    std::string digits;
    for (const auto byte : options) {
        digits += fmt::format("{:02x}", byte);
    }
    return fmt::format("<hex {}>", digits);
}

// A RST|ACK of the host does not count from its initial sequence number: RFC 9293, 3.10.7.1 sends it at 0.
[[nodiscard]] bool counts_from_zero(const Packet& packet, Sender sender) {
    return sender == Sender::host && packet.flags == (DUMBO_TCP_RST | DUMBO_TCP_ACK);
}

}  // namespace

Packet parse_packet(Words& words, Sender sender, const Numbering& numbering) {
    Packet packet;
    packet.flags = parse_flags(words);
    parse_range(words, numbering.of(sender), packet);
    if (words.take_if("ack")) {
        const auto number = words.take("an acknowledgement number");
        packet.ack = parse_sequence_number(words, number, numbering.of(other(sender)));
    } else if ((packet.flags & DUMBO_TCP_ACK) != 0) {
        words.fail("the flag '.' asks for 'ack'");
    }
    if (!words.take_if("win")) {
        words.fail("'win' is missing");
    }
    packet.window = static_cast<std::uint16_t>(words.take_number("a window", max_u16));
    if (words.peek().substr(0, 1) == "<") {
        packet.options = parse_options(words);
    }
    return packet;
}

std::string to_text(const Packet& packet, Sender sender, const Numbering& numbering) {
    const auto* mark = counts_from_zero(packet, sender) ? "@" : "";
    const auto isn = counts_from_zero(packet, sender) ? 0 : numbering.of(sender);
    auto text = fmt::format("{0} {1}{2}:{1}{3}({4})", flags_text(packet.flags), mark, relative_text(packet.seq, isn),
                            relative_text(packet.seq + packet.length, isn), packet.length);
    if ((packet.flags & DUMBO_TCP_ACK) != 0 || packet.ack != 0) {
        text += fmt::format(" ack {}", relative_text(packet.ack, numbering.of(other(sender))));
    }
    text += fmt::format(" win {}", packet.window);
    return packet.options.empty() ? text : text + " " + options_text(packet.options);
}

}  // namespace script
