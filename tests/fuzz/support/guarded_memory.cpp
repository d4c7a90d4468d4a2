// SPDX-License-Identifier: Apache-2.0
#include "fuzz/support/guarded_memory.hpp"

#include <sys/mman.h>

#include <cstring>

#include "fuzz/support/require.hpp"

#if defined(__has_feature)
#define FUZZ_HAS_FEATURE(name) __has_feature(name)
#else
#define FUZZ_HAS_FEATURE(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || FUZZ_HAS_FEATURE(address_sanitizer)
#include <sanitizer/asan_interface.h>
#endif
#if FUZZ_HAS_FEATURE(memory_sanitizer)
#include <sanitizer/msan_interface.h>
#endif

namespace fuzz {

namespace {

constexpr std::size_t page = 4096;
constexpr std::size_t watched = 64;

void forbid([[maybe_unused]] const std::uint8_t* at, [[maybe_unused]] std::size_t size) {
#ifdef ASAN_POISON_MEMORY_REGION
    ASAN_POISON_MEMORY_REGION(at, size);
#endif
}

void allow([[maybe_unused]] const std::uint8_t* at, [[maybe_unused]] std::size_t size) {
#ifdef ASAN_UNPOISON_MEMORY_REGION
    ASAN_UNPOISON_MEMORY_REGION(at, size);
#endif
}

void forget([[maybe_unused]] const std::uint8_t* at, [[maybe_unused]] std::size_t size) {
#if FUZZ_HAS_FEATURE(memory_sanitizer)
    __msan_allocated_memory(at, size);
#endif
}

}  // namespace

GuardedMemory::GuardedMemory(std::size_t capacity) : capacity_((capacity + watched + page - 1) / page * page) {
    void* const memory = mmap(nullptr, capacity_ + page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    require(memory != MAP_FAILED, "there is no memory");
    require(mprotect(memory, capacity_, PROT_READ | PROT_WRITE) == 0, "there is no memory");
    begin_ = static_cast<std::uint8_t*>(memory);
}

GuardedMemory::~GuardedMemory() {
    allow(begin_, capacity_);
    munmap(begin_, capacity_ + page);
}

std::uint8_t* GuardedMemory::piece(std::size_t size) {
    return take(size, 0);
}

std::uint8_t* GuardedMemory::copy(const void* bytes, std::size_t size) {
    auto* const memory = piece(size);
    if (size > 0) {
        std::memcpy(memory, bytes, size);
    }
    return memory;
}

std::uint8_t* GuardedMemory::aligned_piece(std::size_t size) {
    constexpr std::size_t alignment = 8;
    return take(size, (alignment - size % alignment) % alignment);
}

std::uint8_t* GuardedMemory::take(std::size_t size, std::size_t padding) {
    require(size + padding + watched <= capacity_, "a piece is larger than its memory");
    auto* const end = begin_ + capacity_;
    auto* const memory = end - padding - size;
    allow(memory, size + padding);
    forbid(memory - watched, watched);
    forbid(memory + size, padding);
    forget(memory, size);
    return memory;
}

}  // namespace fuzz
