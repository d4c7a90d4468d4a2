// SPDX-License-Identifier: Apache-2.0
#include "stack/peer_table.hpp"

namespace dumbo::inline v0::stack {

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
