// SPDX-License-Identifier: Apache-2.0
#include "script/tally.hpp"

#include "script/failure.hpp"

#include <fmt/format.h>

#include <string_view>

namespace script {
namespace {

struct Counter {
    std::string_view name;
    std::uint64_t dumbo_counters::*value;
};

constexpr Counter all_counters[] = {
    {"segments_in", &dumbo_counters::segments_in},
    {"bytes_in", &dumbo_counters::bytes_in},
    {"segments_out", &dumbo_counters::segments_out},
    {"bytes_out", &dumbo_counters::bytes_out},
    {"repeated_on_timeout", &dumbo_counters::repeated_on_timeout},
    {"repeated_on_dup_ack", &dumbo_counters::repeated_on_dup_ack},
    {"repeated_on_window_opened", &dumbo_counters::repeated_on_window_opened},
    {"repeated_on_syn", &dumbo_counters::repeated_on_syn},
    {"bytes_repeated", &dumbo_counters::bytes_repeated},
    {"probes", &dumbo_counters::probes},
    {"resets_by_peer", &dumbo_counters::resets_by_peer},
    {"resets_by_invalid_segment", &dumbo_counters::resets_by_invalid_segment},
    {"resets_by_invalid_ack", &dumbo_counters::resets_by_invalid_ack},
    {"resets_by_caller", &dumbo_counters::resets_by_caller},
    {"resets_by_timeout", &dumbo_counters::resets_by_timeout},
    {"invalid_ack", &dumbo_counters::invalid_ack},
    {"dup_ack", &dumbo_counters::dup_ack},
    {"segment_beyond_rwnd", &dumbo_counters::segment_beyond_rwnd},
    {"unexpected_seq", &dumbo_counters::unexpected_seq},
    {"remote_rwnd_edge", &dumbo_counters::remote_rwnd_edge},
    {"data_beyond_fin", &dumbo_counters::data_beyond_fin},
    {"reset_received", &dumbo_counters::reset_received},
    {"invalid_rst", &dumbo_counters::invalid_rst},
    {"invalid_segment", &dumbo_counters::invalid_segment},
    {"conn_resetting", &dumbo_counters::conn_resetting},
    {"invalid_fin", &dumbo_counters::invalid_fin},
    {"challenge_ack", &dumbo_counters::challenge_ack},
    {"malformed", &dumbo_counters::malformed},
    {"checksum_errors", &dumbo_counters::checksum_errors},
    {"after_reset", &dumbo_counters::after_reset},
};
static_assert(sizeof all_counters / sizeof all_counters[0] * sizeof(std::uint64_t) ==
              sizeof(dumbo_counters) - offsetof(dumbo_counters, segments_in));

struct AnomalyCounter {
    std::uint32_t bit;
    std::uint64_t dumbo_counters::*value;
};

constexpr AnomalyCounter anomaly_counters[] = {
    {DUMBO_ANOMALY_INVALID_ACK, &dumbo_counters::invalid_ack},
    {DUMBO_ANOMALY_DUP_ACK, &dumbo_counters::dup_ack},
    {DUMBO_ANOMALY_SEGMENT_BEYOND_RWND, &dumbo_counters::segment_beyond_rwnd},
    {DUMBO_ANOMALY_UNEXPECTED_SEQ, &dumbo_counters::unexpected_seq},
    {DUMBO_ANOMALY_REMOTE_RWND_EDGE, &dumbo_counters::remote_rwnd_edge},
    {DUMBO_ANOMALY_DATA_BEYOND_FIN, &dumbo_counters::data_beyond_fin},
    {DUMBO_ANOMALY_RESET_RECEIVED, &dumbo_counters::reset_received},
    {DUMBO_ANOMALY_INVALID_RST, &dumbo_counters::invalid_rst},
    {DUMBO_ANOMALY_INVALID_SEGMENT, &dumbo_counters::invalid_segment},
    {DUMBO_ANOMALY_CONN_RESETTING, &dumbo_counters::conn_resetting},
    {DUMBO_ANOMALY_INVALID_FIN, &dumbo_counters::invalid_fin},
    {DUMBO_ANOMALY_CHALLENGE_ACK, &dumbo_counters::challenge_ack},
};

[[nodiscard]] std::uint64_t payload_length(const Wrote& wrote) {
    return wrote.segment.size() - std::size_t{wrote.segment[12]} / 16 * 4;
}

}  // namespace

void Tally::add(const Received& received) {
    switch (received.code) {
        case DUMBO_OK:
            ++counters_.segments_in;
            counters_.bytes_in += received.length;
            break;
        case DUMBO_ERR_TRUNCATED:
        case DUMBO_ERR_HEADER_LENGTH:
            ++counters_.malformed;
            break;
        case DUMBO_ERR_CHECKSUM:
            ++counters_.checksum_errors;
            break;
        case DUMBO_ERR_CONNECTION_RESET:
            ++counters_.after_reset;
            break;
        default:
            break;
    }
    for (const auto& [bit, value] : anomaly_counters) {
        counters_.*value += (received.anomalies & bit) != 0 ? 1 : 0;
    }
    counters_.resets_by_peer = counters_.reset_received;
    if ((received.anomalies & DUMBO_ANOMALY_CONN_RESETTING) != 0) {
        counters_.resets_by_invalid_segment += (received.anomalies & DUMBO_ANOMALY_INVALID_SEGMENT) != 0 ? 1 : 0;
        counters_.resets_by_invalid_ack += (received.anomalies & DUMBO_ANOMALY_INVALID_ACK) != 0 ? 1 : 0;
    }
}

void Tally::add(const Wrote& wrote) {
    if (wrote.segment.empty()) {
        return;
    }
    ++counters_.segments_out;
    counters_.bytes_out += payload_length(wrote);
    const auto again = [&](std::uint64_t& counter) {
        ++counter;
        counters_.bytes_repeated += payload_length(wrote);
    };
    switch (wrote.cause) {
        case DUMBO_CAUSE_TIMEOUT:
            again(counters_.repeated_on_timeout);
            break;
        case DUMBO_CAUSE_DUP_ACK:
            again(counters_.repeated_on_dup_ack);
            break;
        case DUMBO_CAUSE_WINDOW_OPENED:
            again(counters_.repeated_on_window_opened);
            break;
        case DUMBO_CAUSE_REPEATED_SYN:
            again(counters_.repeated_on_syn);
            break;
        case DUMBO_CAUSE_PROBE:
            ++counters_.probes;
            break;
        case DUMBO_CAUSE_GIVEN_UP:
            ++counters_.resets_by_timeout;
            break;
        default:
            break;
    }
}

// Only the first one counts, and none when the connection is ending already.
void Tally::add_reset(const dumbo_connection* connection) {
    const bool is_ending = dumbo_connection_is_reset(connection) || reset_requested_ || counters_.conn_resetting > 0;
    counters_.resets_by_caller += is_ending ? 0 : 1;
    reset_requested_ = true;
}

void Tally::require_counted(const dumbo_connection* connection) const {
    dumbo_counters counted{};
    counted.struct_size = sizeof counted;
    if (dumbo_connection_counters(connection, &counted) != DUMBO_OK) {
        throw Mismatch("counters", "an error");
    }
    for (const auto& [name, value] : all_counters) {
        if (counted.*value != counters_.*value) {
            throw Mismatch(fmt::format("{} {}", name, counters_.*value), fmt::format("{} {}", name, counted.*value));
        }
    }
}

}  // namespace script
