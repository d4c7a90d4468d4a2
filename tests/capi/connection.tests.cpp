// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

#include <cstdint>
#include <cstring>

#include "capi/support/endpoint.hpp"
#include "support/catch.hpp"

using dumbo_test::ack_bit;
using dumbo_test::addressing;
using dumbo_test::Bytes;
using dumbo_test::established;
using dumbo_test::fin_bit;
using dumbo_test::Handle;
using dumbo_test::next_from_peer;
using dumbo_test::opened;
using dumbo_test::random_bytes;
using dumbo_test::receive;
using dumbo_test::rst_bit;
using dumbo_test::segment_bytes;
using dumbo_test::sized;
using dumbo_test::write;

// A connection through the C interface: outputs, and observers that follow what happens.
namespace {

std::uint32_t state(const Handle& connection) {
    return dumbo_connection_state(connection.get());
}

std::uint32_t next(const Handle& connection, std::uint64_t& deadline) {
    return dumbo_connection_control_segment_or_timeout_status(connection.get(), &deadline);
}

}  // namespace

TEST_CASE("a config starts with the defaults and without a timeout", "[connection]") {
    dumbo_connection_config config;
    std::memset(&config, 0xee, sizeof config);
    REQUIRE(dumbo_connection_config_init(&config, sizeof config) == DUMBO_OK);
    CHECK(config.struct_size == sizeof config);
    CHECK(config.local_rwnd_size == 65535);
    CHECK(config.rto_period == 0);
    CHECK(config.rto_count_max == 15);
    CHECK(config.reserved == 0);
    CHECK(config.flags == 0);
    CHECK(config.isn == 0);
    CHECK(config.options == DUMBO_OPTIONS_NONE);
}

TEST_CASE("each reason not to open has its code", "[connection]") {
    const auto code_of = [](const Bytes& segment) {
        const auto how = dumbo_test::config();
        dumbo_connection* connection = nullptr;
        const auto code =
            dumbo_connection_passive_open(&connection, segment.data(), segment.size(), nullptr, &how, nullptr);
        CHECK((connection == nullptr) == (code != DUMBO_OK));
        dumbo_connection_free(connection);
        return code;
    };
    const Bytes syn = dumbo_test::syn_bytes();
    CHECK(code_of(syn) == DUMBO_OK);
    CHECK(code_of(Bytes(syn.begin(), syn.begin() + 19)) == DUMBO_ERR_TRUNCATED);
    CHECK(code_of(Bytes(syn.begin(), syn.begin() + 23)) == DUMBO_ERR_HEADER_LENGTH);
    CHECK(code_of(segment_bytes({.flags = DUMBO_TCP_SYN | DUMBO_TCP_ACK})) == DUMBO_ERR_INVALID_SYN);
    CHECK(code_of(segment_bytes({.flags = DUMBO_TCP_SYN, .payload = Bytes(1)})) == DUMBO_ERR_INVALID_SYN);
    CHECK(code_of(segment_bytes({.flags = DUMBO_TCP_SYN, .options = dumbo_test::mss_option(99)})) ==
          DUMBO_ERR_MSS_OPTION);
}

TEST_CASE("the config is looked at before the segment, whatever is wrong with that", "[connection]") {
    auto how = dumbo_test::config();
    how.rto_period = 0;
    const dumbo_address_pair elsewhere{{1, 2, 3, 4}, {5, 6, 7, 8}};
    const Bytes syn = dumbo_test::syn_bytes();
    dumbo_connection* connection = nullptr;
    for (const std::size_t length : {std::size_t{0}, std::size_t{19}, std::size_t{23}, syn.size()}) {
        CHECK(dumbo_connection_passive_open(&connection, syn.data(), length, &elsewhere, &how, nullptr) ==
              DUMBO_ERR_INVALID_ARGUMENT);
    }
}

