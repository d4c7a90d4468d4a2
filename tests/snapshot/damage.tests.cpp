// SPDX-License-Identifier: Apache-2.0
#include "snapshot/layout.hpp"
#include "support/catch.hpp"

#include <map>
#include <random>

using namespace snapshot_test;

namespace {

bool speaks_of_damage(std::int32_t code) {
    return code == DUMBO_ERR_SNAPSHOT_CHECKSUM || code == DUMBO_ERR_SNAPSHOT_FORMAT ||
           code == DUMBO_ERR_SNAPSHOT_VERSION || code == DUMBO_ERR_SNAPSHOT_LENGTH;
}

bool speaks_of_state(std::int32_t code) {
    return code <= DUMBO_ERR_SNAPSHOT_VALUE && code >= DUMBO_ERR_SNAPSHOT_RESET;
}

void receive(dumbo_connection* connection, std::uint8_t flags, std::uint32_t seq, std::uint32_t ack,
             std::uint16_t window, std::size_t payload, std::uint64_t now) {
    Bytes segment(20 + payload);
    for (unsigned i = 0; i < 4; ++i) {
        segment[4 + i] = static_cast<std::uint8_t>(seq >> (24 - 8 * i));
        segment[8 + i] = static_cast<std::uint8_t>(ack >> (24 - 8 * i));
    }
    segment[12] = 0x50;
    segment[13] = flags;
    segment[14] = static_cast<std::uint8_t>(window >> 8U);
    segment[15] = static_cast<std::uint8_t>(window);
    Bytes buffer(payload);
    std::size_t received = 0;
    static_cast<void>(dumbo_connection_receive_segment(connection, segment.data(), segment.size(), nullptr,
                                                       buffer.data(), buffer.size(), now, &received, nullptr));
}

// Writes until there is no more to say; that has to come soon.
bool falls_silent(dumbo_connection* connection, const dumbo_payload* payload, std::uint64_t now) {
    dumbo_addressing addressing{};
    addressing.struct_size = sizeof addressing;
    Bytes buffer(1500);
    for (int segments = 0; segments < 200'000; ++segments) {
        std::size_t written = 0;
        const auto code = dumbo_connection_write_next_segment(connection, buffer.data(), buffer.size(), 0, payload,
                                                              &addressing, now, &written, nullptr);
        if (code != DUMBO_OK || written == 0) {
            return true;
        }
    }
    return false;
}

// Some of everything that can happen to a connection. Sanitizers watch; each state on the way must be a possible one.
void live_on(dumbo_connection* connection, std::uint64_t now, std::uint64_t rto_period) {
    static const Bytes bytes(3000);
    dumbo_payload payload{};
    payload.struct_size = sizeof payload;
    payload.bytes = bytes.data();
    payload.len = bytes.size();
    payload.seq = dumbo_connection_highest_ack_received(connection);
    const auto una = [&] { return dumbo_connection_highest_ack_received(connection); };
    const auto nxt = [&] { return dumbo_connection_first_not_sent(connection); };
    const auto expected = [&] { return dumbo_connection_next_expected(connection); };
    const auto check = [&] {
        const auto again = restore(snapshot_of(connection));
        CHECK(again.code == DUMBO_OK);
    };
    const std::uint64_t later = rto_period > UINT64_MAX - now ? UINT64_MAX : now + rto_period;

    CHECK(falls_silent(connection, nullptr, now));
    check();
    receive(connection, DUMBO_TCP_ACK, expected(), una(), 1000, 10, now);
    receive(connection, DUMBO_TCP_ACK, expected(), nxt(), 3000, 0, now);
    check();
    CHECK(falls_silent(connection, &payload, now));
    CHECK(falls_silent(connection, &payload, later));
    check();
    CHECK(dumbo_connection_advance_local_rwnd_edge(connection, 1000) == DUMBO_OK);
    CHECK(dumbo_connection_close(connection) == DUMBO_OK);
    receive(connection, DUMBO_TCP_ACK | DUMBO_TCP_FIN, expected(), nxt(), 0, 5, later);
    CHECK(falls_silent(connection, nullptr, later));
    check();
    receive(connection, DUMBO_TCP_RST, expected(), 0, 0, 0, later);
    CHECK(dumbo_connection_reset(connection) == DUMBO_OK);
    CHECK(falls_silent(connection, nullptr, later));
    check();
}

}  // namespace

TEST_CASE("every other value of every byte of every snapshot is noticed as damage", "[snapshot][long]") {
    for (const Kept& entry : kept_snapshots()) {
        CAPTURE(entry.line);
        Bytes damaged = entry.snapshot;
        std::size_t noticed = 0;
        for (std::size_t at = 0; at < length; ++at) {
            for (unsigned other = 1; other < 256; ++other) {
                damaged[at] = static_cast<std::uint8_t>(entry.snapshot[at] ^ other);
                noticed += speaks_of_damage(restore(damaged).code) ? 1 : 0;
            }
            damaged[at] = entry.snapshot[at];
        }
        CHECK(noticed == length * 255);
    }
}

