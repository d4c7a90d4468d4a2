// SPDX-License-Identifier: Apache-2.0
#include "ends/weather.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace ends {

namespace {

std::size_t index_of(Journal::Side from) {
    return from == Journal::Side::client ? 0 : 1;
}

}  // namespace

void Weather::send(Bytes bytes, Journal::Side from, Time now, Journal& journal) {
    const Segment segment = fields_of(bytes);
    const char* fate = fate_of(segment, from, now);
    journal.sent(now, from, segment, fate);
    const std::string_view what = fate;
    if (what == " (lost)") {
        return;
    }
    if (what == " (damaged)") {
        // One byte: no sum of 16-bit words can miss that.
        bytes[random_.below(bytes.size())] ^= static_cast<std::uint8_t>(1 + random_.below(255));
    }
    put_on_its_way(bytes, from, what == " (damaged)", now);
    if (what == " (doubled)") {
        put_on_its_way(bytes, from, false, now);
    }
}

const char* Weather::fate_of(const Segment& segment, Journal::Side from, Time now) {
    const bool is_update = from == Journal::Side::client && was_closed_ && segment.window > 0;
    was_closed_ = from == Journal::Side::client ? segment.window == 0 && !segment.has(syn_bit) : was_closed_;
    if (now >= forecast_.dead_from || happens(forecast_.loss) || (is_update && forecast_.loses_window_updates)) {
        return " (lost)";
    }
    if (in_flight_[index_of(from)] >= queue_max) {
        return " (lost)";
    }
    if (happens(forecast_.damage)) {
        return " (damaged)";
    }
    return happens(forecast_.duplication) ? " (doubled)" : "";
}

// In order, unless it may be overtaken.
void Weather::put_on_its_way(const Bytes& bytes, Journal::Side from, bool is_damaged, Time now) {
    Time& latest = latest_[index_of(from)];
    ++in_flight_[index_of(from)];
    Time arrives = now + forecast_.delay + (forecast_.jitter > 0 ? random_.below(forecast_.jitter) : 0);
    if (happens(forecast_.overtaking)) {
        arrives += random_.below(4 * (forecast_.delay + 1));
    } else {
        arrives = std::max(arrives, latest);
        latest = arrives;
    }
    parcels_.push({.arrives = arrives, .number = sent_, .from = from, .is_damaged = is_damaged, .bytes = bytes});
    ++sent_;
}

Parcel Weather::take() {
    Parcel parcel = parcels_.top();
    parcels_.pop();
    --in_flight_[index_of(parcel.from)];
    return parcel;
}

}  // namespace ends
