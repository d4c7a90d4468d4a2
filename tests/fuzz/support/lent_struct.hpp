// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>

#include "fuzz/support/decisions.hpp"
#include "fuzz/support/guarded_memory.hpp"

namespace fuzz {

/** A struct of the header in memory of its own. A careless caller sets struct_size as other releases might, or to
 * nonsense. */
template <class T>
[[nodiscard]] T* lend(Decisions& in, GuardedMemory& memory, const T& value) {
    constexpr std::uint32_t own = sizeof(T);
    constexpr std::uint32_t others[] = {0, 4, own - 4, own - 1, own + 1, own + 8, 4096, 4097, 0xffffffff};
    constexpr std::size_t longest = 4104;
    const bool odd = in.is_careless(8);
    const std::uint32_t struct_size = odd ? in.one_of(others) : own;
    const std::size_t size = struct_size < 4 ? 4 : struct_size < longest ? struct_size : longest;
    auto* const bytes = memory.aligned_piece(size);
    std::memset(bytes, 0, size);
    std::memcpy(bytes, &value, size < own ? size : own);
    std::memcpy(bytes, &struct_size, sizeof struct_size);
    if (size > own && in.one_in(4)) {
        bytes[size - 1] = 1;
    }
    return in.maybe_null(reinterpret_cast<T*>(bytes));
}

}  // namespace fuzz
