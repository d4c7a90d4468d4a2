// SPDX-License-Identifier: Apache-2.0
#include "fuzz/support/wire.hpp"

#include <array>
#include <bit>

namespace fuzz {

namespace {

[[nodiscard]] std::uint16_t folded(std::uint64_t sum) {
    while (sum > 0xffff) {
        sum = (sum & 0xffffU) + (sum >> 16U);
    }
    return static_cast<std::uint16_t>(sum);
}

// The polynomial 04c11db7, reflected.
constexpr std::array<std::uint32_t, 256> crc_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < table.size(); ++i) {
        std::uint32_t remainder = i;
        for (int bit = 0; bit < 8; ++bit) {
            remainder = (remainder >> 1U) ^ ((remainder & 1U) != 0 ? 0xedb88320U : 0U);
        }
        table[i] = remainder;
    }
    return table;
}

}  // namespace

std::uint16_t sum_of(const std::uint8_t* bytes, std::size_t size, std::uint64_t before) {
    // In the machine's order, which RFC 1071 shows to make no difference but that of the result's bytes.
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i + 1 < size; i += 2) {
        std::uint16_t word = 0;
        std::memcpy(&word, bytes + i, sizeof word);
        sum += word;
    }
    std::uint32_t own = folded(sum);
    if constexpr (std::endian::native == std::endian::little) {
        own = (own & 0xffU) << 8U | own >> 8U;
    }
    return folded(before + own + (size % 2 == 0 ? 0U : static_cast<std::uint32_t>(bytes[size - 1]) << 8U));
}

std::uint16_t pseudo_sum(const std::uint8_t source[4], const std::uint8_t destination[4], std::size_t length) {
    std::uint64_t sum = DUMBO_IPV4_PROTOCOL_TCP;
    for (std::uint64_t rest = length; rest != 0; rest >>= 16U) {
        sum += rest & 0xffffU;
    }
    return sum_of(source, 4, sum_of(destination, 4, sum));
}

void repair_checksum(std::uint8_t* segment, std::size_t size, const dumbo_address_pair& addresses) {
    if (size < DUMBO_TCP_HEADER_LENGTH) {
        return;
    }
    put_16(segment + 16, 0);
    const auto sum = sum_of(segment, size, pseudo_sum(addresses.source, addresses.destination, size));
    put_16(segment + 16, static_cast<std::uint16_t>(~sum));
}

std::uint32_t crc_of(const std::uint8_t* bytes, std::size_t size) {
    static constexpr auto table = crc_table();
    std::uint32_t remainder = 0xffffffff;
    for (std::size_t i = 0; i < size; ++i) {
        remainder = remainder >> 8U ^ table[(remainder ^ bytes[i]) & 0xffU];
    }
    return ~remainder;
}

void seal(std::uint8_t* snapshot, std::size_t size) {
    if (size < 4) {
        return;
    }
    const std::uint32_t crc = crc_of(snapshot, size - 4);
    for (std::size_t i = 0; i < 4; ++i) {
        snapshot[size - 4 + i] = static_cast<std::uint8_t>(crc >> (8 * i));
    }
}

void write_header(std::uint8_t* at, const Header& header) {
    put_16(at, header.source_port);
    put_16(at + 2, header.destination_port);
    put_32(at + 4, header.seq);
    put_32(at + 8, header.ack);
    at[12] = static_cast<std::uint8_t>((DUMBO_TCP_HEADER_LENGTH + header.options) / 4 << 4U);
    at[13] = header.flags;
    put_16(at + 14, header.window);
    put_32(at + 16, 0);
}

void write_mss_option(std::uint8_t* at, std::uint16_t mss) {
    put_16(at, 0x0204);
    put_16(at + 2, mss);
}

}  // namespace fuzz
