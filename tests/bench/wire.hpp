// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

// The guest's side: segments as it would write them.
namespace bench {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t header_length = 20;
constexpr std::uint32_t payload_length = 1460;
constexpr std::size_t segment_length = header_length + payload_length;

constexpr std::uint16_t our_port = 80;
constexpr std::uint16_t guest_port = 50000;
constexpr std::array<std::uint8_t, 4> our_address = {169, 254, 169, 254};
constexpr std::array<std::uint8_t, 4> guest_address = {169, 254, 0, 2};
constexpr std::uint16_t largest_window = 65535;

// Our first sequence number is one past this one; the guest's is 1.
constexpr std::uint32_t our_isn = 1000;
constexpr std::uint32_t our_first = our_isn + 1;
constexpr std::uint32_t guest_first = 1;

namespace at {
constexpr std::size_t sequence_number = 4;
constexpr std::size_t ack_number = 8;
constexpr std::size_t data_offset = 12;
constexpr std::size_t flags = 13;
constexpr std::size_t checksum = 16;
}  // namespace at

namespace flag {
constexpr std::uint8_t syn = 0x02;
constexpr std::uint8_t ack = 0x10;
}  // namespace flag

// One store each, so that whoever loads them next need not wait for several.
inline void store16(std::uint8_t* to, std::uint16_t value) {
    const std::uint16_t swapped = __builtin_bswap16(value);
    std::memcpy(to, &swapped, sizeof swapped);
}
inline void store32(std::uint8_t* to, std::uint32_t value) {
    const std::uint32_t swapped = __builtin_bswap32(value);
    std::memcpy(to, &swapped, sizeof swapped);
}
inline std::uint16_t load16(const std::uint8_t* from) {
    std::uint16_t value = 0;
    std::memcpy(&value, from, sizeof value);
    return __builtin_bswap16(value);
}
inline std::uint32_t load32(const std::uint8_t* from) {
    std::uint32_t value = 0;
    std::memcpy(&value, from, sizeof value);
    return __builtin_bswap32(value);
}

// A one's complement sum of at most 2^32 - 1 as 16 bits.
inline std::uint16_t fold(std::uint32_t sum) {
    sum = (sum & 0xffffU) + (sum >> 16U);
    return static_cast<std::uint16_t>((sum & 0xffffU) + (sum >> 16U));
}

// The checksum of a message one of whose fields, of 32 bits, has grown by so much without a carry out of it.
inline std::uint16_t checksum_after_growth(std::uint16_t checksum, std::uint32_t growth) {
    const std::uint32_t words = fold(growth);
    return fold(checksum + 0xffffU - words);
}

// By the bench's own loop.
[[nodiscard]] bool has_right_checksum(Bytes segment);
// What the field holds if only the pseudo header was summed.
[[nodiscard]] std::uint16_t pseudo_header_sum(std::size_t length);

// A SYN of the guest's, with its MSS and the largest window.
[[nodiscard]] std::array<std::uint8_t, 24> syn(std::uint16_t mss);

// The header of an established connection's segment, with a right checksum over what lies behind it.
void write_header(std::span<std::uint8_t> segment, std::uint32_t sequence_number, std::uint32_t ack_number);

// Bytes that are all different from their neighbours'.
void fill(std::span<std::uint8_t> bytes);

}  // namespace bench
