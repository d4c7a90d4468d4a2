// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

#include <sys/syscall.h>
#include <unistd.h>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <set>

#include "capi/support/endpoint.hpp"
#include "capi/support/stack.hpp"
#include "capi/support/stack_memory.hpp"
#include "support/catch.hpp"

using dumbo_test::Bytes;

// Where initial sequence numbers come from.
namespace {

constexpr int unlimited = -1;
int entropy_left = unlimited;  // requests that are granted
int entropy_requests = 0;

}  // namespace

// Stands in front of libc's, also for the shared library: a definition in the program comes first.
extern "C" int getentropy(void* buffer, size_t length) {
    ++entropy_requests;
    if (entropy_left == 0) {
        std::memset(buffer, 0x5a, length);
        errno = EIO;
        return -1;
    }
    entropy_left -= entropy_left == unlimited ? 0 : 1;
    return syscall(SYS_getrandom, buffer, length, 0) == static_cast<long>(length) ? 0 : -1;
}

namespace {

std::int32_t open(dumbo_connection** out, std::uint32_t flags, const dumbo_allocator* allocator = nullptr) {
    const Bytes syn = dumbo_test::syn_bytes();
    auto how = dumbo_test::config();
    how.flags = flags;
    return dumbo_connection_passive_open(out, syn.data(), syn.size(), nullptr, &how, allocator);
}

struct WithoutEntropy {
    explicit WithoutEntropy(int granted = 0) { entropy_left = granted; }
    ~WithoutEntropy() { entropy_left = unlimited; }
    WithoutEntropy(const WithoutEntropy&) = delete;
    WithoutEntropy& operator=(const WithoutEntropy&) = delete;
};

}  // namespace

TEST_CASE("without a given number every connection begins at another", "[entropy]") {
    std::set<std::uint32_t> numbers;
    entropy_requests = 0;
    for (int i = 0; i < 50; ++i) {
        dumbo_connection* connection = nullptr;
        REQUIRE(open(&connection, 0) == DUMBO_OK);
        numbers.insert(dumbo_connection_highest_ack_received(connection));
        CHECK(dumbo_connection_first_not_sent(connection) == dumbo_connection_highest_ack_received(connection) + 1);
        dumbo_connection_free(connection);
    }
    CHECK(numbers.size() >= 49);
    CHECK(numbers.count(dumbo_test::our_isn) == 0);  // the field isn is there, but not in force
    CHECK(entropy_requests == 50);
}

TEST_CASE("a given number is used, and no randomness is asked for", "[entropy]") {
    const WithoutEntropy without;
    entropy_requests = 0;
    dumbo_connection* connection = nullptr;
    CHECK(open(&connection, DUMBO_CONFIG_ISN) == DUMBO_OK);
    CHECK(dumbo_connection_highest_ack_received(connection) == dumbo_test::our_isn);
    CHECK(entropy_requests == 0);
    dumbo_connection_free(connection);
}

TEST_CASE("a system without randomness makes opening fail, errno kept and nothing allocated", "[entropy]") {
    const WithoutEntropy without;
    static int allocations = 0;
    auto allocator = dumbo_test::sized<dumbo_allocator>();
    allocator.allocate = [](void*, std::size_t, std::size_t) -> void* {
        ++allocations;
        return nullptr;
    };
    allocator.release = [](void*, void*, std::size_t) {};
    auto* connection = reinterpret_cast<dumbo_connection*>(&allocator);
    errno = 4711;
    CHECK(open(&connection, 0, &allocator) == DUMBO_ERR_NO_ENTROPY);
    CHECK(errno == 4711);
    CHECK(connection == nullptr);
    CHECK(allocations == 0);
    CHECK(dumbo_err_is_fatal(DUMBO_ERR_NO_ENTROPY));

    alignas(64) std::uint8_t storage[128];
    const Bytes syn = dumbo_test::syn_bytes();
    auto how = dumbo_test::config();
    how.flags = 0;
    connection = reinterpret_cast<dumbo_connection*>(&allocator);
    CHECK(dumbo_connection_passive_open_in(&connection, storage, sizeof storage, syn.data(), syn.size(), nullptr,
                                           &how) == DUMBO_ERR_NO_ENTROPY);
    CHECK(connection == nullptr);
}

TEST_CASE("a refused SYN asks for no randomness", "[entropy]") {
    entropy_requests = 0;
    const Bytes ack = dumbo_test::segment_bytes({.flags = dumbo_test::ack_bit});
    auto how = dumbo_test::config();
    how.flags = 0;
    dumbo_connection* connection = nullptr;
    CHECK(dumbo_connection_passive_open(&connection, ack.data(), ack.size(), nullptr, &how, nullptr) ==
          DUMBO_ERR_INVALID_SYN);
    CHECK(entropy_requests == 0);
}

TEST_CASE("restoring a stack without a key for its table needs randomness, too", "[entropy]") {
    auto how = dumbo_test::stack_config();
    const auto original = dumbo_test::a_stack(how);
    Bytes snapshot(1000);
    std::size_t length = 0;
    REQUIRE(dumbo_stack_snapshot(original.get(), snapshot.data(), snapshot.size(), &length) == DUMBO_OK);
    how.hash_key = 0;
    const WithoutEntropy without;
    auto* stack = reinterpret_cast<dumbo_stack*>(&how);
    CHECK(dumbo_stack_restore(&stack, snapshot.data(), length, &how, nullptr, nullptr) == DUMBO_ERR_NO_ENTROPY);
    CHECK(stack == nullptr);
    const std::size_t size = dumbo_test::size_for(how);
    const dumbo_test::Memory memory = dumbo_test::aligned(size);
    stack = reinterpret_cast<dumbo_stack*>(&how);
    CHECK(dumbo_stack_restore_in(&stack, memory.get(), size, snapshot.data(), length, &how, nullptr) ==
          DUMBO_ERR_NO_ENTROPY);
    CHECK(stack == nullptr);
}

TEST_CASE("a stack without a key for its table chooses one at random, or is not made", "[entropy]") {
    auto how = dumbo_test::stack_config();
    entropy_requests = 0;
    dumbo_test::a_stack(how);
    CHECK(entropy_requests == 0);
    how.hash_key = 0;
    dumbo_test::a_stack(how);
    CHECK(entropy_requests > 0);

    const int granted = GENERATE(0, 1);
    const WithoutEntropy without(granted);
    auto* stack = reinterpret_cast<dumbo_stack*>(&how);
    CHECK(dumbo_stack_create(&stack, &how, nullptr) == DUMBO_ERR_NO_ENTROPY);
    CHECK(stack == nullptr);
    entropy_left = granted;
    const std::size_t size = dumbo_test::size_for(how);
    const dumbo_test::Memory memory = dumbo_test::aligned(size);
    stack = reinterpret_cast<dumbo_stack*>(&how);
    CHECK(dumbo_stack_create_in(&stack, memory.get(), size, &how) == DUMBO_ERR_NO_ENTROPY);
    CHECK(stack == nullptr);
}
