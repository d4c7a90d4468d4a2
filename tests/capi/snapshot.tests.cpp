// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>

#include "capi/support/endpoint.hpp"
#include "capi/support/observed.hpp"
#include "support/catch.hpp"

using dumbo_test::Bytes;
using dumbo_test::established;
using dumbo_test::fingerprint;
using dumbo_test::Handle;
using dumbo_test::opened;
using dumbo_test::sized;

// The calls around snapshots, their arguments and their memory. What snapshots hold is for the suite of that name.
namespace {

constexpr auto refused = DUMBO_ERR_INVALID_ARGUMENT;

Bytes snapshot_of(const Handle& connection) {
    Bytes bytes(DUMBO_SNAPSHOT_LENGTH_MAX);
    std::size_t written = 0;
    REQUIRE(dumbo_connection_snapshot(connection.get(), bytes.data(), bytes.size(), &written) == DUMBO_OK);
    bytes.resize(written);
    bytes.shrink_to_fit();
    return bytes;
}

Handle restored(const Bytes& snapshot, const dumbo_restore_config* config = nullptr) {
    dumbo_connection* connection = nullptr;
    REQUIRE(dumbo_connection_restore(&connection, snapshot.data(), snapshot.size(), config, nullptr) == DUMBO_OK);
    return Handle(connection);
}

dumbo_restore_config with_flags(std::uint32_t flags) {
    auto config = sized<dumbo_restore_config>();
    config.flags = flags;
    return config;
}

struct alignas(64) Storage {
    std::array<std::uint8_t, DUMBO_CONNECTION_COUNTED_SIZE_MAX> bytes{};
};

}  // namespace

TEST_CASE("a restored connection does all that the original would do", "[snapshot]") {
    for (const Handle& connection : {opened(), established()}) {
        CHECK(fingerprint(restored(snapshot_of(connection)).get()) == fingerprint(connection.get()));
    }
}

TEST_CASE("without a buffer a snapshot's length can be asked for", "[snapshot]") {
    const Handle connection = established();
    std::size_t length = 0;
    CHECK(dumbo_connection_snapshot(connection.get(), nullptr, 0, &length) == DUMBO_OK);
    CHECK(length > 0);
    CHECK(length <= DUMBO_SNAPSHOT_LENGTH_MAX);
    CHECK(snapshot_of(connection).size() == length);
}

TEST_CASE("a buffer of exactly a snapshot's length will do, a shorter one is left alone", "[snapshot]") {
    const Handle connection = established();
    const std::size_t needed = snapshot_of(connection).size();
    for (std::size_t room = 1; room < needed; ++room) {
        Bytes buffer(room, 0xee);
        std::size_t written = 0;
        CHECK(dumbo_connection_snapshot(connection.get(), buffer.data(), room, &written) == DUMBO_ERR_BUFFER_TOO_SMALL);
        CHECK(written == needed);
        CHECK(buffer == Bytes(room, 0xee));
    }
    std::uint8_t none = 0xee;
    std::size_t written = 0;
    CHECK(dumbo_connection_snapshot(connection.get(), &none, 0, &written) == DUMBO_ERR_BUFFER_TOO_SMALL);
    CHECK(written == needed);
    Bytes buffer(needed);
    CHECK(dumbo_connection_snapshot(connection.get(), buffer.data(), needed, &written) == DUMBO_OK);
    CHECK(buffer == snapshot_of(connection));
}

TEST_CASE("a snapshot without a connection, a place for its length or a buffer is refused", "[snapshot]") {
    const Handle connection = established();
    Bytes buffer(DUMBO_SNAPSHOT_LENGTH_MAX);
    std::size_t written = 7;
    CHECK(dumbo_connection_snapshot(nullptr, buffer.data(), buffer.size(), &written) == refused);
    CHECK(written == 0);
    written = 7;
    CHECK(dumbo_connection_snapshot(connection.get(), nullptr, buffer.size(), &written) == refused);
    CHECK(written == 0);
    CHECK(dumbo_connection_snapshot(connection.get(), buffer.data(), buffer.size(), nullptr) == refused);
}

TEST_CASE("restoring without a place for the connection, or from nowhere, is refused", "[snapshot]") {
    const Handle connection = established();
    const Bytes snapshot = snapshot_of(connection);
    CHECK(dumbo_connection_restore(nullptr, snapshot.data(), snapshot.size(), nullptr, nullptr) == refused);
    auto* out = connection.get();
    CHECK(dumbo_connection_restore(&out, nullptr, snapshot.size(), nullptr, nullptr) == refused);
    CHECK(out == nullptr);
    out = connection.get();
    CHECK(dumbo_connection_restore(&out, nullptr, 0, nullptr, nullptr) == DUMBO_ERR_SNAPSHOT_LENGTH);
    CHECK(out == nullptr);
    Storage storage;
    CHECK(dumbo_connection_restore_in(nullptr, &storage, sizeof storage, snapshot.data(), snapshot.size(), nullptr) ==
          refused);
    out = connection.get();
    CHECK(dumbo_connection_restore_in(&out, nullptr, sizeof storage, snapshot.data(), snapshot.size(), nullptr) ==
          refused);
    CHECK(out == nullptr);
    out = connection.get();
    CHECK(dumbo_connection_restore_in(&out, storage.bytes.data() + 8, 256, snapshot.data(), snapshot.size(), nullptr) ==
          refused);
    CHECK(out == nullptr);
}

