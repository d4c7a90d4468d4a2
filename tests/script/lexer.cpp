// SPDX-License-Identifier: Apache-2.0
#include "script/lexer.hpp"

#include "script/failure.hpp"

#include <charconv>
#include <utility>

namespace script {
namespace {

constexpr std::string_view blanks = " \t\r";

[[nodiscard]] std::string_view trim(std::string_view text) {
    const auto first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// The length of the word at the start of text, which is not blank.
[[nodiscard]] std::size_t word_length(std::string_view text) {
    const bool option_list = text.size() > 1 && text[0] == '<' && blanks.find(text[1]) == std::string_view::npos;
    if (option_list) {
        const auto end = text.find('>');
        return end == std::string_view::npos ? text.size() : end + 1;
    }
    const auto end = text.find_first_of(blanks);
    return end == std::string_view::npos ? text.size() : end;
}

[[nodiscard]] std::vector<std::string> split_words(std::string_view text) {
    std::vector<std::string> words;
    while (!text.empty()) {
        const auto length = word_length(text);
        words.emplace_back(text.substr(0, length));
        text = trim(text.substr(length));
    }
    return words;
}

}  // namespace

std::vector<Line> split(std::string_view script) {
    std::vector<Line> lines;
    for (unsigned number = 1; !script.empty(); ++number) {
        const auto end = script.find('\n');
        const auto text = trim(script.substr(0, end).substr(0, script.substr(0, end).find('#')));
        if (!text.empty()) {
            lines.push_back({number, std::string(text), split_words(text)});
        }
        script = end == std::string_view::npos ? std::string_view{} : script.substr(end + 1);
    }
    return lines;
}

std::string_view Words::peek() const {
    return done() ? std::string_view{} : std::string_view(line_.words[next_]);
}

std::string_view Words::take(std::string_view what) {
    if (done()) {
        fail(fmt::format("the line ends where {} should be", what));
    }
    return line_.words[next_++];
}

bool Words::take_if(std::string_view word) {
    const bool there = !done() && peek() == word;
    next_ += there ? 1 : 0;
    return there;
}

std::uint64_t Words::take_number(std::string_view what, std::uint64_t max) {
    return number(take(what), max);
}

std::size_t Words::take_length(std::string_view what, std::size_t max) {
    return static_cast<std::size_t>(take_number(what, max));
}

void Words::finish() const {
    if (!done()) {
        fail(fmt::format("unknown word '{}'", peek()));
    }
}

std::uint64_t Words::number(std::string_view digits, std::uint64_t max) const {
    const bool hexadecimal = digits.substr(0, 2) == "0x";
    const auto text = hexadecimal ? digits.substr(2) : digits;
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, hexadecimal ? 16 : 10);
    if (error != std::errc{} || end != text.data() + text.size() || value > max) {
        fail(fmt::format("'{}' is not a number from 0 to {}", digits, max));
    }
    return value;
}

void Words::fail(std::string_view what) const {
    throw BadScript(line_.number, fmt::format("{}\n  {}", what, line_.text));
}

}  // namespace script
