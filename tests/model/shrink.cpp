// SPDX-License-Identifier: Apache-2.0
#include "model/shrink.hpp"

#include "model/lockstep.hpp"

#include <algorithm>
#include <array>

namespace model {
namespace {

[[nodiscard]] Program without(const Program& program, std::size_t first, std::size_t count) {
    Program shorter = program;
    const auto begin = shorter.events.begin() + static_cast<std::ptrdiff_t>(first);
    shorter.events.erase(begin, begin + static_cast<std::ptrdiff_t>(count));
    return shorter;
}

// Tries to do without runs of events, long ones first.
bool drop_events(Program& program, const Fails& fails) {
    bool changed = false;
    for (std::size_t count = std::max<std::size_t>(program.events.size() / 2, 1); count > 0; count /= 2) {
        for (std::size_t first = 0; first + count <= program.events.size();) {
            Program shorter = without(program, first, count);
            if (fails(shorter)) {
                program = std::move(shorter);
                changed = true;
            } else {
                first += count;
            }
        }
    }
    return changed;
}

// None undoes what another one does.
using Simplify = void (*)(Event&);
constexpr std::array<Simplify, 29> simplifications = {
    [](Event& e) { e.when = Event::When::later; },
    [](Event& e) { e.step = 0; },
    [](Event& e) { e.step /= 2; },
    [](Event& e) { e.flags = DUMBO_TCP_ACK; },
    [](Event& e) { e.flags &= std::uint8_t{DUMBO_TCP_ACK | DUMBO_TCP_FIN | DUMBO_TCP_SYN | DUMBO_TCP_RST}; },
    [](Event& e) { e.seq_from = Event::Seq::next; },
    [](Event& e) { e.seq = 0; },
    [](Event& e) { e.seq = std::clamp(e.seq, -1, 1); },
    [](Event& e) { e.ack_from = Event::Ack::nxt; },
    [](Event& e) { e.ack = 0; },
    [](Event& e) { e.ack = std::clamp(e.ack, -1, 1); },
    [](Event& e) { e.window_from = Event::Window::plain; },
    [](Event& e) { e.window = 1000; },
    [](Event& e) { e.window = e.window == 1000 ? e.window : std::uint16_t{0}; },
    [](Event& e) { e.length = 0; },
    [](Event& e) { e.length = std::min<std::uint16_t>(e.length, 1); },
    [](Event& e) { e.mss = Event::Mss::none; },
    [](Event& e) { e.in_place = false; },
    [](Event& e) { e.is_verified = true; },
    [](Event& e) { e.room = 3000; },
    [](Event& e) { e.lent = std::min(e.lent, Event::Lent::bytes); },
    [](Event& e) { e.first_from = Event::From::una; },
    [](Event& e) { e.first = 0; },
    [](Event& e) { e.until = Event::Until::length; },
    [](Event& e) { e.last = std::min<std::int64_t>(e.last, 1); },
    [](Event& e) { e.last = std::min<std::int64_t>(e.last, 10); },
    [](Event& e) { e.reserved = 0; },
    [](Event& e) { e.device_cuts = false; },
    [](Event& e) { e.octets = std::min(e.octets, 1U); },
};

// Tries each simplification of each event.
bool simplify_events(Program& program, const Fails& fails) {
    bool changed = false;
    for (std::size_t index = 0; index < program.events.size(); ++index) {
        for (const Simplify simplify : simplifications) {
            Program simpler = program;
            simplify(simpler.events[index]);
            if (simpler.events[index] != program.events[index] && fails(simpler)) {
                program = std::move(simpler);
                changed = true;
            }
        }
    }
    return changed;
}

// Tries to do without options, and with a plain beginning.
bool simplify_setup(Program& program, const Fails& fails) {
    bool changed = false;
    const auto attempt = [&](const Setup& setup) {
        Program simpler{setup, program.events};
        if (simpler.setup != program.setup && fails(simpler)) {
            program = std::move(simpler);
            changed = true;
        }
    };
    attempt(Setup{});
    for (std::uint32_t option = 1; option <= DUMBO_OPTION_LINGER; option <<= 1U) {
        Setup setup = program.setup;
        setup.options &= ~option;
        attempt(setup);
    }
    for (const auto member : {&Setup::chooses_isn, &Setup::counts}) {
        Setup setup = program.setup;
        setup.*member = false;
        attempt(setup);
    }
    for (const auto member : {&Setup::isn, &Setup::peer_isn, &Setup::local_window}) {
        Setup setup = program.setup;
        setup.*member = Setup{}.*member;
        attempt(setup);
    }
    for (const auto member : {&Setup::mss, &Setup::peer_window, &Setup::rto_count_max}) {
        Setup setup = program.setup;
        setup.*member = Setup{}.*member;
        attempt(setup);
    }
    Setup setup = program.setup;
    setup.rto_period = Setup{}.rto_period;
    attempt(setup);
    return changed;
}

}  // namespace

Program shrink(Program program, const Fails& fails) {
    bool changed = true;
    while (changed) {
        changed = drop_events(program, fails);
        changed = simplify_events(program, fails) || changed;
        changed = simplify_setup(program, fails) || changed;
    }
    return program;
}

std::string report(const Program& program) {
    const auto failure = play(program);
    if (!failure) {
        return "the program does not fail when it is played again";
    }
    Program start = program;
    start.events.resize(failure->events);
    const Program shortest = shrink(std::move(start), [](const Program& other) { return play(other).has_value(); });
    const auto shortest_failure = play(shortest);
    return to_text(shortest) + "=> " + (shortest_failure ? shortest_failure->text : failure->text) + "\n";
}

}  // namespace model
