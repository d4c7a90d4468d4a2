// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/dumbo.h>
#include <dumbo/stack.hpp>

#include <cstddef>

// What a caller's handle points to: how to give the memory back, in front of the stack itself, which fills the rest of
// the same memory.
struct alignas(dumbo::Stack::memory_alignment) dumbo_stack {
    dumbo::Stack core;
    std::size_t size = 0;
    void (*release)(void* user_data, void* memory, std::size_t size) = nullptr;  // NULL: nothing to give back
    void* release_user_data = nullptr;
};
