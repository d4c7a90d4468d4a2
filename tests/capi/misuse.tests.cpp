// SPDX-License-Identifier: Apache-2.0
// Mistakes of a caller's that are easy to make, and that must end in an error instead of undefined behaviour.
#include "support/catch.hpp"

#include <dumbo/dumbo.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <limits>

namespace {

constexpr std::array<std::uint8_t, 20> syn{0xc3, 0x50,          0,    80,  0, 0, 3, 0xe8, 0, 0, 0, 0,
                                           0x50, DUMBO_TCP_SYN, 0xff, 0xff};

dumbo_connection_config a_config() {
    dumbo_connection_config config;
    REQUIRE(dumbo_connection_config_init(&config, sizeof config) == DUMBO_OK);
    config.rto_period = 100;
    return config;
}

// An allocator that does not care for alignment.
struct Careless {
    alignas(64) std::array<std::uint8_t, 256> memory{};
    int released = 0;

    static void* allocate(void* self, std::size_t /*size*/, std::size_t /*alignment*/) {
        return static_cast<Careless*>(self)->memory.data() + 8;
    }
    static void release(void* self, void* /*memory*/, std::size_t /*size*/) {
        ++static_cast<Careless*>(self)->released;
    }
};

}  // namespace

TEST_CASE("a struct_size that was never set is refused, and nothing is written", "[misuse]") {
    const std::uint32_t garbage = GENERATE(4097U, 0x7fff1234U, std::numeric_limits<std::uint32_t>::max());
    dumbo_tcp_segment segment{};
    segment.struct_size = garbage;
    segment.seq = 7;
    CHECK(dumbo_tcp_parse(syn.data(), syn.size(), nullptr, &segment) == DUMBO_ERR_INVALID_ARGUMENT);
    CHECK(segment.seq == 7);
    dumbo_connection_config config{};
    CHECK(dumbo_connection_config_init(&config, garbage) == DUMBO_ERR_INVALID_ARGUMENT);
    config = a_config();
    config.struct_size = garbage;
    dumbo_connection* connection = nullptr;
    CHECK(dumbo_connection_passive_open(&connection, syn.data(), syn.size(), nullptr, &config, nullptr) ==
          DUMBO_ERR_INVALID_ARGUMENT);
}

TEST_CASE("a callback that returns a count instead of 0 gives up the call", "[misuse]") {
    dumbo_payload payload{};
    payload.struct_size = sizeof payload;
    payload.kind = DUMBO_PAYLOAD_CALLBACK;
    payload.len = 10;
    payload.read = [](void*, std::uint64_t, std::uint8_t*, std::size_t len) { return static_cast<std::int32_t>(len); };
    dumbo_tcp_fields fields{};
    fields.struct_size = sizeof fields;
    fields.mss_remaining = 100;
    fields.payload_max = 10;
    dumbo_addressing addressing{};
    addressing.struct_size = sizeof addressing;
    std::array<std::uint8_t, 64> buffer{};
    std::size_t written = 1;
    CHECK(dumbo_tcp_write(buffer.data(), buffer.size(), &fields, &payload, &addressing, &written) ==
          DUMBO_ERR_CALLBACK);
    CHECK(written == 0);
}

TEST_CASE("memory that is not aligned as asked is refused and given back", "[misuse]") {
    Careless careless;
    dumbo_allocator allocator{};
    allocator.struct_size = sizeof allocator;
    allocator.allocate = Careless::allocate;
    allocator.release = Careless::release;
    allocator.user_data = &careless;
    const auto config = a_config();
    dumbo_connection* connection = nullptr;
    CHECK(dumbo_connection_passive_open(&connection, syn.data(), syn.size(), nullptr, &config, &allocator) ==
          DUMBO_ERR_INVALID_ARGUMENT);
    CHECK(connection == nullptr);
    CHECK(careless.released == 1);
}

TEST_CASE("a clone into storage that overlaps the original is refused", "[misuse]") {
    alignas(DUMBO_CONNECTION_ALIGNMENT_MAX) std::array<std::uint8_t, 3 * DUMBO_CONNECTION_SIZE_MAX> storage{};
    const auto config = a_config();
    std::uint8_t* const middle = storage.data() + DUMBO_CONNECTION_SIZE_MAX;
    dumbo_connection* original = nullptr;
    REQUIRE(dumbo_connection_passive_open_in(&original, middle, DUMBO_CONNECTION_SIZE_MAX, syn.data(), syn.size(),
                                             nullptr, &config) == DUMBO_OK);
    dumbo_connection* clone = nullptr;
    for (const std::ptrdiff_t distance : {-64, 0, 64}) {
        CHECK(dumbo_connection_clone_in(original, &clone, middle + distance, DUMBO_CONNECTION_SIZE_MAX) ==
              DUMBO_ERR_INVALID_ARGUMENT);
        CHECK(clone == nullptr);
    }
    CHECK(dumbo_connection_clone_in(original, &clone, storage.data(), DUMBO_CONNECTION_SIZE_MAX) == DUMBO_OK);
}

TEST_CASE("a struct at an address that its type does not allow is read all the same", "[misuse]") {
    std::array<std::uint8_t, sizeof(dumbo_tcp_segment) + 8> room{};
    for (std::size_t shift = 0; shift < 8; ++shift) {
        auto* const out = room.data() + shift;
        const std::uint32_t size = sizeof(dumbo_tcp_segment);
        std::memcpy(out, &size, sizeof size);
        CHECK(dumbo_tcp_parse(syn.data(), syn.size(), nullptr, reinterpret_cast<dumbo_tcp_segment*>(out)) == DUMBO_OK);
    }
}
