// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <ctime>

#include "time.hpp"

namespace mmds {

inline Time read_clock(clockid_t clock) {
    timespec time{};
    clock_gettime(clock, &time);  // cannot fail for the clocks used here
    return static_cast<Time>(time.tv_sec) * second + static_cast<Time>(time.tv_nsec);
}

/** The program's time. It goes on while the machine sleeps: a token must not live longer for that. */
inline Time read_clock() {
    return read_clock(CLOCK_BOOTTIME);
}

}  // namespace mmds
