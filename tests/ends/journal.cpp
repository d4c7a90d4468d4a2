// SPDX-License-Identifier: Apache-2.0
#include "ends/journal.hpp"

#include <fmt/format.h>

#include <array>
#include <string_view>
#include <utility>

namespace ends {

namespace {

std::string flags_of(const Segment& segment) {
    constexpr std::array names = {std::pair{syn_bit, 'S'}, std::pair{fin_bit, 'F'}, std::pair{rst_bit, 'R'},
                                  std::pair{ack_bit, '.'}};
    std::string text;
    for (const auto& [bit, name] : names) {
        if (segment.has(bit)) {
            text += name;
        }
    }
    return text;
}

}  // namespace

void Journal::sent(Time now, Side from, const Segment& segment, const char* fate) {
    if (from == Side::server && segment.has(syn_bit)) {
        server_isn_ = segment.seq;
    }
    const bool is_ours = from == Side::client;
    Event event{.now = now,
                .what = fate,
                .is_segment = true,
                .from = from,
                .segment = {.seq = segment.seq - (is_ours ? client_isn_ : server_isn_),
                            .ack = segment.has(ack_bit) ? segment.ack - (is_ours ? server_isn_ : client_isn_) : 0,
                            .flags = segment.flags,
                            .window = segment.window,
                            .mss = segment.mss},
                .length = segment.payload.size()};
    if (!is_ours && segment.has(rst_bit) && segment.has(ack_bit)) {
        event.segment.seq = segment.seq;  // of no connection, or of none yet: it is 0 (RFC 9293, 3.10.7.1)
    }
    keep(std::move(event));
}

void Journal::noted(Time now, const char* what, std::uint64_t number) {
    keep({.now = now, .what = what, .number = number});
}

void Journal::keep(Event event) {
    const auto mix = [this](std::uint64_t value) { hash_ = (hash_ ^ value) * 0x100000001b3U ^ hash_ >> 29U; };
    mix(event.now);
    for (const char letter : std::string_view(event.what)) {
        mix(static_cast<std::uint8_t>(letter));
    }
    mix(event.number);
    mix(std::uint64_t{event.segment.seq} << 32U | event.segment.ack);
    mix(std::uint64_t{event.segment.window} << 32U | std::uint64_t{event.segment.flags} << 16U | event.length);
    events_.push_back(std::move(event));
    if (events_.size() > kept_max) {
        events_.pop_front();
    }
}

std::string Journal::text() const {
    std::string text;
    for (const Event& event : events_) {
        text += line(event) + "\n";
    }
    return text;
}

std::string Journal::line(const Event& event) {
    if (!event.is_segment) {
        return fmt::format("{:>8} {} {}", event.now, event.what, event.number);
    }
    const Segment& segment = event.segment;
    std::string text = fmt::format(
        "{:>8} {} Flags [{}], seq {}", event.now,
        event.from == Side::client ? "client > server:" : "server > client:", flags_of(segment), segment.seq);
    if (event.length > 0) {
        text += fmt::format(":{}", segment.seq + event.length);
    }
    if (segment.has(ack_bit)) {
        text += fmt::format(", ack {}", segment.ack);
    }
    text += fmt::format(", win {}", segment.window);
    if (segment.mss) {
        text += fmt::format(", options [mss {}]", *segment.mss);
    }
    return text + fmt::format(", length {}{}", event.length, event.what);
}

}  // namespace ends
