// SPDX-License-Identifier: Apache-2.0
#include "conformance/failure.hpp"

namespace conformance {

namespace {

// As opening and receiving say it, and the other dialects wherever they have no name of their own.
std::string_view common_name(Failure failure) {
    switch (failure) {
        case Failure::invalid_argument:
            return "invalid_argument";
        case Failure::buffer_too_small:
            return "buffer_too_small";
        case Failure::timestamp_decreased:
            return "timestamp_decreased";
        case Failure::callback:
            return "callback";
        case Failure::invalid_syn:
            return "invalid_syn";
        case Failure::mss_option:
            return "mss_option";
        case Failure::payload_too_large:
            return "payload_buf_too_large";
        case Failure::payload_missing_seq:
            return "payload_missing_seq";
        case Failure::data_after_fin:
            return "data_after_fin";
        case Failure::mss_reserved:
        case Failure::mss_option_room:
            return "mss_remaining";
        case Failure::empty_payload:
            return "empty_payload";
        case Failure::truncated:
            return "slice_too_short";
        case Failure::header_length:
            return "header_len";
        case Failure::checksum:
            return "checksum";
        case Failure::ip_version:
            return "version";
        case Failure::total_length:
            return "invalid_total_len";
        case Failure::length_mismatch:
            return "slice_exact_len";
        case Failure::hardware_type:
            return "htype";
        case Failure::protocol_type:
            return "ptype";
        case Failure::hardware_length:
            return "hlen";
        case Failure::protocol_length:
            return "plen";
        case Failure::operation:
            return "operation";
        case Failure::connection_reset:
            return "connection_reset";
        case Failure::out_of_memory:
            return "out_of_memory";
        case Failure::no_entropy:
            return "no_entropy";
        case Failure::internal:
            return "internal";
    }
    return "unknown";
}

std::string_view name_when_writing(Failure failure) {
    switch (failure) {
        case Failure::buffer_too_small:
            return "tcp_slice_too_short";
        case Failure::mss_option_room:
            return "tcp_mss_remaining";
        case Failure::empty_payload:
            return "tcp_empty_payload";
        default:
            return common_name(failure);
    }
}

std::string_view name_of_codec(Failure failure) {
    switch (failure) {
        case Failure::buffer_too_small:
            return "slice_too_short";
        default:
            return common_name(failure);
    }
}

}  // namespace

std::string_view failure_name(Failure failure, Dialect dialect) {
    switch (dialect) {
        case Dialect::codec:
            return name_of_codec(failure);
        case Dialect::connection:
            return common_name(failure);
        case Dialect::connection_writing:
            return name_when_writing(failure);
    }
    return "unknown";
}

bool is_failure_name(std::string_view name, Dialect dialect) {
    for (int i = 0; i <= static_cast<int>(Failure::internal); ++i) {
        if (failure_name(static_cast<Failure>(i), dialect) == name) {
            return true;
        }
    }
    return false;
}

}  // namespace conformance
