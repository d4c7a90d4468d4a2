// SPDX-License-Identifier: Apache-2.0
#include "stack/state.hpp"

#include "tcp/initial_sequence_number.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <new>
#include <type_traits>

// How a stack comes into being in memory that it was lent, and how its connections end.
namespace dumbo::inline v0 {

using stack::no_slot;
using stack::Slot;
using stack::SlotIndex;

namespace {

bool is_in(std::uint64_t value, std::uint64_t low, std::uint64_t high) noexcept {
    return value >= low && value <= high;
}

bool is_acceptable(const StackConfig& config) noexcept {
    const bool has_mac = !stack::is_group(config.mac) && config.mac != MacAddress{};
    const bool has_port = std::any_of(config.ports.begin(), config.ports.end(), [](auto port) { return port != 0; });
    return has_mac && has_port && stack::is_single_host(config.address) &&
           is_in(config.connections, 1, StackConfig::connections_max) &&
           is_in(config.half_open, 1, config.connections) && is_in(config.receive_buffer, 1, StackConfig::buffer_max) &&
           is_in(config.send_buffer, 1, StackConfig::buffer_max) &&
           is_in(config.replies, 1, StackConfig::connections_max) && config.mtu >= StackConfig::mtu_min &&
           config.ttl != 0 && (config.offloads.checksum || !config.offloads.tso4) &&
           Connection::accepts({.local_rwnd_size = config.receive_buffer,
                                .rto_period = config.rto_period,
                                .rto_count_max = config.rto_count_max});
}

// Cuts a piece of memory into arrays. Without memory it only measures.
class Layout {
public:
    explicit Layout(std::byte* memory) noexcept : memory_(memory) {}

    // Bytes as they are: a page that nobody uses need not be touched.
    std::span<std::uint8_t> take_bytes(std::uint64_t count) noexcept {
        const std::uint64_t offset = length_;
        length_ += count;
        return memory_ != nullptr
                   ? std::span(reinterpret_cast<std::uint8_t*>(memory_ + offset), static_cast<std::size_t>(count))
                   : std::span<std::uint8_t>();
    }

    template <typename T>
    std::span<T> take(std::uint64_t count, const T& value) noexcept {
        static_assert(std::is_trivially_destructible_v<T> && alignof(T) <= Stack::memory_alignment);
        length_ = (length_ + alignof(T) - 1) / alignof(T) * alignof(T);
        const std::uint64_t offset = length_;
        length_ += count * sizeof(T);
        if (memory_ == nullptr) {
            return {};
        }
        T* first = nullptr;
        for (std::size_t i = 0; i < count; ++i) {
            T* made = new (memory_ + offset + i * sizeof(T)) T(value);
            first = i == 0 ? made : first;
        }
        return {first, static_cast<std::size_t>(count)};
    }

