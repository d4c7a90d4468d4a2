// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/checksum.hpp>
#include <dumbo/ipv4.hpp>
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

class SnapshotReader;

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
    // From the first to the last.
    template <typename Visit>
    void for_each(const Visit& visit) const noexcept {
        for (std::size_t i = 0; i < count; ++i) {
            visit(places[(first + i) % places.size()]);
        }
    }
    // Precondition: not empty.
    Reply pop() noexcept {
        const Reply reply = places[first];
        first = (first + 1) % places.size();
        --count;
        return reply;
    }
};

// Where a frame goes, and what else the device shall know of it, if somebody asks.
struct Frame {
    std::span<std::uint8_t> bytes;
    VirtioNetHeader* header = nullptr;
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

    State(const StackConfig& how, std::uint64_t key) noexcept : config(how), offloads(how.offloads), peers(key) {}

    // stack.cpp
    [[nodiscard]] stack::Slot* slot_of(ConnectionId id) const noexcept;
    [[nodiscard]] std::span<std::uint8_t> in_buffer(stack::SlotIndex index) const noexcept {
        return in_buffers.subspan(std::size_t{index} * config.receive_buffer, config.receive_buffer);
    }
    [[nodiscard]] std::span<std::uint8_t> out_buffer(stack::SlotIndex index) const noexcept {
        return out_buffers.subspan(std::size_t{index} * config.send_buffer, config.send_buffer);
    }
    [[nodiscard]] stack::SlotIndex index_of(const stack::Slot& slot) const noexcept;
    void tell(stack::SlotIndex index, std::uint8_t event) noexcept {
        slots[index].events |= event;
        events.append(slots, index);
    }
    void may_send(stack::SlotIndex index) noexcept { turns.append(slots, index); }
    void finish(stack::SlotIndex index, StackEvent::Reason reason) noexcept;
    void release(stack::SlotIndex index) noexcept;
    void finish_if_over(stack::SlotIndex index) noexcept {
        const Connection& core = *slots[index].core;
        if (core.is_reset() || (core.fin_received() && core.fin_acknowledged())) [[unlikely]] {
            finish_if_quiet(index);
        }
    }
    void finish_if_quiet(stack::SlotIndex index) noexcept;
    [[nodiscard]] static bool is_over(const stack::Slot& slot) noexcept;

    // application.cpp
    [[nodiscard]] std::uint32_t room_in(const stack::Slot& slot) const noexcept;

    // receive.cpp
    void receive_ethernet(FrameVerdict& verdict, std::span<const std::uint8_t> bytes, bool is_tcp_vouched_for,
                          std::uint64_t now) noexcept;
    void receive_ipv4(FrameVerdict& verdict, std::span<const std::uint8_t> bytes, const MacAddress& from,
                      bool is_tcp_trusted, std::uint64_t now) noexcept;
    void receive_tcp(FrameVerdict& verdict, const TcpSegment& segment, const stack::Peer& peer, ChecksumCheck check,
                     std::uint64_t now) noexcept;
    void receive_segment(FrameVerdict& verdict, stack::SlotIndex index, const TcpSegment& segment, ChecksumCheck check,
                         std::uint64_t now) noexcept;
    // Of all that a segment's checksum covers but the payload.
    [[nodiscard]] ChecksumAccumulator header_sum(const TcpSegment& segment, const Ipv4Address& from) const noexcept {
        ChecksumAccumulator sum;
        sum.add_pseudo_header({.source = from, .destination = config.address}, IpProtocol::tcp, segment.length());
        sum.add(segment.header());
        return sum;
    }
    template <typename Copy>
    void put_behind(stack::SlotIndex index, std::span<const std::uint8_t> payload, const Copy& copy) const noexcept;
    void settle(stack::SlotIndex index, const Received& received) noexcept;
    void settle_acknowledged(stack::SlotIndex index) noexcept;
    [[nodiscard]] bool can_be_answered(const Ipv4Address& from) const noexcept {
        return stack::is_single_host(from) && from != config.address;
    }

