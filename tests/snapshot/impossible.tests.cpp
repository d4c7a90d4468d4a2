// SPDX-License-Identifier: Apache-2.0
#include <functional>
#include <string>

#include "capi/support/endpoint.hpp"
#include "snapshot/layout.hpp"
#include "support/catch.hpp"

using namespace snapshot_test;

// States that no sequence of calls can lead to, each by changing as little as possible of one that was led to; and on
// the other side of each border a state that is fine.
namespace {

constexpr std::int32_t fine = DUMBO_OK;
constexpr std::uint32_t irs = dumbo_test::peer_isn + 1;
constexpr std::uint32_t iss = dumbo_test::our_isn + 1;

dumbo_connection_config config_with(std::uint32_t options, std::uint32_t window = 5000) {
    auto config = dumbo_test::config();
    config.options = options;
    config.local_rwnd_size = window;
    return config;
}

struct Change {
    Field field;
    std::uint64_t value;
};

class Base {
public:
    explicit Base(const dumbo_test::Handle& connection) : snapshot_(snapshot_of(connection.get())) {
        REQUIRE(restore(snapshot_).code == DUMBO_OK);
    }

    [[nodiscard]] std::int32_t with(std::initializer_list<Change> changes) const {
        Bytes changed = snapshot_;
        for (const auto& [field, value] : changes) {
            set(changed, field, value);
        }
        seal(changed);
        return restore(changed).code;
    }

private:
    Bytes snapshot_;
};

// SYN-RECEIVED, before and after the SYNACK.
Base before_synack(std::uint32_t window = 5000) {
    return Base(dumbo_test::opened(config_with(DUMBO_OPTIONS_NONE, window)));
}
Base after_synack() {
    const auto connection = dumbo_test::opened();
    dumbo_test::write(connection, 7);
    return Base(connection);
}

Base established(std::uint32_t options = DUMBO_OPTIONS_NONE) {
    return Base(dumbo_test::established(config_with(options)));
}

// 100 bytes are outstanding.
Base sending(std::uint32_t options = DUMBO_OPTIONS_NONE) {
    const auto connection = dumbo_test::established(config_with(options));
    const dumbo_test::Bytes bytes(100);
    const auto source = dumbo_test::payload(bytes, iss);
    REQUIRE(dumbo_test::write(connection, 7, &source).size() == 120);
    return Base(connection);
}

Base with_fin_sent() {
    const auto connection = dumbo_test::established();
    REQUIRE(dumbo_connection_close(connection.get()) == DUMBO_OK);
    REQUIRE(dumbo_test::write(connection, 7).size() == 20);
    return Base(connection);
}

// The peer's window is closed, there is data, and a probe is out.
Base probing() {
    const auto connection = dumbo_test::established(config_with(DUMBO_OPTION_ZERO_WINDOW_PROBE));
    const dumbo_test::Bytes bytes(8192 + 10);
    const auto source = dumbo_test::payload(bytes, iss);
    while (!dumbo_test::write(connection, 7, &source).empty()) {
    }
    auto ack = dumbo_test::next_from_peer(connection);
    ack.window = 0;
    dumbo_test::receive(connection, ack, 8);
    const auto rest = dumbo_test::payload(dumbo_test::View(bytes).subspan(8192), iss + 8192);
    REQUIRE(dumbo_test::write(connection, 9, &rest).empty());
    REQUIRE(dumbo_test::write(connection, 9 + dumbo_test::rto, &rest).size() == 21);
    return Base(connection);
}

Base reset_queued(std::uint32_t options = DUMBO_OPTIONS_NONE) {
    const auto connection = dumbo_test::established(config_with(options));
    REQUIRE(dumbo_connection_reset(connection.get()) == DUMBO_OK);
    return Base(connection);
}

}  // namespace

