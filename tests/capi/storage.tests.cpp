// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

#include <cstdint>
#include <cstdlib>
#include <memory>

#include "capi/support/endpoint.hpp"
#include "capi/support/observed.hpp"
#include "support/catch.hpp"

using dumbo_test::Bytes;
using dumbo_test::config;
using dumbo_test::fingerprint;
using dumbo_test::Handle;

// Connections in memory of the caller's.
namespace {

struct FreeMemory {
    void operator()(void* memory) const { std::free(memory); }
};

// Memory of a given length, aligned for a connection and then moved off by some bytes. Nothing of it lies past its end.
class Storage {
public:
    explicit Storage(std::size_t length = dumbo_connection_size(), std::size_t off = 0)
        : memory_(std::aligned_alloc(dumbo_connection_alignment(), rounded(length + off))), off_(off) {}

    [[nodiscard]] void* data() const { return static_cast<std::uint8_t*>(memory_.get()) + off_; }

private:
    static std::size_t rounded(std::size_t length) {
        const std::size_t alignment = dumbo_connection_alignment();
        return (length + alignment - 1) / alignment * alignment;
    }

    std::unique_ptr<void, FreeMemory> memory_;
    std::size_t off_;
};

std::int32_t open_in(dumbo_connection** out, void* storage, std::size_t length,
                     const Bytes& syn = dumbo_test::syn_bytes()) {
    const auto how = config();
    return dumbo_connection_passive_open_in(out, storage, length, syn.data(), syn.size(), nullptr, &how);
}

}  // namespace

TEST_CASE("a connection fits in what the header promises, and its alignment is a power of two", "[storage]") {
    CHECK(dumbo_connection_size() > 0);
    CHECK(dumbo_connection_size() <= DUMBO_CONNECTION_SIZE_MAX);
    CHECK(dumbo_connection_alignment() > 0);
    CHECK(dumbo_connection_alignment() <= DUMBO_CONNECTION_ALIGNMENT_MAX);
    CHECK((dumbo_connection_alignment() & (dumbo_connection_alignment() - 1)) == 0);
    CHECK(dumbo_connection_size() % dumbo_connection_alignment() == 0);
}

TEST_CASE("a connection in exactly enough storage lies at its beginning and works like any other", "[storage]") {
    const Storage storage;
    dumbo_connection* connection = nullptr;
    REQUIRE(open_in(&connection, storage.data(), dumbo_connection_size()) == DUMBO_OK);
    CHECK(static_cast<void*>(connection) == storage.data());
    CHECK(fingerprint(connection) == fingerprint(dumbo_test::opened().get()));
    dumbo_connection_free(connection);
}

TEST_CASE("more storage than necessary is fine", "[storage]") {
    const Storage storage(4096);
    dumbo_connection* connection = nullptr;
    CHECK(open_in(&connection, storage.data(), 4096) == DUMBO_OK);
    dumbo_connection_free(connection);
}

TEST_CASE("storage that is too short is refused", "[storage]") {
    const Storage storage;
    const Handle original = dumbo_test::opened();
    for (std::size_t length = 0; length < dumbo_connection_size(); ++length) {
        auto* connection = original.get();
        CHECK(open_in(&connection, storage.data(), length) == DUMBO_ERR_BUFFER_TOO_SMALL);
        CHECK(connection == nullptr);
        connection = original.get();
        CHECK(dumbo_connection_clone_in(original.get(), &connection, storage.data(), length) ==
              DUMBO_ERR_BUFFER_TOO_SMALL);
        CHECK(connection == nullptr);
    }
}

TEST_CASE("storage that is not aligned is refused", "[storage]") {
    const Handle original = dumbo_test::opened();
    for (std::size_t off = 1; off < dumbo_connection_alignment(); ++off) {
        const Storage storage(dumbo_connection_size(), off);
        auto* connection = original.get();
        CHECK(open_in(&connection, storage.data(), dumbo_connection_size()) == DUMBO_ERR_INVALID_ARGUMENT);
        CHECK(connection == nullptr);
        connection = original.get();
        CHECK(dumbo_connection_clone_in(original.get(), &connection, storage.data(), dumbo_connection_size()) ==
              DUMBO_ERR_INVALID_ARGUMENT);
        CHECK(connection == nullptr);
    }
}

TEST_CASE("a SYN that does not open leaves no connection in the storage", "[storage]") {
    const Storage storage;
    Bytes syn = dumbo_test::syn_bytes();
    syn[13] = dumbo_test::ack_bit;
    dumbo_connection* connection = nullptr;
    CHECK(open_in(&connection, storage.data(), dumbo_connection_size(), syn) == DUMBO_ERR_INVALID_SYN);
    CHECK(connection == nullptr);
    syn.resize(10);
    CHECK(open_in(&connection, storage.data(), dumbo_connection_size(), syn) == DUMBO_ERR_TRUNCATED);
    CHECK(connection == nullptr);
}

TEST_CASE("storage can be used again after a connection ended", "[storage]") {
    const Storage storage;
    for (int round = 0; round < 3; ++round) {
        dumbo_connection* connection = nullptr;
        REQUIRE(open_in(&connection, storage.data(), dumbo_connection_size()) == DUMBO_OK);
        dumbo_connection_reset(connection);
        dumbo_connection_free(connection);
    }
}

TEST_CASE("a copy is the same and independent, from anywhere to anywhere", "[storage]") {
    const Storage first;
    const Storage second;
    dumbo_connection* lent = nullptr;
    REQUIRE(open_in(&lent, first.data(), dumbo_connection_size()) == DUMBO_OK);
    dumbo_connection* lent_copy = nullptr;
    REQUIRE(dumbo_connection_clone_in(lent, &lent_copy, second.data(), dumbo_connection_size()) == DUMBO_OK);
    CHECK(static_cast<void*>(lent_copy) == second.data());
    const Handle allocated_copy = dumbo_test::clone_of(lent);

    const auto before = fingerprint(lent);
    CHECK(fingerprint(lent_copy) == before);
    CHECK(fingerprint(allocated_copy.get()) == before);

    dumbo_connection_reset(lent);
    CHECK(fingerprint(lent) != before);
    CHECK(fingerprint(lent_copy) == before);
    dumbo_connection_reset(lent_copy);
    CHECK(fingerprint(allocated_copy.get()) == before);
    dumbo_connection_free(lent_copy);
    dumbo_connection_free(lent);
}

TEST_CASE("a copy into lent storage gives nothing back, even of an allocated connection", "[storage]") {
    const Storage storage;
    Handle original = dumbo_test::opened();
    dumbo_connection* copy = nullptr;
    REQUIRE(dumbo_connection_clone_in(original.get(), &copy, storage.data(), dumbo_connection_size()) == DUMBO_OK);
    const auto before = fingerprint(original.get());
    dumbo_connection_free(copy);  // a double release would be noticed by a sanitizer
    CHECK(fingerprint(original.get()) == before);
}
