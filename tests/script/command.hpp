// SPDX-License-Identifier: Apache-2.0
// What a script says, one value a line. LANGUAGE.md describes the lines themselves.
#pragma once

#include "script/numbering.hpp"
#include "script/packet.hpp"
#include "script/source.hpp"

#include <dumbo/dumbo.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace script {

// The terms of a connection, which the next segment of the guest opens.
struct Open {
    dumbo_connection_config config{};
    Numbering numbering;
    std::optional<std::uint64_t> epoch;
};

// A call that fails.
struct Refusal {
    std::int32_t error = DUMBO_OK;
    std::optional<std::size_t> needs;  // with BUFFER_TOO_SMALL: the size that would do
    bool counted = false;              // the one refusal that has an effect: a counted timeout
};

// A call to receive that succeeds.
struct Receipt {
    std::size_t delivered = 0;
    std::uint32_t anomalies = 0;
};

using Outcome = std::variant<Receipt, Refusal>;

struct Inbound {
    Packet packet;
    std::size_t buffer = 65535;
    bool corrupt = false;            // its checksum is wrong
    std::optional<std::size_t> cut;  // only so many bytes of it arrive
    Outcome outcome;
};

// One segment, and nothing after it unless there is more to come.
struct Written {
    Packet packet;
    bool more = false;
    std::optional<std::uint32_t> cause = std::nullopt;  // enum dumbo_cause
};

struct Silence {};

struct Outbound {
    std::size_t room = 65535;
    std::uint16_t reserved = 0;
    std::variant<Written, Silence, Refusal> outcome;
};

struct Send {
    std::uint64_t bytes = 0;
};
struct Lend {
    std::optional<Run> run;
};
struct Reading {
    bool fails = false;
};
struct Only {
    SourceKind kind{};
};
struct Close {
    std::uint32_t after = 0;
};
struct Reset {};
struct Advance {
    std::uint32_t bytes = 0;
};
struct Expect {
    std::vector<std::pair<std::string, std::string>> values;
};

using Command = std::variant<Open, Inbound, Outbound, Send, Lend, Reading, Only, Close, Reset, Advance, Expect>;

// When a line is played: so much later than the line before it, or, for itself alone, so much earlier.
struct Moment {
    std::uint64_t step = 0;
    bool earlier = false;
};

struct Step {
    unsigned number = 0;  // of the line
    std::string text;
    Moment moment;
    Command command;
};

}  // namespace script
