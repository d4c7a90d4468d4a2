// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <queue>
#include <vector>

#include "ends/journal.hpp"
#include "ends/segment.hpp"

namespace ends {

// What the link does to segments, in percent.
struct Forecast {
    std::uint32_t loss = 0;
    std::uint32_t duplication = 0;
    std::uint32_t damage = 0;
    std::uint32_t overtaking = 0;
    Time delay = 5;
    Time jitter = 0;
    Time dead_from = never;             // nothing arrives any more
    bool loses_window_updates = false;  // of the client's
};

struct Parcel {
    Time arrives = 0;
    std::uint64_t number = 0;
    Journal::Side from = Journal::Side::client;
    bool is_damaged = false;
    Bytes bytes;
};

// The link between both ends.
class Weather {
public:
    Weather(const Forecast& forecast, std::uint64_t seed) : forecast_(forecast), random_(seed) {}

    void send(Bytes bytes, Journal::Side from, Time now, Journal& journal);
    [[nodiscard]] Time next_arrival() const { return parcels_.empty() ? never : parcels_.top().arrives; }
    [[nodiscard]] Parcel take();

private:
    [[nodiscard]] bool happens(std::uint32_t percent) { return random_.below(100) < percent; }
    // A link holds so many, or else what is doubled and answered, and doubled again, would grow for ever: the library
    // answers each duplicate ACK with a retransmission, and a client each old segment with an ACK.
    static constexpr std::size_t queue_max = 50;

    [[nodiscard]] const char* fate_of(const Segment& segment, Journal::Side from, Time now);
    void put_on_its_way(const Bytes& bytes, Journal::Side from, bool is_damaged, Time now);

    struct ArrivesLater {
        bool operator()(const Parcel& one, const Parcel& other) const {
            return one.arrives != other.arrives ? one.arrives > other.arrives : one.number > other.number;
        }
    };

    Forecast forecast_;
    Random random_;
    std::priority_queue<Parcel, std::vector<Parcel>, ArrivesLater> parcels_;
    std::uint64_t sent_ = 0;
    Time latest_[2] = {0, 0};            // arrival, by direction
    std::size_t in_flight_[2] = {0, 0};  // the same
    bool was_closed_ = false;            // the client's window
};

}  // namespace ends
