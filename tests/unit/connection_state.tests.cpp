// SPDX-License-Identifier: Apache-2.0
#include <dumbo/connection.hpp>
#include <dumbo/counters.hpp>

#include <cstdint>

#include "support/catch.hpp"
#include "unit/support/bytes.hpp"
#include "unit/support/peer.hpp"

using dumbo::Connection;
using dumbo::State;
using dumbo_test::ack_bit;
using dumbo_test::established;
using dumbo_test::fin_bit;
using dumbo_test::next_from_peer;
using dumbo_test::opened;
using dumbo_test::receive;
using dumbo_test::rst_bit;
using dumbo_test::write;

// What state(), is_done() and their like say on each way through the diagram of RFC 9293, 3.3.2.
namespace {

struct Facts {
    State state;
    bool established;
    bool fin_received;
    bool fin_acknowledged;
    bool done;
    bool reset;
};

void check(const Connection& connection, const Facts& facts) {
    CHECK(connection.state() == facts.state);
    CHECK(connection.is_established() == facts.established);
    CHECK(connection.fin_received() == facts.fin_received);
    CHECK(connection.fin_acknowledged() == facts.fin_acknowledged);
    CHECK(connection.is_done() == facts.done);
    CHECK(connection.is_reset() == facts.reset);
}

constexpr Facts in_handshake{State::syn_received, false, false, false, false, false};
constexpr Facts open_both_ways{State::established, true, false, false, false, false};

// The state RST leaves behind; what was reached before stays true.
constexpr Facts reset_early{State::closed, false, false, false, true, true};
constexpr Facts reset_late{State::closed, true, false, false, true, true};

}  // namespace

TEST_CASE("a connection is in SYN-RECEIVED until its SYNACK is acknowledged", "[connection]") {
    Connection connection = opened();
    check(connection, in_handshake);
    write(connection);
    check(connection, in_handshake);
    receive(connection, dumbo_test::syn());
    check(connection, in_handshake);
    write(connection);
    receive(connection, next_from_peer(connection));
    check(connection, open_both_ways);
}

TEST_CASE("closing first leads through FIN-WAIT-1 and FIN-WAIT-2", "[connection]") {
    Connection connection = established();
    connection.close();
    check(connection, open_both_ways);  // the FIN is recorded, not sent
    CHECK((write(connection)[13] & fin_bit) != 0);
    check(connection, {State::fin_wait_1, true, false, false, false, false});

    SECTION("the peer acknowledges and then closes") {
        receive(connection, next_from_peer(connection));
        check(connection, {State::fin_wait_2, true, false, true, false, false});
        receive(connection, next_from_peer(connection, ack_bit | fin_bit));
        check(connection, {State::closed, true, true, true, true, false});
    }
    SECTION("the peer acknowledges and closes at once") {
        receive(connection, next_from_peer(connection, ack_bit | fin_bit));
        check(connection, {State::closed, true, true, true, true, false});
    }
    SECTION("the FINs cross") {
        auto fin = next_from_peer(connection, ack_bit | fin_bit);
        fin.ack = connection.highest_ack_received().value();
        receive(connection, fin);
        check(connection, {State::last_ack, true, true, false, true, false});
        receive(connection, next_from_peer(connection));
        check(connection, {State::closed, true, true, true, true, false});
    }
}

TEST_CASE("being closed first leads through CLOSE-WAIT and LAST-ACK", "[connection]") {
    Connection connection = established();
    receive(connection, next_from_peer(connection, ack_bit | fin_bit));
    check(connection, {State::close_wait, true, true, false, false, false});
    write(connection);
    check(connection, {State::close_wait, true, true, false, false, false});
    connection.close();
    check(connection, {State::close_wait, true, true, false, false, false});
    write(connection);
    check(connection, {State::last_ack, true, true, false, true, false});
    receive(connection, next_from_peer(connection));
    check(connection, {State::closed, true, true, true, true, false});
}

TEST_CASE("closing during the handshake waits for its end", "[connection]") {
    Connection connection = opened();
    connection.close();
    write(connection);
    check(connection, in_handshake);
    receive(connection, next_from_peer(connection));
    check(connection, open_both_ways);
    CHECK((write(connection)[13] & fin_bit) != 0);
    check(connection, {State::fin_wait_1, true, false, false, false, false});
}

TEST_CASE("a RST of the peer closes at once, in every state", "[connection]") {
    Connection early = opened();
    receive(early, next_from_peer(early, rst_bit));
    check(early, reset_early);

    Connection late = established();
    receive(late, next_from_peer(late, rst_bit));
    check(late, reset_late);
}

TEST_CASE("a RST of ours closes when it is written, not when it is asked for", "[connection]") {
    Connection early = opened();
    early.reset();
    check(early, in_handshake);
    CHECK(write(early)[13] == (rst_bit | ack_bit));
    check(early, reset_early);

    Connection late = established();
    late.reset();
    check(late, open_both_ways);
    CHECK(write(late)[13] == rst_bit);
    check(late, reset_late);
}

TEST_CASE("running out of timeouts closes", "[connection]") {
    Connection connection = opened();
    for (std::uint64_t now = 0; now < 3 * dumbo_test::rto; now += dumbo_test::rto) {
        CHECK_FALSE(write(connection, now).empty());
        check(connection, in_handshake);
    }
    CHECK((write(connection, 3 * dumbo_test::rto)[13] & rst_bit) != 0);
    check(connection, reset_early);
}

TEST_CASE("the FIN of a closed connection stays acknowledged through repeated ACKs", "[connection]") {
    Connection connection = established();
    connection.close();
    write(connection);
    receive(connection, next_from_peer(connection));
    receive(connection, next_from_peer(connection));
    check(connection, {State::fin_wait_2, true, false, true, false, false});
}

TEST_CASE("a connection that lingers is done when its FIN is acknowledged, or when it is reset", "[connection]") {
    auto how = dumbo_test::config();
    how.options = dumbo::option::linger;
    Connection connection = established(how);
    receive(connection, next_from_peer(connection, ack_bit | fin_bit));
    connection.close();
    write(connection);
    check(connection, {State::last_ack, true, true, false, false, false});
    Connection reset = connection;
    receive(connection, next_from_peer(connection));
    check(connection, {State::closed, true, true, true, true, false});
    receive(reset, next_from_peer(reset, rst_bit));
    check(reset, {State::closed, true, true, false, true, true});
}

TEST_CASE("counters can be told of what was sent as it was returned", "[connection]") {
    Connection connection = established();
    const dumbo_test::Bytes bytes(30);
    const dumbo::PayloadSource source{.bytes = dumbo::ByteSource::of_bytes(bytes),
                                      .first = connection.first_not_sent()};
    dumbo_test::Bytes buffer(100);
    dumbo::Counters counters;
    for (const std::uint64_t now : {std::uint64_t{0}, dumbo_test::rto}) {
        const auto sent = connection.write_next_segment(buffer, 0, &source, now);
        REQUIRE(sent);
        REQUIRE(*sent);
        counters.count(**sent);
    }
    CHECK(counters.segments_out == 2);
    CHECK(counters.bytes_out == 60);
    CHECK(counters.repeated_on_timeout == 1);
    CHECK(counters.bytes_repeated == 30);
}
