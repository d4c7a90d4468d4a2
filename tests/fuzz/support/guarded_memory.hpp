// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace fuzz {

/**
 * Memory of exactly the size that was asked for: behind it begins a page that nobody may touch, with or without a
 * sanitizer. Before it AddressSanitizer watches some bytes, and MemorySanitizer takes the memory for uninitialized.
 * Each piece takes the place of the one before.
 */
class GuardedMemory {
public:
    explicit GuardedMemory(std::size_t capacity);
    GuardedMemory(const GuardedMemory&) = delete;
    GuardedMemory& operator=(const GuardedMemory&) = delete;
    ~GuardedMemory();

    [[nodiscard]] std::uint8_t* piece(std::size_t size);
    [[nodiscard]] std::uint8_t* copy(const void* bytes, std::size_t size);

    /** Aligned for any struct of the header. */
    [[nodiscard]] std::uint8_t* aligned_piece(std::size_t size);

private:
    std::uint8_t* take(std::size_t size, std::size_t padding);

    std::size_t capacity_;
    std::uint8_t* begin_;
};

}  // namespace fuzz
