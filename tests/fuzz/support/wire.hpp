// SPDX-License-Identifier: Apache-2.0
// Bytes as they are on the wire and in snapshots, by code of the tests' own.
#pragma once

#include <dumbo/dumbo.h>

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace fuzz {

inline void put_16(std::uint8_t* at, std::uint32_t value) {
    at[0] = static_cast<std::uint8_t>(value >> 8U);
    at[1] = static_cast<std::uint8_t>(value);
}
inline void put_32(std::uint8_t* at, std::uint32_t value) {
    put_16(at, value >> 16U);
    put_16(at + 2, value);
}
[[nodiscard]] inline std::uint16_t get_16(const std::uint8_t* at) {
    return static_cast<std::uint16_t>(at[0] << 8 | at[1]);
}
[[nodiscard]] inline std::uint32_t get_32(const std::uint8_t* at) {
    return static_cast<std::uint32_t>(get_16(at)) << 16U | get_16(at + 2);
}

/** Little-endian, as in snapshots. */
template <class T>
[[nodiscard]] T get_little(const std::uint8_t* at) {
    T value = 0;
    for (std::size_t i = 0; i < sizeof value; ++i) {
        value = static_cast<T>(value | static_cast<T>(T{at[i]} << (8 * i)));
    }
    return value;
}

/** The one's complement sum of RFC 1071, folded and not inverted. */
[[nodiscard]] std::uint16_t sum_of(const std::uint8_t* bytes, std::size_t size, std::uint64_t before = 0);

/** That of the pseudo header of a TCP segment. A length of more than 16 bits counts with all its words. */
[[nodiscard]] std::uint16_t pseudo_sum(const std::uint8_t source[4], const std::uint8_t destination[4],
                                       std::size_t length);

/** Makes the checksum of a segment right, if it has one. */
void repair_checksum(std::uint8_t* segment, std::size_t size, const dumbo_address_pair& addresses);

/** The CRC-32 of IEEE 802.3, and that of a snapshot put where it belongs. */
[[nodiscard]] std::uint32_t crc_of(const std::uint8_t* bytes, std::size_t size);
void seal(std::uint8_t* snapshot, std::size_t size);

/** A TCP header to be written. */
struct Header {
    std::uint16_t source_port = 40000;
    std::uint16_t destination_port = 80;
    std::uint32_t seq = 0;
    std::uint32_t ack = 0;
    std::uint8_t flags = DUMBO_TCP_ACK;
    std::uint16_t window = 65535;
    std::size_t options = 0;  ///< bytes, a multiple of 4, at most 40
};

/** Writes the 20 bytes of a header, which says that there are options behind them. */
void write_header(std::uint8_t* at, const Header& header);

/** Puts the MSS option at the front of what is there for options. */
void write_mss_option(std::uint8_t* at, std::uint16_t mss);

}  // namespace fuzz
