// SPDX-License-Identifier: Apache-2.0
#include "arguments.hpp"
#include "handle.hpp"

// What a connection tells about itself. NULL answers like a connection that was reset long ago.
using namespace dumbo;

static_assert(DUMBO_STATE_CLOSED == static_cast<int>(State::closed));
static_assert(DUMBO_STATE_SYN_RECEIVED == static_cast<int>(State::syn_received));
static_assert(DUMBO_STATE_ESTABLISHED == static_cast<int>(State::established));
static_assert(DUMBO_STATE_FIN_WAIT_1 == static_cast<int>(State::fin_wait_1));
static_assert(DUMBO_STATE_FIN_WAIT_2 == static_cast<int>(State::fin_wait_2));
static_assert(DUMBO_STATE_CLOSE_WAIT == static_cast<int>(State::close_wait));
static_assert(DUMBO_STATE_LAST_ACK == static_cast<int>(State::last_ack));

bool dumbo_connection_is_established(const dumbo_connection* connection) {
    return connection != nullptr && connection->core.is_established();
}

bool dumbo_connection_fin_received(const dumbo_connection* connection) {
    return connection != nullptr && connection->core.fin_received();
}

bool dumbo_connection_fin_acknowledged(const dumbo_connection* connection) {
    return connection != nullptr && connection->core.fin_acknowledged();
}

bool dumbo_connection_is_done(const dumbo_connection* connection) {
    return connection == nullptr || connection->core.is_done();
}

bool dumbo_connection_is_reset(const dumbo_connection* connection) {
    return connection == nullptr || connection->core.is_reset();
}

bool dumbo_connection_dup_ack_pending(const dumbo_connection* connection) {
    return connection != nullptr && connection->core.dup_ack_pending();
}

uint32_t dumbo_connection_first_not_sent(const dumbo_connection* connection) {
    return connection != nullptr ? connection->core.first_not_sent().value() : 0;
}

uint32_t dumbo_connection_highest_ack_received(const dumbo_connection* connection) {
    return connection != nullptr ? connection->core.highest_ack_received().value() : 0;
}

uint32_t dumbo_connection_remote_rwnd_edge(const dumbo_connection* connection) {
    return connection != nullptr ? connection->core.remote_rwnd_edge().value() : 0;
}

uint32_t dumbo_connection_next_expected(const dumbo_connection* connection) {
    return connection != nullptr ? connection->core.next_expected().value() : 0;
}

uint32_t dumbo_connection_local_rwnd(const dumbo_connection* connection) {
    return connection != nullptr ? connection->core.local_rwnd() : 0;
}

uint16_t dumbo_connection_mss(const dumbo_connection* connection) {
    return connection != nullptr ? connection->core.mss() : std::uint16_t{0};
}

uint32_t dumbo_connection_state(const dumbo_connection* connection) {
    return connection != nullptr ? static_cast<std::uint32_t>(connection->core.state())
                                 : std::uint32_t{DUMBO_STATE_CLOSED};
}

int32_t dumbo_connection_counters(const dumbo_connection* connection, dumbo_counters* out) {
    const capi::OutputStruct output(out);
    if (connection == nullptr || !capi::is_counted(*connection) || !output.is_valid()) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    const Counters& from = *capi::counters_of(connection);
    output.set({.struct_size = 0,
                .reserved = 0,
                .segments_in = from.segments_in,
                .bytes_in = from.bytes_in,
                .segments_out = from.segments_out,
                .bytes_out = from.bytes_out,
                .repeated_on_timeout = from.repeated_on_timeout,
                .repeated_on_dup_ack = from.repeated_on_dup_ack,
                .repeated_on_window_opened = from.repeated_on_window_opened,
                .repeated_on_syn = from.repeated_on_syn,
                .bytes_repeated = from.bytes_repeated,
                .probes = from.probes,
                .resets_by_peer = from.of(anomaly::reset_received),
                .resets_by_invalid_segment = from.resets_by_invalid_segment,
                .resets_by_invalid_ack = from.resets_by_invalid_ack,
                .resets_by_caller = from.resets_by_caller,
                .resets_by_timeout = from.resets_by_timeout,
                .invalid_ack = from.of(anomaly::invalid_ack),
                .dup_ack = from.of(anomaly::dup_ack),
                .segment_beyond_rwnd = from.of(anomaly::segment_beyond_rwnd),
                .unexpected_seq = from.of(anomaly::unexpected_seq),
                .remote_rwnd_edge = from.of(anomaly::remote_rwnd_edge),
                .data_beyond_fin = from.of(anomaly::data_beyond_fin),
                .reset_received = from.of(anomaly::reset_received),
                .invalid_rst = from.of(anomaly::invalid_rst),
                .invalid_segment = from.of(anomaly::invalid_segment),
                .conn_resetting = from.of(anomaly::conn_resetting),
                .invalid_fin = from.of(anomaly::invalid_fin),
                .challenge_ack = from.of(anomaly::challenge_ack),
                .malformed = from.malformed,
                .checksum_errors = from.checksum_errors,
                .after_reset = from.after_reset});
    return DUMBO_OK;
}
