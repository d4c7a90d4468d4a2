// SPDX-License-Identifier: Apache-2.0
// All that there is to see of a connection: what its observers say, and what its snapshot holds (docs/snapshot.md).
#pragma once

#include <dumbo/dumbo.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace invariants {

struct Sight {
    // Observers.
    std::uint32_t state = DUMBO_STATE_CLOSED;
    bool established = false;
    bool fin_received = false;
    bool fin_acknowledged = false;
    bool done = false;
    bool reset = false;
    bool dup_ack_pending = false;
    std::uint32_t snd_una = 0;
    std::uint32_t snd_nxt = 0;
    std::uint32_t snd_edge = 0;
    std::uint32_t rcv_nxt = 0;
    std::uint32_t window = 0;
    std::uint16_t mss = 0;
    std::uint32_t next = DUMBO_NEXT_SEGMENT_NOTHING;
    std::uint64_t deadline = 0;

    // What only the snapshot tells.
    std::uint64_t rto_period = 0;
    std::uint64_t latest_now = 0;
    std::uint64_t timeout_start = 0;
    std::uint16_t timeout_count = 0;
    std::uint16_t rto_count_max = 0;
    std::uint32_t rcv_edge = 0;
    std::uint32_t fin = 0;
    std::uint32_t rst_number = 0;
    std::uint8_t options = 0;
    std::uint8_t phase = 0;
    std::uint8_t rst = 0;
    std::uint8_t rst_kind = 0;
    std::uint8_t probe = 0;
    bool fin_recorded = false;
    bool ack_due = false;
    bool persisting = false;
    bool agrees = false;  // the snapshot with the observers

    std::array<std::uint8_t, DUMBO_SNAPSHOT_LENGTH_MAX> bytes{};
    std::size_t length = 0;

    [[nodiscard]] std::span<const std::uint8_t> snapshot() const { return std::span(bytes).first(length); }
    [[nodiscard]] std::uint32_t outstanding() const { return snd_nxt - snd_una; }
    [[nodiscard]] bool fin_sent() const { return fin_recorded && snd_nxt == fin + 1; }
    [[nodiscard]] bool resetting() const { return rst == 1; }
    // When the timeout strikes, whether one runs or not.
    [[nodiscard]] std::uint64_t timeout_end() const;
    // One runs and has struck by then, whatever else there is to write.
    [[nodiscard]] bool strikes(std::uint64_t now) const;

    static constexpr std::uint64_t never = UINT64_MAX;
};

// Of a connection that there is. A snapshot that cannot be had has length 0.
[[nodiscard]] Sight see(const dumbo_connection* connection);

// For a report: in words, and as the bytes of the snapshot.
[[nodiscard]] std::string describe(const Sight& sight);

}  // namespace invariants
