// SPDX-License-Identifier: Apache-2.0
// What is true of every connection at any time, and of every call, as far as docs/behaviour.md and dumbo.h promise it.
// Each function returns the text of a rule that is broken, or NULL.
#pragma once

#include "invariants/sight.hpp"

#include <dumbo/dumbo.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace invariants {

using View = std::span<const std::uint8_t>;

// Of a connection between two calls.
[[nodiscard]] const char* broken_by_state(const Sight& sight);

// What no call whatever can do.
[[nodiscard]] const char* broken_by_step(const Sight& before, const Sight& after);

// A call that failed. `is_write` and `now` tell the one exception.
[[nodiscard]] const char* broken_by_failure(const Sight& before, const Sight& after, std::int32_t code, bool is_write,
                                            std::uint64_t now);

// A receive that succeeded.
struct Reception {
    View segment;
    View delivered;
    std::uint32_t anomalies = 0;
};
[[nodiscard]] const char* broken_by_reception(const Sight& before, const Reception& reception, const Sight& after);

// A write that succeeded.
struct Writing {
    View segment;  // empty if there was nothing to write
    std::size_t room = 0;
    std::uint16_t mss_reserved = 0;
    const dumbo_payload* source = nullptr;
    View payload;  // what the segment must carry, if is_payload_known
    bool is_payload_known = false;
    dumbo_addressing addressing{};
    std::uint64_t now = 0;
    dumbo_sent sent{};
    bool is_sent_known = false;
};
[[nodiscard]] const char* broken_by_writing(const Sight& before, const Writing& writing, const Sight& after);

[[nodiscard]] const char* broken_by_close(const Sight& before, std::uint32_t octets, const Sight& after);
[[nodiscard]] const char* broken_by_reset(const Sight& before, const Sight& after);
[[nodiscard]] const char* broken_by_advance(const Sight& before, std::uint32_t octets, const Sight& after);

// What writing without a payload at some time would do to a connection.
struct Trial {
    std::int32_t code = DUMBO_OK;
    std::size_t written = 0;
    bool acted = false;  // it wrote, or the timeout is another one now
};
[[nodiscard]] const char* broken_by_trial(const Sight& sight, std::uint64_t now, const Trial& trial);

// The bytes of a source, in its pieces, that a segment of so many payload bytes carries from an offset on: whether they
// are those. Not for callbacks.
[[nodiscard]] bool carries(const dumbo_payload& source, std::uint64_t offset, View payload);

}  // namespace invariants
