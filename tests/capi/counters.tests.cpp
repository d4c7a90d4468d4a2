// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

#include <array>
#include <cstdint>

#include "capi/support/endpoint.hpp"
#include "capi/support/observed.hpp"
#include "support/catch.hpp"

using dumbo_test::ack_bit;
using dumbo_test::Bytes;
using dumbo_test::clone_of;
using dumbo_test::config;
using dumbo_test::established;
using dumbo_test::Handle;
using dumbo_test::next_from_peer;
using dumbo_test::receive;
using dumbo_test::sized;
using dumbo_test::write;

// Reading and keeping counters. That they count right is seen wherever a script is played: it keeps a tally of its own.
namespace {

dumbo_connection_config counting(std::uint32_t options = DUMBO_OPTIONS_NONE) {
    auto how = config();
    how.flags |= DUMBO_CONFIG_COUNTERS;
    how.options = options;
    return how;
}

dumbo_counters counters_of(const dumbo_connection* connection) {
    auto counters = sized<dumbo_counters>();
    REQUIRE(dumbo_connection_counters(connection, &counters) == DUMBO_OK);
    return counters;
}

}  // namespace

TEST_CASE("a connection counts from its opening on", "[counters]") {
    const Handle connection = established(counting());
    auto counters = counters_of(connection.get());
    CHECK(counters.segments_out == 1);
    CHECK(counters.segments_in == 1);
    CHECK(counters.bytes_in == 0);
    receive(connection, next_from_peer(connection, ack_bit, Bytes(30)));
    write(connection);
    counters = counters_of(connection.get());
    CHECK(counters.segments_in == 2);
    CHECK(counters.bytes_in == 30);
    CHECK(counters.segments_out == 2);
    CHECK(counters.bytes_out == 0);
    CHECK(counters.reserved == 0);
}

TEST_CASE("counting makes no difference but for the counters", "[counters]") {
    CHECK(dumbo_test::fingerprint(established(counting()).get()) == dumbo_test::fingerprint(established().get()));
}

TEST_CASE("a connection that does not count has no counters", "[counters]") {
    auto counters = sized<dumbo_counters>();
    counters.segments_in = 7;
    CHECK(dumbo_connection_counters(established().get(), &counters) == DUMBO_ERR_INVALID_ARGUMENT);
    CHECK(counters.segments_in == 0);
    counters.segments_in = 7;
    CHECK(dumbo_connection_counters(nullptr, &counters) == DUMBO_ERR_INVALID_ARGUMENT);
    CHECK(counters.segments_in == 0);
    CHECK(dumbo_connection_counters(established(counting()).get(), nullptr) == DUMBO_ERR_INVALID_ARGUMENT);
}

TEST_CASE("segments that are not taken are counted by reason, and the caller's mistakes are not", "[counters]") {
    const Handle connection = established(counting());
    const Bytes good = dumbo_test::segment_bytes(next_from_peer(connection, ack_bit, Bytes(30)));
    const dumbo_address_pair elsewhere{{1, 2, 3, 4}, {5, 6, 7, 8}};
    Bytes buffer(100);
    std::size_t received = 0;
    const auto hand_over = [&](std::size_t length, const dumbo_address_pair* verify, std::size_t room,
                               std::uint64_t now) {
        return dumbo_connection_receive_segment(connection.get(), good.data(), length, verify, buffer.data(), room, now,
                                                &received, nullptr);
    };
    CHECK(hand_over(19, nullptr, 100, 0) == DUMBO_ERR_TRUNCATED);
    CHECK(hand_over(good.size(), &elsewhere, 100, 0) == DUMBO_ERR_CHECKSUM);
    CHECK(hand_over(good.size(), nullptr, 29, 0) == DUMBO_ERR_BUFFER_TOO_SMALL);
    CHECK(hand_over(good.size(), nullptr, 100, 50) == DUMBO_OK);
    CHECK(hand_over(good.size(), nullptr, 100, 49) == DUMBO_ERR_TIMESTAMP_DECREASED);
    REQUIRE(dumbo_connection_reset(connection.get()) == DUMBO_OK);
    CHECK(hand_over(good.size(), nullptr, 100, 50) == DUMBO_ERR_CONNECTION_RESET);
    const auto counters = counters_of(connection.get());
    CHECK(counters.malformed == 1);
    CHECK(counters.checksum_errors == 1);
    CHECK(counters.after_reset == 1);
    CHECK(counters.segments_in == 2);
    CHECK(counters.resets_by_caller == 1);
}

