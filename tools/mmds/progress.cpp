// SPDX-License-Identifier: Apache-2.0
#include "progress.hpp"

#include <unistd.h>

#include <iostream>

namespace mmds {

namespace {

constexpr Time period = 500 * millisecond;
constexpr const char* clear_line = "\r\x1b[K";

}  // namespace

Progress::Progress(bool wanted) : shown_(wanted && isatty(STDERR_FILENO) == 1) {}

void Progress::draw(const Counters& counters, Time now) {
    next_ = now + period;
    stale_ = false;
    std::cerr << clear_line << "dumbo-mmds: " << counters.guests_attached - counters.guests_detached << " guests, "
              << counters.connections << " connections, " << counters.requests << " requests, "
              << counters.answers_4xx + counters.answers_5xx << " refused, " << counters.tokens_issued << " tokens"
              << std::flush;
}

void Progress::end(const Counters& counters, Time now) {
    if (shown_) {
        draw(counters, now);
        std::cerr << '\n';
    }
}

}  // namespace mmds
