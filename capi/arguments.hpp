// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/dumbo.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>

// What every entry point does with its arguments before anything else happens.
namespace dumbo::capi {

template <typename Byte>
[[nodiscard]] bool is_valid_buffer(const Byte* data, std::size_t length) noexcept {
    return data != nullptr || length == 0;
}

// Structs begin with struct_size. The smallest that is ever accepted is the first release's: once a struct has grown,
// it gets a specialization here, with the offset of the first field that was appended.
template <typename Struct>
constexpr std::uint32_t first_release_size() noexcept {
    return sizeof(Struct);
}

// Copies a caller's input struct, of whatever release, into one of this release. Empty if it is NULL, smaller than the
// first release's, or says something in fields that this release does not know.
template <typename Struct>
[[nodiscard]] std::optional<Struct> read_struct(const Struct* from) noexcept {
    static_assert(std::is_trivially_copyable_v<Struct>);
    if (from == nullptr) {
        return std::nullopt;
    }
    const std::uint32_t size = from->struct_size;
    if (size < first_release_size<Struct>()) {
        return std::nullopt;
    }
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(from);
    const auto is_zero = [](std::uint8_t byte) { return byte == 0; };
    if (size > sizeof(Struct) && !std::all_of(bytes + sizeof(Struct), bytes + size, is_zero)) {
        return std::nullopt;
    }
    Struct copy{};
    std::memcpy(&copy, bytes, std::min<std::size_t>(size, sizeof(Struct)));
    return copy;
}

// An output struct of the caller's, of whatever release: filled up to the size that the caller states, and zeroed until
// then, so that a call that fails leaves zeros.
template <typename Struct>
class OutputStruct {
    static_assert(std::is_trivially_copyable_v<Struct>);

public:
    explicit OutputStruct(Struct* to) noexcept : to_(to) {
        if (is_valid()) {
            size_ = to->struct_size;
            std::memset(to_, 0, size_);
            to_->struct_size = size_;
        }
    }

    [[nodiscard]] bool is_valid() const noexcept {
        return to_ != nullptr && to_->struct_size >= first_release_size<Struct>();
    }

    // Precondition: is_valid().
    void set(Struct value) const noexcept {
        value.struct_size = size_;
        std::memcpy(to_, &value, std::min<std::size_t>(size_, sizeof(Struct)));
    }

private:
    Struct* to_;
    std::uint32_t size_ = 0;
};

template <std::size_t N>
void copy_bytes(std::uint8_t (&to)[N], const std::array<std::uint8_t, N>& from) noexcept {
    std::memcpy(to, from.data(), N);
}

template <std::size_t N>
[[nodiscard]] std::array<std::uint8_t, N> to_array(const std::uint8_t* from) noexcept {
    std::array<std::uint8_t, N> array{};
    std::memcpy(array.data(), from, N);
    return array;
}

}  // namespace dumbo::capi
