// SPDX-License-Identifier: Apache-2.0
#include "allocator.hpp"

#include "arguments.hpp"

#include <cerrno>
#include <cstdlib>

namespace dumbo::capi {

namespace {

void* allocate_from_libc(void* /*user_data*/, std::size_t size, std::size_t alignment) noexcept {
    // Clang takes for granted that aligned_alloc() leaves errno alone, and drops the restoring: keep it from knowing.
    void* (*const volatile from_libc)(std::size_t, std::size_t) = std::aligned_alloc;
    const int caller_errno = errno;
    void* memory = from_libc(alignment, size);
    errno = caller_errno;
    return memory;
}

void release_to_libc(void* /*user_data*/, void* memory, std::size_t /*size*/) noexcept {
    std::free(memory);
}

constexpr dumbo_allocator libc_allocator{.struct_size = sizeof(dumbo_allocator),
                                         .reserved = 0,
                                         .allocate = allocate_from_libc,
                                         .release = release_to_libc,
                                         .user_data = nullptr};

}  // namespace

std::optional<dumbo_allocator> effective_allocator(const dumbo_allocator* allocator) noexcept {
    if (allocator == nullptr) {
        return libc_allocator;
    }
    const auto known = read_struct(allocator);
    if (!known || known->reserved != 0 || known->allocate == nullptr || known->release == nullptr) {
        return std::nullopt;
    }
    return known;
}

}  // namespace dumbo::capi
