// SPDX-License-Identifier: Apache-2.0
// A segment as a value, and its notation:
//
//     FLAGS FIRST:END(LENGTH) [ack NUMBER] win WINDOW [<OPTION,...>]
//
// FLAGS are letters of `SFRPUEW` and `.` for ACK, or `-` for none. OPTION is `mss N`, `nop`, `eol` or `hex BYTES`.
#pragma once

#include "script/lexer.hpp"
#include "script/numbering.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace script {

// The fields of a TCP segment that a script can state. Sequence numbers are those on the wire.
struct Packet {
    std::uint8_t flags = 0;
    std::uint32_t seq = 0;
    std::uint32_t ack = 0;
    std::uint16_t window = 0;
    std::uint32_t length = 0;  // of the payload
    std::vector<std::uint8_t> options;

    friend bool operator==(const Packet&, const Packet&) = default;
};

[[nodiscard]] Packet parse_packet(Words& words, Sender sender, const Numbering& numbering);

[[nodiscard]] std::string to_text(const Packet& packet, Sender sender, const Numbering& numbering);

}  // namespace script
