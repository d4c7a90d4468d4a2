// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "counters.hpp"
#include "time.hpp"

namespace mmds {

/** A line on stderr that is kept up to date, where stderr is a terminal and stdout is not full of other lines. */
class Progress {
public:
    explicit Progress(bool wanted);

    [[nodiscard]] bool is_due(Time now) const { return shown_ && now >= next_; }
    void show(const Counters& counters, Time now);

    /** Leaves the line behind. */
    void end() const;

private:
    bool shown_;
    bool drawn_ = false;
    Time next_ = 0;
};

}  // namespace mmds
