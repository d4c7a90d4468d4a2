// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "bench/wire.hpp"

namespace bench {

// What goes into the checksum field of our segments.
enum class Checksum : std::uint8_t { full, pseudo_header, none };

inline const char* name_of(Checksum checksum) {
    switch (checksum) {
        case Checksum::full:
            return "full checksum";
        case Checksum::pseudo_header:
            return "pseudo-header checksum";
        case Checksum::none:
            break;
    }
    return "no checksum";
}

// The way of a connection that counts.
constexpr const char* counted_way = "C ABI counted";

// What a connection is like.
struct Shape {
    std::uint16_t mss = payload_length;
    std::uint32_t our_window = largest_window;
    bool counts = false;  // the C ABI alone can
};

}  // namespace bench
