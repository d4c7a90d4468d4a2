// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace dumbo::inline v0 {

// Why a call could not do what it was asked. Each function names the ones that it can return.
enum class Error : std::uint8_t {
    // the caller's arguments
    invalid_argument,
    buffer_too_small,
    timestamp_decreased,
    callback,
    // opening
    invalid_syn,
    mss_option,
    // sending
    payload_too_large,
    payload_missing_seq,
    data_after_fin,
    mss_reserved,
    mss_option_room,
    empty_payload,
    // parsing
    truncated,
    header_length,
    checksum,
    ip_version,
    total_length,
    length_mismatch,
    hardware_type,
    protocol_type,
    hardware_length,
    protocol_length,
    operation,
    // restoring: not a snapshot, or not one of a state that a connection can be in
    snapshot_length,
    snapshot_format,
    snapshot_version,
    snapshot_checksum,
    snapshot_value,
    snapshot_option,
    snapshot_handshake,
    snapshot_send,
    snapshot_receive,
    snapshot_timeout,
    snapshot_reset,
    snapshot_stack,
    snapshot_config,
    // a stack's connections
    no_connection,
    connection_closing,
    lent,
    // the end of a connection, or the reason why there is none
    connection_reset,
    no_entropy,
};

}  // namespace dumbo::inline v0