TEST_CASE("impossible: values out of their own ranges", "[snapshot]") {
    const Base base = established();
    constexpr std::int32_t refused = DUMBO_ERR_SNAPSHOT_VALUE;
    CHECK(base.with({}) == fine);
    CHECK(base.with({{field::rto_period, 0}}) == refused);
    CHECK(base.with({{field::rto_period, 1}}) == fine);
    CHECK(base.with({{field::rto_period, UINT64_MAX}}) == fine);
    CHECK(base.with({{field::rto_count_max, 0}}) == refused);
    CHECK(base.with({{field::rto_count_max, 1}}) == fine);
    CHECK(base.with({{field::mss, 99}, {field::update_threshold, 1}}) == refused);
    CHECK(base.with({{field::mss, 100}, {field::update_threshold, 1}}) == fine);
    CHECK(base.with({{field::mss, 65495}}) == fine);
    CHECK(base.with({{field::mss, 65496}}) == refused);
    CHECK(base.with({{field::update_threshold, 0}}) == refused);
    CHECK(base.with({{field::update_threshold, 1000}}) == fine);  // the MSS
    CHECK(base.with({{field::update_threshold, 1001}}) == refused);
    for (const auto& [which, past] : {std::pair(field::phase, 3), std::pair(field::rst, 3),
                                      std::pair(field::rst_kind, 2), std::pair(field::probe, 4)}) {
        CHECK(base.with({{which, static_cast<std::uint64_t>(past)}}) == refused);
        CHECK(base.with({{which, 255}}) == refused);
    }
    for (const auto flag : {field::fin_recorded, field::fin_received, field::ack_due, field::dup_ack_pending,
                            field::persisting, field::synack_written, field::challenged}) {
        CHECK(base.with({{flag, 2}}) == refused);
        CHECK(base.with({{flag, 255}}) == refused);
    }
    for (unsigned options = 0; options < 256; ++options) {
        CHECK(base.with({{field::options, options}}) == fine);
    }
}

TEST_CASE("impossible: what only an option leads to, without it", "[snapshot]") {
    constexpr std::int32_t refused = DUMBO_ERR_SNAPSHOT_OPTION;
    const Base probe = probing();
    CHECK(probe.with({{field::options, DUMBO_OPTIONS_NONE}}) == refused);
    CHECK(probe.with({{field::options, 0xff ^ DUMBO_OPTION_ZERO_WINDOW_PROBE}}) == refused);
    CHECK(probe.with({{field::options, DUMBO_OPTIONS_GUEST_FACING}}) == fine);
    const Base base = established();
    CHECK(base.with({{field::persisting, 1}}) == refused);
    CHECK(base.with({{field::persisting, 1}, {field::options, DUMBO_OPTION_ZERO_WINDOW_PROBE}}) == fine);
    CHECK(base.with({{field::challenged, 1}}) == refused);
    CHECK(base.with({{field::challenged, 1}, {field::options, DUMBO_OPTION_RFC5961}}) == fine);
    CHECK(base.with({{field::challenged, 1}, {field::options, DUMBO_OPTION_STRICT_ACCEPTANCE}}) == fine);
    CHECK(base.with({{field::challenged, 1}, {field::options, DUMBO_OPTION_LINGER}}) == refused);
}

TEST_CASE("impossible: handshakes", "[snapshot]") {
    constexpr std::int32_t refused = DUMBO_ERR_SNAPSHOT_HANDSHAKE;
    const Base base = before_synack();
    CHECK(base.with({{field::phase, 1}}) == refused);  // SYNACK sent, and not written
    const Change said{field::advertised_edge, irs + 5000};
    CHECK(base.with({{field::phase, 1}, {field::synack_written, 1}, said}) == fine);
    CHECK(base.with({{field::synack_written, 1}, said}) == fine);  // the SYN was repeated
    CHECK(base.with({{field::synack_written, 1}, {field::advertised_edge, irs + 2000}}) == fine);
    CHECK(base.with({{field::synack_written, 1}, {field::advertised_edge, irs + 1999}}) ==
          refused);  // less than there was
    CHECK(established().with({{field::synack_written, 0}}) == refused);
    CHECK(base.with({{field::fin_received, 1}}) == refused);
    CHECK(base.with({{field::dup_ack_pending, 1}}) == refused);
    CHECK(base.with({{field::persisting, 1}, {field::options, 0xff}}) == refused);
    CHECK(base.with({{field::challenged, 1}, {field::options, 0xff}}) == refused);
    CHECK(base.with({{field::probe, 1}, {field::options, 0xff}}) == refused);
    CHECK(base.with({{field::snd_una, iss}}) == refused);  // nothing outstanding, or two numbers
    CHECK(base.with({{field::snd_una, iss - 2}}) == refused);
    CHECK(base.with({{field::advertised_edge, irs + 1}}) == refused);  // nothing was announced yet
    CHECK(base.with({{field::ack_due, 1}}) == refused);                // the window was not closed at the opening
    CHECK(before_synack(0).with({{field::ack_due, 1}}) == fine);
    // A window that began with 5000 has not become smaller: half of it is far above the threshold, an MSS of 1000.
    CHECK(base.with({{field::rcv_edge, irs + 2000}}) == fine);
    CHECK(base.with({{field::rcv_edge, irs + 1999}}) == refused);
}