TEST_CASE("the observers follow a connection from SYN to both FINs", "[connection]") {
    const Handle connection = opened();
    std::uint64_t deadline = 1;
    CHECK(state(connection) == DUMBO_STATE_SYN_RECEIVED);
    CHECK(dumbo_connection_mss(connection.get()) == 1000);
    CHECK(dumbo_connection_local_rwnd(connection.get()) == 5000);
    CHECK(dumbo_connection_next_expected(connection.get()) == dumbo_test::peer_isn + 1);
    CHECK(dumbo_connection_highest_ack_received(connection.get()) == dumbo_test::our_isn);
    CHECK(dumbo_connection_first_not_sent(connection.get()) == dumbo_test::our_isn + 1);
    CHECK(dumbo_connection_remote_rwnd_edge(connection.get()) == dumbo_test::our_isn + 1 + 8192);
    CHECK(next(connection, deadline) == DUMBO_NEXT_SEGMENT_AVAILABLE);
    CHECK(deadline == 0);

    write(connection, 10);
    CHECK(next(connection, deadline) == DUMBO_NEXT_SEGMENT_TIMEOUT);
    CHECK(deadline == 110);
    receive(connection, next_from_peer(connection), 11);
    CHECK(state(connection) == DUMBO_STATE_ESTABLISHED);
    CHECK(next(connection, deadline) == DUMBO_NEXT_SEGMENT_NOTHING);
    CHECK(deadline == UINT64_MAX);

    CHECK(dumbo_connection_close(connection.get()) == DUMBO_OK);
    write(connection, 12);
    CHECK(state(connection) == DUMBO_STATE_FIN_WAIT_1);
    receive(connection, next_from_peer(connection), 13);
    CHECK(state(connection) == DUMBO_STATE_FIN_WAIT_2);
    CHECK(dumbo_connection_fin_acknowledged(connection.get()));
    CHECK_FALSE(dumbo_connection_is_done(connection.get()));
    receive(connection, next_from_peer(connection, ack_bit | fin_bit), 14);
    CHECK(state(connection) == DUMBO_STATE_CLOSED);
    CHECK(dumbo_connection_fin_received(connection.get()));
    CHECK(dumbo_connection_is_done(connection.get()));
    CHECK_FALSE(dumbo_connection_is_reset(connection.get()));
}

TEST_CASE("a FIN can be recorded behind bytes that are still to be sent, as many as a window can hold",
          "[connection]") {
    const Handle connection = established();
    CHECK(dumbo_connection_close_after(connection.get(), DUMBO_MAX_WINDOW_SIZE + 1) == DUMBO_ERR_INVALID_ARGUMENT);
    CHECK(dumbo_connection_close_after(connection.get(), UINT32_MAX) == DUMBO_ERR_INVALID_ARGUMENT);
    CHECK(dumbo_connection_close_after(connection.get(), DUMBO_MAX_WINDOW_SIZE) == DUMBO_OK);
    CHECK(dumbo_connection_close_after(connection.get(), 0) == DUMBO_OK);  // the first one stays
    std::uint64_t deadline = 0;
    CHECK(next(connection, deadline) == DUMBO_NEXT_SEGMENT_NOTHING);
    CHECK(state(connection) == DUMBO_STATE_ESTABLISHED);
}

TEST_CASE("closing second leads through CLOSE-WAIT and LAST-ACK", "[connection]") {
    const Handle connection = established();
    receive(connection, next_from_peer(connection, ack_bit | fin_bit));
    CHECK(state(connection) == DUMBO_STATE_CLOSE_WAIT);
    dumbo_connection_close(connection.get());
    write(connection);
    CHECK(state(connection) == DUMBO_STATE_LAST_ACK);
    CHECK(dumbo_connection_is_done(connection.get()));
    CHECK_FALSE(dumbo_connection_fin_acknowledged(connection.get()));
}

