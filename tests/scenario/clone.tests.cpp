// SPDX-License-Identifier: Apache-2.0
// Clones: BEHAVIOUR.md section 6. That a clone goes on as its original would is checked by every scenario, as each is
// also played with a clone in the place of the connection; here, that the two are two.
#include "scenario/connections.hpp"
#include "script/observers.hpp"

#include <cstdint>
#include <memory>
#include <vector>

using scenario::established_connection;
using scenario::guest_segment;

TEST_CASE("what a clone goes through does not touch its original, nor the other way round") {
    const auto original = established_connection();
    const auto before = script::observe(original.get());
    const auto copy = script::clone(original.get());
    CHECK(script::observe(copy.get()) == before);

    CHECK(script::receive(copy.get(), guest_segment(10), 10, 1).length == 10);
    CHECK(dumbo_connection_close(copy.get()) == DUMBO_OK);
    CHECK(script::observe(original.get()) == before);

    const auto copied = script::observe(copy.get());
    CHECK(dumbo_connection_reset(original.get()) == DUMBO_OK);
    CHECK_FALSE(script::write(original.get(), 20, 0, nullptr, 1).segment.empty());
    CHECK(dumbo_connection_is_reset(original.get()));
    CHECK(script::observe(copy.get()) == copied);
}

TEST_CASE("a clone outlives its original") {
    auto original = established_connection();
    const auto copy = script::clone(original.get());
    original.reset();
    CHECK(script::receive(copy.get(), guest_segment(10), 10, 1).length == 10);
    CHECK(dumbo_connection_local_rwnd(copy.get()) == 65535 - 10);
}

TEST_CASE("a clone in storage of the caller's is as good as any") {
    const auto original = established_connection();
    const auto size = dumbo_connection_size();
    std::vector<std::uint8_t> memory(size + dumbo_connection_alignment());
    void* storage = memory.data();
    auto space = memory.size();
    REQUIRE(std::align(dumbo_connection_alignment(), size, storage, space) != nullptr);
    dumbo_connection* copy = nullptr;
    REQUIRE(dumbo_connection_clone_in(original.get(), &copy, storage, size) == DUMBO_OK);
    CHECK(static_cast<void*>(copy) == storage);
    CHECK(script::observe(copy) == script::observe(original.get()));
    CHECK(script::receive(copy, guest_segment(10), 10, 1).length == 10);
    CHECK(dumbo_connection_next_expected(original.get()) != dumbo_connection_next_expected(copy));
    dumbo_connection_free(copy);
}
