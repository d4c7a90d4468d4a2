// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/address.hpp>
#include <dumbo/connection.hpp>

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

// The guest's end of a connection, and which of our ports it came to.
struct Peer {
    MacAddress mac{};
    Ipv4Address address{};
    std::uint16_t port = 0;
    std::uint16_t our_port = 0;

    [[nodiscard]] bool is_same_connection(const Peer& other) const noexcept {
        return port == other.port && our_port == other.our_port && address == other.address;
    }
};

// A queue of bytes in a buffer of fixed size: where it begins, and how long it is.
struct RingPosition {
    std::uint32_t first = 0;
    std::uint32_t length = 0;
};

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
    std::uint32_t generation = 0;
    std::uint32_t heap_place = no_slot;
    SlotIndex next_in_bucket = no_slot;
    Link age;    // among the free, the half-open or the open ones, the longest silent first
    Link turn;   // among those that may have something to send
    Link event;  // among those that the application has to hear of

    RingPosition in;
    RingPosition out;
    SeqNumber out_first;  // of the first byte of `out`, or of `lent` when that is empty
    const std::uint8_t* lent = nullptr;
    std::uint64_t lent_length = 0;

    Life life = Life::free;
    bool is_closing = false;  // no more will be written: the FIN follows what is queued
    bool wants_room = false;  // a write fell short
    bool fin_told = false;
    std::uint8_t close_reason = 0;
    std::uint8_t events = 0;
};

}  // namespace dumbo::inline v0::stack