TEST_CASE("restoring in storage takes exactly the connection's size", "[snapshot]") {
    const Bytes snapshot = snapshot_of(established());
    const auto code_in = [&](std::size_t length, std::uint32_t flags) {
        Storage storage;
        const auto config = with_flags(flags);
        dumbo_connection* connection = nullptr;
        const auto code =
            dumbo_connection_restore_in(&connection, &storage, length, snapshot.data(), snapshot.size(), &config);
        CHECK((connection == nullptr || static_cast<void*>(connection) == &storage));
        CHECK((connection != nullptr) == (code == DUMBO_OK));
        dumbo_connection_free(connection);
        return code;
    };
    CHECK(code_in(dumbo_connection_size(), 0) == DUMBO_OK);
    CHECK(code_in(dumbo_connection_size() - 1, 0) == DUMBO_ERR_BUFFER_TOO_SMALL);
    CHECK(code_in(0, 0) == DUMBO_ERR_BUFFER_TOO_SMALL);
    CHECK(code_in(dumbo_connection_counted_size(), DUMBO_RESTORE_COUNTERS) == DUMBO_OK);
    CHECK(code_in(dumbo_connection_counted_size() - 1, DUMBO_RESTORE_COUNTERS) == DUMBO_ERR_BUFFER_TOO_SMALL);
}

TEST_CASE("restoring with an unknown flag, or with times and no flag for them, is refused", "[snapshot]") {
    const Bytes snapshot = snapshot_of(established());
    const auto code = [&](const dumbo_restore_config& config) {
        dumbo_connection* connection = nullptr;
        const auto result = dumbo_connection_restore(&connection, snapshot.data(), snapshot.size(), &config, nullptr);
        dumbo_connection_free(connection);
        return result;
    };
    for (unsigned bit = 0; bit < 32; ++bit) {
        CHECK(code(with_flags(1U << bit)) == (bit < 2 ? DUMBO_OK : refused));
    }
    auto config = with_flags(0);
    config.old_now = 1;
    CHECK(code(config) == refused);
    config = with_flags(DUMBO_RESTORE_COUNTERS);
    config.new_now = 1;
    CHECK(code(config) == refused);
    config.flags |= DUMBO_RESTORE_REBASE;
    CHECK(code(config) == DUMBO_OK);
}

TEST_CASE("an allocator without memory, or with memory in the wrong place, ends in an error and no leak",
          "[snapshot]") {
    const Bytes snapshot = snapshot_of(established());
    auto allocator = sized<dumbo_allocator>();
    allocator.allocate = [](void*, std::size_t, std::size_t) -> void* { return nullptr; };
    allocator.release = [](void*, void*, std::size_t) {};
    dumbo_connection* connection = nullptr;
    CHECK(dumbo_connection_restore(&connection, snapshot.data(), snapshot.size(), nullptr, &allocator) ==
          DUMBO_ERR_OUT_OF_MEMORY);
    CHECK(connection == nullptr);
    allocator.release = nullptr;
    CHECK(dumbo_connection_restore(&connection, snapshot.data(), snapshot.size(), nullptr, &allocator) == refused);
}

TEST_CASE("memory is asked for only once the snapshot is known to be good, and given back with its size",
          "[snapshot]") {
    struct Ledger {
        std::size_t allocated = 0;
        std::size_t released = 0;
    } ledger;
    auto allocator = sized<dumbo_allocator>();
    allocator.user_data = &ledger;
    allocator.allocate = [](void* user_data, std::size_t size, std::size_t alignment) {
        static_cast<Ledger*>(user_data)->allocated += size;
        return std::aligned_alloc(alignment, size);
    };
    allocator.release = [](void* user_data, void* memory, std::size_t size) {
        static_cast<Ledger*>(user_data)->released += size;
        std::free(memory);
    };
    Bytes snapshot = snapshot_of(established());
    const auto config = with_flags(DUMBO_RESTORE_COUNTERS);
    dumbo_connection* connection = nullptr;
    REQUIRE(dumbo_connection_restore(&connection, snapshot.data(), snapshot.size(), &config, &allocator) == DUMBO_OK);
    CHECK(ledger.allocated == dumbo_connection_counted_size());
    dumbo_connection_free(connection);
    CHECK(ledger.released == ledger.allocated);
    snapshot.back() ^= 1;
    CHECK(dumbo_connection_restore(&connection, snapshot.data(), snapshot.size(), &config, &allocator) ==
          DUMBO_ERR_SNAPSHOT_CHECKSUM);
    CHECK(ledger.allocated == dumbo_connection_counted_size());
}

TEST_CASE("snapshots and restoring leave errno alone", "[snapshot]") {
    errno = 4711;
    Bytes snapshot = snapshot_of(established());
    const Handle connection = restored(snapshot);
    snapshot.front() ^= 1;
    dumbo_connection* none = nullptr;
    CHECK(dumbo_connection_restore(&none, snapshot.data(), snapshot.size(), nullptr, nullptr) ==
          DUMBO_ERR_SNAPSHOT_FORMAT);
    CHECK(errno == 4711);
}

TEST_CASE("a snapshot may lie in the storage that it is restored into", "[snapshot]") {
    const Handle original = established();
    const Bytes snapshot = snapshot_of(original);
    Storage storage;
    std::copy(snapshot.begin(), snapshot.end(), storage.bytes.begin());
    dumbo_connection* connection = nullptr;
    REQUIRE(dumbo_connection_restore_in(&connection, &storage, sizeof storage, storage.bytes.data(), snapshot.size(),
                                        nullptr) == DUMBO_OK);
    CHECK(fingerprint(connection) == fingerprint(original.get()));
}
