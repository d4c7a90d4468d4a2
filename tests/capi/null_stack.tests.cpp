// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

#include <cstdint>

#include "capi/support/stack.hpp"
#include "support/catch.hpp"

using dumbo_test::a_stack;
using dumbo_test::Bytes;
using dumbo_test::counters_of;
using dumbo_test::Guest;
using dumbo_test::GuestEnd;
using dumbo_test::next_event;
using dumbo_test::open_connection;
using dumbo_test::sized;
using dumbo_test::stack_config;
using dumbo_test::StackHandle;

// NULL where a stack, or something else, belongs.
namespace {

constexpr auto refused = DUMBO_ERR_INVALID_ARGUMENT;

}  // namespace

TEST_CASE("NULL answers like a stack without connections", "[null]") {
    const Bytes frame = Guest::arp_request();
    CHECK_FALSE(dumbo_stack_frame_is_for_us(nullptr, frame.data(), frame.size()));
    CHECK(dumbo_stack_connection_count(nullptr) == 0);
    dumbo_stack_free(nullptr);
}

TEST_CASE("every call on NULL instead of a stack is refused, and writes its outputs", "[null]") {
    Bytes bytes(100);
    std::size_t number = 77;
    auto verdict = sized<dumbo_frame_verdict>();
    verdict.connection = 77;
    CHECK(dumbo_stack_receive_frame(nullptr, bytes.data(), bytes.size(), 0, nullptr, &verdict) == refused);
    CHECK(verdict.connection == 0);
    CHECK(dumbo_stack_next_frame(nullptr, bytes.data(), bytes.size(), 0, &number, nullptr) == refused);
    CHECK(number == 0);
    std::uint32_t status = 77;
    std::uint64_t deadline = 77;
    CHECK(dumbo_stack_next_status(nullptr, 0, &status, &deadline) == refused);
    CHECK(status == 0);
    CHECK(deadline == 0);
    auto event = sized<dumbo_stack_event>();
    event.kind = 77;
    CHECK(dumbo_stack_next_event(nullptr, &event) == refused);
    CHECK(event.kind == DUMBO_STACK_EVENT_NONE);
    auto counters = sized<dumbo_interface_counters>();
    counters.frames_in = 77;
    CHECK(dumbo_stack_counters(nullptr, &counters) == refused);
    CHECK(counters.frames_in == 0);

    const std::uint8_t* data = bytes.data();
    number = 77;
    CHECK(dumbo_stack_read(nullptr, 1, &data, &number) == refused);
    CHECK(data == nullptr);
    CHECK(number == 0);
    number = 77;
    CHECK(dumbo_stack_consume(nullptr, 1, 1, &number) == refused);
    CHECK(number == 0);
    number = 77;
    CHECK(dumbo_stack_write(nullptr, 1, bytes.data(), 1, &number) == refused);
    CHECK(number == 0);
    number = 77;
    CHECK(dumbo_stack_lent(nullptr, 1, &number) == refused);
    CHECK(number == 0);
    CHECK(dumbo_stack_lend(nullptr, 1, bytes.data(), 1) == refused);
    CHECK(dumbo_stack_close(nullptr, 1) == refused);
    CHECK(dumbo_stack_abort(nullptr, 1) == refused);
    CHECK(dumbo_stack_set_ttl(nullptr, 1, 1) == refused);
    CHECK(dumbo_stack_set_offloads(nullptr, 0) == refused);
    auto info = sized<dumbo_connection_info>();
    info.queued = 77;
    CHECK(dumbo_stack_connection_info(nullptr, 1, &info) == refused);
    CHECK(info.queued == 0);
    number = 77;
    CHECK(dumbo_stack_snapshot(nullptr, bytes.data(), bytes.size(), &number) == refused);
    CHECK(number == 0);
    auto header = sized<dumbo_virtio_net_header>();
    header.gso_size = 77;
    CHECK(dumbo_stack_next_frame(nullptr, bytes.data(), bytes.size(), 0, &number, &header) == refused);
    CHECK(header.gso_size == 0);
}

TEST_CASE("making a stack refuses NULL for everything but the allocator", "[null]") {
    const auto how = stack_config();
    alignas(64) std::uint8_t storage[64];
    auto* stack = reinterpret_cast<dumbo_stack*>(storage);
    std::size_t size = 77;
    CHECK(dumbo_stack_size(&how, nullptr) == refused);
    CHECK(dumbo_stack_size(nullptr, &size) == refused);
    CHECK(size == 0);
    CHECK(dumbo_stack_config_init(nullptr, sizeof how) == refused);
    CHECK(dumbo_stack_create(nullptr, &how, nullptr) == refused);
    CHECK(dumbo_stack_create(&stack, nullptr, nullptr) == refused);
    CHECK(stack == nullptr);
    stack = reinterpret_cast<dumbo_stack*>(storage);
    CHECK(dumbo_stack_create_in(&stack, nullptr, 1000000, &how) == refused);
    CHECK(stack == nullptr);
    stack = reinterpret_cast<dumbo_stack*>(storage);
    CHECK(dumbo_stack_create_in(&stack, storage, 64, nullptr) == refused);
    CHECK(stack == nullptr);
    CHECK(dumbo_stack_create_in(nullptr, storage, 64, &how) == refused);
}

