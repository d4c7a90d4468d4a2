// SPDX-License-Identifier: Apache-2.0
// Everything that a connection lets its caller see, as one value that can be compared, printed and expected.
#pragma once

#include "script/lexer.hpp"
#include "script/numbering.hpp"

#include <dumbo/dumbo.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace script {

struct Observers {
    bool established = false;
    bool fin_received = false;
    bool fin_acknowledged = false;
    bool done = false;
    bool reset = false;
    bool dup_ack_pending = false;
    std::uint32_t state = 0;
    std::uint32_t snd_una = 0;
    std::uint32_t snd_nxt = 0;
    std::uint32_t edge = 0;  // of the guest's window
    std::uint32_t rcv_nxt = 0;
    std::uint32_t rwnd = 0;  // our own window
    std::uint16_t mss = 0;
    std::uint32_t next = 0;  // enum dumbo_next_segment_status
    std::uint64_t deadline = 0;
    std::uint32_t rst_flags = 0;  // of the RST that dumbo_connection_make_rst_config() describes
    std::uint32_t rst_seq = 0;
    std::uint32_t rst_ack = 0;

    friend bool operator==(const Observers&, const Observers&) = default;
};

[[nodiscard]] Observers observe(const dumbo_connection* connection);

// What the numbers of a script count from: sequence numbers, and the time that it calls 0.
struct Origin {
    Numbering numbering;
    std::uint64_t epoch = 0;
};

// `101` for `snd_una`, `timeout@110` for `next`: one observer as text; nothing if there is none of this name.
[[nodiscard]] std::optional<std::string> observer_text(std::string_view name, const Observers& observers,
                                                       const Origin& origin);

// Checks that a value in a script is one that the observer of this name can have, in the spelling it is printed in.
void check_observer_value(const Words& words, std::string_view name, std::string_view value);

// Every observer in which the two differ, `name=value` for its value in the first.
[[nodiscard]] std::string differences(const Observers& these, const Observers& those, const Origin& origin);

// What must be true of any connection: a Mismatch if its observers contradict each other.
void require_consistent(const Observers& observers);

}  // namespace script
