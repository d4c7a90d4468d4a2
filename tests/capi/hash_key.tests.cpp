// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "capi/support/stack.hpp"
#include "capi/support/stack_memory.hpp"
#include "support/catch.hpp"
#include "unit/support/bytes.hpp"

using dumbo_test::Bytes;

namespace {

// All that a stack consists of.
Bytes memory_of_a_stack(std::uint64_t hash_key) {
    auto how = dumbo_test::stack_config();
    how.hash_key = hash_key;
    const std::size_t size = dumbo_test::size_for(how);
    const auto storage = dumbo_test::aligned(size);
    REQUIRE(storage != nullptr);
    std::memset(storage.get(), 0, size);
    dumbo_stack* stack = nullptr;
    REQUIRE(dumbo_stack_create_in(&stack, storage.get(), size, &how) == DUMBO_OK);
    const auto* const first = static_cast<const std::uint8_t*>(storage.get());
    Bytes bytes(first, first + size);
    dumbo_stack_free(stack);
    return bytes;
}

// One place keeps what was given, and the last one what is used.
std::ptrdiff_t last_place_of(std::uint64_t key, const Bytes& memory) {
    std::array<std::uint8_t, sizeof key> bytes{};
    std::memcpy(bytes.data(), &key, sizeof key);
    const auto found = std::find_end(memory.begin(), memory.end(), bytes.begin(), bytes.end());
    REQUIRE(found != memory.end());
    return found - memory.begin();
}

std::uint64_t key_at(std::ptrdiff_t place, const Bytes& memory) {
    std::uint64_t key = 0;
    std::memcpy(&key, memory.data() + place, sizeof key);
    return key;
}

}  // namespace

TEST_CASE("a stack without a key of the caller's has one that is not the next stack's") {
    // Where a guest's connections lie among the others is no matter of its choice then.
    constexpr std::uint64_t given = 0x0123456789abcdef;
    const std::ptrdiff_t place = last_place_of(given, memory_of_a_stack(given));
    const std::uint64_t one = key_at(place, memory_of_a_stack(0));
    const std::uint64_t other = key_at(place, memory_of_a_stack(0));
    CHECK(one != 0);
    CHECK(other != 0);
    CHECK(one != other);
}
