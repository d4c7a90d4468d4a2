// SPDX-License-Identifier: Apache-2.0
#include "stack/peer_table.hpp"

#include <cstddef>

namespace dumbo::inline v0::stack {

namespace {

// A permutation of 64-bit numbers that spreads every bit of its input over the whole output.
std::uint64_t mixed(std::uint64_t value) noexcept {
    value = (value ^ (value >> 32U)) * 0xd6e8feb86659fd93;
    value = (value ^ (value >> 32U)) * 0xd6e8feb86659fd93;
    return value ^ (value >> 32U);
}

}  // namespace

std::size_t PeerTable::bucket_of(std::size_t bucket_count, const Peer& peer) const noexcept {
    std::uint64_t tuple = peer.port;
    tuple = tuple << 16U | peer.our_port;
    for (const std::uint8_t octet : peer.address) {
        tuple = tuple << 8U | octet;
    }
    // The key before and between: what two tuples have in common after the first round depends on it.
    return static_cast<std::size_t>(mixed(mixed(tuple ^ key_) + key_)) & (bucket_count - 1);
}

SlotIndex PeerTable::find(std::span<const SlotIndex> buckets, std::span<const Slot> slots,
                          const Peer& peer) const noexcept {
    SlotIndex index = buckets[bucket_of(buckets.size(), peer)];
    while (index != no_slot && !slots[index].peer.is_same_connection(peer)) {
        index = slots[index].next_in_bucket;
    }
    return index;
}

void PeerTable::insert(std::span<SlotIndex> buckets, std::span<Slot> slots, SlotIndex index) const noexcept {
    SlotIndex& bucket = buckets[bucket_of(buckets.size(), slots[index].peer)];
    slots[index].next_in_bucket = bucket;
    bucket = index;
}

void PeerTable::remove(std::span<SlotIndex> buckets, std::span<Slot> slots, SlotIndex index) const noexcept {
    SlotIndex* link = &buckets[bucket_of(buckets.size(), slots[index].peer)];
    while (*link != no_slot && *link != index) {
        link = &slots[*link].next_in_bucket;
    }
    if (*link == index) {
        *link = slots[index].next_in_bucket;
        slots[index].next_in_bucket = no_slot;
    }
}

}  // namespace dumbo::inline v0::stack
