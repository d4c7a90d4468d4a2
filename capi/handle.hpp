// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/dumbo.h>
#include <dumbo/connection.hpp>

#include <cstddef>

// What a caller's handle points to: a connection, and how to give its memory back. The alignment puts the fields that
// every segment touches into one cache line.
struct alignas(64) dumbo_connection {
    dumbo::Connection core;
    void (*release)(void* user_data, void* memory, std::size_t size) = nullptr;  // NULL: nothing to give back
    void* release_user_data = nullptr;
};

static_assert(sizeof(dumbo_connection) <= DUMBO_CONNECTION_SIZE_MAX);
static_assert(alignof(dumbo_connection) <= DUMBO_CONNECTION_ALIGNMENT_MAX);