TEST_CASE("received bytes arrive in the buffer, and what is behind them is not touched", "[connection]") {
    const Handle connection = established();
    const Bytes data = random_bytes(100);
    const Bytes segment = segment_bytes(next_from_peer(connection, ack_bit, data));
    Bytes buffer(150, 0xee);
    std::size_t received = 0;
    std::uint32_t anomalies = 1;
    CHECK(dumbo_connection_receive_segment(connection.get(), segment.data(), segment.size(), nullptr, buffer.data(),
                                           buffer.size(), 0, &received, &anomalies) == DUMBO_OK);
    CHECK(received == 100);
    CHECK(anomalies == 0);
    CHECK(buffer == dumbo_test::concat({data, Bytes(50, 0xee)}));

    // The same segment again is old: an anomaly, and nothing for the buffer, which may then be missing.
    CHECK(dumbo_connection_receive_segment(connection.get(), segment.data(), segment.size(), nullptr, nullptr, 0, 0,
                                           &received, &anomalies) == DUMBO_OK);
    CHECK(received == 0);
    CHECK(anomalies == DUMBO_ANOMALY_UNEXPECTED_SEQ);
}

TEST_CASE("a payload without room is refused with the room it needs, and can be had afterwards", "[connection]") {
    const Handle connection = established();
    const Bytes data = random_bytes(100);
    const Bytes segment = segment_bytes(next_from_peer(connection, ack_bit | fin_bit, data));
    for (const std::size_t room : {0U, 1U, 99U}) {
        Bytes buffer(room);
        std::size_t received = 0;
        std::uint32_t anomalies = 1;
        CHECK(dumbo_connection_receive_segment(connection.get(), segment.data(), segment.size(), nullptr, buffer.data(),
                                               room, 500, &received, &anomalies) == DUMBO_ERR_BUFFER_TOO_SMALL);
        CHECK(received == 100);
        CHECK(anomalies == 0);
    }
    Bytes buffer(100);
    std::size_t received = 0;
    CHECK(dumbo_connection_receive_segment(connection.get(), segment.data(), segment.size(), nullptr, buffer.data(),
                                           100, 0, &received, nullptr) == DUMBO_OK);
    CHECK(buffer == data);
    CHECK(dumbo_connection_fin_received(connection.get()));
}

TEST_CASE("received bytes can be left where they are", "[connection]") {
    const Handle connection = established();
    auto spec = next_from_peer(connection, ack_bit, random_bytes(60));
    spec.options = {1, 1, 1, 0};
    const Bytes segment = segment_bytes(spec);
    std::size_t offset = 0;
    std::size_t received = 0;
    std::uint32_t anomalies = 1;
    CHECK(dumbo_connection_receive_segment_in_place(connection.get(), segment.data(), segment.size(), nullptr, 0,
                                                    &offset, &received, &anomalies) == DUMBO_OK);
    CHECK(offset == 24);
    CHECK(received == 60);
    CHECK(anomalies == 0);
    CHECK(dumbo_connection_next_expected(connection.get()) == spec.seq + 60);
    CHECK(dumbo_connection_receive_segment_in_place(connection.get(), segment.data(), segment.size(), nullptr, 0,
                                                    &offset, &received, &anomalies) == DUMBO_OK);
    CHECK(received == 0);
    CHECK(anomalies == DUMBO_ANOMALY_UNEXPECTED_SEQ);
}

TEST_CASE("the window is used up and opened again", "[connection]") {
    const Handle connection = established();
    receive(connection, next_from_peer(connection, ack_bit, Bytes(4000)));
    CHECK(dumbo_connection_local_rwnd(connection.get()) == 1000);
    CHECK(dumbo_connection_advance_local_rwnd_edge(connection.get(), 500) == DUMBO_OK);
    CHECK(dumbo_connection_local_rwnd(connection.get()) == 1500);
    CHECK(dumbo_connection_advance_local_rwnd_edge(connection.get(), UINT32_MAX) == DUMBO_OK);
    CHECK(dumbo_connection_local_rwnd(connection.get()) == DUMBO_MAX_WINDOW_SIZE);
}

