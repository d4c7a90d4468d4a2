// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "unit/support/bytes.hpp"

// The checksum of RFC 1071 as its first page defines it, one byte after the other. Slow and plain on purpose: it is
// what the fast one is held against.
namespace dumbo_test {

inline std::uint16_t fold(std::uint64_t sum) {
    while (sum > 0xffffU) {
        sum = (sum & 0xffffU) + (sum >> 16U);
    }
    return static_cast<std::uint16_t>(sum);
}

inline std::uint64_t unfolded_sum(View bytes) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        sum += i % 2 == 0 ? std::uint64_t{bytes[i]} << 8U : bytes[i];
    }
    return sum;
}

inline std::uint16_t reference_checksum(View bytes) {
    return static_cast<std::uint16_t>(~fold(unfolded_sum(bytes)));
}

// The pseudo header of RFC 9293, 3.1. A length of more than 16 bits counts with all its 16-bit words.
inline std::uint64_t unfolded_pseudo_header(const std::array<std::uint8_t, 4>& source,
                                            const std::array<std::uint8_t, 4>& destination, std::uint8_t protocol,
                                            std::uint64_t length) {
    std::uint64_t sum = unfolded_sum(source) + unfolded_sum(destination) + protocol;
    for (; length != 0; length >>= 16U) {
        sum += length & 0xffffU;
    }
    return sum;
}

inline std::uint16_t reference_transport_checksum(const std::array<std::uint8_t, 4>& source,
                                                  const std::array<std::uint8_t, 4>& destination, std::uint8_t protocol,
                                                  View bytes) {
    const std::uint64_t sum = unfolded_pseudo_header(source, destination, protocol, bytes.size()) + unfolded_sum(bytes);
    return static_cast<std::uint16_t>(~fold(sum));
}

}  // namespace dumbo_test
