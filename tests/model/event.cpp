// SPDX-License-Identifier: Apache-2.0
#include "model/event.hpp"

#include <fmt/format.h>

namespace model {
namespace {

template <typename Number>
[[nodiscard]] std::string offset(const char* base, Number number) {
    return number == 0 ? base : fmt::format("{}{:+}", base, number);
}

[[nodiscard]] std::string flag_text(std::uint8_t flags) {
    std::string text;
    for (unsigned bit = 0; bit < 8; ++bit) {
        text += (unsigned{flags} >> bit & 1U) != 0 ? std::string(1, "FSRPAUEC"[bit]) : "";
    }
    return text.empty() ? "-" : text;
}

[[nodiscard]] std::string receive_text(const Event& e) {
    static constexpr const char* mss[] = {"", " mss=same", " mss=other", " mss=invalid"};
    static constexpr const char* damage[] = {"", " truncated", " header_length=wrong", " checksum=wrong"};
    const auto window = e.window_from == Event::Window::same_edge ? offset("same_edge", std::int16_t(e.window - 1000))
                                                                  : fmt::to_string(e.window);
    return fmt::format("receive {} seq={} ack={} window={} length={}{}{}{}", flag_text(e.flags),
                       offset(e.seq_from == Event::Seq::next ? "RCV.NXT" : "local_edge", e.seq),
                       offset(e.ack_from == Event::Ack::una ? "SND.UNA" : "SND.NXT", e.ack), window, e.length,
                       mss[static_cast<int>(e.mss)], damage[static_cast<int>(e.damage)],
                       e.in_place ? " in_place" : fmt::format(" room={}", e.room)) +
           (e.is_verified ? "" : " unverified");
}

[[nodiscard]] std::string write_text(const Event& e) {
    static constexpr const char* lent[] = {"nothing", "bytes", "pieces", "callback", "failing_callback"};
    static constexpr const char* until[] = {"length", "until=remote_edge", "until=FIN"};
    std::string source = lent[static_cast<int>(e.lent)];
    if (e.lent != Event::Lent::nothing) {
        const auto end = e.until == Event::Until::length ? fmt::format("length={}", e.last)
                                                         : offset(until[static_cast<int>(e.until)], e.last);
        source +=
            fmt::format(" first={} {}", offset(e.first_from == Event::From::una ? "SND.UNA" : "SND.NXT", e.first), end);
    }
    const auto reserved = e.reserved < 0 ? offset("MSS", e.reserved + 1) : fmt::to_string(e.reserved);
    return fmt::format("write {} reserved={} room={}{} checksum={}", source, reserved, e.room,
                       e.device_cuts ? " tso" : "", e.checksum);
}

[[nodiscard]] std::string what_text(const Event& e) {
    switch (e.kind) {
        case Event::Kind::receive:
            return receive_text(e);
        case Event::Kind::write:
            return write_text(e);
        case Event::Kind::close:
            return "close";
        case Event::Kind::close_after:
            return fmt::format("close_after {}", e.octets);
        case Event::Kind::reset:
            return "reset";
        case Event::Kind::advance:
            return fmt::format("advance {}", e.octets);
        case Event::Kind::restore:
            return "restore";
        case Event::Kind::clone:
            return "clone";
    }
    return "?";
}

}  // namespace

std::string to_text(const Event& event) {
    const auto when =
        event.when == Event::When::at_timeout ? offset("timeout", event.step) : fmt::format("{:+}", event.step);
    return fmt::format("{:>9} {}", when, what_text(event));
}

std::string to_text(const Program& program) {
    const Setup& s = program.setup;
    auto text = fmt::format(
        "open options={:#04x} local_window={} peer_window={} mss={} rto_period={} rto_count_max={} "
        "isn={} peer_isn={}\n",
        s.options, s.local_window, s.peer_window, s.mss, s.rto_period, s.rto_count_max, s.isn, s.peer_isn);
    if (s.chooses_isn || s.counts || s.syn_flags != DUMBO_TCP_SYN || s.syn_length != 0) {
        text += fmt::format("     with chooses_isn={} counts={} SYN={} length={}\n", s.chooses_isn, s.counts,
                            flag_text(s.syn_flags), s.syn_length);
    }
    for (const Event& event : program.events) {
        text += to_text(event) + "\n";
    }
    return text;
}

}  // namespace model
