// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/stack.hpp>
#include <dumbo/tcp_segment.hpp>

#include "stack/deadline_heap.hpp"
#include "stack/peer_table.hpp"
#include "stack/slot.hpp"
#include "stack/slot_list.hpp"

#include <array>
#include <cstdint>
#include <span>

namespace dumbo::inline v0 {

namespace stack {

// An answer that belongs to no connection and waits to be sent.
struct ArpReply {
    MacAddress mac{};
    Ipv4Address address{};
};
struct RstReply {
    Peer peer;
    RstConfig config;
};

// A queue of answers in a fixed number of places.
template <typename Reply>
struct ReplyQueue {
    std::span<Reply> places;
    std::size_t first = 0;
    std::size_t count = 0;

    [[nodiscard]] bool push(const Reply& reply) noexcept {
        if (count == places.size()) {
            return false;
        }
        places[(first + count) % places.size()] = reply;
        ++count;
        return true;
    }
    // Precondition: not empty.
    Reply pop() noexcept {
        const Reply reply = places[first];
        first = (first + 1) % places.size();
        --count;
        return reply;
    }
};

// Bits of Slot::events, in the order in which the application hears of them.
enum EventBit : std::uint8_t {
    opened_bit = 1,
    readable_bit = 2,
    writable_bit = 4,
    peer_closed_bit = 8,
    closed_bit = 16
};

}  // namespace stack

// What a stack knows. Everything lies in the memory that was lent, this at its beginning.
struct Stack::State {
    static constexpr std::size_t arp_places = 8;

    State(const StackConfig& how, std::uint64_t key) noexcept : config(how), peers(key) {}

    // stack.cpp
    [[nodiscard]] stack::Slot* slot_of(ConnectionId id) const noexcept;
    [[nodiscard]] ConnectionId id_of(stack::SlotIndex index) const noexcept;
    [[nodiscard]] std::span<std::uint8_t> in_buffer(stack::SlotIndex index) const noexcept;
    [[nodiscard]] std::span<std::uint8_t> out_buffer(stack::SlotIndex index) const noexcept;
    [[nodiscard]] stack::SlotIndex index_of(const stack::Slot& slot) const noexcept;
    void tell(stack::SlotIndex index, std::uint8_t event) noexcept;
    void may_send(stack::SlotIndex index) noexcept;
    void finish(stack::SlotIndex index, StackEvent::Reason reason) noexcept;
    void release(stack::SlotIndex index) noexcept;
    void finish_if_over(stack::SlotIndex index) noexcept;

    // receive.cpp
    FrameVerdict receive_arp(std::span<const std::uint8_t> packet) noexcept;
    FrameVerdict receive_ipv4(std::span<const std::uint8_t> bytes, const MacAddress& from, std::uint64_t now) noexcept;
    FrameVerdict receive_ecn_syn(std::span<const std::uint8_t> bytes, const stack::Peer& peer,
                                 std::uint64_t now) noexcept;
    FrameVerdict receive_tcp(const TcpSegment& segment, const stack::Peer& peer, std::uint64_t now) noexcept;
    FrameVerdict receive_segment(stack::SlotIndex index, const TcpSegment& segment, std::uint64_t now) noexcept;
    FrameVerdict accept(const TcpSegment& syn, const stack::Peer& peer, std::uint64_t now) noexcept;
    FrameVerdict refuse(const TcpSegment& segment, const stack::Peer& peer) noexcept;
    FrameVerdict malformed(Error error) noexcept;
    [[nodiscard]] stack::SlotIndex place_for_new(std::uint64_t now) noexcept;
    [[nodiscard]] bool listens_on(std::uint16_t port) const noexcept;
    void settle(stack::SlotIndex index, const Received& received, const TcpSegment& segment) noexcept;
    void settle_acknowledged(stack::SlotIndex index) noexcept;
    void keep_payload(stack::SlotIndex index, std::span<const std::uint8_t> payload) const noexcept;

    // transmit.cpp
    std::size_t write_arp_reply(std::span<std::uint8_t> buffer) noexcept;
    std::size_t write_rst(std::span<std::uint8_t> buffer) noexcept;
    std::size_t write_by_turns(std::span<std::uint8_t> buffer, std::uint64_t now) noexcept;
    std::size_t write_segment(stack::SlotIndex index, std::span<std::uint8_t> buffer, std::uint64_t now) noexcept;
    std::size_t wrap(std::span<std::uint8_t> buffer, const stack::Peer& peer, std::size_t segment_length) noexcept;
    [[nodiscard]] bool would_write(stack::SlotIndex index, std::uint64_t now) const noexcept;
    void expire(std::uint64_t now) noexcept;
    void rest(stack::SlotIndex index) noexcept;
    void close_behind_queue(stack::SlotIndex index) const noexcept;

    StackConfig config;
    StackCounters counters;
    std::uint64_t latest_now = 0;

    std::span<stack::Slot> slots;
    std::span<stack::SlotIndex> buckets;
    std::span<stack::SlotIndex> heap;
    std::span<std::uint8_t> in_buffers;
    std::span<std::uint8_t> out_buffers;

    stack::PeerTable peers;
    stack::DeadlineHeap deadlines;
    stack::SlotList free{&stack::Slot::age};
    stack::SlotList half_open{&stack::Slot::age};
    stack::SlotList open{&stack::Slot::age};
    std::uint32_t closed_count = 0;  // connections that are over, and the application has not heard of it
    stack::SlotList turns{&stack::Slot::turn};
    stack::SlotList events{&stack::Slot::event};

    std::array<stack::ArpReply, arp_places> arp_memory{};
    stack::ReplyQueue<stack::ArpReply> arp_replies{};
    stack::ReplyQueue<stack::RstReply> rsts{};
    std::uint8_t whose_turn = 0;
    std::uint16_t identification = 0;
};

}  // namespace dumbo::inline v0
