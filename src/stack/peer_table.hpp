// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stack/slot.hpp"

#include <span>

namespace dumbo::inline v0::stack {

// Finds the slot of a peer in the same time however many there are: a hash table with chains through the slots, whose
// buckets are memory of its owner's, a power of two of them, all no_slot in the beginning. The key is secret, so that a
// guest cannot choose ports and addresses that all end in one bucket.
class PeerTable {
public:
    explicit PeerTable(std::uint64_t key) noexcept : key_(key) {}

    [[nodiscard]] SlotIndex find(std::span<const SlotIndex> buckets, std::span<const Slot> slots,
                                 const Peer& peer) const noexcept;
    // Precondition: no slot has this peer yet.
    void insert(std::span<SlotIndex> buckets, std::span<Slot> slots, SlotIndex index) const noexcept;
    // Precondition: it was inserted, and its peer has not changed since.
    void remove(std::span<SlotIndex> buckets, std::span<Slot> slots, SlotIndex index) const noexcept;

private:
    [[nodiscard]] std::size_t bucket_of(std::size_t bucket_count, const Peer& peer) const noexcept;

    std::uint64_t key_;
};

}  // namespace dumbo::inline v0::stack
