// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "capi/support/endpoint.hpp"
#include "capi/support/guest.hpp"
#include "capi/support/seal.hpp"
#include "capi/support/stack.hpp"
#include "capi/support/stack_memory.hpp"
#include "support/catch.hpp"

using dumbo_test::a_stack;
using dumbo_test::ack_bit;
using dumbo_test::aligned;
using dumbo_test::Bytes;
using dumbo_test::get32;
using dumbo_test::Guest;
using dumbo_test::GuestEnd;
using dumbo_test::Memory;
using dumbo_test::next_frame;
using dumbo_test::OneBlock;
using dumbo_test::open_connection;
using dumbo_test::receive_frame;
using dumbo_test::seal;
using dumbo_test::size_for;
using dumbo_test::sized;
using dumbo_test::stack_config;
using dumbo_test::StackHandle;

// Stacks that outlive themselves, through the C ABI.
namespace {

Bytes snapshot_of(const dumbo_stack* stack) {
    std::size_t length = 0;
    REQUIRE(dumbo_stack_snapshot(stack, nullptr, 0, &length) == DUMBO_OK);
    Bytes bytes(length);
    std::size_t written = 0;
    REQUIRE(dumbo_stack_snapshot(stack, bytes.data(), bytes.size(), &written) == DUMBO_OK);
    CHECK(written == length);
    return bytes;
}

// With a connection that has received, queued and lent.
struct Original {
    StackHandle stack = a_stack();
    GuestEnd guest = open_connection(stack.get());
    Bytes loan = Bytes(700, 'l');

    Original() {
        receive_frame(stack.get(), Guest::frame_with(guest.segment(ack_bit, Bytes(5, 'r'))), 40);
        guest.seq += 5;
        const Bytes queued(300, 'q');
        std::size_t accepted = 0;
        REQUIRE(dumbo_stack_write(stack.get(), guest.id, queued.data(), queued.size(), &accepted) == DUMBO_OK);
        REQUIRE(dumbo_stack_lend(stack.get(), guest.id, loan.data(), loan.size()) == DUMBO_OK);
    }
};

void check_goes_on(dumbo_stack* stack, Original& original, std::uint64_t now) {
    auto info = sized<dumbo_connection_info>();
    REQUIRE(dumbo_stack_connection_info(stack, original.guest.id, &info) == DUMBO_OK);
    CHECK(info.flags == DUMBO_CONNECTION_INFO_LENT_MISSING);
    CHECK(info.readable == 5);
    CHECK(info.queued == 300);
    CHECK(info.lent == 700);
    CHECK(dumbo_stack_lend(stack, original.guest.id, original.loan.data(), 1) == DUMBO_ERR_LENT);
    CHECK(dumbo_stack_lend(stack, original.guest.id, original.loan.data(), 700) == DUMBO_OK);
    const Bytes segment = Guest::segment_in(next_frame(stack, now));
    CHECK(std::string(segment.begin() + 20, segment.end()) == std::string(300, 'q') + std::string(700, 'l'));
    CHECK(get32(segment, 8) == original.guest.seq);
}

}  // namespace

TEST_CASE("a restored stack goes on where the original stood", "[stack][snapshot]") {
    Original original;
    const Bytes snapshot = snapshot_of(original.stack.get());
    const auto how = stack_config();
    dumbo_stack* restored = nullptr;
    REQUIRE(dumbo_stack_restore(&restored, snapshot.data(), snapshot.size(), &how, nullptr, nullptr) == DUMBO_OK);
    const StackHandle owner(restored);
    CHECK(snapshot_of(restored) == snapshot);
    check_goes_on(restored, original, 40);
}

TEST_CASE("a stack is restored in storage of the caller's, and never behind its end", "[stack][snapshot]") {
    Original original;
    const Bytes snapshot = snapshot_of(original.stack.get());
    const auto how = stack_config();
    const std::size_t size = size_for(how);
    const Memory memory = aligned(size);
    auto* restored = static_cast<dumbo_stack*>(memory.get());
    CHECK(dumbo_stack_restore_in(&restored, memory.get(), size - 1, snapshot.data(), snapshot.size(), &how, nullptr) ==
          DUMBO_ERR_BUFFER_TOO_SMALL);
    CHECK(restored == nullptr);
    REQUIRE(dumbo_stack_restore_in(&restored, memory.get(), size, snapshot.data(), snapshot.size(), &how, nullptr) ==
            DUMBO_OK);
    CHECK(static_cast<void*>(restored) == memory.get());
    check_goes_on(restored, original, 40);
    dumbo_stack_free(restored);
}

