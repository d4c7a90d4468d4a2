// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stack/slot.hpp"

#include <cstddef>
#include <span>

namespace dumbo::inline v0::stack {

// Slots by their deadlines, the earliest on top: a binary heap in memory of its owner's, one place for each slot.
class DeadlineHeap {
public:
    [[nodiscard]] bool is_empty() const noexcept { return count_ == 0; }
    // Precondition: not empty.
    [[nodiscard]] static SlotIndex earliest(std::span<const SlotIndex> heap) noexcept { return heap[0]; }

    // Puts a slot where its deadline belongs, whether it has a place already or not.
    void set(std::span<SlotIndex> heap, std::span<Slot> slots, SlotIndex index, std::uint64_t deadline) noexcept;
    // No effect if it has no place.
    void remove(std::span<SlotIndex> heap, std::span<Slot> slots, SlotIndex index) noexcept;

private:
    static void put(std::span<SlotIndex> heap, std::span<Slot> slots, std::uint32_t place, SlotIndex index) noexcept;
    static void sift_up(std::span<SlotIndex> heap, std::span<Slot> slots, std::uint32_t place) noexcept;
    void sift_down(std::span<SlotIndex> heap, std::span<Slot> slots, std::uint32_t place) const noexcept;

    std::uint32_t count_ = 0;
};

}  // namespace dumbo::inline v0::stack
