// SPDX-License-Identifier: Apache-2.0
// Sequence numbers and times as a script writes them: counted from where each side began.
#pragma once

#include "script/lexer.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace script {

// Who wrote a segment: the guest, played by the script, or the host, which is the library.
enum class Sender { guest, host };

// The initial sequence numbers. Both defaults lie so close to the wrap that any ordinary conversation crosses it.
struct Numbering {
    std::uint32_t guest = 0xffff'fff0;
    std::uint32_t host = 0xffff'ffc0;

    [[nodiscard]] std::uint32_t of(Sender sender) const { return sender == Sender::guest ? guest : host; }
};

[[nodiscard]] constexpr Sender other(Sender sender) {
    return sender == Sender::guest ? Sender::host : Sender::guest;
}

// `101`, or `-5` for a number before the initial one.
[[nodiscard]] std::string relative_text(std::uint32_t number, std::uint32_t isn);

// `101` and `-5` count from isn, `@7` is the number 7 itself.
[[nodiscard]] std::uint32_t parse_sequence_number(const Words& words, std::string_view text, std::uint32_t isn);

}  // namespace script
