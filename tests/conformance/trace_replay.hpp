// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "conformance/replay.hpp"
#include "conformance/trace.hpp"

namespace conformance {

// How far a trace came. At most one of the differences is set, and nothing after it was replayed: it would only be
// consequences.
struct TraceOutcome {
    std::optional<Difference> difference;
    // A record that wants payload which the source named in it does not hold. No implementation can send those bytes,
    // as far as it looks at its sources' lengths; what is wanted here instead is that the write fails and changes
    // nothing.
    std::optional<Difference> contradiction;
    std::size_t restored = 0;
};

[[nodiscard]] TraceOutcome replay_trace(const Trace& trace, Subject& subject, const Variation& variation);

}  // namespace conformance