TEST_CASE("a duplicate ACK is told by observer and anomaly until the data went out again", "[connection]") {
    const Handle connection = established();
    const Bytes data = random_bytes(300);
    const auto payload = dumbo_test::payload(data, dumbo_connection_first_not_sent(connection.get()));
    const Bytes first = write(connection, 0, &payload);
    auto duplicate = next_from_peer(connection);
    duplicate.ack = payload.seq;
    CHECK(receive(connection, duplicate) == DUMBO_ANOMALY_DUP_ACK);
    CHECK(dumbo_connection_dup_ack_pending(connection.get()));
    CHECK(write(connection, 0, &payload) == first);
    CHECK_FALSE(dumbo_connection_dup_ack_pending(connection.get()));
}

TEST_CASE("the announced RST is the one that goes out", "[connection]") {
    for (const bool handshake_done : {false, true}) {
        const Handle connection = handshake_done ? established() : opened();
        auto announced = sized<dumbo_rst_config>();
        CHECK(dumbo_connection_make_rst_config(connection.get(), &announced) == DUMBO_OK);
        CHECK(announced.struct_size == sizeof announced);
        CHECK(dumbo_connection_reset(connection.get()) == DUMBO_OK);
        CHECK_FALSE(dumbo_connection_is_reset(connection.get()));
        const Bytes rst = write(connection);
        CHECK(dumbo_test::get32(rst, 4) == announced.seq);
        CHECK(dumbo_test::get32(rst, 8) == announced.ack);
        CHECK(rst[13] == announced.flags);
        CHECK(announced.flags == (handshake_done ? rst_bit : rst_bit | ack_bit));
        CHECK(dumbo_connection_is_reset(connection.get()));
        CHECK(dumbo_connection_is_done(connection.get()));
        CHECK(dumbo_connection_is_established(connection.get()) == handshake_done);
        CHECK(state(connection) == DUMBO_STATE_CLOSED);
    }
}

TEST_CASE("a header that does not fit tells its own length", "[connection]") {
    const auto needed = [](const Handle& connection) {
        const auto to = addressing();
        Bytes buffer(19);
        std::size_t written = 0;
        CHECK(dumbo_connection_write_next_segment(connection.get(), buffer.data(), buffer.size(), 0, nullptr, &to, 0,
                                                  &written, nullptr) == DUMBO_ERR_BUFFER_TOO_SMALL);
        return written;
    };
    SECTION("a SYNACK") {
        CHECK(needed(opened()) == 24);
    }
    SECTION("an ACK") {
        const Handle connection = established();
        receive(connection, next_from_peer(connection, ack_bit, Bytes(1)));
        CHECK(needed(connection) == 20);
    }
    SECTION("a RST of an established connection") {
        const Handle connection = established();
        dumbo_connection_reset(connection.get());
        CHECK(needed(connection) == 20);
    }
    SECTION("a RST during the handshake") {
        const Handle connection = opened();
        dumbo_connection_reset(connection.get());
        CHECK(needed(connection) == 20);
    }
}

TEST_CASE("nothing to send is a success of length 0, and needs no buffer", "[connection]") {
    const Handle connection = established();
    const auto to = addressing();
    std::size_t written = 1;
    CHECK(dumbo_connection_write_next_segment(connection.get(), nullptr, 0, 0, nullptr, &to, 0, &written, nullptr) ==
          DUMBO_OK);
    CHECK(written == 0);
}

TEST_CASE("ports go out as given, and addresses only into the checksum", "[connection]") {
    const Handle connection = opened();
    auto to = addressing();
    to.source_port = 0x1234;
    to.destination_port = 0xfedc;
    to.source[0] = 0x77;
    Bytes buffer(100, 0xee);
    std::size_t written = 0;
    CHECK(dumbo_connection_write_next_segment(connection.get(), buffer.data(), buffer.size(), 0, nullptr, &to, 0,
                                              &written, nullptr) == DUMBO_OK);
    CHECK(written == 24);
    CHECK(dumbo_test::get16(buffer, 0) == 0x1234);
    CHECK(dumbo_test::get16(buffer, 2) == 0xfedc);
    CHECK(dumbo_test::get16(buffer, 16) == 0);
    CHECK(dumbo_test::same_bytes(dumbo_test::View(buffer).subspan(24), Bytes(76, 0xee)));
}