TEST_CASE("a stack is restored to another clock", "[stack][snapshot]") {
    Original original;
    const Bytes snapshot = snapshot_of(original.stack.get());
    const auto how = stack_config();
    auto restore = sized<dumbo_restore_config>();
    restore.flags = DUMBO_RESTORE_REBASE;
    restore.old_now = 39;
    restore.new_now = 1'000'000;
    dumbo_stack* restored = nullptr;
    CHECK(dumbo_stack_restore(&restored, snapshot.data(), snapshot.size(), &how, &restore, nullptr) ==
          DUMBO_ERR_TIMESTAMP_DECREASED);
    restore.old_now = 40;
    REQUIRE(dumbo_stack_restore(&restored, snapshot.data(), snapshot.size(), &how, &restore, nullptr) == DUMBO_OK);
    const StackHandle owner(restored);
    std::uint32_t status = 0;
    CHECK(dumbo_stack_next_status(restored, 999'999, &status, nullptr) == DUMBO_ERR_TIMESTAMP_DECREASED);
    check_goes_on(restored, original, 1'000'000);
}

TEST_CASE("a stack does not count for a restored one what a connection counts", "[stack][snapshot]") {
    const Bytes snapshot = snapshot_of(a_stack().get());
    const auto how = stack_config();
    auto restore = sized<dumbo_restore_config>();
    restore.flags = DUMBO_RESTORE_COUNTERS;
    dumbo_stack* restored = nullptr;
    CHECK(dumbo_stack_restore(&restored, snapshot.data(), snapshot.size(), &how, &restore, nullptr) ==
          DUMBO_ERR_INVALID_ARGUMENT);
}

TEST_CASE("a snapshot that is refused gives its memory back", "[stack][snapshot]") {
    Bytes snapshot = snapshot_of(a_stack().get());
    snapshot.back() ^= 1U;
    const auto how = stack_config();
    OneBlock block;
    const auto allocator = block.interface();
    dumbo_stack* restored = nullptr;
    CHECK(dumbo_stack_restore(&restored, snapshot.data(), snapshot.size(), &how, nullptr, &allocator) ==
          DUMBO_ERR_SNAPSHOT_CHECKSUM);
    CHECK(restored == nullptr);
    CHECK(block.allocated == 1);
    CHECK(block.released == 1);
    snapshot.back() ^= 1U;
    block.refuses = true;
    CHECK(dumbo_stack_restore(&restored, snapshot.data(), snapshot.size(), &how, nullptr, &allocator) ==
          DUMBO_ERR_OUT_OF_MEMORY);
    block.refuses = false;
    REQUIRE(dumbo_stack_restore(&restored, snapshot.data(), snapshot.size(), &how, nullptr, &allocator) == DUMBO_OK);
    dumbo_stack_free(restored);
    CHECK(block.allocated == 3);
    CHECK(block.released == 2);
}

TEST_CASE("a snapshot that does not fit its buffer leaves it as it is and tells its length", "[stack][snapshot]") {
    Original original;
    const Bytes snapshot = snapshot_of(original.stack.get());
    for (std::size_t room = 0; room < snapshot.size(); room += 7) {
        Bytes buffer(snapshot.size(), 0xa5);
        std::size_t length = 0;
        CHECK(dumbo_stack_snapshot(original.stack.get(), buffer.data(), room, &length) == DUMBO_ERR_BUFFER_TOO_SMALL);
        CHECK(length == snapshot.size());
        CHECK(buffer == Bytes(snapshot.size(), 0xa5));
    }
}

TEST_CASE("a snapshot of another stack, or of one that cannot be, is refused by name", "[stack][snapshot]") {
    const Original original;
    Bytes snapshot = snapshot_of(original.stack.get());
    auto how = stack_config();
    how.mac[5] ^= 1U;
    auto* restored = original.stack.get();
    CHECK(dumbo_stack_restore(&restored, snapshot.data(), snapshot.size(), &how, nullptr, nullptr) ==
          DUMBO_ERR_SNAPSHOT_CONFIG);
    CHECK(restored == nullptr);
    how.mac[5] ^= 1U;
    constexpr std::size_t begun_at = 22;  // docs/snapshot.md
    std::fill_n(snapshot.begin() + begun_at, 8, std::uint8_t{0});
    seal(snapshot);
    CHECK(dumbo_stack_restore(&restored, snapshot.data(), snapshot.size(), &how, nullptr, nullptr) ==
          DUMBO_ERR_SNAPSHOT_STACK);
    CHECK(restored == nullptr);
}

TEST_CASE("a snapshot with more lent bytes than a size can count fits only where they can be lent again",
          "[stack][snapshot]") {
    const Original original;
    Bytes snapshot = snapshot_of(original.stack.get());
    constexpr std::size_t connection_at = 60;  // docs/snapshot.md, of a stack that owes no answers
    constexpr std::size_t lent_at = connection_at + 16;
    REQUIRE(snapshot[lent_at] + 0x100 * snapshot[lent_at + 1] == 700);
    snapshot[lent_at + 4] = 1;
    seal(snapshot);
    const auto how = stack_config();
    dumbo_stack* restored = nullptr;
    const auto code = dumbo_stack_restore(&restored, snapshot.data(), snapshot.size(), &how, nullptr, nullptr);
    const StackHandle handle(restored);
    constexpr std::uint64_t many = (std::uint64_t{1} << 32U) + 700;
    if (SIZE_MAX < many) {
        CHECK(code == DUMBO_ERR_SNAPSHOT_CONFIG);
        return;
    }
    REQUIRE(code == DUMBO_OK);
    std::size_t lent = 0;
    CHECK(dumbo_stack_lent(restored, original.guest.id, &lent) == DUMBO_OK);
    CHECK(lent == many);
}
