// SPDX-License-Identifier: Apache-2.0
#include "stack/state.hpp"

#include <limits>

// What a restored stack must be like to be one that calls can have led to: docs/snapshot.md has the rules.
namespace dumbo::inline v0 {

using stack::Life;
using stack::no_slot;
using stack::Slot;
using stack::SlotIndex;

namespace {

// Nothing is sent that is not queued, and the FIN stands behind all of it, as soon as it can.
bool has_possible_queue(const Slot& slot) noexcept {
    constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max() / 2;
    if (slot.lent_length > most) {
        return false;
    }
    const Connection& core = *slot.core;
    const std::uint64_t queued = slot.out.length + slot.lent_length;
    if (slot.wants_room && queued == 0) {
        return false;
    }
    if (const auto fin = core.recorded_fin()) {
        return slot.is_closing && fin->distance_from(slot.out_first) == queued;
    }
    const std::uint64_t sent = core.first_not_sent().distance_from(slot.out_first);
    const bool is_fin_to_come = slot.is_closing && !core.is_resetting();
    return sent <= queued && (!is_fin_to_come || queued - sent > max_window_size);
}

// A RST that waits has its reason, and nothing else that is alive has one.
bool has_possible_ending(const Slot& slot) noexcept {
    const auto reason = slot.core->is_resetting() ? StackEvent::Reason::reset : StackEvent::Reason::none;
    return !slot.core->is_reset() && slot.close_reason == static_cast<std::uint8_t>(reason) &&
           (slot.is_closing || !slot.core->is_resetting());
}

bool is_possible_half_open(const Slot& slot) noexcept {
    const Connection& core = *slot.core;
    const bool is_empty = slot.in.length == 0 && slot.out.length == 0 && slot.lent_length == 0;
    return !core.is_established() && has_possible_ending(slot) && slot.is_closing == core.is_resetting() && is_empty &&
           slot.events == 0 && !slot.wants_room && !slot.fin_told && !core.recorded_fin();
}

bool is_possible_open(const Slot& slot) noexcept {
    const Connection& core = *slot.core;
    const bool tells_fin = (slot.events & stack::peer_closed_bit) != 0;
    const bool tells_end = (slot.events & stack::closed_bit) != 0;
    return core.is_established() && has_possible_ending(slot) && !tells_end && slot.fin_told == core.fin_received() &&
           (!tells_fin || slot.fin_told) && has_possible_queue(slot);
}

bool is_possible_closed(const Slot& slot) noexcept {
    const bool tells_end = (slot.events & stack::closed_bit) != 0;
    return tells_end && slot.close_reason != 0 && slot.out.length == 0 && slot.lent_length == 0;
}

bool has_possible_life(const Slot& slot) noexcept {
    switch (slot.life) {
        case Life::free:
            return false;
        case Life::half_open:
            return is_possible_half_open(slot);
        case Life::open:
            return is_possible_open(slot);
        case Life::closed:
            return is_possible_closed(slot);
    }
    return false;
}

}  // namespace

// What keeps a connection from its place in this stack, if anything does.
std::optional<Error> Stack::State::misplacement(const Slot& slot) const noexcept {
    const Connection& core = *slot.core;
    const SlotIndex index = stack::index_in(slot.id);
    const bool takes_payload = slot.life != Life::closed && !core.fin_received();
    const std::uint64_t window = takes_payload ? core.local_rwnd() : 0;
    constexpr std::uint64_t lent_max = std::numeric_limits<std::size_t>::max();  // no more can be lent again here
    if (index >= slots.size() || slot.in.length + window > config.receive_buffer ||
        slot.out.length > config.send_buffer || slot.lent_length > lent_max ||
        (slot.life == Life::half_open && half_open.count() == config.half_open)) {
        return Error::snapshot_config;
    }
    const std::uint64_t number = slot.id >> stack::index_bits;
    const bool has_number = number != 0 && number <= connections_begun && slots[index].life == Life::free;
    const bool has_time = slot.last_heard <= latest_now && core.latest_now() <= latest_now;
    const bool has_window = !takes_payload || slot.in.length + window > 0;
    const bool has_peer = can_be_answered(slot.peer) && slot.peer.our_port != 0;
    const bool is_alone = slot.life == Life::closed || peers.find(buckets, slots, slot.peer) == no_slot;
    const bool is_possible = has_number && has_time && has_window && has_peer && is_alone && has_possible_life(slot);
    return is_possible && (slot.life != Life::open || !is_over(slot)) ? std::nullopt
                                                                      : std::optional(Error::snapshot_stack);
}

// Half-open ones come before open ones, and these before closed ones; of open ones, the longest silent first.
bool Stack::State::is_in_order(const Slot& slot) const noexcept {
    if (slot.life == Life::half_open) {
        return open.is_empty() && closed_count == 0;
    }
    const bool is_heard_last = open.is_empty() || slots[open.last()].last_heard <= slot.last_heard;
    return slot.life == Life::closed || (closed_count == 0 && is_heard_last);
}

// Who has something to say has a turn, unless it is a timeout that has struck meanwhile; and can say it.
bool Stack::State::has_possible_turn(SlotIndex index) const noexcept {
    const Connection& core = *slots[index].core;
    const NextSegmentStatus status = core.control_segment_or_timeout_status();
    const bool has_to_write = would_write(index, core.latest_now());
    if (status.kind == NextSegmentStatus::Kind::available) {
        return has_to_write && slots[index].turn.is_linked;
    }
    const bool is_overdue = status.kind == NextSegmentStatus::Kind::timeout && status.deadline <= core.latest_now();
    return !has_to_write || is_overdue || slots[index].turn.is_linked;
}

}  // namespace dumbo::inline v0
