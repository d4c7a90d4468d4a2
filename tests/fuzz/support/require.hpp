// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace fuzz {

/** Calls of the library that were made because an input asked for them; those that only check something do not count.
 */
inline std::uint64_t events = 0;

/** Says what does not hold, and aborts: for libFuzzer that is a finding. */
[[noreturn]] void fail(const char* what);

inline void require(bool condition, const char* what) {
    if (!condition) [[unlikely]] {
        fail(what);
    }
}

/** Counts a call, and has it return nothing but what its documentation names. */
template <std::size_t size>
void require_code(std::int32_t code, const std::int32_t (&documented)[size], const char* what) {
    ++events;
    for (const std::int32_t allowed : documented) {
        if (code == allowed) {
            return;
        }
    }
    fail(what);
}

/** Tells libFuzzer of a state that was reached, beside the code that was. */
void reached(std::uint64_t state);

}  // namespace fuzz
