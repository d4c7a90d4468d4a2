// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>

namespace conformance {

// Why a call failed, whichever interface it went through.
enum class Failure : std::uint8_t {
    invalid_argument,
    buffer_too_small,
    timestamp_decreased,
    callback,
    invalid_syn,
    mss_option,
    payload_too_large,
    payload_missing_seq,
    data_after_fin,
    mss_reserved,
    mss_option_room,
    empty_payload,
    truncated,
    header_length,
    checksum,
    ip_version,
    total_length,
    length_mismatch,
    hardware_type,
    protocol_type,
    hardware_length,
    protocol_length,
    operation,
    connection_reset,
    out_of_memory,
    no_entropy,
    internal,
};

// The vectors give some failures a name that depends on what was asked.
enum class Dialect : std::uint8_t {
    codec,              // parsing and writing without a connection
    connection,         // opening and receiving
    connection_writing  // errors of the segment writer, as a connection passes them on, have a prefix
};

[[nodiscard]] std::string_view failure_name(Failure failure, Dialect dialect);

// Whether any failure has this name.
[[nodiscard]] bool is_failure_name(std::string_view name, Dialect dialect);

// A value, or the failure in its place.
template <typename T>
class Answer {
public:
    Answer(T value) : value_(std::move(value)) {}
    Answer(Failure failure) : failure_(failure) {}

    explicit operator bool() const { return value_.has_value(); }
    T& operator*() { return *value_; }
    const T& operator*() const { return *value_; }
    const T* operator->() const { return &*value_; }
    [[nodiscard]] Failure failure() const { return failure_; }

private:
    std::optional<T> value_;
    Failure failure_{};
};

}  // namespace conformance
