// SPDX-License-Identifier: Apache-2.0
// The names that scripts use for the numbers of the C header. They are spelled out here rather than asked of the
// library, so that a wrong name in the library does not rename a test along with it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace script {

// `CONNECTION_RESET` for DUMBO_ERR_CONNECTION_RESET.
[[nodiscard]] std::optional<std::int32_t> error_named(std::string_view name);
[[nodiscard]] std::string error_name(std::int32_t code);

// `DUP_ACK|INVALID_FIN` for a set of anomaly bits, `none` for the empty set.
[[nodiscard]] std::optional<std::uint32_t> anomalies_named(std::string_view names);
// The same for options, with `none` and `all` for the two ends.
[[nodiscard]] std::optional<std::uint32_t> options_named(std::string_view names);
[[nodiscard]] std::string anomaly_names(std::uint32_t bits);

// `DUP_ACK` for DUMBO_CAUSE_DUP_ACK.
[[nodiscard]] std::optional<std::uint32_t> cause_named(std::string_view name);
[[nodiscard]] std::string cause_name(std::uint32_t cause);

// `ESTABLISHED` for DUMBO_STATE_ESTABLISHED.
[[nodiscard]] std::optional<std::uint32_t> state_named(std::string_view name);
[[nodiscard]] std::string state_name(std::uint32_t state);

}  // namespace script