TEST_CASE("impossible: the peer's window during the handshake, and after it", "[snapshot]") {
    constexpr std::int32_t refused = DUMBO_ERR_SNAPSHOT_SEND;
    const Base opening = after_synack();
    CHECK(opening.with({{field::snd_edge, iss}}) == fine);
    CHECK(opening.with({{field::snd_edge, iss - 1}}) == refused);
    CHECK(opening.with({{field::snd_edge, iss + 65535}}) == fine);
    CHECK(opening.with({{field::snd_edge, iss + 65536}}) == refused);
    const Base base = established();
    CHECK(base.with({{field::snd_edge, iss}}) == fine);
    CHECK(base.with({{field::snd_edge, iss - 1}}) == refused);
    CHECK(base.with({{field::snd_edge, iss + 65535}}) == fine);
    CHECK(base.with({{field::snd_edge, iss + 65536}}) == refused);
}

TEST_CASE("impossible: SND.UNA, SND.NXT and the edge out of order", "[snapshot]") {
    constexpr std::int32_t refused = DUMBO_ERR_SNAPSHOT_SEND;
    const Base base = sending();
    CHECK(base.with({{field::snd_una, iss + 100}}) == fine);
    CHECK(base.with({{field::snd_una, iss + 101}}) == refused);  // SND.UNA after SND.NXT
    CHECK(base.with({{field::snd_edge, iss + 100}}) == fine);
    CHECK(base.with({{field::snd_edge, iss + 99}}) == refused);  // SND.NXT past the edge
    CHECK(base.with({{field::snd_nxt, iss + 0x80000000}}) == refused);
    CHECK(base.with({{field::dup_ack_pending, 1}}) == fine);
    CHECK(base.with({{field::dup_ack_pending, 1}, {field::snd_una, iss + 100}}) == refused);  // nothing outstanding
}

TEST_CASE("impossible: our FIN", "[snapshot]") {
    constexpr std::int32_t refused = DUMBO_ERR_SNAPSHOT_SEND;
    const Base opening = after_synack();
    CHECK(opening.with({{field::fin_recorded, 1}, {field::fin, iss}}) == fine);
    CHECK(opening.with({{field::fin_recorded, 1}, {field::fin, iss - 1}}) == refused);  // sent before anything else
    const Base base = sending();
    CHECK(base.with({{field::fin, 1}}) == refused);  // a number, but no FIN
    CHECK(base.with({{field::fin_recorded, 1}, {field::fin, iss + 100}}) == fine);
    CHECK(base.with({{field::fin_recorded, 1}, {field::fin, iss + 99}}) == fine);  // the last of them is the FIN
    CHECK(base.with({{field::fin_recorded, 1}, {field::fin, iss + 98}}) == refused);
    CHECK(base.with({{field::fin_recorded, 1}, {field::fin, iss + 101}}) == fine);  // behind a byte to be sent
    CHECK(base.with({{field::fin_recorded, 1}, {field::fin, iss + 100 + DUMBO_MAX_WINDOW_SIZE}}) == fine);
    CHECK(base.with({{field::fin_recorded, 1}, {field::fin, iss + 101 + DUMBO_MAX_WINDOW_SIZE}}) == refused);
    // The FIN, and nothing but the FIN, may stand past the edge.
    const Base closing = with_fin_sent();
    CHECK(closing.with({{field::snd_edge, iss}}) == fine);
    CHECK(closing.with({{field::snd_edge, iss}, {field::fin_recorded, 0}, {field::fin, 0}}) == refused);
    CHECK(closing.with({{field::snd_edge, iss}, {field::snd_una, iss - 1}}) == fine);  // a byte before the FIN
    CHECK(closing.with({{field::snd_edge, iss - 1}, {field::snd_una, iss - 1}}) == refused);
}

