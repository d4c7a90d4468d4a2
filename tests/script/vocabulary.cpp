// SPDX-License-Identifier: Apache-2.0
#include "script/vocabulary.hpp"

#include <dumbo/dumbo.h>
#include <fmt/format.h>

#include <span>

namespace script {
namespace {

struct Name {
    std::string_view text;
    std::int64_t value;
};

constexpr Name errors[] = {
    {"INVALID_ARGUMENT", DUMBO_ERR_INVALID_ARGUMENT},
    {"BUFFER_TOO_SMALL", DUMBO_ERR_BUFFER_TOO_SMALL},
    {"TIMESTAMP_DECREASED", DUMBO_ERR_TIMESTAMP_DECREASED},
    {"CALLBACK", DUMBO_ERR_CALLBACK},
    {"INVALID_SYN", DUMBO_ERR_INVALID_SYN},
    {"MSS_OPTION", DUMBO_ERR_MSS_OPTION},
    {"PAYLOAD_TOO_LARGE", DUMBO_ERR_PAYLOAD_TOO_LARGE},
    {"PAYLOAD_MISSING_SEQ", DUMBO_ERR_PAYLOAD_MISSING_SEQ},
    {"DATA_AFTER_FIN", DUMBO_ERR_DATA_AFTER_FIN},
    {"MSS_RESERVED", DUMBO_ERR_MSS_RESERVED},
    {"MSS_OPTION_ROOM", DUMBO_ERR_MSS_OPTION_ROOM},
    {"EMPTY_PAYLOAD", DUMBO_ERR_EMPTY_PAYLOAD},
    {"TRUNCATED", DUMBO_ERR_TRUNCATED},
    {"HEADER_LENGTH", DUMBO_ERR_HEADER_LENGTH},
    {"CHECKSUM", DUMBO_ERR_CHECKSUM},
    {"SNAPSHOT_LENGTH", DUMBO_ERR_SNAPSHOT_LENGTH},
    {"SNAPSHOT_FORMAT", DUMBO_ERR_SNAPSHOT_FORMAT},
    {"SNAPSHOT_VERSION", DUMBO_ERR_SNAPSHOT_VERSION},
    {"SNAPSHOT_CHECKSUM", DUMBO_ERR_SNAPSHOT_CHECKSUM},
    {"SNAPSHOT_VALUE", DUMBO_ERR_SNAPSHOT_VALUE},
    {"SNAPSHOT_OPTION", DUMBO_ERR_SNAPSHOT_OPTION},
    {"SNAPSHOT_HANDSHAKE", DUMBO_ERR_SNAPSHOT_HANDSHAKE},
    {"SNAPSHOT_SEND", DUMBO_ERR_SNAPSHOT_SEND},
    {"SNAPSHOT_RECEIVE", DUMBO_ERR_SNAPSHOT_RECEIVE},
    {"SNAPSHOT_TIMEOUT", DUMBO_ERR_SNAPSHOT_TIMEOUT},
    {"SNAPSHOT_RESET", DUMBO_ERR_SNAPSHOT_RESET},
    {"CONNECTION_RESET", DUMBO_ERR_CONNECTION_RESET},
};

constexpr Name anomalies[] = {
    {"INVALID_ACK", DUMBO_ANOMALY_INVALID_ACK},
    {"DUP_ACK", DUMBO_ANOMALY_DUP_ACK},
    {"SEGMENT_BEYOND_RWND", DUMBO_ANOMALY_SEGMENT_BEYOND_RWND},
    {"UNEXPECTED_SEQ", DUMBO_ANOMALY_UNEXPECTED_SEQ},
    {"REMOTE_RWND_EDGE", DUMBO_ANOMALY_REMOTE_RWND_EDGE},
    {"DATA_BEYOND_FIN", DUMBO_ANOMALY_DATA_BEYOND_FIN},
    {"RESET_RECEIVED", DUMBO_ANOMALY_RESET_RECEIVED},
    {"INVALID_RST", DUMBO_ANOMALY_INVALID_RST},
    {"INVALID_SEGMENT", DUMBO_ANOMALY_INVALID_SEGMENT},
    {"CONN_RESETTING", DUMBO_ANOMALY_CONN_RESETTING},
    {"INVALID_FIN", DUMBO_ANOMALY_INVALID_FIN},
    {"CHALLENGE_ACK", DUMBO_ANOMALY_CHALLENGE_ACK},
};

constexpr Name causes[] = {
    {"NONE", DUMBO_CAUSE_NONE},       {"SYN", DUMBO_CAUSE_SYN},         {"REPEATED_SYN", DUMBO_CAUSE_REPEATED_SYN},
    {"DATA", DUMBO_CAUSE_DATA},       {"ACK", DUMBO_CAUSE_ACK},         {"FIN", DUMBO_CAUSE_FIN},
    {"TIMEOUT", DUMBO_CAUSE_TIMEOUT}, {"DUP_ACK", DUMBO_CAUSE_DUP_ACK}, {"WINDOW_OPENED", DUMBO_CAUSE_WINDOW_OPENED},
    {"PROBE", DUMBO_CAUSE_PROBE},     {"RESET", DUMBO_CAUSE_RESET},     {"GIVEN_UP", DUMBO_CAUSE_GIVEN_UP},
};

constexpr Name states[] = {
    {"CLOSED", DUMBO_STATE_CLOSED},           {"SYN_RECEIVED", DUMBO_STATE_SYN_RECEIVED},
    {"ESTABLISHED", DUMBO_STATE_ESTABLISHED}, {"FIN_WAIT_1", DUMBO_STATE_FIN_WAIT_1},
    {"FIN_WAIT_2", DUMBO_STATE_FIN_WAIT_2},   {"CLOSE_WAIT", DUMBO_STATE_CLOSE_WAIT},
    {"LAST_ACK", DUMBO_STATE_LAST_ACK},
};

constexpr Name options[] = {
    {"ack_unacceptable", DUMBO_OPTION_ACK_UNACCEPTABLE},
    {"strict_dup_ack", DUMBO_OPTION_STRICT_DUP_ACK},
    {"zero_window_probe", DUMBO_OPTION_ZERO_WINDOW_PROBE},
    {"window_update", DUMBO_OPTION_WINDOW_UPDATE},
    {"tolerant_handshake", DUMBO_OPTION_TOLERANT_HANDSHAKE},
    {"strict_acceptance", DUMBO_OPTION_STRICT_ACCEPTANCE},
    {"rfc5961", DUMBO_OPTION_RFC5961},
    {"linger", DUMBO_OPTION_LINGER},
    {"none", DUMBO_OPTIONS_NONE},
    {"all", DUMBO_OPTIONS_GUEST_FACING},
};

[[nodiscard]] std::optional<std::int64_t> value_of(std::span<const Name> names, std::string_view text) {
    for (const auto& name : names) {
        if (name.text == text) {
            return name.value;
        }
    }
    return std::nullopt;
}

// The bits of names with bars between them.
[[nodiscard]] std::optional<std::uint32_t> bits_named(std::span<const Name> known, std::string_view names) {
    std::uint32_t bits = 0;
    for (;;) {
        const auto bar = names.find('|');
        const auto value = value_of(known, names.substr(0, bar));
        if (!value) {
            return std::nullopt;
        }
        bits |= static_cast<std::uint32_t>(*value);
        if (bar == std::string_view::npos) {
            return bits;
        }
        names.remove_prefix(bar + 1);
    }
}

[[nodiscard]] std::string name_of(std::span<const Name> names, std::int64_t value) {
    for (const auto& name : names) {
        if (name.value == value) {
            return std::string(name.text);
        }
    }
    return fmt::to_string(value);
}

}  // namespace

std::optional<std::int32_t> error_named(std::string_view name) {
    const auto value = value_of(errors, name);
    return value ? std::optional(static_cast<std::int32_t>(*value)) : std::nullopt;
}

std::string error_name(std::int32_t code) {
    return name_of(errors, code);
}

std::optional<std::uint32_t> anomalies_named(std::string_view names) {
    return bits_named(anomalies, names);
}

std::optional<std::uint32_t> options_named(std::string_view names) {
    return bits_named(options, names);
}

std::string anomaly_names(std::uint32_t bits) {
    std::string text;
    for (std::uint32_t bit = 1; bit != 0; bit <<= 1U) {
        if ((bits & bit) != 0) {
            text += (text.empty() ? "" : "|") + name_of(anomalies, bit);
        }
    }
    return text.empty() ? "none" : text;
}

std::optional<std::uint32_t> cause_named(std::string_view name) {
    const auto value = value_of(causes, name);
    return value ? std::optional(static_cast<std::uint32_t>(*value)) : std::nullopt;
}

std::string cause_name(std::uint32_t cause) {
    return name_of(causes, cause);
}

std::optional<std::uint32_t> state_named(std::string_view name) {
    const auto value = value_of(states, name);
    return value ? std::optional(static_cast<std::uint32_t>(*value)) : std::nullopt;
}

std::string state_name(std::uint32_t state) {
    return name_of(states, state);
}

}  // namespace script
