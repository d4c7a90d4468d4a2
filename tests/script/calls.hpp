// SPDX-License-Identifier: Apache-2.0
// The two calls that carry segments, each as a value: what came of it, with what the C header promises of every call
// already checked (outputs are written on all paths, buffers are not overrun, in place means the same as copied).
#pragma once

#include "invariants/watch.hpp"
#include "script/command.hpp"

#include <dumbo/dumbo.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace script {

struct Received {
    std::int32_t code = DUMBO_OK;
    std::size_t length = 0;  // delivered; or needed, with BUFFER_TOO_SMALL
    std::uint32_t anomalies = 0;
    std::vector<std::uint8_t> payload;

    friend bool operator==(const Received&, const Received&) = default;
};

// A watch whose complaints are a Mismatch.
[[nodiscard]] invariants::Watch strict_watch();

// Receives into a buffer of so many bytes, and a clone receives in place.
[[nodiscard]] Received receive(invariants::Watch& watch, dumbo_connection* connection,
                               std::span<const std::uint8_t> segment, std::size_t buffer, std::uint64_t now);
[[nodiscard]] Received receive(dumbo_connection* connection, std::span<const std::uint8_t> segment, std::size_t buffer,
                               std::uint64_t now);

struct Wrote {
    std::int32_t code = DUMBO_OK;
    std::size_t needs = 0;              // with BUFFER_TOO_SMALL
    std::vector<std::uint8_t> segment;  // empty if there was nothing to say
    std::uint32_t cause = DUMBO_CAUSE_NONE;
};

// Writes into a buffer of so many bytes.
[[nodiscard]] Wrote write(invariants::Watch& watch, dumbo_connection* connection, std::size_t room,
                          std::uint16_t reserved, const dumbo_payload* payload, std::uint64_t now);
[[nodiscard]] Wrote write(dumbo_connection* connection, std::size_t room, std::uint16_t reserved,
                          const dumbo_payload* payload, std::uint64_t now);

// The outcomes in the notation of scripts.
[[nodiscard]] std::string to_text(const Receipt& receipt);
[[nodiscard]] std::string to_text(const Refusal& refusal);
[[nodiscard]] std::string to_text(const Received& received);
[[nodiscard]] std::string to_text(const Wrote& wrote, const Numbering& numbering);

}  // namespace script
