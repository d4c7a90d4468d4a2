// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <string>

#include "ends/segment.hpp"

namespace ends {

// The latest events of a conversation, to be read when it has gone wrong, and a hash of all of them, to compare two
// conversations by. Sequence numbers are relative: the library draws a stack's itself.
class Journal {
public:
    enum class Side : std::uint8_t { client, server };

    void begin(std::uint32_t client_isn) { client_isn_ = client_isn; }
    void sent(Time now, Side from, const Segment& segment, const char* fate);
    void noted(Time now, const char* what, std::uint64_t number);

    [[nodiscard]] std::uint64_t hash() const { return hash_; }
    // A line for each event, as tcpdump has them.
    [[nodiscard]] std::string text() const;

private:
    struct Event {
        Time now = 0;
        const char* what = "";  // or the segment's fate
        std::uint64_t number = 0;
        bool is_segment = false;
        Side from = Side::client;
        Segment segment{};  // without its payload
        std::size_t length = 0;
    };

    void keep(Event event);
    [[nodiscard]] static std::string line(const Event& event);

    static constexpr std::size_t kept_max = 60;
    std::deque<Event> events_;
    std::uint32_t client_isn_ = 0;
    std::uint32_t server_isn_ = 0;
    std::uint64_t hash_ = 0xcbf29ce484222325U;
};

}  // namespace ends
