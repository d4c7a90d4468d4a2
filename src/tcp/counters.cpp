// SPDX-License-Identifier: Apache-2.0
#include <dumbo/counters.hpp>

// The part of counting that few segments need.
namespace dumbo::inline v0 {

void Counters::count(Error receive_error) noexcept {
    switch (receive_error) {
        case Error::truncated:
        case Error::header_length:
            ++malformed;
            break;
        case Error::checksum:
            ++checksum_errors;
            break;
        case Error::connection_reset:
            ++after_reset;
            break;
        default:
            break;  // the caller's mistakes are no property of the connection
    }
}

void Counters::count_anomalies(std::uint32_t bits) noexcept {
    for (std::uint32_t rest = bits; rest != 0; rest &= rest - 1) {
        ++anomalies[static_cast<std::size_t>(std::countr_zero(rest))];
    }
    if ((bits & anomaly::conn_resetting) != 0) {
        ++((bits & anomaly::invalid_ack) != 0 ? resets_by_invalid_ack : resets_by_invalid_segment);
    }
}

void Counters::count_cause(Cause cause, std::size_t payload_length) noexcept {
    switch (cause) {
        case Cause::timeout:
            ++repeated_on_timeout;
            bytes_repeated += payload_length;
            break;
        case Cause::dup_ack:
            ++repeated_on_dup_ack;
            bytes_repeated += payload_length;
            break;
        case Cause::window_opened:
            ++repeated_on_window_opened;
            bytes_repeated += payload_length;
            break;
        case Cause::repeated_syn:
            ++repeated_on_syn;
            break;
        case Cause::probe:
            ++probes;
            break;
        case Cause::given_up:
            ++resets_by_timeout;
            break;
        case Cause::none:
        case Cause::syn:
        case Cause::data:
        case Cause::ack:
        case Cause::fin:
        case Cause::reset:
            break;
    }
}

}  // namespace dumbo::inline v0