// Whoever changes a snapshot with a right CRC gets an error, or the state that the bytes say.
TEST_CASE("every other value of every byte, with the CRC repaired, is refused or another possible state",
          "[snapshot][long]") {
    std::map<std::int32_t, std::size_t> outcomes;
    for (const Kept& entry : kept_snapshots()) {
        CAPTURE(entry.line);
        Bytes changed = entry.snapshot;
        for (std::size_t at = field::rto_period.at; at < crc_at; ++at) {
            CAPTURE(at);
            for (unsigned other = 1; other < 256; ++other) {
                changed[at] = static_cast<std::uint8_t>(entry.snapshot[at] ^ other);
                seal(changed);
                const auto restored = restore(changed);
                ++outcomes[restored.code];
                if (restored.code != DUMBO_OK) {
                    if (!speaks_of_state(restored.code)) {
                        FAIL("unexpected error " << restored.code);
                    }
                } else if (snapshot_of(restored.connection.get()) != changed) {
                    FAIL("the restored state is not what the bytes say");
                }
            }
            changed[at] = entry.snapshot[at];
        }
    }
    for (std::int32_t code = DUMBO_ERR_SNAPSHOT_RESET; code <= DUMBO_ERR_SNAPSHOT_VALUE; ++code) {
        CAPTURE(code);
        CHECK(outcomes[code] > 0);
    }
    CHECK(outcomes[DUMBO_OK] > 0);
}

TEST_CASE("a connection from changed bytes lives on in possible states", "[snapshot]") {
    std::mt19937 random(20);
    std::size_t lives = 0;
    for (const Kept& entry : kept_snapshots()) {
        CAPTURE(entry.line);
        for (int round = 0; round < 400; ++round) {
            Bytes changed = entry.snapshot;
            for (auto changes = 1 + random() % 3; changes > 0; --changes) {
                const std::size_t at = field::rto_period.at + random() % (crc_at - field::rto_period.at);
                changed[at] ^= static_cast<std::uint8_t>(random() % 2 == 0 ? 1U << random() % 8 : random());
            }
            seal(changed);
            const auto restored = restore(changed);
            if (restored.code == DUMBO_OK) {
                ++lives;
                live_on(restored.connection.get(), get(changed, field::latest_now), get(changed, field::rto_period));
            }
        }
    }
    CHECK(lives > 10'000);
}

TEST_CASE("bytes of another length are no snapshot", "[snapshot]") {
    const Bytes good = kept_snapshots().front().snapshot;
    for (std::size_t size = 0; size < 300; ++size) {
        CAPTURE(size);
        Bytes cut = good;
        cut.resize(size);
        cut.shrink_to_fit();  // so that a sanitizer sees a read past the end
        CHECK(restore(cut).code == (size == length ? DUMBO_OK : DUMBO_ERR_SNAPSHOT_LENGTH));
    }
}

TEST_CASE("eight bytes are enough to see that something is no snapshot, fewer are not", "[snapshot]") {
    CHECK(restore(Bytes(7, 0xee)).code == DUMBO_ERR_SNAPSHOT_LENGTH);
    CHECK(restore(Bytes(8, 0xee)).code == DUMBO_ERR_SNAPSHOT_FORMAT);
}

TEST_CASE("noise, with and without a right beginning and a right end, is refused", "[snapshot]") {
    std::mt19937 random(21);
    const Bytes good = kept_snapshots().front().snapshot;
    for (int round = 0; round < 100'000; ++round) {
        Bytes noise(length);
        for (auto& byte : noise) {
            byte = static_cast<std::uint8_t>(random());
        }
        const auto kind = random() % 3;
        if (kind > 0) {
            std::copy_n(good.begin(), field::rto_period.at, noise.begin());
        }
        if (kind > 1) {
            seal(noise);
        }
        const auto code = restore(noise).code;
        if (kind == 2 ? !speaks_of_state(code) : !speaks_of_damage(code)) {
            FAIL("kind " << kind << ": " << code);
        }
    }
}

TEST_CASE("what is wrong is said in this order: beginning, version, length, CRC, values", "[snapshot]") {
    Bytes bytes = kept_snapshots().front().snapshot;
    set(bytes, field::phase, 9);
    CHECK(restore(bytes).code == DUMBO_ERR_SNAPSHOT_CHECKSUM);
    set(bytes, field::length, length + 1);
    CHECK(restore(bytes).code == DUMBO_ERR_SNAPSHOT_LENGTH);
    set(bytes, field::version, 2);
    CHECK(restore(bytes).code == DUMBO_ERR_SNAPSHOT_VERSION);
    set(bytes, field::magic, 0);
    CHECK(restore(bytes).code == DUMBO_ERR_SNAPSHOT_FORMAT);
    bytes = kept_snapshots().front().snapshot;
    set(bytes, field::phase, 9);
    seal(bytes);
    CHECK(restore(bytes).code == DUMBO_ERR_SNAPSHOT_VALUE);
    for (const unsigned version : {0U, 2U, 255U, 256U, 65535U}) {
        set(bytes, field::version, version);
        seal(bytes);
        CHECK(restore(bytes).code == DUMBO_ERR_SNAPSHOT_VERSION);
    }
}
