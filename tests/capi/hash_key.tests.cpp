// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

#include <cstdint>
#include <cstring>

#include "capi/support/stack.hpp"
#include "capi/support/stack_memory.hpp"
#include "support/catch.hpp"
#include "unit/support/bytes.hpp"

using dumbo_test::Bytes;

namespace {

// All that a stack consists of, made in the same zeroed place each time.
Bytes memory_of_a_stack(void* storage, std::size_t size, std::uint64_t hash_key) {
    auto how = dumbo_test::stack_config();
    how.hash_key = hash_key;
    std::memset(storage, 0, size);
    dumbo_stack* stack = nullptr;
    REQUIRE(dumbo_stack_create_in(&stack, storage, size, &how) == DUMBO_OK);
    const auto* const first = static_cast<const std::uint8_t*>(storage);
    Bytes bytes(first, first + size);
    dumbo_stack_free(stack);
    return bytes;
}

}  // namespace

TEST_CASE("a stack without a key of the caller's has one that is not the next stack's") {
    // Where a guest's connections lie among the others is no matter of its choice then.
    const std::size_t size = dumbo_test::size_for(dumbo_test::stack_config());
    const auto storage = dumbo_test::aligned(size);
    REQUIRE(storage != nullptr);
    REQUIRE((memory_of_a_stack(storage.get(), size, 7) == memory_of_a_stack(storage.get(), size, 7)));
    CHECK((memory_of_a_stack(storage.get(), size, 0) != memory_of_a_stack(storage.get(), size, 0)));
}
