// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

#include <array>
#include <cstdint>
#include <span>
#include <string>

#include "capi/support/endpoint.hpp"
#include "capi/support/seal.hpp"
#include "capi/support/stack.hpp"
#include "capi/support/stack_memory.hpp"
#include "support/catch.hpp"

using dumbo_test::aligned;
using dumbo_test::Bytes;
using dumbo_test::size_for;
using dumbo_test::sized;

// Each way in which a snapshot can be refused, for connections and stacks, in memory of the library's and of the
// caller's. Places of fields are those of docs/snapshot.md. What the borders are is for tests/snapshot.
namespace {

constexpr std::size_t core_length = 96;

// What is wrong with a connection of no option that is established and has nothing to do.
struct Flaw {
    std::int32_t code;
    std::size_t at;
    std::uint8_t flip;
};

constexpr Flaw flaws[] = {
    {DUMBO_ERR_SNAPSHOT_FORMAT, 0, 1},       // the magic
    {DUMBO_ERR_SNAPSHOT_VERSION, 4, 2},      // version
    {DUMBO_ERR_SNAPSHOT_VALUE, 81, 1},       // phase 3
    {DUMBO_ERR_SNAPSHOT_OPTION, 89, 1},      // persisting without probes
    {DUMBO_ERR_SNAPSHOT_HANDSHAKE, 90, 1},   // no SYNACK was written
    {DUMBO_ERR_SNAPSHOT_SEND, 50, 0x80},     // the peer's window, far above what a header can say
    {DUMBO_ERR_SNAPSHOT_RECEIVE, 59, 0x80},  // our window, far above the largest
    {DUMBO_ERR_SNAPSHOT_TIMEOUT, 74, 1},     // a timeout without anything outstanding
    {DUMBO_ERR_SNAPSHOT_RESET, 83, 1},       // the kind of a RST that there is not
};

// Behind a stack's header of 60 bytes comes its only connection's record, and in that, from 53 on, the core.
constexpr std::size_t core_at = 60 + 53;

Bytes snapshot_of_a_connection() {
    const auto connection = dumbo_test::established();
    Bytes bytes(core_length);
    std::size_t length = 0;
    REQUIRE(dumbo_connection_snapshot(connection.get(), bytes.data(), bytes.size(), &length) == DUMBO_OK);
    REQUIRE(length == core_length);
    return bytes;
}

Bytes snapshot_of_a_stack() {
    auto how = dumbo_test::stack_config();
    how.options = DUMBO_OPTIONS_NONE;
    const auto stack = dumbo_test::a_stack(how);
    dumbo_test::open_connection(stack.get(), 50);
    Bytes bytes(1000);
    std::size_t length = 0;
    REQUIRE(dumbo_stack_snapshot(stack.get(), bytes.data(), bytes.size(), &length) == DUMBO_OK);
    bytes.resize(length);
    return bytes;
}

// What both ways of restoring return, and that they agree.
std::int32_t restored_connection(const Bytes& bytes, const dumbo_restore_config* restore = nullptr) {
    dumbo_connection* connection = nullptr;
    const std::int32_t code = dumbo_connection_restore(&connection, bytes.data(), bytes.size(), restore, nullptr);
    CHECK((connection != nullptr) == (code == DUMBO_OK));
    dumbo_connection_free(connection);
    alignas(DUMBO_CONNECTION_ALIGNMENT_MAX) std::array<std::uint8_t, DUMBO_CONNECTION_SIZE_MAX> storage{};
    CHECK(dumbo_connection_restore_in(&connection, storage.data(), storage.size(), bytes.data(), bytes.size(),
                                      restore) == code);
    CHECK((connection != nullptr) == (code == DUMBO_OK));
    return code;
}

std::int32_t restored_stack(const Bytes& bytes, const dumbo_restore_config* restore = nullptr,
                            const dumbo_stack_config& how = dumbo_test::stack_config()) {
    dumbo_stack* stack = nullptr;
    const std::int32_t code = dumbo_stack_restore(&stack, bytes.data(), bytes.size(), &how, restore, nullptr);
    CHECK((stack != nullptr) == (code == DUMBO_OK));
    dumbo_stack_free(stack);
    const std::size_t size = size_for(how);
    const auto memory = aligned(size);
    CHECK(dumbo_stack_restore_in(&stack, memory.get(), size, bytes.data(), bytes.size(), &how, restore) == code);
    CHECK((stack != nullptr) == (code == DUMBO_OK));
    dumbo_stack_free(stack);
    return code;
}

Bytes cut(const Bytes& bytes, std::size_t length) {
    return {bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)};
}

