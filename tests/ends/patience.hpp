// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>

#include "ends/failure.hpp"
#include "ends/segment.hpp"

namespace ends {

// For how long a silent client may be waited for, and must be: rto_count_max timeouts in a row, counted from its last
// word or from when something began to wait for an answer. A closed window costs one more, as the one that leads to the
// first probe, or to the first after an answer, does not count.
class Patience {
public:
    Patience(Time rto_period, std::uint16_t rto_count_max) : period_(rto_period), count_(rto_count_max) {}

    // The client has said something that counts.
    void heard(Time now) { last_word_ = now; }

    // It has said something that starts a timeout anew, and no more.
    void restarted(Time now) { since_ = now; }

    // Whether something waits for an answer now. To be told after every call.
    void waiting(bool waits, bool is_probing, Time now) {
        since_ = waits && !waited_ ? now : since_;
        waited_ = waits;
        probed_ = is_probing ? now : probed_;
    }

    // When the running timeout will strike.
    void check_deadline(Time deadline) const {
        demand(deadline >= since_ + period_, "a timeout strikes before its time");
    }

    void check_given_up(Time now) const {
        const Time from = std::max(last_word_, since_);
        demand(now <= from + period_ * (Time{count_} + (probed_ >= last_word_ ? 1U : 0U)), "given up too late");
        demand(now >= last_word_ + period_ * (Time{count_} - 1), "given up too early");
    }

    // While it has not been given up.
    void check_alive(Time now) const {
        if (waited_) {
            demand(now <= std::max(last_word_, since_) + period_ * (Time{count_} + 1), "a dead client is not given up");
        }
    }

private:
    Time period_;
    std::uint16_t count_;
    Time last_word_ = 0;
    Time since_ = 0;
    Time probed_ = 0;
    bool waited_ = false;
};

}  // namespace ends
