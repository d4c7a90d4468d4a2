// SPDX-License-Identifier: Apache-2.0
#include "stack/state.hpp"

#include <algorithm>
#include <bit>
#include <cstring>

// The application's side of the connections.
namespace dumbo::inline v0 {

using stack::Slot;
using stack::SlotIndex;

std::optional<StackEvent> Stack::next_event() noexcept {
    State& state = *state_;
    if (state.events.is_empty()) {
        return std::nullopt;
    }
    const SlotIndex index = state.events.first();
    Slot& slot = state.slots[index];
    const auto bit = static_cast<std::uint8_t>(1U << static_cast<unsigned>(std::countr_zero(slot.events)));
    slot.events = static_cast<std::uint8_t>(slot.events - bit);
    StackEvent event{.connection = slot.id};
    switch (bit) {
        case stack::opened_bit:
            event.kind = StackEvent::Kind::opened;
            break;
        case stack::readable_bit:
            event.kind = StackEvent::Kind::readable;
            break;
        case stack::writable_bit:
            event.kind = StackEvent::Kind::writable;
            break;
        case stack::peer_closed_bit:
            event.kind = StackEvent::Kind::peer_closed;
            break;
        default:
            event.kind = StackEvent::Kind::closed;
            event.reason = static_cast<StackEvent::Reason>(slot.close_reason);
            state.release(index);
            return event;
    }
    if (slot.events == 0) {
        state.events.remove(state.slots, index);
    } else {
        state.events.move_to_end(state.slots, index);
    }
    return event;
}

Result<std::span<const std::uint8_t>> Stack::readable(ConnectionId connection) const noexcept {
    const Slot* slot = state_->slot_of(connection);
    if (slot == nullptr) {
        return Error::no_connection;
    }
    const auto buffer = state_->in_buffer(state_->index_of(*slot));
    const std::size_t until_end = buffer.size() - slot->in.first;
    return std::span<const std::uint8_t>(
        buffer.subspan(slot->in.first, std::min<std::size_t>(slot->in.length, until_end)));
}

Result<std::size_t> Stack::consume(ConnectionId connection, std::size_t octets) noexcept {
    Slot* slot = state_->slot_of(connection);
    if (slot == nullptr) {
        return Error::no_connection;
    }
    const auto taken = static_cast<std::uint32_t>(std::min<std::size_t>(octets, slot->in.length));
    slot->in.first = stack::wrapped(slot->in.first + taken, state_->config.receive_buffer);
    slot->in.length -= taken;
    if (taken > 0 && slot->life == stack::Life::open) {
        const SlotIndex index = state_->index_of(*slot);
        if (!slot->core->fin_received()) {  // behind that nobody needs a window
            slot->core->advance_local_rwnd_edge(taken);
        }
        state_->may_send(index);
        state_->finish_if_over(index);
    }
    return taken;
}

// Lent bytes are the end of what is to be sent, until they are acknowledged.
std::uint32_t Stack::State::room_in(const Slot& slot) const noexcept {
    return slot.lent_length == 0 ? config.send_buffer - slot.out.length : 0;
}

Result<std::size_t> Stack::write(ConnectionId connection, std::span<const std::uint8_t> bytes) noexcept {
    Slot* slot = state_->slot_of(connection);
    if (slot == nullptr) {
        return Error::no_connection;
    }
    if (slot->is_closing || slot->life != stack::Life::open) {
        return Error::connection_closing;
    }
    const SlotIndex index = state_->index_of(*slot);
    const auto buffer = state_->out_buffer(index);
    const std::size_t taken = std::min<std::size_t>(bytes.size(), state_->room_in(*slot));
    slot->wants_room = slot->wants_room || taken < bytes.size();
    const std::size_t end = stack::wrapped(slot->out.first + slot->out.length, state_->config.send_buffer);
    const std::size_t until_end = std::min(taken, buffer.size() - end);
    std::copy_n(bytes.begin(), until_end, buffer.begin() + static_cast<std::ptrdiff_t>(end));
    std::copy_n(bytes.begin() + static_cast<std::ptrdiff_t>(until_end), taken - until_end, buffer.begin());
    slot->out.length += static_cast<std::uint32_t>(taken);
    state_->may_send(index);
    return taken;
}

std::optional<Error> Stack::lend(ConnectionId connection, std::span<const std::uint8_t> bytes) noexcept {
    Slot* slot = state_->slot_of(connection);
    if (slot == nullptr) {
        return Error::no_connection;
    }
    const bool is_missing = slot->lent_length > 0 && slot->lent == nullptr;
    if (!is_missing && (slot->is_closing || slot->life != stack::Life::open)) {
        return Error::connection_closing;
    }
    if (is_missing ? bytes.size() != slot->lent_length : slot->lent_length > 0) {
        return Error::lent;
    }
    slot->lent = bytes.data();
    slot->lent_length = bytes.size();
    state_->may_send(state_->index_of(*slot));
    return std::nullopt;
}

Result<std::size_t> Stack::lent(ConnectionId connection) const noexcept {
    const Slot* slot = state_->slot_of(connection);
    return slot != nullptr ? Result<std::size_t>(static_cast<std::size_t>(slot->lent_length)) : Error::no_connection;
}

std::optional<Error> Stack::close(ConnectionId connection) noexcept {
    Slot* slot = state_->slot_of(connection);
    if (slot == nullptr) {
        return Error::no_connection;
    }
    if (slot->life == stack::Life::open) {
        const SlotIndex index = state_->index_of(*slot);
        slot->is_closing = true;
        state_->close_behind_queue(index);
        state_->may_send(index);
    }
    return std::nullopt;
}

std::optional<Error> Stack::abort(ConnectionId connection) noexcept {
    Slot* slot = state_->slot_of(connection);
    if (slot == nullptr) {
        return Error::no_connection;
    }
    if (slot->life == stack::Life::open) {
        slot->close_reason = static_cast<std::uint8_t>(StackEvent::Reason::reset);
        slot->is_closing = true;
        slot->core->reset();
        state_->may_send(state_->index_of(*slot));
    }
    return std::nullopt;
}

std::optional<Error> Stack::set_ttl(ConnectionId connection, std::uint8_t ttl) noexcept {
    Slot* slot = state_->slot_of(connection);
    if (slot == nullptr) {
        return Error::no_connection;
    }
    if (ttl == 0) {
        return Error::invalid_argument;
    }
    slot->ttl = ttl;
    return std::nullopt;
}

Result<StackConnection> Stack::info(ConnectionId connection) const noexcept {
    const Slot* slot = state_->slot_of(connection);
    if (slot == nullptr) {
        return Error::no_connection;
    }
    const bool is_open = slot->life == stack::Life::open;
    const std::uint16_t reserved = state_->mss_reserved(*slot->core);
    return StackConnection{.peer = slot->peer,
                           .state = is_open ? slot->core->state() : dumbo::State::closed,
                           .mss = static_cast<std::uint16_t>(slot->core->mss() - reserved),
                           .readable = slot->in.length,
                           .queued = slot->out.length,
                           .room = is_open && !slot->is_closing ? state_->room_in(*slot) : 0,
                           .lent = slot->lent_length,
                           .lent_is_missing = slot->lent_length > 0 && slot->lent == nullptr,
                           .is_closing = slot->is_closing || !is_open,
                           .last_heard = slot->last_heard};
}

const Connection* Stack::connection(ConnectionId connection) const noexcept {
    const Slot* slot = state_->slot_of(connection);
    return slot != nullptr ? &*slot->core : nullptr;
}

}  // namespace dumbo::inline v0
