// SPDX-License-Identifier: Apache-2.0
#include <limits>

#include "capi/support/endpoint.hpp"
#include "snapshot/layout.hpp"
#include "support/catch.hpp"

using namespace snapshot_test;
using dumbo_test::established;
using dumbo_test::receive;
using dumbo_test::rto;

// A restored connection on another clock: what had so long to go still has.
namespace {

constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();
constexpr std::uint32_t iss = dumbo_test::our_isn + 1;

dumbo_restore_config rebase(std::uint64_t old_now, std::uint64_t new_now) {
    auto config = dumbo_test::sized<dumbo_restore_config>();
    config.flags = DUMBO_RESTORE_REBASE;
    config.old_now = old_now;
    config.new_now = new_now;
    return config;
}

// 100 bytes were sent at `now`.
dumbo_test::Handle sent_at(std::uint64_t now) {
    auto connection = established();
    const dumbo_test::Bytes bytes(100);
    const auto source = dumbo_test::payload(bytes, iss);
    REQUIRE(dumbo_test::write(connection, now, &source).size() == 120);
    return connection;
}

dumbo_test::Handle moved(const dumbo_test::Handle& connection, std::uint64_t old_now, std::uint64_t new_now) {
    const auto config = rebase(old_now, new_now);
    auto restored = restore(snapshot_of(connection.get()), &config);
    REQUIRE(restored.code == DUMBO_OK);
    return dumbo_test::Handle(restored.connection.release());
}

std::uint64_t deadline_of(const dumbo_test::Handle& connection) {
    std::uint64_t deadline = 0;
    REQUIRE(dumbo_connection_control_segment_or_timeout_status(connection.get(), &deadline) ==
            DUMBO_NEXT_SEGMENT_TIMEOUT);
    return deadline;
}

std::int32_t write_code(const dumbo_test::Handle& connection, std::uint64_t now) {
    dumbo_test::Bytes buffer(2000);
    std::size_t written = 0;
    const auto to = dumbo_test::addressing();
    return dumbo_connection_write_next_segment(connection.get(), buffer.data(), buffer.size(), 0, nullptr, &to, now,
                                               &written, nullptr);
}

}  // namespace

TEST_CASE("rebase: a running timeout has as much left as it had", "[snapshot]") {
    const auto connection = sent_at(1000);
    CHECK(deadline_of(connection) == 1000 + rto);
    CHECK(deadline_of(moved(connection, 1000, 1000)) == 1000 + rto);
    CHECK(deadline_of(moved(connection, 1030, 5'000'000)) == 5'000'000 + rto - 30);
    CHECK(deadline_of(moved(connection, 1030, 1u << 31)) == (1u << 31) + rto - 30);
    CHECK(deadline_of(moved(connection, 1000 + rto, 50)) == 50);
}

TEST_CASE("rebase: to a clock that began a moment ago", "[snapshot]") {
    const auto connection = sent_at(1000);
    CHECK(deadline_of(moved(connection, 1030, 0)) == rto - 30);
    CHECK(deadline_of(moved(connection, 1030, 7)) == 7 + rto - 30);
    CHECK(deadline_of(moved(connection, 1030, 30)) == rto);
    CHECK(deadline_of(moved(connection, 1000 + rto, 0)) == 0);
    CHECK(deadline_of(moved(connection, 1001 + rto, 0)) == 0);
    CHECK(deadline_of(moved(connection, 1'000'000, 3)) == 0);
    // It strikes then, and not before.
    const auto early = moved(connection, 1030, 7);
    const dumbo_test::Bytes bytes(100);
    const auto source = dumbo_test::payload(bytes, iss);
    CHECK(dumbo_test::write(early, 7 + rto - 31, &source).empty());
    CHECK(dumbo_test::write(early, 7 + rto - 30, &source).size() == 120);
    CHECK(deadline_of(early) == 7 + rto - 30 + rto);
}

TEST_CASE("rebase: to the end of time, where a timeout never strikes", "[snapshot]") {
    const auto connection = sent_at(1000);
    CHECK(deadline_of(moved(connection, 1030, never - rto + 30)) == never);
    CHECK(deadline_of(moved(connection, 1030, never - rto + 29)) == never - 1);
    CHECK(deadline_of(moved(connection, 1030, never)) == never);
    CHECK(deadline_of(moved(connection, never, never)) == 1000 + rto);
    CHECK(deadline_of(moved(moved(connection, 1030, never), never, 1030)) == 1000 + rto);
}

// What it writes at `now`: whether the 100 bytes go again.
bool sends_again_at(const dumbo_test::Handle& connection, std::uint64_t now) {
    const auto copy = dumbo_test::clone_of(connection.get());
    const dumbo_test::Bytes bytes(100);
    const auto source = dumbo_test::payload(bytes, iss);
    return dumbo_test::write(copy, now, &source).size() == 120;
}

