// SPDX-License-Identifier: Apache-2.0
#include "snapshot/layout.hpp"
#include "support/catch.hpp"

using namespace snapshot_test;

TEST_CASE("every snapshot of version 1 that was kept restores to what it meant", "[snapshot]") {
    const auto kept = kept_snapshots();
    CHECK(kept.size() == 162);
    for (const Kept& entry : kept) {
        CAPTURE(entry.line);
        const auto restored = restore(entry.snapshot);
        REQUIRE(restored.code == DUMBO_OK);
        CHECK(meaning_of(restored.connection, get(entry.snapshot, field::latest_now)) == entry.meaning);
    }
}

TEST_CASE("a snapshot of what was restored from it is that snapshot", "[snapshot]") {
    for (const Kept& entry : kept_snapshots()) {
        CAPTURE(entry.line);
        const auto restored = restore(entry.snapshot);
        REQUIRE(restored.code == DUMBO_OK);
        CHECK(snapshot_of(restored.connection.get()) == entry.snapshot);
    }
}

TEST_CASE("the fields of a snapshot lie where the documentation says", "[snapshot]") {
    for (const Kept& entry : kept_snapshots()) {
        CAPTURE(entry.line);
        REQUIRE(entry.snapshot.size() == length);
        CHECK(length <= DUMBO_SNAPSHOT_LENGTH_MAX);
        const View bytes = entry.snapshot;
        CHECK(get(bytes, field::magic) == 0x50435464);  // "dTCP"
        CHECK(get(bytes, field::version) == 1);
        CHECK(get(bytes, field::length) == length);
        Bytes sealed = entry.snapshot;
        seal(sealed);
        CHECK(sealed == entry.snapshot);

        const auto restored = restore(bytes);
        REQUIRE(restored.code == DUMBO_OK);
        const auto* connection = restored.connection.get();
        CHECK(dumbo_connection_highest_ack_received(connection) == get(bytes, field::snd_una));
        CHECK(dumbo_connection_first_not_sent(connection) == get(bytes, field::snd_nxt));
        CHECK(dumbo_connection_remote_rwnd_edge(connection) == get(bytes, field::snd_edge));
        CHECK(dumbo_connection_next_expected(connection) == get(bytes, field::rcv_nxt));
        CHECK(dumbo_connection_mss(connection) == get(bytes, field::mss));
        CHECK(dumbo_connection_is_established(connection) == (get(bytes, field::phase) == 2));
        CHECK(dumbo_connection_is_reset(connection) == (get(bytes, field::rst) == 2));
        CHECK(dumbo_connection_fin_received(connection) == (get(bytes, field::fin_received) == 1));
        CHECK(dumbo_connection_dup_ack_pending(connection) == (get(bytes, field::dup_ack_pending) == 1));
    }
}
