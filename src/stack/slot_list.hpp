// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "stack/slot.hpp"

#include <span>

namespace dumbo::inline v0::stack {

// A queue of slots through one of their links. Every operation takes the same time, however many there are.
class SlotList {
public:
    explicit SlotList(Link Slot::*link) noexcept : link_(link) {}

    [[nodiscard]] bool is_empty() const noexcept { return first_ == no_slot; }
    [[nodiscard]] SlotIndex first() const noexcept { return first_; }
    // Precondition: not empty.
    [[nodiscard]] SlotIndex last() const noexcept { return last_; }
    [[nodiscard]] std::uint32_t count() const noexcept { return count_; }

    // No effect if it is in the list already.
    void append(std::span<Slot> slots, SlotIndex index) noexcept {
        Link& link = slots[index].*link_;
        if (link.is_linked) {
            return;
        }
        link = {.previous = last_, .next = no_slot, .is_linked = true};
        (last_ == no_slot ? first_ : (slots[last_].*link_).next) = index;
        last_ = index;
        ++count_;
    }

    // No effect if it is in no list. Precondition: it is in no other list through the same link.
    void remove(std::span<Slot> slots, SlotIndex index) noexcept {
        Link& link = slots[index].*link_;
        if (!link.is_linked) {
            return;
        }
        (link.previous == no_slot ? first_ : (slots[link.previous].*link_).next) = link.next;
        (link.next == no_slot ? last_ : (slots[link.next].*link_).previous) = link.previous;
        link = Link{};
        --count_;
    }

    // From the first to the last.
    template <typename Visit>
    void for_each(std::span<const Slot> slots, const Visit& visit) const noexcept {
        for (SlotIndex index = first_; index != no_slot; index = (slots[index].*link_).next) {
            visit(index);
        }
    }

    void move_to_end(std::span<Slot> slots, SlotIndex index) noexcept {
        if (index != last_) {
            remove(slots, index);
            append(slots, index);
        }
    }

private:
    Link Slot::*link_;
    SlotIndex first_ = no_slot;
    SlotIndex last_ = no_slot;
    std::uint32_t count_ = 0;
};

}  // namespace dumbo::inline v0::stack
