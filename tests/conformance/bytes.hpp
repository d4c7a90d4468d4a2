// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace conformance {

using Bytes = std::vector<std::uint8_t>;

// The byte that stands at a sequence number wherever the vectors abbreviate: the top byte of a multiplicative hash, so
// that a byte sent from the wrong offset is noticed.
[[nodiscard]] constexpr std::uint8_t generated_byte(std::uint32_t seq) {
    return static_cast<std::uint8_t>((seq * 2654435761U) >> 24U);
}

// Fills `to` with the bytes of consecutive sequence numbers, which wrap at 2^32.
void generate(std::uint32_t first, std::span<std::uint8_t> to);

// A byte string as a vector file writes it: some bytes spelled out, the rest generated. Not expanded until it is
// needed, so that a file can be read and checked as a whole before anything is replayed.
class ByteString {
public:
    // "-", HEX, or HEX+LEN@SEQ. Nothing for any other text.
    static std::optional<ByteString> parse(std::string_view text);

    [[nodiscard]] std::size_t size() const { return spelled_out_.size() + tail_length_; }

    // Exactly as long as the string is, so that an address sanitizer notices a read past its end.
    [[nodiscard]] Bytes expand() const;

private:
    Bytes spelled_out_;
    std::size_t tail_length_ = 0;
    std::uint32_t tail_first_ = 0;
};

// Bytes for a reader's eyes: hexadecimal, long strings cut.
[[nodiscard]] std::string to_text(std::span<const std::uint8_t> bytes);

}  // namespace conformance
