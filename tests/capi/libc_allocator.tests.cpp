// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

#include <cerrno>
#include <cstdint>
#include <cstdlib>

#include "capi/support/endpoint.hpp"
#include "support/catch.hpp"

// The memory that a connection takes from the C library when the caller brings no allocator.
namespace {

bool memory_is_out = false;
int requests = 0;

}  // namespace

// Stands in front of libc's, also for the shared library: a definition in the program comes first.
extern "C" void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept {
    ++requests;
    if (memory_is_out || size % alignment != 0) {
        errno = ENOMEM;
        return nullptr;
    }
    void* memory = nullptr;
    return posix_memalign(&memory, alignment, size) == 0 ? memory : nullptr;
}

TEST_CASE("without an allocator the C library is asked, once for each connection", "[allocator][libc]") {
    requests = 0;
    const auto original = dumbo_test::opened();
    CHECK(requests == 1);
    const auto copy = dumbo_test::clone_of(original.get());
    CHECK(requests == 2);
}

TEST_CASE("a C library without memory makes opening and copying fail, and errno is kept", "[allocator][libc]") {
    const auto original = dumbo_test::opened();
    const dumbo_test::Bytes syn = dumbo_test::syn_bytes();
    const auto how = dumbo_test::config();
    dumbo_connection* connection = original.get();
    memory_is_out = true;
    errno = 4711;
    const auto opening = dumbo_connection_passive_open(&connection, syn.data(), syn.size(), nullptr, &how, nullptr);
    const bool nothing_opened = connection == nullptr;
    connection = original.get();
    const auto copying = dumbo_connection_clone(original.get(), &connection, nullptr);
    const int errno_afterwards = errno;
    memory_is_out = false;
    CHECK(opening == DUMBO_ERR_OUT_OF_MEMORY);
    CHECK(nothing_opened);
    CHECK(copying == DUMBO_ERR_OUT_OF_MEMORY);
    CHECK(connection == nullptr);
    CHECK(errno_afterwards == 4711);
}
