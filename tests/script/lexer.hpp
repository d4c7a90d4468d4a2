// SPDX-License-Identifier: Apache-2.0
// From text to lines of words. Words are separated by blanks, `#` begins a comment, and a `<` that touches its
// successor begins an option list, which is one word up to its `>`: `<nop,mss 1460>`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace script {

// A line that says something: blank and comment lines are left out, but counted.
struct Line {
    unsigned number = 0;
    std::string text;  // without comment and surrounding blanks, for messages
    std::vector<std::string> words;
};

[[nodiscard]] std::vector<Line> split(std::string_view script);

// Reads the words of one line from left to right. Whatever does not fit is a BadScript with the line's number.
class Words {
public:
    explicit Words(const Line& line) : line_(line) {}

    [[nodiscard]] bool done() const { return next_ == line_.words.size(); }

    // The next word, empty at the end of the line.
    [[nodiscard]] std::string_view peek() const;

    // Takes the next word; `what` says in the message what should have been there.
    std::string_view take(std::string_view what);

    // Takes the next word if it is this one.
    bool take_if(std::string_view word);

    // Takes an unsigned number, decimal or 0x hexadecimal, of at most `max`.
    std::uint64_t take_number(std::string_view what, std::uint64_t max);
    std::size_t take_length(std::string_view what, std::size_t max);

    // The line must end here.
    void finish() const;

    // The number that a part of a word spells.
    [[nodiscard]] std::uint64_t number(std::string_view digits, std::uint64_t max) const;

    [[noreturn]] void fail(std::string_view what) const;

private:
    const Line& line_;
    std::size_t next_ = 0;
};

}  // namespace script
