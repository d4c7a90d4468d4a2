// SPDX-License-Identifier: Apache-2.0
// What payloads consist of: every byte is a function of its sender and of its place in the stream, so that a byte
// in the wrong place, or from the wrong side, is a wrong byte.
#pragma once

#include "script/numbering.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace script {

// The byte at a place counted from the sender's initial sequence number.
[[nodiscard]] constexpr std::uint8_t content_byte(Sender sender, std::uint32_t place) {
    auto mixed = place + (sender == Sender::guest ? 0x5bd1'e995u : 0x1b87'3593u);
    mixed = (mixed ^ (mixed >> 15)) * 0x2c1b'3c6du;
    return static_cast<std::uint8_t>(mixed >> 24);
}

[[nodiscard]] inline std::vector<std::uint8_t> content(Sender sender, std::uint32_t place, std::size_t length) {
    std::vector<std::uint8_t> bytes(length);
    for (auto& byte : bytes) {
        byte = content_byte(sender, place++);
    }
    return bytes;
}

}  // namespace script
