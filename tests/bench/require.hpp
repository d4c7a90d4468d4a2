// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

namespace bench {

// Says what went wrong, and ends the program.
[[noreturn]] void fail(const char* what);

inline void require(bool condition, const char* what) {
    if (!condition) [[unlikely]] {
        fail(what);
    }
}

// Keeps the optimizer from knowing what a pointer points to.
inline void escape(void* pointer) {
    asm volatile("" : : "g"(pointer) : "memory");
}

// The same number, of which the compiler knows nothing.
inline std::size_t opaque(std::size_t number) {
    asm("" : "+r"(number));
    return number;
}

}  // namespace bench
