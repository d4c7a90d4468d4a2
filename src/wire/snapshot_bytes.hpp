// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/seq_number.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace dumbo::inline v0 {

// What snapshots are made of, for writing and for reading: the same names, so that one function can visit the fields
// for both. Numbers are little-endian, whatever the machine is. Precondition of each: there are enough bytes left.
class SnapshotWriter {
public:
    explicit SnapshotWriter(std::span<std::uint8_t> bytes) noexcept : rest_(bytes) {}

    template <typename Number>
    void number(Number value) noexcept {
        for (std::size_t i = 0; i < sizeof(Number); ++i) {
            rest_[i] = static_cast<std::uint8_t>(std::uint64_t{value} >> (8 * i));
        }
        rest_ = rest_.subspan(sizeof(Number));
    }
    void number(SeqNumber value) noexcept { number(value.value()); }
    template <typename Enum>
    void code(Enum value, Enum /*last*/) noexcept {
        number(static_cast<std::uint8_t>(value));
    }
    void flag(bool value) noexcept { number(static_cast<std::uint8_t>(value)); }
    template <std::size_t N>
    void bytes(const std::array<std::uint8_t, N>& value) noexcept {
        bytes(std::span<const std::uint8_t>(value));
    }
    void bytes(std::span<const std::uint8_t> value) noexcept {
        std::copy(value.begin(), value.end(), rest_.begin());
        rest_ = rest_.subspan(value.size());
    }

private:
    std::span<std::uint8_t> rest_;
};

class SnapshotReader {
public:
    explicit SnapshotReader(std::span<const std::uint8_t> bytes) noexcept : rest_(bytes) {}

    template <typename Number>
    void number(Number& value) noexcept {
        std::uint64_t wide = 0;
        for (std::size_t i = 0; i < sizeof(Number); ++i) {
            wide |= std::uint64_t{rest_[i]} << (8 * i);
        }
        value = static_cast<Number>(wide);
        rest_ = rest_.subspan(sizeof(Number));
    }
    void number(SeqNumber& value) noexcept { value = SeqNumber(read<std::uint32_t>()); }
    template <typename Enum>
    void code(Enum& value, Enum last) noexcept {
        const auto number = read<std::uint8_t>();
        is_valid_ = is_valid_ && number <= static_cast<std::uint8_t>(last);
        value = is_valid_ ? static_cast<Enum>(number) : Enum{};
    }
    void flag(bool& value) noexcept {
        const auto number = read<std::uint8_t>();
        is_valid_ = is_valid_ && number <= 1;
        value = number == 1;
    }
    template <std::size_t N>
    void bytes(std::array<std::uint8_t, N>& value) noexcept {
        const auto from = take(N);
        std::copy(from.begin(), from.end(), value.begin());
    }
    [[nodiscard]] std::span<const std::uint8_t> take(std::size_t count) noexcept {
        const auto taken = rest_.first(count);
        rest_ = rest_.subspan(count);
        return taken;
    }
    [[nodiscard]] std::size_t left() const noexcept { return rest_.size(); }
    // Whether all codes and flags so far were in their ranges.
    [[nodiscard]] bool is_valid() const noexcept { return is_valid_; }

    template <typename Number>
    [[nodiscard]] Number read() noexcept {
        Number value = 0;
        number(value);
        return value;
    }

private:
    std::span<const std::uint8_t> rest_;
    bool is_valid_ = true;
};

}  // namespace dumbo::inline v0
