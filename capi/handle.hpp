// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/dumbo.h>
#include <dumbo/connection.hpp>
#include <dumbo/counters.hpp>

#include <cstddef>
#include <type_traits>

// What a caller's handle points to: a connection, and how to give its memory back. The alignment puts the fields that
// every segment touches into one cache line.
struct alignas(64) dumbo_connection {
    dumbo::Connection core;
    void (*release)(void* user_data, void* memory, std::size_t size) = nullptr;  // NULL: nothing to give back
    void* release_user_data = nullptr;
};

namespace dumbo::capi {

// One that was opened with counters has them behind it.
struct CountedConnection {
    dumbo_connection connection;
    Counters counters;
};

static_assert(std::is_standard_layout_v<CountedConnection>);  // or else the cast below would not be allowed
static_assert(sizeof(dumbo_connection) <= DUMBO_CONNECTION_SIZE_MAX);
static_assert(sizeof(CountedConnection) <= DUMBO_CONNECTION_COUNTED_SIZE_MAX);
static_assert(alignof(CountedConnection) == alignof(dumbo_connection));
static_assert(alignof(dumbo_connection) <= DUMBO_CONNECTION_ALIGNMENT_MAX);

// A connection's tag says that it is the first member of a CountedConnection.
[[nodiscard]] inline bool is_counted(const dumbo_connection& connection) noexcept {
    return connection.core.tag() != 0;
}

inline void set_counted(dumbo_connection& connection) noexcept {
    connection.core.set_tag(1);
}

[[nodiscard]] inline std::size_t size_of(bool is_counted) noexcept {
    return is_counted ? sizeof(CountedConnection) : sizeof(dumbo_connection);
}

// NULL for a connection without.
[[nodiscard]] inline Counters* counters_of(dumbo_connection* connection) noexcept {
    return is_counted(*connection) ? &reinterpret_cast<CountedConnection*>(connection)->counters : nullptr;
}
[[nodiscard]] inline const Counters* counters_of(const dumbo_connection* connection) noexcept {
    return is_counted(*connection) ? &reinterpret_cast<const CountedConnection*>(connection)->counters : nullptr;
}

}  // namespace dumbo::capi