TEST_CASE("a clone of a counting connection counts on from the same numbers, for itself", "[counters]") {
    const Handle connection = established(counting());
    const Handle clone = clone_of(connection.get());
    receive(clone, next_from_peer(clone, ack_bit, Bytes(30)));
    CHECK(counters_of(clone.get()).segments_in == 2);
    CHECK(counters_of(connection.get()).segments_in == 1);
}

TEST_CASE("a restored connection counts from 0, if it is told to count", "[counters]") {
    const Handle original = established(counting());
    Bytes snapshot(DUMBO_SNAPSHOT_LENGTH_MAX);
    std::size_t length = 0;
    REQUIRE(dumbo_connection_snapshot(original.get(), snapshot.data(), snapshot.size(), &length) == DUMBO_OK);
    auto how = sized<dumbo_restore_config>();
    dumbo_connection* restored = nullptr;
    REQUIRE(dumbo_connection_restore(&restored, snapshot.data(), length, &how, nullptr) == DUMBO_OK);
    const Handle silent(restored);
    auto counters = sized<dumbo_counters>();
    CHECK(dumbo_connection_counters(silent.get(), &counters) == DUMBO_ERR_INVALID_ARGUMENT);
    how.flags = DUMBO_RESTORE_COUNTERS;
    REQUIRE(dumbo_connection_restore(&restored, snapshot.data(), length, &how, nullptr) == DUMBO_OK);
    const Handle again(restored);
    CHECK(counters_of(again.get()).segments_in == 0);
    receive(again, next_from_peer(again, ack_bit, Bytes(5)));
    CHECK(counters_of(again.get()).bytes_in == 5);
}

TEST_CASE("a counting connection takes exactly the size that is told", "[counters]") {
    CHECK(dumbo_connection_counted_size() > dumbo_connection_size());
    CHECK(dumbo_connection_counted_size() <= DUMBO_CONNECTION_COUNTED_SIZE_MAX);
    CHECK(dumbo_connection_counted_size() % dumbo_connection_alignment() == 0);
    struct alignas(64) Storage {
        std::array<std::uint8_t, DUMBO_CONNECTION_COUNTED_SIZE_MAX> bytes;
    };
    Storage storage{};
    Storage other{};
    const Bytes syn = dumbo_test::syn_bytes();
    const auto how = counting();
    dumbo_connection* connection = nullptr;
    const auto open = [&](std::size_t length) {
        return dumbo_connection_passive_open_in(&connection, &storage, length, syn.data(), syn.size(), nullptr, &how);
    };
    CHECK(open(dumbo_connection_counted_size() - 1) == DUMBO_ERR_BUFFER_TOO_SMALL);
    CHECK(connection == nullptr);
    REQUIRE(open(dumbo_connection_counted_size()) == DUMBO_OK);
    auto* clone = connection;
    CHECK(dumbo_connection_clone_in(connection, &clone, &other, dumbo_connection_size()) == DUMBO_ERR_BUFFER_TOO_SMALL);
    CHECK(clone == nullptr);
    CHECK(dumbo_connection_clone_in(connection, &clone, &other, dumbo_connection_counted_size()) == DUMBO_OK);
    // The counters belong to the connection: storage that begins among them overlaps it.
    CHECK(dumbo_connection_clone_in(connection, &clone, storage.bytes.data() + 128, sizeof storage - 128) ==
          DUMBO_ERR_INVALID_ARGUMENT);
}
