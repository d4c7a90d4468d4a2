// SPDX-License-Identifier: Apache-2.0
#include "model/chance.hpp"

namespace model {

Setup Chance::setup() {
    constexpr std::uint32_t windows[] = {0, 1, 2, 3, 10, 1000, 3000, 3000, 65535, 65536, 200000, DUMBO_MAX_WINDOW_SIZE};
    constexpr std::uint16_t peer_windows[] = {0, 1, 2, 100, 1000, 2000, 65535};
    constexpr std::uint16_t sizes[] = {0, 100, 101, 536, 1460, 1460, 65495};
    constexpr std::uint64_t periods[] = {1, 2, 100, 100, 100, 100, 1000, 1ULL << 40U, UINT64_MAX};
    constexpr std::uint16_t counts[] = {1, 2, 3, 3, 15, 65535};
    constexpr std::uint32_t numbers[] = {1000, 0, 0xffffffff, 0xfffffff0, 0x7ffffff0, 0xffff0000};
    Setup setup;
    setup.options = one_in(4) ? 0U : one_in(4) ? std::uint32_t{DUMBO_OPTIONS_GUEST_FACING} : random_.byte();
    setup.local_window = one_of(windows);
    setup.peer_window = one_of(peer_windows);
    setup.mss = one_of(sizes);
    setup.rto_period = one_of(periods);
    setup.rto_count_max = one_of(counts);
    setup.isn = one_of(numbers);
    setup.peer_isn = one_of(numbers);
    setup.chooses_isn = one_in(8);
    setup.counts = one_in(4);
    if (one_in(50)) {
        spoil_setup(setup);
    }
    return setup;
}

void Chance::spoil_setup(Setup& setup) {
    constexpr std::uint8_t flags[] = {0, DUMBO_TCP_ACK, DUMBO_TCP_SYN | DUMBO_TCP_ACK, DUMBO_TCP_SYN | DUMBO_TCP_FIN};
    constexpr std::uint16_t sizes[] = {1, 99, 65496, 65535};
    switch (random_.below(6)) {
        case 0:
            setup.local_window = DUMBO_MAX_WINDOW_SIZE + 1;
            break;
        case 1:
            setup.rto_period = 0;
            break;
        case 2:
            setup.rto_count_max = 0;
            break;
        case 3:
            setup.syn_length = 1;
            break;
        case 4:
            setup.mss = one_of(sizes);
            break;
        default:
            setup.syn_flags = one_of(flags);
            break;
    }
}

Event Chance::event(const Connection& connection) {
    const bool is_window_closed = connection.is_established() && connection.edge() - connection.una() <= 1;
    if (is_window_closed && one_in(2)) {
        return before_closed_window(connection);
    }
    Event event;
    switch (random_.below(20)) {
        case 0:
            event = command();
            break;
        case 1:
            event.kind = one_in(2) ? Event::Kind::restore : Event::Kind::clone;
            break;
        case 2:
        case 3:
        case 4:
        case 5:
        case 6:
        case 7:
        case 8:
        case 9:
        case 10:
            event = segment(connection);
            break;
        default:
            event = writing(connection);
            break;
    }
    choose_time(event);
    return event;
}

// A probe becomes due, is answered, and is due again: chance alone seldom comes so far.
Event Chance::before_closed_window(const Connection& connection) {
    constexpr std::uint16_t windows[] = {0, 0, 0, 1, 2, 1000};
    constexpr std::int64_t lengths[] = {1, 2, 1000};
    constexpr std::uint32_t octets[] = {0, 1, 2};
    Event event;
    if (!connection.fin_number() && one_in(20)) {
        event.kind = Event::Kind::close_after;
        event.octets = one_of(octets);
    } else if (one_in(3)) {
        event.ack_from = one_in(3) ? Event::Ack::nxt : Event::Ack::una;
        event.window = one_of(windows);
    } else {
        event.kind = Event::Kind::write;
        event.lent = Event::Lent::bytes;
        event.last = one_of(lengths);
        if (connection.fin_number()) {
            event.until = Event::Until::fin;
            event.last = 0;
        }
        event.when = one_in(3) ? Event::When::later : Event::When::at_timeout;
    }
    return event;
}

void Chance::choose_time(Event& event) {
    constexpr std::int64_t steps[] = {0, 0, 0, 0, 0, 1, 1, 2, 5, 50, 99, 100, 101};
    event.step = one_of(steps);
    if (one_in(6)) {
        constexpr std::int64_t around[] = {-1, 0, 0, 0, 1};
        event.when = Event::When::at_timeout;
        event.step = one_of(around);
    } else if (one_in(200)) {
        event.step = -event.step;
    } else if (one_in(20000)) {
        event.step = INT64_MAX;
    }
}

std::int32_t Chance::near_zero() {
    constexpr std::int32_t offsets[] = {-1, 1, -1, 1, -2, 2, 3, -10, 10, 100, -100, 1000, -1000, 65535, -65535, -65536};
    constexpr std::int32_t far[] = {INT32_MAX, INT32_MIN, std::int32_t{DUMBO_MAX_WINDOW_SIZE},
                                    -std::int32_t{DUMBO_MAX_WINDOW_SIZE}};
    return one_in(20) ? one_of(far) : one_of(offsets);
}

// What a peer would send next.
Event Chance::segment(const Connection& connection) {
    constexpr std::uint16_t windows[] = {0, 1, 2, 100, 1000, 1000, 2000, 65535};
    constexpr std::uint16_t lengths[] = {0, 0, 0, 1, 2, 10, 100, 1000};
    Event event;
    event.kind = Event::Kind::receive;
    event.window = one_of(windows);
    event.length = one_of(lengths);
    event.in_place = one_in(2);
    event.is_verified = !one_in(3);
    event.flags = one_in(12) ? std::uint8_t{DUMBO_TCP_ACK | DUMBO_TCP_FIN} : std::uint8_t{DUMBO_TCP_ACK};
    event.flags |= one_in(8) ? std::uint8_t{DUMBO_TCP_PSH} : std::uint8_t{0};
    if (one_in(4)) {
        event.ack_from = Event::Ack::una;
    }
    if (one_in(4)) {
        event.window_from = Event::Window::same_edge;
    }
    // A handshake must come to its end now and then.
    if (connection.is_established() ? one_in(3) : one_in(4)) {
        spoil_segment(event);
    }
    return event;
}

void Chance::spoil_segment(Event& event) {
    constexpr std::uint8_t odd_flags[] = {0,
                                          DUMBO_TCP_SYN,
                                          DUMBO_TCP_SYN,
                                          DUMBO_TCP_RST,
                                          DUMBO_TCP_RST | DUMBO_TCP_ACK,
                                          DUMBO_TCP_FIN,
                                          DUMBO_TCP_SYN | DUMBO_TCP_ACK};
    constexpr std::uint32_t rooms[] = {0, 1, 9, 10, 99};
    // What ends a connection comes less often than what does not.
    switch (random_.below(16)) {
        case 0:
            event.flags = one_in(4) ? random_.byte() : one_of(odd_flags);
            break;
        case 1:
            // The SYN again, or nearly.
            event.flags = DUMBO_TCP_SYN;
            event.seq = one_in(8) ? near_zero() : -1;
            event.length = one_in(8) ? 1 : 0;
            event.mss = one_in(4) ? static_cast<Event::Mss>(random_.below(4)) : Event::Mss::same;
            break;
        case 2:
            event.flags = one_of(odd_flags);
            event.seq = one_in(2) ? near_zero() : 0;
            break;
        case 3:
        case 4:
        case 5:
            event.ack = near_zero();
            break;
        case 6:
        case 7:
        case 8:
            event.seq_from = Event::Seq::edge;
            event.seq = one_in(3) ? 0 : one_in(2) ? -std::int32_t{event.length} : near_zero();
            break;
        case 9:
        case 10:
            event.in_place = false;
            event.room = one_of(rooms);
            break;
        case 11:
            event.damage = static_cast<Event::Damage>(1 + random_.below(3));
            break;
        default:
            event.seq = near_zero();
            break;
    }
}

// What most connections begin with.
std::vector<Event> Chance::handshake() {
    if (one_in(4)) {
        return {};
    }
    Event synack;
    synack.kind = Event::Kind::write;
    Event ack;
    ack.window = one_in(4) ? std::uint16_t{0} : std::uint16_t{2000};
    return {synack, ack};
}

Event Chance::writing(const Connection& connection) {
    constexpr std::int64_t lengths[] = {0, 1, 2, 10, 100, 1000, 1000, 3000, 70000};
    Event event;
    event.kind = Event::Kind::write;
    if (one_in(4)) {
        return event;
    }
    event.lent = static_cast<Event::Lent>(1 + random_.below(3));
    event.last = one_of(lengths);
    event.until = connection.fin_number() && one_in(2) ? Event::Until::fin
                  : one_in(4)                          ? Event::Until::edge
                                                       : Event::Until::length;
    if (event.until != Event::Until::length) {
        event.last = one_in(2) ? 0 : near_zero();
    }
    event.first_from = one_in(4) ? Event::From::nxt : Event::From::una;
    if (one_in(4)) {
        spoil_writing(event);
    }
    return event;
}

void Chance::spoil_writing(Event& event) {
    constexpr std::int32_t reserved[] = {1, 40, -1, -2, -5, -6, -10, -100};
    constexpr std::uint32_t rooms[] = {0, 19, 20, 21, 23, 24, 25, 100, 556, 70000};
    constexpr std::int64_t far[] = {std::int64_t{DUMBO_MAX_WINDOW_SIZE} + 1, DUMBO_MAX_WINDOW_SIZE, 1000000, INT64_MAX};
    switch (random_.below(6)) {
        case 0:
            event.first = near_zero();
            break;
        case 1:
            event.reserved = one_in(8) ? 65535 : one_of(reserved);
            break;
        case 2:
            event.room = one_of(rooms);
            break;
        case 3:
            event.device_cuts = true;
            event.room = one_in(2) ? 70000 : 3000;
            event.checksum = one_in(2) ? DUMBO_CHECKSUM_PSEUDO_HEADER : DUMBO_CHECKSUM_FULL;
            break;
        case 4:
            event.lent = Event::Lent::failing_callback;
            break;
        default:
            event.lent = Event::Lent::callback;
            event.until = Event::Until::length;
            event.last = one_of(far);
            break;
    }
}

Event Chance::command() {
    constexpr std::uint32_t octets[] = {
        0, 1, 2, 10, 100, 1000, 65535, 65536, DUMBO_MAX_WINDOW_SIZE, DUMBO_MAX_WINDOW_SIZE + 1, UINT32_MAX};
    Event event;
    event.octets = one_of(octets);
    event.kind = one_in(4)    ? Event::Kind::close
                 : one_in(4)  ? Event::Kind::close_after
                 : one_in(20) ? Event::Kind::reset
                              : Event::Kind::advance;
    return event;
}

}  // namespace model
