// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <tuple>
#include <vector>

#include "scenario/dice.hpp"
#include "stack/deadline_heap.hpp"
#include "stack/peer_table.hpp"
#include "stack/slot.hpp"
#include "stack/slot_list.hpp"
#include "support/catch.hpp"

using dumbo::stack::DeadlineHeap;
using dumbo::stack::no_slot;
using dumbo::stack::Peer;
using dumbo::stack::PeerTable;
using dumbo::stack::Slot;
using dumbo::stack::SlotIndex;
using dumbo::stack::SlotList;

// The containers of the stack against those of the standard library, by chance.
namespace {

std::vector<SlotIndex> forwards(const SlotList& list, const std::vector<Slot>& slots) {
    std::vector<SlotIndex> indices;
    for (SlotIndex at = list.first(); at != no_slot && indices.size() <= slots.size(); at = slots[at].age.next) {
        indices.push_back(at);
    }
    return indices;
}

using Tuple = std::tuple<std::uint32_t, std::uint16_t, std::uint16_t>;

Tuple tuple_of(const Peer& peer) {
    return {static_cast<std::uint32_t>(peer.address[3]), peer.port, peer.our_port};
}

}  // namespace

TEST_CASE("a list of slots is a queue", "[stack]") {
    scenario::Dice dice(1);
    std::vector<Slot> slots(12);
    SlotList list(&Slot::age);
    std::deque<SlotIndex> model;
    for (int i = 0; i < 20'000; ++i) {
        const auto index = static_cast<SlotIndex>(dice.below(slots.size()));
        const auto place = std::find(model.begin(), model.end(), index);
        switch (dice.below(3)) {
            case 0:
                list.append(slots, index);
                if (place == model.end()) {
                    model.push_back(index);
                }
                break;
            case 1:
                list.remove(slots, index);
                if (place != model.end()) {
                    model.erase(place);
                }
                break;
            default:
                list.move_to_end(slots, index);
                if (place != model.end()) {
                    model.erase(place);
                }
                model.push_back(index);
                break;
        }
        REQUIRE(list.count() == model.size());
        REQUIRE(list.is_empty() == model.empty());
        REQUIRE(list.first() == (model.empty() ? no_slot : model.front()));
        REQUIRE(forwards(list, slots) == std::vector<SlotIndex>(model.begin(), model.end()));
    }
}

TEST_CASE("lists through different links do not disturb each other", "[stack]") {
    std::vector<Slot> slots(3);
    SlotList ages(&Slot::age);
    SlotList turns(&Slot::turn);
    for (const SlotIndex index : {0U, 1U, 2U}) {
        ages.append(slots, index);
        turns.append(slots, 2 - index);
    }
    ages.remove(slots, 1);
    CHECK(ages.count() == 2);
    CHECK(turns.count() == 3);
    CHECK(turns.first() == 2);
    turns.remove(slots, 2);
    turns.remove(slots, 1);
    CHECK(turns.first() == 0);
    CHECK(forwards(ages, slots) == std::vector<SlotIndex>{0, 2});
}

TEST_CASE("the earliest deadline is on top of the heap", "[stack]") {
    for (const std::size_t count : {std::size_t{1}, std::size_t{2}, std::size_t{7}, std::size_t{100}}) {
        scenario::Dice dice(static_cast<std::uint32_t>(count));
        std::vector<Slot> slots(count);
        std::vector<SlotIndex> heap(count, no_slot);
        DeadlineHeap deadlines;
        std::multimap<std::uint64_t, SlotIndex> model;
        const auto forget = [&model](SlotIndex index) {
            std::erase_if(model, [index](const auto& entry) { return entry.second == index; });
        };
        for (int i = 0; i < 10'000; ++i) {
            const auto index = static_cast<SlotIndex>(dice.below(count));
            forget(index);
            if (dice.one_in(3)) {
                deadlines.remove(heap, slots, index);
            } else {
                // Few different ones, so that many are alike, and the ends of the range.
                const std::uint64_t deadline = dice.one_in(20) ? UINT64_MAX : dice.below(50);
                deadlines.set(heap, slots, index, deadline);
                model.emplace(deadline, index);
            }
            REQUIRE(deadlines.is_empty() == model.empty());
            if (!model.empty()) {
                REQUIRE(slots[deadlines.earliest(heap)].deadline == model.begin()->first);
            }
        }
        while (!model.empty()) {
            const SlotIndex earliest = deadlines.earliest(heap);
            REQUIRE(slots[earliest].deadline == model.begin()->first);
            forget(earliest);
            deadlines.remove(heap, slots, earliest);
        }
        CHECK(deadlines.is_empty());
    }
}

TEST_CASE("a table finds the slots of its peers and no others", "[stack]") {
    for (const std::size_t bucket_count : {std::size_t{1}, std::size_t{2}, std::size_t{64}}) {
        scenario::Dice dice(static_cast<std::uint32_t>(bucket_count));
        std::vector<Slot> slots(40);
        std::vector<SlotIndex> buckets(bucket_count, no_slot);
        const PeerTable table(dice.any());
        std::map<Tuple, SlotIndex> model;
        for (int i = 0; i < 20'000; ++i) {
            Peer peer;
            peer.mac[5] = static_cast<std::uint8_t>(dice.any());  // is no part of what it is called by
            peer.address = {10, 0, 0, static_cast<std::uint8_t>(dice.below(3))};
            peer.port = static_cast<std::uint16_t>(dice.below(6));
            peer.our_port = static_cast<std::uint16_t>(dice.below(6));
            const auto found = model.find(tuple_of(peer));
            REQUIRE(table.find(buckets, slots, peer) == (found == model.end() ? no_slot : found->second));
            if (found != model.end()) {
                if (dice.one_in(2)) {
                    table.remove(buckets, slots, found->second);
                    slots[found->second] = Slot{};
                    model.erase(found);
                }
                continue;
            }
            const auto index = static_cast<SlotIndex>(dice.below(slots.size()));
            if (slots[index].peer.address[0] == 0) {
                slots[index].peer = peer;
                table.insert(buckets, slots, index);
                model.emplace(tuple_of(peer), index);
            }
        }
        for (const auto& [tuple, index] : model) {
            table.remove(buckets, slots, index);
        }
        CHECK(std::all_of(buckets.begin(), buckets.end(), [](SlotIndex index) { return index == no_slot; }));
    }
}

TEST_CASE("another key puts peers into other buckets", "[stack]") {
    // Ports that lie in one bucket under one key are spread under another: nobody can choose them without the key.
    constexpr std::size_t bucket_count = 64;
    std::vector<Slot> slots(1);
    const auto bucket_of = [&slots](const PeerTable& table, std::uint16_t port) {
        std::vector<SlotIndex> buckets(bucket_count, no_slot);
        slots[0].peer.port = port;
        table.insert(buckets, slots, 0);
        return std::find(buckets.begin(), buckets.end(), 0U) - buckets.begin();
    };
    const PeerTable one(1);
    const PeerTable two(2);
    std::set<std::ptrdiff_t> elsewhere;
    int in_bucket = 0;
    for (std::uint32_t port = 0; port < 4096; ++port) {
        if (bucket_of(one, static_cast<std::uint16_t>(port)) == 0) {
            ++in_bucket;
            elsewhere.insert(bucket_of(two, static_cast<std::uint16_t>(port)));
        }
    }
    CHECK(in_bucket > 32);
    CHECK(in_bucket < 128);
    CHECK(elsewhere.size() > 24);
}
