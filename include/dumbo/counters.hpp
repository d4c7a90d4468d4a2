// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/connection.hpp>
#include <dumbo/error.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace dumbo::inline v0 {

// What a connection has done so far. It lives beside the connection, wherever its owner wants it, and is told what the
// connection's calls returned: a connection that nobody counts pays nothing. Numbers only grow, modulo 2^64.
struct Counters {
    static constexpr std::size_t anomaly_count = 12;

    // What every segment touches comes first.
    std::uint64_t segments_in = 0;  // taken without an error
    std::uint64_t bytes_in = 0;     // payload delivered
    std::uint64_t segments_out = 0;
    std::uint64_t bytes_out = 0;  // payload sent, repeated bytes included

    // Segments sent again, by cause, and the payload in them.
    std::uint64_t repeated_on_timeout = 0;
    std::uint64_t repeated_on_dup_ack = 0;
    std::uint64_t repeated_on_window_opened = 0;
    std::uint64_t repeated_on_syn = 0;
    std::uint64_t bytes_repeated = 0;
    std::uint64_t probes = 0;  // of a closed window

    // RSTs of ours; those of the peer, and those that a segment of the peer leads to, are anomalies.
    std::uint64_t resets_by_caller = 0;
    std::uint64_t resets_by_timeout = 0;
    // The INVALID_SEGMENT and INVALID_ACK among the segments that led to one.
    std::uint64_t resets_by_invalid_segment = 0;
    std::uint64_t resets_by_invalid_ack = 0;

    // Segments that were not taken.
    std::uint64_t malformed = 0;
    std::uint64_t checksum_errors = 0;
    std::uint64_t after_reset = 0;

    std::array<std::uint64_t, anomaly_count> anomalies{};  // by bit number

    // How many segments had an anomaly. Precondition: it is one bit of namespace anomaly.
    [[nodiscard]] std::uint64_t of(std::uint32_t anomaly) const noexcept {
        return anomalies[static_cast<std::size_t>(std::countr_zero(anomaly))];
    }

    // To be told after each call of the connection: what receiving returned, what was written, and that reset() is
    // about to be called.
    void count(const Received& received) noexcept {
        ++segments_in;
        bytes_in += received.length;
        if (received.anomalies != 0) {
            count_anomalies(received.anomalies);
        }
    }
    void count(Error receive_error) noexcept;
    void count(const Sent& sent) noexcept { count(sent.cause, sent.segment.payload_length()); }
    void count(Cause cause, std::size_t payload_length) noexcept {
        ++segments_out;
        bytes_out += payload_length;
        if (cause != Cause::data && cause != Cause::ack) {
            count_cause(cause, payload_length);
        }
    }
    void count_reset(const Connection& connection) noexcept {
        resets_by_caller += connection.is_resetting() || connection.is_reset() ? 0U : 1U;
    }

private:
    void count_anomalies(std::uint32_t bits) noexcept;
    void count_cause(Cause cause, std::size_t payload_length) noexcept;
};

}  // namespace dumbo::inline v0
