// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/dumbo.h>

#include <cstdint>
#include <iosfwd>

namespace mmds {

/** What the program has done, for --stats, SIGUSR2 and the control socket. */
struct Counters {
    std::uint64_t guests_attached = 0;
    std::uint64_t guests_detached = 0;
    std::uint64_t guests_refused = 0;   ///< there was no room for another one
    std::uint64_t frames_lost = 0;      ///< that a device did not take
    std::uint64_t frames_unusable = 0;  ///< that came from nobody who can be answered, or had an impossible length

    std::uint64_t connections = 0;  ///< that there are now, half-open ones included
    std::uint64_t connections_closed = 0;
    std::uint64_t connections_aborted = 0;  ///< by us, as the guest neither read nor closed

    std::uint64_t requests = 0;  ///< that were answered, malformed ones included
    std::uint64_t answers_2xx = 0;
    std::uint64_t answers_4xx = 0;
    std::uint64_t answers_5xx = 0;
    std::uint64_t requests_malformed = 0;  ///< 400 before anybody looked at what was asked for
    std::uint64_t requests_too_large = 0;  ///< 431 and 413
    std::uint64_t requests_timed_out = 0;  ///< 408
    std::uint64_t tokens_issued = 0;
    std::uint64_t tokens_refused = 0;  ///< missing, foreign, expired or forged
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;

    std::uint64_t control_commands = 0;
    std::uint64_t control_failures = 0;
    std::uint64_t reloads = 0;
    std::uint64_t reload_failures = 0;

    /** Sums of all guests' interfaces. */
    dumbo_interface_counters interfaces{};
};

/** Adds what one interface has counted. */
void add(dumbo_interface_counters& sum, const dumbo_interface_counters& interface);

/** One "name value" a line. */
void print(std::ostream& out, const Counters& counters);

}  // namespace mmds
