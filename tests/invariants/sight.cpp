// SPDX-License-Identifier: Apache-2.0
#include "invariants/sight.hpp"

#include "snapshot/layout.hpp"

#include <cstdio>
#include <sstream>

namespace invariants {
namespace {

namespace field = snapshot_test::field;

template <typename Number>
void read(const Sight& sight, snapshot_test::Field field, Number& number) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < field.size; ++i) {
        value |= std::uint64_t{sight.bytes[field.at + i]} << (8 * i);
    }
    number = static_cast<Number>(value);
}

template <typename Number>
[[nodiscard]] bool says(const Sight& sight, snapshot_test::Field field, Number observed) {
    Number number{};
    read(sight, field, number);
    return number == observed;
}

void read_observers(const dumbo_connection* connection, Sight& sight) {
    sight.state = dumbo_connection_state(connection);
    sight.established = dumbo_connection_is_established(connection);
    sight.fin_received = dumbo_connection_fin_received(connection);
    sight.fin_acknowledged = dumbo_connection_fin_acknowledged(connection);
    sight.done = dumbo_connection_is_done(connection);
    sight.reset = dumbo_connection_is_reset(connection);
    sight.dup_ack_pending = dumbo_connection_dup_ack_pending(connection);
    sight.snd_una = dumbo_connection_highest_ack_received(connection);
    sight.snd_nxt = dumbo_connection_first_not_sent(connection);
    sight.snd_edge = dumbo_connection_remote_rwnd_edge(connection);
    sight.rcv_nxt = dumbo_connection_next_expected(connection);
    sight.window = dumbo_connection_local_rwnd(connection);
    sight.mss = dumbo_connection_mss(connection);
    sight.next = dumbo_connection_control_segment_or_timeout_status(connection, &sight.deadline);
}

void read_snapshot(Sight& sight) {
    read(sight, field::rto_period, sight.rto_period);
    read(sight, field::latest_now, sight.latest_now);
    read(sight, field::timeout_start, sight.timeout_start);
    read(sight, field::timeout_count, sight.timeout_count);
    read(sight, field::rto_count_max, sight.rto_count_max);
    read(sight, field::rcv_edge, sight.rcv_edge);
    read(sight, field::fin, sight.fin);
    read(sight, field::rst_number, sight.rst_number);
    read(sight, field::options, sight.options);
    read(sight, field::phase, sight.phase);
    read(sight, field::rst, sight.rst);
    read(sight, field::rst_kind, sight.rst_kind);
    read(sight, field::probe, sight.probe);
    read(sight, field::fin_recorded, sight.fin_recorded);
    read(sight, field::ack_due, sight.ack_due);
    read(sight, field::persisting, sight.persisting);
    sight.agrees = says(sight, field::snd_una, sight.snd_una) && says(sight, field::snd_nxt, sight.snd_nxt) &&
                   says(sight, field::snd_edge, sight.snd_edge) && says(sight, field::rcv_nxt, sight.rcv_nxt) &&
                   says(sight, field::mss, sight.mss) && says(sight, field::fin_received, sight.fin_received) &&
                   says(sight, field::dup_ack_pending, sight.dup_ack_pending) &&
                   (sight.phase == 2) == sight.established && (sight.rst == 2) == sight.reset;
}

}  // namespace

// A connection that was moved to a young clock can have a timeout that started before that clock's 0.
std::uint64_t Sight::timeout_end() const {
    const std::uint64_t sum = timeout_start + rto_period;
    const bool wraps = sum < timeout_start;
    if (timeout_start > latest_now) {
        return wraps ? sum : 0;
    }
    return wraps ? never : sum;
}

bool Sight::strikes(std::uint64_t now) const {
    const bool runs = phase != 0 && rst == 0 && (outstanding() != 0 || persisting);
    // An end at the last time of all is one that comes.
    const bool comes = timeout_start > latest_now || timeout_start + rto_period >= timeout_start;
    return runs && comes && timeout_end() <= now;
}

Sight see(const dumbo_connection* connection) {
    Sight sight;
    read_observers(connection, sight);
    if (dumbo_connection_snapshot(connection, sight.bytes.data(), sight.bytes.size(), &sight.length) != DUMBO_OK ||
        sight.length != snapshot_test::length) {
        sight.length = 0;
        return sight;
    }
    read_snapshot(sight);
    return sight;
}

std::string describe(const Sight& sight) {
    std::ostringstream text;
    text << dumbo_state_name(sight.state) << " una=" << sight.snd_una << " nxt=una+" << sight.outstanding()
         << " edge=una+" << sight.snd_edge - sight.snd_una << " rcv_nxt=" << sight.rcv_nxt << " window=" << sight.window
         << " mss=" << sight.mss << ' ' << dumbo_next_segment_status_name(sight.next) << '@' << sight.deadline
         << " latest_now=" << sight.latest_now << " count=" << sight.timeout_count << '/' << sight.rto_count_max
         << " options=" << unsigned{sight.options} << " phase=" << unsigned{sight.phase}
         << " rst=" << unsigned{sight.rst} << " probe=" << unsigned{sight.probe};
    if (sight.fin_recorded) {
        text << " fin=una+" << sight.fin - sight.snd_una;
    }
    for (const auto& [name, value] : {std::pair{"fin_received", sight.fin_received},
                                      {"fin_acknowledged", sight.fin_acknowledged},
                                      {"done", sight.done},
                                      {"dup_ack_pending", sight.dup_ack_pending},
                                      {"ack_due", sight.ack_due},
                                      {"persisting", sight.persisting}}) {
        text << (value ? " " : "") << (value ? name : "");
    }
    text << "\n  snapshot ";
    for (const std::uint8_t byte : sight.snapshot()) {
        char digits[3];
        std::snprintf(digits, sizeof digits, "%02x", unsigned{byte});
        text << digits;
    }
    return text.str();
}

}  // namespace invariants
