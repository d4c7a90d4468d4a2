// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "counters.hpp"
#include "time.hpp"

namespace mmds {

/** A line on stderr that is kept up to date, where stderr is a terminal and stdout is not full of other lines. */
class Progress {
public:
    explicit Progress(bool wanted);

    /** Something may have happened. It is shown now, or, as drawing takes time, a little later. */
    void note() { stale_ = shown_; }

    [[nodiscard]] Time deadline() const { return stale_ ? next_ : never; }
    void draw(const Counters& counters, Time now);

    /** Draws the line for the last time, and leaves it behind. */
    void end(const Counters& counters, Time now);

private:
    bool shown_;
    bool stale_ = false;
    Time next_ = 0;
};

}  // namespace mmds
