// SPDX-License-Identifier: Apache-2.0
// Programs: how a connection begins, and what happens to it then. All numbers are relative to the state in which an
// event finds the connection, so that an event means the same without those before it.
#pragma once

#include <dumbo/dumbo.h>

#include <cstdint>
#include <string>
#include <vector>

namespace model {

struct Event {
    enum class Kind : std::uint8_t { receive, write, close, close_after, reset, advance, restore, clone };
    enum class When : std::uint8_t { later, at_timeout };
    enum class Seq : std::uint8_t { next, edge };  // RCV.NXT, or the local edge
    enum class Ack : std::uint8_t { una, nxt };
    enum class Window : std::uint8_t { plain, same_edge };  // the latter: so that ack + window is the remote edge
    enum class Mss : std::uint8_t { none, same, other, invalid };
    enum class Damage : std::uint8_t { none, truncated, header_length, checksum };
    enum class From : std::uint8_t { una, nxt };
    enum class Until : std::uint8_t {
        length,
        edge,
        fin
    };  // where a source ends: after a length, at the edge, at the FIN
    enum class Lent : std::uint8_t { nothing, bytes, pieces, callback, failing_callback };

    Kind kind = Kind::receive;
    When when = When::later;
    std::int64_t step = 0;

    // receive
    std::uint8_t flags = DUMBO_TCP_ACK;
    Seq seq_from = Seq::next;
    std::int32_t seq = 0;
    Ack ack_from = Ack::nxt;
    std::int32_t ack = 0;
    Window window_from = Window::plain;
    std::uint16_t window = 1000;
    std::uint16_t length = 0;
    Mss mss = Mss::none;
    Damage damage = Damage::none;
    bool in_place = false;
    bool is_verified = true;  // its checksum

    // receive, write
    std::uint32_t room = 3000;

    // write
    Lent lent = Lent::nothing;
    From first_from = From::una;
    std::int32_t first = 0;
    Until until = Until::length;
    std::int64_t last = 0;
    std::int32_t reserved = 0;  // below 0: the MSS less so many - 1
    bool device_cuts = false;
    std::uint32_t checksum = DUMBO_CHECKSUM_NONE;

    // close_after, advance
    std::uint32_t octets = 0;

    friend bool operator==(const Event&, const Event&) = default;
};

struct Setup {
    std::uint32_t options = 0;
    std::uint32_t local_window = 3000;
    std::uint16_t peer_window = 2000;
    std::uint16_t mss = 0;  // 0: without an option
    std::uint64_t rto_period = 100;
    std::uint16_t rto_count_max = 3;
    std::uint32_t isn = 1000;
    std::uint32_t peer_isn = 5000;
    bool chooses_isn = false;  // the library does
    bool counts = false;
    std::uint8_t syn_flags = DUMBO_TCP_SYN;
    std::uint16_t syn_length = 0;

    friend bool operator==(const Setup&, const Setup&) = default;
};

struct Program {
    Setup setup;
    std::vector<Event> events;
};

[[nodiscard]] std::string to_text(const Event& event);
[[nodiscard]] std::string to_text(const Program& program);

}  // namespace model
