// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "unit/support/bytes.hpp"

// TCP segments written field by field, without the library: what a peer would send.
namespace dumbo_test {

inline constexpr std::uint8_t fin_bit = 0x01;
inline constexpr std::uint8_t syn_bit = 0x02;
inline constexpr std::uint8_t rst_bit = 0x04;
inline constexpr std::uint8_t psh_bit = 0x08;
inline constexpr std::uint8_t ack_bit = 0x10;

struct SegmentSpec {
    std::uint16_t source_port = 40000;
    std::uint16_t destination_port = 80;
    std::uint32_t seq = 0;
    std::uint32_t ack = 0;
    std::uint8_t flags = ack_bit;
    std::uint16_t window = 8192;
    std::uint16_t checksum = 0;
    std::uint16_t urgent_pointer = 0;
    Bytes options{};  // a multiple of 4 bytes
    Bytes payload{};
};

inline Bytes segment_bytes(const SegmentSpec& spec) {
    Bytes header(20);
    put16(header, 0, spec.source_port);
    put16(header, 2, spec.destination_port);
    put32(header, 4, spec.seq);
    put32(header, 8, spec.ack);
    header[12] = static_cast<std::uint8_t>((20 + spec.options.size()) / 4 << 4U);
    header[13] = spec.flags;
    put16(header, 14, spec.window);
    put16(header, 16, spec.checksum);
    put16(header, 18, spec.urgent_pointer);
    return concat({header, spec.options, spec.payload});
}

inline Bytes mss_option(std::uint16_t value) {
    Bytes option{2, 4, 0, 0};
    put16(option, 2, value);
    return option;
}

}  // namespace dumbo_test
