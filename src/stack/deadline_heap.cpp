// SPDX-License-Identifier: Apache-2.0
#include "stack/deadline_heap.hpp"

namespace dumbo::inline v0::stack {

namespace {

// Of those that are due at the same time the one with the smaller index comes first, so that their order does not
// depend on how they came into the heap.
bool is_before(std::span<const Slot> slots, SlotIndex one, SlotIndex other) noexcept {
    return slots[one].deadline != slots[other].deadline ? slots[one].deadline < slots[other].deadline : one < other;
}

}  // namespace

void DeadlineHeap::put(std::span<SlotIndex> heap, std::span<Slot> slots, std::uint32_t place,
                       SlotIndex index) noexcept {
    heap[place] = index;
    slots[index].heap_place = place;
}

void DeadlineHeap::set(std::span<SlotIndex> heap, std::span<Slot> slots, SlotIndex index,
                       std::uint64_t deadline) noexcept {
    slots[index].deadline = deadline;
    if (slots[index].heap_place == no_slot) {
        put(heap, slots, count_, index);
        ++count_;
    }
    sift_up(heap, slots, slots[index].heap_place);
    sift_down(heap, slots, slots[index].heap_place);
}

// The last one takes the place that becomes free.
void DeadlineHeap::remove(std::span<SlotIndex> heap, std::span<Slot> slots, SlotIndex index) noexcept {
    const std::uint32_t place = slots[index].heap_place;
    if (place == no_slot) {
        return;
    }
    --count_;
    const SlotIndex last = heap[count_];
    slots[index].heap_place = no_slot;
    if (last != index) {
        put(heap, slots, place, last);
        sift_up(heap, slots, place);
        sift_down(heap, slots, slots[last].heap_place);
    }
}

void DeadlineHeap::sift_up(std::span<SlotIndex> heap, std::span<Slot> slots, std::uint32_t place) noexcept {
    const SlotIndex index = heap[place];
    while (place > 0) {
        const std::uint32_t parent = (place - 1) / 2;
        if (!is_before(slots, index, heap[parent])) {
            break;
        }
        put(heap, slots, place, heap[parent]);
        place = parent;
    }
    put(heap, slots, place, index);
}

void DeadlineHeap::sift_down(std::span<SlotIndex> heap, std::span<Slot> slots, std::uint32_t place) const noexcept {
    const SlotIndex index = heap[place];
    for (std::uint32_t child = 2 * place + 1; child < count_; child = 2 * place + 1) {
        if (child + 1 < count_ && is_before(slots, heap[child + 1], heap[child])) {
            ++child;
        }
        if (!is_before(slots, heap[child], index)) {
            break;
        }
        put(heap, slots, place, heap[child]);
        place = child;
    }
    put(heap, slots, place, index);
}

}  // namespace dumbo::inline v0::stack