TEST_CASE("restoring a stack refuses NULL for everything but flags and allocator", "[null]") {
    const auto how = stack_config();
    const Bytes bytes(64);
    alignas(64) std::uint8_t storage[64];
    auto* const before = reinterpret_cast<dumbo_stack*>(storage);
    auto* stack = before;
    CHECK(dumbo_stack_restore(nullptr, bytes.data(), bytes.size(), &how, nullptr, nullptr) == refused);
    CHECK(dumbo_stack_restore(&stack, nullptr, 1, &how, nullptr, nullptr) == refused);
    CHECK(stack == nullptr);
    stack = before;
    CHECK(dumbo_stack_restore(&stack, nullptr, 0, &how, nullptr, nullptr) == DUMBO_ERR_SNAPSHOT_LENGTH);
    CHECK(stack == nullptr);
    stack = before;
    CHECK(dumbo_stack_restore(&stack, bytes.data(), bytes.size(), nullptr, nullptr, nullptr) == refused);
    CHECK(stack == nullptr);
    stack = before;
    CHECK(dumbo_stack_restore_in(&stack, nullptr, 1000000, bytes.data(), bytes.size(), &how, nullptr) == refused);
    CHECK(stack == nullptr);
    CHECK(dumbo_stack_restore_in(nullptr, storage, 64, bytes.data(), bytes.size(), &how, nullptr) == refused);
    const StackHandle original = a_stack();
    CHECK(dumbo_stack_snapshot(original.get(), storage, 64, nullptr) == refused);
    std::size_t length = 77;
    CHECK(dumbo_stack_snapshot(original.get(), nullptr, 64, &length) == refused);
    CHECK(length == 0);
}

TEST_CASE("NULL outputs and NULL buffers are refused, and nothing happens", "[null]") {
    const StackHandle stack = a_stack();
    const GuestEnd guest = open_connection(stack.get());
    const auto segment = guest.segment(dumbo_test::ack_bit, Bytes(5, 'p'));
    const Bytes frame = Guest::frame_with(segment);
    CHECK(dumbo_stack_receive_frame(stack.get(), frame.data(), frame.size(), 0, nullptr, nullptr) == DUMBO_OK);
    const auto frames_in = counters_of(stack.get()).frames_in;
    CHECK(dumbo_stack_receive_frame(stack.get(), nullptr, 1, 0, nullptr, nullptr) == refused);
    auto verdict = sized<dumbo_frame_verdict>();
    verdict.struct_size = 5;
    CHECK(dumbo_stack_receive_frame(stack.get(), frame.data(), frame.size(), 0, nullptr, &verdict) == refused);
    CHECK(counters_of(stack.get()).frames_in == frames_in);
    CHECK_FALSE(dumbo_stack_frame_is_for_us(stack.get(), nullptr, 100));

    Bytes buffer(100);
    std::size_t number = 77;
    CHECK(dumbo_stack_next_frame(stack.get(), nullptr, 100, 0, &number, nullptr) == refused);
    CHECK(number == 0);
    CHECK(dumbo_stack_next_frame(stack.get(), buffer.data(), buffer.size(), 0, nullptr, nullptr) == refused);
    std::uint64_t deadline = 77;
    CHECK(dumbo_stack_next_status(stack.get(), 0, nullptr, &deadline) == refused);
    CHECK(deadline == 0);
    std::uint32_t status = 77;
    CHECK(dumbo_stack_next_status(stack.get(), 0, &status, nullptr) == DUMBO_OK);
    CHECK(status == DUMBO_NEXT_SEGMENT_AVAILABLE);
    CHECK(dumbo_stack_counters(stack.get(), nullptr) == refused);

    CHECK(dumbo_stack_next_event(stack.get(), nullptr) == refused);
    auto event = sized<dumbo_stack_event>();
    event.struct_size = 5;
    CHECK(dumbo_stack_next_event(stack.get(), &event) == refused);
    CHECK(next_event(stack.get()).kind == DUMBO_STACK_EVENT_READABLE);

    const std::uint8_t* data = buffer.data();
    number = 77;
    CHECK(dumbo_stack_read(stack.get(), guest.id, nullptr, &number) == refused);
    CHECK(number == 0);
    CHECK(dumbo_stack_read(stack.get(), guest.id, &data, nullptr) == refused);
    CHECK(data == nullptr);
    number = 77;
    CHECK(dumbo_stack_write(stack.get(), guest.id, nullptr, 1, &number) == refused);
    CHECK(number == 0);
    CHECK(dumbo_stack_write(stack.get(), guest.id, buffer.data(), 1, nullptr) == refused);
    CHECK(dumbo_stack_write(stack.get(), guest.id, nullptr, 0, &number) == DUMBO_OK);
    CHECK(number == 0);
    CHECK(dumbo_stack_lend(stack.get(), guest.id, nullptr, 1) == refused);
    CHECK(dumbo_stack_lend(stack.get(), guest.id, nullptr, 0) == DUMBO_OK);
    CHECK(dumbo_stack_lent(stack.get(), guest.id, nullptr) == refused);
    CHECK(dumbo_stack_consume(stack.get(), guest.id, 5, nullptr) == DUMBO_OK);
}
