// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/address.hpp>
#include <dumbo/connection.hpp>
#include <dumbo/stack.hpp>

#include <cstdint>
#include <optional>

namespace dumbo::inline v0::stack {

// One connection of a stack with all that belongs to it but its buffers. Slots are an array; they refer to each other
// by their indices.
using SlotIndex = std::uint32_t;
inline constexpr SlotIndex no_slot = 0xffffffff;

struct Link {
    SlotIndex previous = no_slot;
    SlotIndex next = no_slot;
    bool is_linked = false;
};

// Neither nobody, nor the loopback network, nor a group, nor everyone: somebody who can be answered.
[[nodiscard]] inline bool is_single_host(const Ipv4Address& address) noexcept {
    constexpr std::uint8_t loopback = 127;
    constexpr std::uint8_t first_group = 224;
    return address[0] != 0 && address[0] != loopback && address[0] < first_group;
}

using Peer = StackPeer;

[[nodiscard]] inline bool is_group(const MacAddress& mac) noexcept {
    return (mac[0] & 1U) != 0;
}

// A connection's number is its slot's index and, above that, how many connections there were before it.
inline constexpr unsigned index_bits = 20;
static_assert(StackConfig::connections_max <= 1U << index_bits);

[[nodiscard]] inline SlotIndex index_in(ConnectionId id) noexcept {
    return static_cast<SlotIndex>(id & ((1U << index_bits) - 1U));
}

// A queue of bytes in a buffer of fixed size: where it begins, and how long it is.
struct RingPosition {
    std::uint32_t first = 0;
    std::uint32_t length = 0;
};

// An offset that is perhaps past the end of such a buffer, but not a second time around.
[[nodiscard]] inline std::uint32_t wrapped(std::uint32_t offset, std::uint32_t size) noexcept {
    return offset < size ? offset : offset - size;
}

enum class Life : std::uint8_t {
    free,
    half_open,  // nobody knows of it but the guest
    open,
    closed,  // the application has yet to hear of it
};

struct Slot {
    std::optional<Connection> core;
    Peer peer;
    std::uint64_t last_heard = 0;
    std::uint64_t deadline = 0;  // while it has a place in the heap
    ConnectionId id = 0;         // 0 while it is free
    std::uint32_t heap_place = no_slot;
    SlotIndex next_in_bucket = no_slot;
    Link age;    // among the free, the half-open or the open ones, the longest silent first
    Link turn;   // among those that may have something to send
    Link event;  // among those that the application has to hear of

    RingPosition in;
    RingPosition out;
    SeqNumber out_first;                 // of the first byte of `out`, or of `lent` when that is empty
    const std::uint8_t* lent = nullptr;  // NULL with a length: restored, and not lent again yet
    std::uint64_t lent_length = 0;

    Life life = Life::free;
    std::uint8_t ttl = StackConfig::default_ttl;
    bool is_closing = false;  // no more will be written: the FIN follows what is queued
    bool wants_room = false;  // a write fell short
    bool fin_told = false;
    std::uint8_t close_reason = 0;
    std::uint8_t events = 0;
};

}  // namespace dumbo::inline v0::stack