TEST_CASE("rebase: a timeout strikes at its deadline and ever after, not before", "[snapshot]") {
    const auto connection = sent_at(1000);
    const std::uint64_t olds[] = {1000, 1030, 1000 + rto, 5000, never - 5, never};
    const std::uint64_t news[] = {0, 1, 30, 1000, std::uint64_t{1} << 63U, never - 1000};
    for (const std::uint64_t old_now : olds) {
        for (const std::uint64_t new_now : news) {
            CAPTURE(old_now, new_now);
            const auto there = moved(connection, old_now, new_now);
            const std::uint64_t deadline = std::max(deadline_of(there), new_now);
            CHECK((deadline == new_now || !sends_again_at(there, deadline - 1)));
            CHECK(sends_again_at(there, deadline));
            for (const std::uint64_t later : {deadline + 61, never - 200, never - 1, never}) {
                CHECK((later < deadline || sends_again_at(there, later)));
            }
        }
    }
}

TEST_CASE("rebase: what is received meanwhile makes no overdue timeout young", "[snapshot]") {
    const auto connection = moved(sent_at(1000), 1050, 10);  // it began 40 before the new clock's 0
    receive(connection, {.seq = dumbo_connection_next_expected(connection.get()) - 1, .flags = 0}, never - 1);
    CHECK(sends_again_at(connection, never - 1));
    CHECK(deadline_of(connection) <= rto);
}

TEST_CASE("rebase: what was overdue for half of time, twice, is still overdue", "[snapshot]") {
    constexpr std::uint64_t half = std::uint64_t{1} << 63U;
    const auto once = moved(sent_at(1000), half, 0);
    CHECK(deadline_of(once) == 0);
    CHECK(deadline_of(moved(once, half + 1000, 500)) == 0);
}

TEST_CASE("rebase: the restored connection is at the new time, and does not go back", "[snapshot]") {
    const auto connection = moved(sent_at(1000), 1030, 500);
    CHECK(write_code(connection, 499) == DUMBO_ERR_TIMESTAMP_DECREASED);
    CHECK(write_code(connection, 500) == DUMBO_OK);
}

TEST_CASE("rebase: an old time before the connection's latest is an error", "[snapshot]") {
    const auto connection = sent_at(1000);
    const auto snapshot = snapshot_of(connection.get());
    auto config = rebase(999, 5000);
    CHECK(restore(snapshot, &config).code == DUMBO_ERR_TIMESTAMP_DECREASED);
    config = rebase(1000, 5000);
    CHECK(restore(snapshot, &config).code == DUMBO_OK);
}

TEST_CASE("rebase: without it the clock goes on", "[snapshot]") {
    const auto snapshot = snapshot_of(sent_at(1000).get());
    const auto restored = restore(snapshot);
    REQUIRE(restored.code == DUMBO_OK);
    CHECK(snapshot_of(restored.connection.get()) == snapshot);
}

TEST_CASE("rebase: the pause between two challenge ACKs is kept", "[snapshot]") {
    auto how = dumbo_test::config();
    how.options = DUMBO_OPTION_RFC5961;
    const auto connection = established(how);
    const auto syn_draws_challenge = [](const dumbo_test::Handle& c, std::uint64_t now) {
        const auto anomalies = receive(c, {.seq = 1, .flags = dumbo_test::syn_bit}, now);
        return (anomalies & DUMBO_ANOMALY_CHALLENGE_ACK) != 0;
    };
    CHECK(syn_draws_challenge(connection, 1000));
    const auto early = moved(connection, 1060, 10);
    CHECK_FALSE(syn_draws_challenge(early, 10 + rto - 61));
    CHECK(syn_draws_challenge(early, 10 + rto - 60));
    CHECK_FALSE(syn_draws_challenge(early, 10 + rto - 60 + rto - 1));
    const auto late = moved(connection, never, 1000);
    CHECK(syn_draws_challenge(late, 1000));
    CHECK_FALSE(syn_draws_challenge(late, 1011));
    const auto idle = moved(connection, never, 1000);
    receive(idle, {.seq = 1, .flags = 0}, 1011);
    CHECK(syn_draws_challenge(idle, 1011));
}

TEST_CASE("rebase: before the SYNACK no timeout has begun", "[snapshot]") {
    const auto connection = moved(dumbo_test::opened(), 0, 12345);
    CHECK(get(snapshot_of(connection.get()), field::timeout_start) == 0);
    CHECK(restore(snapshot_of(connection.get())).code == DUMBO_OK);
    REQUIRE_FALSE(dumbo_test::write(connection, 12345).empty());
    CHECK(deadline_of(connection) == 12345 + rto);
}
