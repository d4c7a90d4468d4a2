// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/detail/byte_order.hpp>

#include "stack/slot.hpp"

#include <cstddef>
#include <cstdint>
#include <span>

namespace dumbo::inline v0::stack {

// A permutation of 64-bit numbers that spreads every bit of its input over the whole output.
[[nodiscard]] inline std::uint64_t mixed(std::uint64_t value) noexcept {
    value = (value ^ (value >> 32U)) * 0xd6e8feb86659fd93;
    value = (value ^ (value >> 32U)) * 0xd6e8feb86659fd93;
    return value ^ (value >> 32U);
}

// Finds the slot of a peer in the same time however many there are: a hash table with chains through the slots, whose
// buckets are memory of its owner's, a power of two of them, all no_slot in the beginning. The key is secret, so that a
// guest cannot choose ports and addresses that all end in one bucket.
class PeerTable {
public:
    explicit PeerTable(std::uint64_t key) noexcept : key_(key) {}

    [[nodiscard]] SlotIndex find(std::span<const SlotIndex> buckets, std::span<const Slot> slots,
                                 const Peer& peer) const noexcept {
        SlotIndex index = buckets[bucket_of(buckets.size(), peer)];
        while (index != no_slot && !slots[index].peer.is_same_connection(peer)) {
            index = slots[index].next_in_bucket;
        }
        return index;
    }
    // Precondition: no slot has this peer yet.
    void insert(std::span<SlotIndex> buckets, std::span<Slot> slots, SlotIndex index) const noexcept;
    // Precondition: it was inserted, and its peer has not changed since.
    void remove(std::span<SlotIndex> buckets, std::span<Slot> slots, SlotIndex index) const noexcept;

private:
    [[nodiscard]] std::size_t bucket_of(std::size_t bucket_count, const Peer& peer) const noexcept {
        const std::uint64_t ports = std::uint64_t{peer.port} << 16U | peer.our_port;
        const std::uint64_t tuple = ports << 32U | detail::load_be32(peer.address.data());
        // The key before and between: what two tuples have in common after the first round depends on it.
        return static_cast<std::size_t>(mixed(mixed(tuple ^ key_) + key_)) & (bucket_count - 1);
    }

    std::uint64_t key_;
};

}  // namespace dumbo::inline v0::stack
