// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/checksum.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <span>

namespace dumbo::inline v0::detail {

// Scatter lists, whatever the pieces look like: as_bytes(piece) yields a piece as a span.

// The sum of the lengths. It saturates: a list can name one piece many times.
template <typename Piece, typename AsBytes>
[[nodiscard]] std::uint64_t scattered_length(std::span<const Piece> pieces, AsBytes as_bytes) noexcept {
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t total = 0;
    for (const Piece& piece : pieces) {
        const std::uint64_t length = as_bytes(piece).size();
        total = length > most - total ? most : total + length;
    }
    return total;
}

// Copies bytes and adds them to a sum, if there is one. Without, as by memmove: a caller may lend overlapping memory,
// which is wrong but must not be undefined.
inline void copy_bytes(std::span<const std::uint8_t> from, std::uint8_t* to, ChecksumAccumulator* sum) noexcept {
    if (sum != nullptr) {
        sum->add_copying(from, to);
    } else {
        std::memmove(to, from.data(), from.size());
    }
}

// Copies to.size() bytes from `offset` on, likewise. Precondition: the pieces hold them.
template <typename Piece, typename AsBytes>
void copy_scattered(std::span<const Piece> pieces, AsBytes as_bytes, std::uint64_t offset, std::span<std::uint8_t> to,
                    ChecksumAccumulator* sum) noexcept {
    for (const Piece& piece : pieces) {
        const std::span<const std::uint8_t> bytes = as_bytes(piece);
        if (offset >= bytes.size()) {
            offset -= bytes.size();
            continue;
        }
        const auto rest = bytes.subspan(static_cast<std::size_t>(offset));
        const std::size_t length = std::min(rest.size(), to.size());
        copy_bytes(rest.first(length), to.data(), sum);
        to = to.subspan(length);
        if (to.empty()) {
            return;
        }
        offset = 0;
    }
}

}  // namespace dumbo::inline v0::detail