    [[nodiscard]] std::uint64_t length() const noexcept { return length_; }

private:
    std::byte* memory_;
    std::uint64_t length_ = 0;  // wider than a size can be on some machines, so that no product wraps around
};

// At least one bucket for each slot.
std::size_t bucket_count(const StackConfig& config) noexcept {
    return std::bit_ceil(std::size_t{config.connections});
}

struct Arrays {
    std::span<Slot> slots;
    std::span<SlotIndex> buckets;
    std::span<SlotIndex> heap;
    std::span<stack::RstReply> rsts;
    std::span<std::uint8_t> in_buffers;
    std::span<std::uint8_t> out_buffers;
};

Arrays lay_out(Layout& layout, const StackConfig& config) noexcept {
    const std::uint64_t connections = config.connections;
    Arrays arrays;
    arrays.slots = layout.take(connections, Slot{});
    arrays.buckets = layout.take(bucket_count(config), no_slot);
    arrays.heap = layout.take(connections, no_slot);
    arrays.rsts = layout.take(config.replies, stack::RstReply{});
    arrays.in_buffers = layout.take_bytes(connections * config.receive_buffer);
    arrays.out_buffers = layout.take_bytes(connections * config.send_buffer);
    return arrays;
}

}  // namespace

Result<std::size_t> Stack::memory_size(const StackConfig& config) noexcept {
    if (!is_acceptable(config)) {
        return Error::invalid_argument;
    }
    static_assert(std::is_trivially_destructible_v<State> && alignof(State) <= memory_alignment);
    Layout layout(nullptr);
    layout.take_bytes(sizeof(State));
    lay_out(layout, config);
    if (layout.length() > std::numeric_limits<std::size_t>::max() / 2) {
        return Error::invalid_argument;
    }
    return static_cast<std::size_t>(layout.length());
}

Result<Stack> Stack::create(std::span<std::byte> memory, const StackConfig& config) noexcept {
    const auto size = memory_size(config);
    if (!size) {
        return size.error();
    }
    if (reinterpret_cast<std::uintptr_t>(memory.data()) % memory_alignment != 0) {
        return Error::invalid_argument;
    }
    if (memory.size() < *size) {
        return Error::buffer_too_small;
    }
    std::uint64_t key = config.hash_key;
    if (key == 0) {
        const auto high = choose_initial_sequence_number();
        const auto low = choose_initial_sequence_number();
        if (!high || !low) {
            return Error::no_entropy;
        }
        key = std::uint64_t{high->value()} << 32U | low->value();
    }
    Layout layout(memory.data());
    layout.take_bytes(sizeof(State));
    const Arrays arrays = lay_out(layout, config);
    auto& state = *new (memory.data()) State(config, key);
    state.slots = arrays.slots;
    state.buckets = arrays.buckets;
    state.heap = arrays.heap;
    state.in_buffers = arrays.in_buffers;
    state.out_buffers = arrays.out_buffers;
    state.rsts.places = arrays.rsts;
    state.arp_replies.places = state.arp_memory;
    for (SlotIndex index = 0; index < config.connections; ++index) {
        state.free.append(state.slots, index);
    }
    return Stack(state);
}

std::uint32_t Stack::connection_count() const noexcept {
    return state_->config.connections - state_->free.count();
}

const StackCounters& Stack::counters() const noexcept {
    return state_->counters;
}

// ------------------------------------------------------------------------------------------------------- slots ----

// One that the application knows of.
Slot* Stack::State::slot_of(ConnectionId id) const noexcept {
    const SlotIndex index = stack::index_in(id);
    if (index >= slots.size() || slots[index].id != id) {
        return nullptr;
    }
    const bool is_known = slots[index].life == stack::Life::open || slots[index].life == stack::Life::closed;
    return is_known ? &slots[index] : nullptr;
}

SlotIndex Stack::State::index_of(const Slot& slot) const noexcept {
    return static_cast<SlotIndex>(&slot - slots.data());
}

// ------------------------------------------------------------------------------------------------------ endings ----

// One that is reset, or that both sides have closed.
void Stack::State::finish_if_quiet(SlotIndex index) noexcept {
    const Slot& slot = slots[index];
    if (slot.life == stack::Life::closed) {
        return;
    }
    if (slot.core->is_reset()) {
        finish(index, static_cast<StackEvent::Reason>(slot.close_reason));
    } else if (is_over(slot)) {
        finish(index, StackEvent::Reason::finished);
    }
}

// With both FINs acknowledged, once our last ACK is out and the application has read what there was.
bool Stack::State::is_over(const Slot& slot) noexcept {
    const Connection& core = *slot.core;
    return core.fin_received() && core.fin_acknowledged() && slot.in.length == 0 &&
           core.control_segment_or_timeout_status().kind == NextSegmentStatus::Kind::nothing;
}

// The guest has no connection any more; the application has one until it has heard of that.
void Stack::State::finish(SlotIndex index, StackEvent::Reason reason) noexcept {
    Slot& slot = slots[index];
    switch (reason) {
        case StackEvent::Reason::finished:
            ++counters.finished;
            break;
        case StackEvent::Reason::reset_by_peer:
            ++counters.reset_by_peer;
            break;
        case StackEvent::Reason::timed_out:
            ++counters.timed_out;
            break;
        case StackEvent::Reason::evicted:
            ++counters.evicted;
            break;
        case StackEvent::Reason::none:
        case StackEvent::Reason::reset:
            ++counters.reset;
            break;
    }
    const bool is_known = slot.life == stack::Life::open;
    peers.remove(buckets, slots, index);
    deadlines.remove(heap, slots, index);
    turns.remove(slots, index);
    (is_known ? open : half_open).remove(slots, index);
    if (!is_known) {
        release(index);
        return;
    }
    slot.life = stack::Life::closed;
    ++closed_count;
    slot.close_reason = static_cast<std::uint8_t>(reason);
    slot.out = {};
    slot.lent = nullptr;
    slot.lent_length = 0;
    tell(index, stack::closed_bit);
}

void Stack::State::release(SlotIndex index) noexcept {
    Slot& slot = slots[index];
    closed_count -= slot.life == stack::Life::closed ? 1U : 0U;
    events.remove(slots, index);
    slot = Slot{};
    free.append(slots, index);
}

}  // namespace dumbo::inline v0
