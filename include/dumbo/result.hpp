// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/error.hpp>

#include <optional>
#include <type_traits>
#include <utility>

namespace dumbo::inline v0 {

// A value, or the error that stands in its place. Like std::expected of C++23, as far as it is needed here, and without
// a way to throw: dereferencing an error is a precondition violation.
template <typename T>
class [[nodiscard]] Result {
    static_assert(std::is_trivially_destructible_v<T>);

public:
    constexpr Result(T value) noexcept : value_(value) {}
    constexpr Result(Error error) noexcept : error_(error) {}
    // A value made in its place from nothing.
    constexpr explicit Result(std::in_place_t /*tag*/) noexcept : value_(std::in_place) {}

    [[nodiscard]] constexpr bool has_value() const noexcept { return value_.has_value(); }
    constexpr explicit operator bool() const noexcept { return has_value(); }

    // Precondition: has_value().
    constexpr T& operator*() noexcept { return *value_; }
    constexpr const T& operator*() const noexcept { return *value_; }
    constexpr T* operator->() noexcept { return &*value_; }
    constexpr const T* operator->() const noexcept { return &*value_; }

    // Precondition: !has_value().
    [[nodiscard]] constexpr Error error() const noexcept { return error_; }

private:
    std::optional<T> value_;
    Error error_{};
};

}  // namespace dumbo::inline v0
