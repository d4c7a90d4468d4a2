// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>

#include "unit/support/bytes.hpp"
#include "unit/support/segment.hpp"

// Segments as the client of these tests writes and reads them: without the library, checksum included.
namespace ends {

using dumbo_test::ack_bit;
using dumbo_test::Bytes;
using dumbo_test::fin_bit;
using dumbo_test::Random;
using dumbo_test::rst_bit;
using dumbo_test::syn_bit;
using dumbo_test::View;

// Virtual: milliseconds, say.
using Time = std::uint64_t;
inline constexpr Time never = ~Time{0};

inline const Bytes client_ip = {169, 254, 0, 2};
inline const Bytes server_ip = {169, 254, 169, 254};
inline constexpr std::uint16_t client_port = 40000;
inline constexpr std::uint16_t server_port = 80;

struct Segment {
    std::uint32_t seq = 0;
    std::uint32_t ack = 0;
    std::uint8_t flags = ack_bit;
    std::uint16_t window = 0;
    std::optional<std::uint16_t> mss{};
    Bytes payload{};

    [[nodiscard]] bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
    // In sequence numbers (RFC 9293, 3.4).
    [[nodiscard]] std::uint32_t length() const {
        return static_cast<std::uint32_t>(payload.size()) + (has(syn_bit) ? 1U : 0U) + (has(fin_bit) ? 1U : 0U);
    }
};

// A segment of the client's, complete.
[[nodiscard]] Bytes encode(const Segment& segment);

// A segment of the server's; empty if its checksum is wrong, or anything else.
[[nodiscard]] std::optional<Segment> decode(View bytes);

// Whatever the bytes are, without looking at the checksum: for the journal, and for who has written them.
[[nodiscard]] Segment fields_of(View bytes);

// RFC 1071, word by word.
[[nodiscard]] std::uint16_t internet_checksum(View bytes);

// Whether a is at or after b, for numbers that lie close to each other.
[[nodiscard]] constexpr bool at_or_after(std::uint32_t a, std::uint32_t b) {
    return a - b < 0x80000000U;
}
[[nodiscard]] constexpr bool after(std::uint32_t a, std::uint32_t b) {
    return a != b && at_or_after(a, b);
}

}  // namespace ends