    // opening.cpp
    FrameVerdict malformed(Error error) noexcept;
    FrameVerdict receive_arp(std::span<const std::uint8_t> packet) noexcept;
    FrameVerdict receive_ecn_syn(const TcpSegment& segment, const stack::Peer& peer, ChecksumCheck check,
                                 std::uint64_t now) noexcept;
    FrameVerdict receive_stranger(const TcpSegment& segment, const stack::Peer& peer, ChecksumCheck check,
                                  std::uint64_t now) noexcept;
    FrameVerdict accept(const TcpSegment& syn, const stack::Peer& peer, std::uint64_t now) noexcept;
    FrameVerdict refuse(const TcpSegment& segment, const stack::Peer& peer) noexcept;
    [[nodiscard]] stack::SlotIndex place_for_new(std::uint64_t now) noexcept;
    [[nodiscard]] bool can_be_answered(const stack::Peer& from) const noexcept;
    [[nodiscard]] bool listens_on(std::uint16_t port) const noexcept;

    // transmit.cpp
    std::size_t write_arp_reply(std::span<std::uint8_t> buffer) noexcept;
    std::size_t write_rst(const stack::Frame& frame) noexcept;
    [[nodiscard]] ChecksumPolicy checksum_policy(const stack::Frame& frame) const noexcept;
    std::size_t write_by_turns(const stack::Frame& frame, std::uint64_t now) noexcept;
    std::size_t write_segment(stack::SlotIndex index, const stack::Frame& frame, std::uint64_t now) noexcept;
    std::size_t finish_frame(const stack::Frame& frame, IncompleteTcpSegment& segment, const stack::Peer& peer,
                             std::uint8_t ttl) noexcept;
    [[nodiscard]] bool would_write(stack::SlotIndex index, std::uint64_t now) const noexcept;
    [[nodiscard]] std::uint16_t mss_reserved(const Connection& core) const noexcept;
    bool expire_some(std::uint64_t now) noexcept;
    void rest(stack::SlotIndex index) noexcept;
    void set_deadline(stack::SlotIndex index) noexcept;
    void close_behind_queue(stack::SlotIndex index) const noexcept;

    // snapshot.cpp
    [[nodiscard]] std::size_t snapshot_size() const noexcept;
    void write_snapshot(std::span<std::uint8_t> bytes) const noexcept;
    template <typename Visit>
    void for_each_connection(const Visit& visit) const noexcept;
    [[nodiscard]] std::optional<Error> read_snapshot(std::span<const std::uint8_t> bytes,
                                                     const std::optional<ClockRebase>& rebase) noexcept;
    [[nodiscard]] std::optional<Error> read_answers(SnapshotReader& reader, std::uint32_t arp_count,
                                                    std::uint32_t rst_count) noexcept;
    [[nodiscard]] std::optional<Error> read_connection(SnapshotReader& reader,
                                                       const std::optional<ClockRebase>& rebase) noexcept;
    void take_place(stack::SlotIndex index, const stack::Slot& slot) noexcept;
    [[nodiscard]] std::optional<Error> read_queues(SnapshotReader& reader, std::uint64_t turn_count,
                                                   std::uint64_t event_count) noexcept;

    // possible_states.cpp
    [[nodiscard]] std::optional<Error> misplacement(const stack::Slot& slot) const noexcept;
    [[nodiscard]] bool is_in_order(const stack::Slot& slot) const noexcept;
    [[nodiscard]] bool has_possible_turn(stack::SlotIndex index) const noexcept;

    StackConfig config;
    StackCounters counters;
    StackOffloads offloads;
    std::uint64_t latest_now = 0;
    std::uint64_t connections_begun =
        0;  // counted for their numbers, in this stack and those that it was restored from

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