dumbo_restore_config before_the_latest_now() {
    auto result = sized<dumbo_restore_config>();
    result.flags = DUMBO_RESTORE_REBASE;
    result.old_now = 49;
    result.new_now = 1000;
    return result;
}

}  // namespace

TEST_CASE("a connection's snapshot is refused by the same name wherever it is restored", "[snapshot]") {
    const Bytes good = snapshot_of_a_connection();
    CHECK(restored_connection(good) == DUMBO_OK);
    for (const auto& [code, at, flip] : flaws) {
        INFO("byte " << at);
        Bytes bad = good;
        bad[at] ^= flip;
        CHECK(restored_connection(bad) == (at < 6 ? code : std::int32_t{DUMBO_ERR_SNAPSHOT_CHECKSUM}));
        dumbo_test::seal(bad);
        CHECK(restored_connection(bad) == code);
    }
    CHECK(restored_connection(cut(good, 7)) == DUMBO_ERR_SNAPSHOT_LENGTH);
    CHECK(restored_connection(cut(good, core_length - 1)) == DUMBO_ERR_SNAPSHOT_LENGTH);
}

TEST_CASE("a stack's snapshot is refused by the same name wherever it is restored", "[stack][snapshot]") {
    const Bytes good = snapshot_of_a_stack();
    CHECK(restored_stack(good) == DUMBO_OK);
    for (const auto& [code, at, flip] : flaws) {
        INFO("byte " << at << " of the core");
        Bytes bad = good;
        bad[core_at + at] ^= flip;
        CHECK(restored_stack(bad) == DUMBO_ERR_SNAPSHOT_CHECKSUM);
        dumbo_test::seal(std::span(bad).subspan(core_at, core_length));
        dumbo_test::seal(bad);
        CHECK(restored_stack(bad) == code);
    }
    Bytes bad = good;
    bad[0] ^= 1U;
    CHECK(restored_stack(bad) == DUMBO_ERR_SNAPSHOT_FORMAT);
    bad = good;
    bad[4] ^= 2U;
    CHECK(restored_stack(bad) == DUMBO_ERR_SNAPSHOT_VERSION);
    bad = good;
    bad[60 + 48] ^= 1U;  // closing, without a FIN
    dumbo_test::seal(bad);
    CHECK(restored_stack(bad) == DUMBO_ERR_SNAPSHOT_STACK);
    CHECK(restored_stack(cut(good, 7)) == DUMBO_ERR_SNAPSHOT_LENGTH);

    auto elsewhere = dumbo_test::stack_config();
    elsewhere.ipv4[3] ^= 1U;
    CHECK(restored_stack(good, nullptr, elsewhere) == DUMBO_ERR_SNAPSHOT_CONFIG);
}

TEST_CASE("a clock that stood before the snapshot's latest time is refused wherever it is restored", "[snapshot]") {
    const auto restore = before_the_latest_now();
    CHECK(restored_stack(snapshot_of_a_stack(), &restore) == DUMBO_ERR_TIMESTAMP_DECREASED);
    const auto connection = dumbo_test::opened();
    REQUIRE_FALSE(dumbo_test::write(connection, 50).empty());
    Bytes bytes(core_length);
    std::size_t length = 0;
    REQUIRE(dumbo_connection_snapshot(connection.get(), bytes.data(), bytes.size(), &length) == DUMBO_OK);
    CHECK(restored_connection(bytes, &restore) == DUMBO_ERR_TIMESTAMP_DECREASED);
}
