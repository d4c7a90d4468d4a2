// SPDX-License-Identifier: Apache-2.0
#include <dumbo/connection.hpp>

#include <cstdint>
#include <limits>

#include "support/catch.hpp"
#include "unit/support/peer.hpp"

using dumbo::Connection;
using dumbo::max_window_size;
using dumbo::NextSegmentStatus;
using dumbo::RstConfig;
using dumbo::SeqNumber;
using dumbo_test::ack_bit;
using dumbo_test::Bytes;
using dumbo_test::config;
using dumbo_test::established;
using dumbo_test::next_from_peer;
using dumbo_test::opened;
using dumbo_test::receive;
using dumbo_test::write;
using Kind = NextSegmentStatus::Kind;

namespace {

NextSegmentStatus next(const Connection& connection) {
    return connection.control_segment_or_timeout_status();
}

}  // namespace

TEST_CASE("sending moves SND.NXT, an ACK moves SND.UNA and the peer's edge", "[connection]") {
    Connection connection = established();
    const SeqNumber start = connection.first_not_sent();
    const Bytes bytes(2500, 'a');
    const dumbo::PayloadSource payload{.bytes = dumbo::ByteSource::of_bytes(bytes), .first = start};

    CHECK(write(connection, 0, &payload).size() == 1020);
    CHECK(connection.first_not_sent() == start + 1000);
    CHECK(connection.highest_ack_received() == start);
    write(connection, 0, &payload);
    write(connection, 0, &payload);
    CHECK(connection.first_not_sent() == start + 2500);

    auto ack = next_from_peer(connection);
    ack.ack = (start + 1700).value();
    ack.window = 9000;
    CHECK(receive(connection, ack).anomalies == 0);
    CHECK(connection.highest_ack_received() == start + 1700);
    CHECK(connection.remote_rwnd_edge() == start + 10700);
    CHECK_FALSE(connection.dup_ack_pending());

    CHECK(receive(connection, ack).anomalies == dumbo::anomaly::dup_ack);
    CHECK(connection.dup_ack_pending());
}

TEST_CASE("receiving moves RCV.NXT and uses the window up", "[connection]") {
    Connection connection = established();
    const SeqNumber start = connection.next_expected();
    auto segment = next_from_peer(connection);
    segment.payload = Bytes(1200, 'q');
    CHECK(receive(connection, segment).length == 1200);
    CHECK(connection.next_expected() == start + 1200);
    CHECK(connection.local_rwnd() == 3800);

    segment = next_from_peer(connection, ack_bit | dumbo_test::fin_bit);
    segment.payload = Bytes(10, 'r');
    CHECK(receive(connection, segment).length == 10);
    CHECK(connection.next_expected() == start + 1211);
    CHECK(connection.local_rwnd() == 3789);
}

TEST_CASE("the window opens by what is asked, and never beyond the largest", "[connection]") {
    Connection connection = established();
    connection.advance_local_rwnd_edge(0);
    CHECK(connection.local_rwnd() == 5000);
    connection.advance_local_rwnd_edge(1);
    CHECK(connection.local_rwnd() == 5001);
    connection.advance_local_rwnd_edge(max_window_size - 5001 - 1);
    CHECK(connection.local_rwnd() == max_window_size - 1);
    connection.advance_local_rwnd_edge(1);
    CHECK(connection.local_rwnd() == max_window_size);
    connection.advance_local_rwnd_edge(1);
    CHECK(connection.local_rwnd() == max_window_size);
    connection.advance_local_rwnd_edge(std::numeric_limits<std::uint32_t>::max());
    CHECK(connection.local_rwnd() == max_window_size);
}

TEST_CASE("a window that the peer's FIN overran is 0, and opens from there", "[connection]") {
    auto how = config();
    how.local_rwnd_size = 0;
    Connection connection = established(how);
    receive(connection, next_from_peer(connection, ack_bit | dumbo_test::fin_bit));
    CHECK(connection.fin_received());
    CHECK(connection.local_rwnd() == 0);
    connection.advance_local_rwnd_edge(10);
    CHECK(connection.local_rwnd() == 10);
}

TEST_CASE("what comes next is a control segment, a timeout, or nothing", "[connection]") {
    Connection connection = opened();
    CHECK(next(connection) == NextSegmentStatus{Kind::available, 0});
    write(connection, 7);
    CHECK(next(connection) == NextSegmentStatus{Kind::timeout, 7 + dumbo_test::rto});
    receive(connection, next_from_peer(connection), 9);
    CHECK(next(connection) == NextSegmentStatus{Kind::nothing, 0});

    auto segment = next_from_peer(connection);
    segment.payload = Bytes(1);
    receive(connection, segment, 10);
    CHECK(next(connection).kind == Kind::available);
    write(connection, 11);
    CHECK(next(connection).kind == Kind::nothing);

    connection.close();
    CHECK(next(connection).kind == Kind::available);
    write(connection, 20);
    CHECK(next(connection) == NextSegmentStatus{Kind::timeout, 20 + dumbo_test::rto});

    connection.reset();
    CHECK(next(connection).kind == Kind::available);
    write(connection, 21);
    CHECK(next(connection).kind == Kind::nothing);
}

TEST_CASE("a deadline past the end of time is the end of time", "[connection]") {
    constexpr auto never = std::numeric_limits<std::uint64_t>::max();
    auto how = config();
    how.rto_period = 1000;
    for (const std::uint64_t now : {never - 1001, never - 1000, never - 999, never - 1, never}) {
        Connection connection = opened(how);
        write(connection, now);
        CAPTURE(now);
        CHECK(next(connection) == NextSegmentStatus{Kind::timeout, now <= never - 1000 ? now + 1000 : never});
    }
}

TEST_CASE("a RST would acknowledge during the handshake and carry SND.NXT afterwards", "[connection]") {
    Connection connection = opened();
    const RstConfig early{.kind = RstConfig::Kind::ack, .number = connection.next_expected()};
    CHECK(connection.make_rst_config() == early);
    write(connection);
    CHECK(connection.make_rst_config() == early);
    receive(connection, next_from_peer(connection));
    CHECK(connection.make_rst_config() ==
          RstConfig{.kind = RstConfig::Kind::seq, .number = connection.first_not_sent()});
    CHECK(next(connection).kind == Kind::nothing);  // asking queues nothing
}

TEST_CASE("a written RST has the numbers that were announced", "[connection]") {
    for (const bool handshake_done : {false, true}) {
        Connection connection = handshake_done ? established() : opened();
        const RstConfig announced = connection.make_rst_config();
        connection.reset();
        const Bytes rst = write(connection);
        REQUIRE(rst.size() == 20);
        CHECK(dumbo_test::get32(rst, 4) == announced.sequence_number().value());
        CHECK(dumbo_test::get32(rst, 8) == announced.ack_number().value());
        CHECK(rst[13] == announced.flags());
    }
}