TEST_CASE("impossible: probes", "[snapshot]") {
    constexpr std::int32_t refused = DUMBO_ERR_SNAPSHOT_SEND;
    constexpr std::uint32_t at = iss + 8192;  // of the probe's octet
    const Base base = probing();
    CHECK(base.with({{field::probe, 2}}) == fine);
    CHECK(base.with({{field::probe, 0}}) == refused);  // then nothing may be past the edge
    CHECK(base.with({{field::probe, 3}}) == refused);  // opened, and the window is closed
    CHECK(base.with({{field::probe, 3}, {field::snd_edge, at + 5}}) == refused);
    CHECK(base.with({{field::probe, 3}, {field::snd_edge, at + 5}, {field::dup_ack_pending, 1}}) == fine);
    CHECK(base.with({{field::snd_edge, at + 5}}) == refused);  // not opened, and the window is open
    CHECK(base.with({{field::snd_edge, at + 5}, {field::dup_ack_pending, 1}}) == refused);
    CHECK(base.with({{field::dup_ack_pending, 1}}) == refused);
    CHECK(base.with({{field::snd_una, at + 1}, {field::snd_edge, at + 1}}) == refused);  // nothing is out
    CHECK(base.with({{field::snd_una, at - 1}, {field::snd_edge, at}}) == refused);      // more than a probe is
    CHECK(base.with({{field::fin_recorded, 1}, {field::fin, at + 1}}) == fine);
    CHECK(base.with({{field::fin_recorded, 1}, {field::fin, at}}) == refused);  // the octet would be the FIN
    CHECK(base.with({{field::persisting, 1}}) == refused);
    const Base waiting = established(DUMBO_OPTION_ZERO_WINDOW_PROBE);
    CHECK(waiting.with({{field::persisting, 1}}) == fine);
    CHECK(waiting.with({{field::persisting, 1}, {field::fin_recorded, 1}, {field::fin, iss}}) == fine);
    CHECK(waiting.with({{field::persisting, 1}, {field::fin_recorded, 1}, {field::fin, iss - 1}}) == refused);
    CHECK(sending(DUMBO_OPTION_ZERO_WINDOW_PROBE).with({{field::persisting, 1}}) == refused);
}

TEST_CASE("impossible: our window", "[snapshot]") {
    constexpr std::int32_t refused = DUMBO_ERR_SNAPSHOT_RECEIVE;
    const Base base = established();
    CHECK(base.with({{field::rcv_edge, irs + DUMBO_MAX_WINDOW_SIZE}}) == fine);
    CHECK(base.with({{field::rcv_edge, irs + DUMBO_MAX_WINDOW_SIZE + 1}}) == refused);
    CHECK(base.with({{field::rcv_edge, irs - 1}}) == refused);
    CHECK(base.with({{field::rcv_edge, irs - 1}, {field::advertised_edge, irs}}) == refused);  // without a FIN
    CHECK(base.with({{field::rcv_edge, irs - 1}, {field::fin_received, 1}, {field::advertised_edge, irs}}) == fine);
    CHECK(base.with({{field::rcv_edge, irs - 2}, {field::fin_received, 1}, {field::advertised_edge, irs}}) == refused);
    // What was announced is no more than there is, unless an ACK is due that says what became of it.
    CHECK(base.with({{field::advertised_edge, irs + 5000}}) == fine);
    CHECK(base.with({{field::advertised_edge, irs + 5001}}) == refused);
    CHECK(base.with({{field::advertised_edge, irs - 1}}) == refused);
    CHECK(base.with({{field::advertised_edge, irs - 1}, {field::ack_due, 1}}) == fine);
    CHECK(base.with({{field::rcv_edge, irs + 100'000}, {field::advertised_edge, irs + 65'535}}) == fine);
    CHECK(base.with({{field::rcv_edge, irs + 100'000}, {field::advertised_edge, irs + 65'536}}) == refused);
    CHECK(after_synack().with({{field::advertised_edge, irs + 5001}}) == refused);
}

TEST_CASE("impossible: a window that has opened, and a peer that is told or not", "[snapshot]") {
    constexpr std::int32_t refused = DUMBO_ERR_SNAPSHOT_RECEIVE;
    const Base base = established();
    CHECK(base.with({{field::advertised_edge, irs}}) == refused);  // it would wait for ever
    CHECK(base.with({{field::advertised_edge, irs}, {field::ack_due, 1}}) == fine);
    CHECK(base.with({{field::advertised_edge, irs}, {field::rcv_edge, irs}}) == fine);
    CHECK(base.with({{field::advertised_edge, irs + 1}}) == fine);
    // During the handshake nothing is received that an ACK could be due for, but the window's opening.
    const auto during_handshake = [](std::uint32_t announced, std::uint32_t window, bool owes_ack) {
        return before_synack(0).with({{field::phase, 1},
                                      {field::synack_written, 1},
                                      {field::ack_due, owes_ack ? 1U : 0U},
                                      {field::rcv_edge, irs + window},
                                      {field::advertised_edge, irs + announced}});
    };
    CHECK(during_handshake(0, 10, true) == fine);
    CHECK(during_handshake(0, 10, false) == refused);
    CHECK(during_handshake(0, 0, false) == fine);
    CHECK(during_handshake(0, 0, true) == fine);
    CHECK(during_handshake(10, 10, true) == refused);
    CHECK(during_handshake(5, 10, false) == fine);
    CHECK(during_handshake(11, 10, false) == refused);
}

