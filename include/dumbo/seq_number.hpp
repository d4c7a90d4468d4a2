// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace dumbo::inline v0 {

// The largest window that TCP can express (RFC 7323, 2.3): 65535 scaled by 2^14.
inline constexpr std::uint32_t max_window_size = 65535U << 14U;

// A sequence number (RFC 9293, 3.4): arithmetic is modulo 2^32. Numbers are ordered by after() and at_or_after(), and
// only within the horizon of max_window_size. Neither is a negation of the other with its arguments swapped: for some
// pairs no order holds at all, which is why there is no operator<.
class SeqNumber {
public:
    constexpr SeqNumber() noexcept = default;
    constexpr explicit SeqNumber(std::uint32_t value) noexcept : value_(value) {}

    [[nodiscard]] constexpr std::uint32_t value() const noexcept { return value_; }

    // The number of octets from `earlier` up to this one, modulo 2^32.
    [[nodiscard]] constexpr std::uint32_t distance_from(SeqNumber earlier) const noexcept {
        return value_ - earlier.value_;
    }

    [[nodiscard]] constexpr bool after(SeqNumber other) const noexcept {
        return distance_from(other) - 1 < max_window_size - 1;  // 0, which is no distance, becomes the largest number
    }

    [[nodiscard]] constexpr bool at_or_after(SeqNumber other) const noexcept {
        return distance_from(other) < max_window_size;
    }

    friend constexpr bool operator==(SeqNumber, SeqNumber) noexcept = default;

    friend constexpr SeqNumber operator+(SeqNumber seq, std::uint32_t octets) noexcept {
        return SeqNumber(seq.value_ + octets);
    }
    friend constexpr SeqNumber operator-(SeqNumber seq, std::uint32_t octets) noexcept {
        return SeqNumber(seq.value_ - octets);
    }

private:
    std::uint32_t value_ = 0;
};

}  // namespace dumbo::inline v0
