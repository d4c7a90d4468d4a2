// SPDX-License-Identifier: Apache-2.0
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