TEST_CASE("impossible: timeouts", "[snapshot]") {
    constexpr std::int32_t refused = DUMBO_ERR_SNAPSHOT_TIMEOUT;
    const Base unsent = before_synack();
    CHECK(unsent.with({{field::timeout_start, 1}}) == refused);
    CHECK(unsent.with({{field::timeout_count, 1}}) == refused);
    CHECK(after_synack().with({{field::timeout_count, 2}}) == fine);
    CHECK(after_synack().with({{field::timeout_count, 3}}) == refused);  // that many reset
    CHECK(established().with({{field::timeout_count, 1}}) == refused);   // nothing can be late
    CHECK(sending().with({{field::timeout_count, 1}}) == fine);
    CHECK(sending().with({{field::timeout_count, 3}}) == refused);
    CHECK(sending().with({{field::timeout_count, 3}, {field::rst, 2}}) == fine);
    CHECK(sending().with({{field::timeout_count, 4}, {field::rst, 2}}) == refused);
    CHECK(sending().with({{field::timeout_count, 3}, {field::rst, 2}, {field::rst_number, 5}}) == refused);
    CHECK(probing().with({{field::timeout_count, 1}}) == fine);
    CHECK(probing().with({{field::timeout_count, 1}, {field::probe, 2}}) == refused);  // the answer said otherwise
    CHECK(established(0xff).with({{field::latest_challenge, 1}}) == refused);
    CHECK(established(0xff).with({{field::latest_challenge, 1}, {field::challenged, 1}}) == fine);
    // Before the 0 of a clock that the connection was moved to.
    CHECK(sending().with({{field::timeout_start, UINT64_MAX - 100}}) == fine);
}

TEST_CASE("impossible: RSTs", "[snapshot]") {
    constexpr std::int32_t refused = DUMBO_ERR_SNAPSHOT_RESET;
    const Base base = established(DUMBO_OPTION_RFC5961);
    CHECK(base.with({{field::rst_number, 5}}) == refused);  // of no RST
    CHECK(base.with({{field::rst_kind, 1}}) == refused);
    CHECK(base.with({{field::rst, 2}}) == fine);                             // the peer's
    CHECK(base.with({{field::rst, 2}, {field::rst_number, iss}}) == fine);   // ours
    CHECK(base.with({{field::rst, 2}, {field::rst_number, 5}}) == refused);  // no segment leads to one with rfc5961
    const Base queued = reset_queued(DUMBO_OPTION_RFC5961);
    CHECK(queued.with({{field::rst_number, iss + 1}}) == refused);
    CHECK(queued.with({{field::rst_number, 0}}) == refused);
    CHECK(queued.with({{field::rst_kind, 1}}) == refused);
    CHECK(reset_queued().with({{field::rst_number, 5}, {field::rst_kind, 1}}) == fine);
    CHECK(after_synack().with({{field::rst, 1}, {field::options, 0xff}, {field::rst_number, 5}}) == fine);
    CHECK(after_synack().with({{field::rst, 1}, {field::options, 0xff}, {field::rst_kind, 1}}) == fine);
    // One with the number 0 looks like none, and is one.
    auto at_zero = config_with(DUMBO_OPTION_RFC5961);
    at_zero.isn = 0xffffffff;
    const auto connection = dumbo_test::established(at_zero);
    REQUIRE(dumbo_connection_reset(connection.get()) == DUMBO_OK);
    CHECK(Base(connection).with({}) == fine);
    CHECK(Base(connection).with({{field::options, DUMBO_OPTIONS_NONE}}) == fine);
    // A RST of ours that went out has ended the waiting for the window.
    const Base waiting = established(DUMBO_OPTION_ZERO_WINDOW_PROBE);
    CHECK(waiting.with({{field::persisting, 1}, {field::rst, 2}}) == fine);
    CHECK(waiting.with({{field::persisting, 1}, {field::rst, 1}, {field::rst_number, iss}}) == fine);
    CHECK(waiting.with({{field::persisting, 1}, {field::rst, 2}, {field::rst_number, iss}}) == refused);
}
