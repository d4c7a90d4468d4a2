// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "conformance/replay.hpp"

namespace conformance {

// Replays one record of a file that is not about connections. Nothing if it came out as recorded.
[[nodiscard]] std::optional<Difference> replay_codec(Kind kind, const Record& record, Subject& subject,
                                                     const Variation& variation);

}  // namespace conformance
