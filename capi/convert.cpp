// SPDX-License-Identifier: Apache-2.0
#include "convert.hpp"

namespace dumbo::capi {

std::int32_t to_code(Error error) noexcept {
    switch (error) {
        case Error::invalid_argument:
            return DUMBO_ERR_INVALID_ARGUMENT;
        case Error::buffer_too_small:
            return DUMBO_ERR_BUFFER_TOO_SMALL;
        case Error::timestamp_decreased:
            return DUMBO_ERR_TIMESTAMP_DECREASED;
        case Error::callback:
            return DUMBO_ERR_CALLBACK;
        case Error::invalid_syn:
            return DUMBO_ERR_INVALID_SYN;
        case Error::mss_option:
            return DUMBO_ERR_MSS_OPTION;
        case Error::payload_too_large:
            return DUMBO_ERR_PAYLOAD_TOO_LARGE;
        case Error::payload_missing_seq:
            return DUMBO_ERR_PAYLOAD_MISSING_SEQ;
        case Error::data_after_fin:
            return DUMBO_ERR_DATA_AFTER_FIN;
        case Error::mss_reserved:
            return DUMBO_ERR_MSS_RESERVED;
        case Error::mss_option_room:
            return DUMBO_ERR_MSS_OPTION_ROOM;
        case Error::empty_payload:
            return DUMBO_ERR_EMPTY_PAYLOAD;
        case Error::truncated:
            return DUMBO_ERR_TRUNCATED;
        case Error::header_length:
            return DUMBO_ERR_HEADER_LENGTH;
        case Error::checksum:
            return DUMBO_ERR_CHECKSUM;
        case Error::ip_version:
            return DUMBO_ERR_IP_VERSION;
        case Error::total_length:
            return DUMBO_ERR_TOTAL_LENGTH;
        case Error::length_mismatch:
            return DUMBO_ERR_LENGTH_MISMATCH;
        case Error::hardware_type:
            return DUMBO_ERR_HARDWARE_TYPE;
        case Error::protocol_type:
            return DUMBO_ERR_PROTOCOL_TYPE;
        case Error::hardware_length:
            return DUMBO_ERR_HARDWARE_LENGTH;
        case Error::protocol_length:
            return DUMBO_ERR_PROTOCOL_LENGTH;
        case Error::operation:
            return DUMBO_ERR_OPERATION;
        case Error::snapshot_length:
            return DUMBO_ERR_SNAPSHOT_LENGTH;
        case Error::snapshot_format:
            return DUMBO_ERR_SNAPSHOT_FORMAT;
        case Error::snapshot_version:
            return DUMBO_ERR_SNAPSHOT_VERSION;
        case Error::snapshot_checksum:
            return DUMBO_ERR_SNAPSHOT_CHECKSUM;
        case Error::snapshot_value:
            return DUMBO_ERR_SNAPSHOT_VALUE;
        case Error::snapshot_option:
            return DUMBO_ERR_SNAPSHOT_OPTION;
        case Error::snapshot_handshake:
            return DUMBO_ERR_SNAPSHOT_HANDSHAKE;
        case Error::snapshot_send:
            return DUMBO_ERR_SNAPSHOT_SEND;
        case Error::snapshot_receive:
            return DUMBO_ERR_SNAPSHOT_RECEIVE;
        case Error::snapshot_timeout:
            return DUMBO_ERR_SNAPSHOT_TIMEOUT;
        case Error::snapshot_reset:
            return DUMBO_ERR_SNAPSHOT_RESET;
        case Error::snapshot_stack:
            return DUMBO_ERR_SNAPSHOT_STACK;
        case Error::snapshot_config:
            return DUMBO_ERR_SNAPSHOT_CONFIG;
        case Error::no_connection:
            return DUMBO_ERR_NO_CONNECTION;
        case Error::connection_closing:
            return DUMBO_ERR_CONNECTION_CLOSING;
        case Error::lent:
            return DUMBO_ERR_LENT;
        case Error::connection_reset:
            return DUMBO_ERR_CONNECTION_RESET;
        case Error::no_entropy:
            return DUMBO_ERR_NO_ENTROPY;
    }
    return DUMBO_ERR_INTERNAL;
}

std::int32_t to_code(const std::optional<Error>& error) noexcept {
    return error ? to_code(*error) : std::int32_t{DUMBO_OK};
}

std::int32_t set_number(std::size_t* to, const Result<std::size_t>& result) noexcept {
    if (!result) {
        return to_code(result.error());
    }
    if (to != nullptr) {
        *to = *result;
    }
    return DUMBO_OK;
}

std::optional<StackOffloads> to_offloads(std::uint32_t offloads) noexcept {
    constexpr std::uint32_t known = DUMBO_STACK_OFFLOAD_CHECKSUM | DUMBO_STACK_OFFLOAD_TSO4;
    const StackOffloads result{.checksum = (offloads & DUMBO_STACK_OFFLOAD_CHECKSUM) != 0,
                               .tso4 = (offloads & DUMBO_STACK_OFFLOAD_TSO4) != 0};
    if ((offloads & ~known) != 0 || (result.tso4 && !result.checksum)) {
        return std::nullopt;
    }
    return result;
}

dumbo_rst_config to_rst_config(const RstConfig& config) noexcept {
    return {.struct_size = 0,
            .flags = config.flags(),
            .seq = config.sequence_number().value(),
            .ack = config.ack_number().value()};
}

std::optional<RestoreConfig> to_restore_config(const dumbo_restore_config* config) noexcept {
    constexpr std::uint32_t known_flags = DUMBO_RESTORE_REBASE | DUMBO_RESTORE_COUNTERS;
    if (config == nullptr) {
        return RestoreConfig{};
    }
    const auto known = read_struct(config);
    if (!known || (known->flags & ~known_flags) != 0) {
        return std::nullopt;
    }
    RestoreConfig result{.rebase = std::nullopt, .is_counted = (known->flags & DUMBO_RESTORE_COUNTERS) != 0};
    if ((known->flags & DUMBO_RESTORE_REBASE) != 0) {
        result.rebase = ClockRebase{.old_now = known->old_now, .new_now = known->new_now};
    } else if (known->old_now != 0 || known->new_now != 0) {
        return std::nullopt;
    }
    return result;
}

}  // namespace dumbo::capi
