// SPDX-License-Identifier: Apache-2.0
#include "counters.hpp"

#include <array>
#include <ostream>

namespace mmds {

namespace {

template <typename Struct>
struct Named {
    const char* name;
    std::uint64_t Struct::*counter;
};

constexpr std::array program_counters = {
    Named<Counters>{"guests_attached", &Counters::guests_attached},
    Named<Counters>{"guests_detached", &Counters::guests_detached},
    Named<Counters>{"guests_refused", &Counters::guests_refused},
    Named<Counters>{"frames_lost", &Counters::frames_lost},
    Named<Counters>{"frames_unusable", &Counters::frames_unusable},
    Named<Counters>{"connections", &Counters::connections},
    Named<Counters>{"connections_closed", &Counters::connections_closed},
    Named<Counters>{"connections_aborted", &Counters::connections_aborted},
    Named<Counters>{"requests", &Counters::requests},
    Named<Counters>{"answers_2xx", &Counters::answers_2xx},
    Named<Counters>{"answers_4xx", &Counters::answers_4xx},
    Named<Counters>{"answers_5xx", &Counters::answers_5xx},
    Named<Counters>{"requests_malformed", &Counters::requests_malformed},
    Named<Counters>{"requests_too_large", &Counters::requests_too_large},
    Named<Counters>{"requests_timed_out", &Counters::requests_timed_out},
    Named<Counters>{"tokens_issued", &Counters::tokens_issued},
    Named<Counters>{"tokens_refused", &Counters::tokens_refused},
    Named<Counters>{"bytes_in", &Counters::bytes_in},
    Named<Counters>{"bytes_out", &Counters::bytes_out},
    Named<Counters>{"control_commands", &Counters::control_commands},
    Named<Counters>{"control_failures", &Counters::control_failures},
    Named<Counters>{"reloads", &Counters::reloads},
    Named<Counters>{"reload_failures", &Counters::reload_failures},
};

using Interface = dumbo_interface_counters;
constexpr std::array interface_counters = {
    // cppcheck-suppress syntaxError ; version 2.10 does not get over the alias in pointers to members
    Named<Interface>{"frames_in", &Interface::frames_in},
    Named<Interface>{"frames_out", &Interface::frames_out},
    Named<Interface>{"frames_foreign", &Interface::foreign},
    Named<Interface>{"frames_malformed", &Interface::malformed},
    Named<Interface>{"frames_fragments", &Interface::fragments},
    Named<Interface>{"checksum_errors", &Interface::checksum_errors},
    Named<Interface>{"arp_requests", &Interface::arp_requests},
    Named<Interface>{"arp_replies_lost", &Interface::arp_replies_lost},
    Named<Interface>{"tcp_refused", &Interface::refused},
    Named<Interface>{"tcp_rsts_lost", &Interface::rsts_lost},
    Named<Interface>{"tcp_syns_dropped", &Interface::syns_dropped},
    Named<Interface>{"tcp_opened", &Interface::opened},
    Named<Interface>{"tcp_established", &Interface::established},
    Named<Interface>{"tcp_half_open_evicted", &Interface::half_open_evicted},
    Named<Interface>{"tcp_evicted", &Interface::evicted},
    Named<Interface>{"tcp_finished", &Interface::finished},
    Named<Interface>{"tcp_reset_by_peer", &Interface::reset_by_peer},
    Named<Interface>{"tcp_reset", &Interface::reset},
    Named<Interface>{"tcp_timed_out", &Interface::timed_out},
};

}  // namespace

void add(dumbo_interface_counters& sum, const dumbo_interface_counters& interface) {
    for (const auto& named : interface_counters) {
        sum.*named.counter += interface.*named.counter;
    }
}

void print(std::ostream& out, const Counters& counters) {
    for (const auto& named : program_counters) {
        out << named.name << ' ' << counters.*named.counter << '\n';
    }
    for (const auto& named : interface_counters) {
        out << named.name << ' ' << counters.interfaces.*named.counter << '\n';
    }
}

}  // namespace mmds
