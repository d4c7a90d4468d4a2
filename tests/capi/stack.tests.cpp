// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

#include <cstdint>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>

#include "capi/support/endpoint.hpp"
#include "capi/support/guest.hpp"
#include "capi/support/stack.hpp"
#include "capi/support/stack_memory.hpp"
#include "support/catch.hpp"

using dumbo_test::a_stack;
using dumbo_test::ack_bit;
using dumbo_test::aligned;
using dumbo_test::Bytes;
using dumbo_test::counters_of;
using dumbo_test::fin_bit;
using dumbo_test::get16;
using dumbo_test::get32;
using dumbo_test::Guest;
using dumbo_test::GuestEnd;
using dumbo_test::Memory;
using dumbo_test::next_event;
using dumbo_test::next_frame;
using dumbo_test::OneBlock;
using dumbo_test::open_connection;
using dumbo_test::receive_frame;
using dumbo_test::rst_bit;
using dumbo_test::size_for;
using dumbo_test::sized;
using dumbo_test::stack_config;
using dumbo_test::StackHandle;
using dumbo_test::syn_bit;

// A guest's interface through the C ABI alone: how a stack comes and goes, and one walk over all of its calls. What a
// stack does with all kinds of frames is tested in C++.
namespace {

std::string readable(dumbo_stack* stack, std::uint64_t id) {
    const std::uint8_t* data = nullptr;
    std::size_t length = 0;
    REQUIRE(dumbo_stack_read(stack, id, &data, &length) == DUMBO_OK);
    CHECK((data == nullptr) == (length == 0));
    return {reinterpret_cast<const char*>(data), length};
}

void check_status(dumbo_stack* stack, std::uint64_t now, std::uint32_t status, std::uint64_t deadline) {
    std::uint32_t actual = 77;
    std::uint64_t at = 77;
    REQUIRE(dumbo_stack_next_status(stack, now, &actual, &at) == DUMBO_OK);
    CHECK(actual == status);
    CHECK(at == deadline);
}

void check_nothing_more(dumbo_stack* stack, std::uint64_t now) {
    CHECK(next_frame(stack, now).empty());
    CHECK(next_event(stack).kind == DUMBO_STACK_EVENT_NONE);
}

// Payload of the guest's, in two pieces, the second one behind a partial consume().
void walk_in(dumbo_stack* stack, GuestEnd& guest) {
    auto verdict = receive_frame(stack, Guest::frame_with(guest.segment(ack_bit, Bytes(600, 'i'))), 10);
    CHECK(verdict.kind == DUMBO_FRAME_RECEIVED);
    CHECK(verdict.delivered == 600);
    CHECK(verdict.error == DUMBO_OK);
    CHECK(verdict.anomalies == 0);
    guest.seq += 600;
    const auto event = next_event(stack);
    CHECK(event.kind == DUMBO_STACK_EVENT_READABLE);
    CHECK(event.reason == DUMBO_STACK_REASON_NONE);
    CHECK(event.connection == guest.id);
    CHECK(readable(stack, guest.id) == std::string(600, 'i'));
    std::size_t consumed = 0;
    CHECK(dumbo_stack_consume(stack, guest.id, 500, &consumed) == DUMBO_OK);
    CHECK(consumed == 500);
    check_status(stack, 10, DUMBO_NEXT_SEGMENT_AVAILABLE, 0);
    const Bytes ack = Guest::segment_in(next_frame(stack, 10));
    CHECK(get32(ack, 8) == guest.seq);
    CHECK(get16(ack, 14) == 900);
    check_nothing_more(stack, 10);

    receive_frame(stack, Guest::frame_with(guest.segment(ack_bit, Bytes(700, 'j'))), 11);
    guest.seq += 700;
    CHECK(next_event(stack).kind == DUMBO_STACK_EVENT_READABLE);
    // The buffer has an end: the payload comes in two pieces.
    CHECK(readable(stack, guest.id) == std::string(100, 'i') + std::string(400, 'j'));
    CHECK(dumbo_stack_consume(stack, guest.id, 500, nullptr) == DUMBO_OK);
    CHECK(readable(stack, guest.id) == std::string(300, 'j'));
    CHECK(dumbo_stack_consume(stack, guest.id, 9999, &consumed) == DUMBO_OK);
    CHECK(consumed == 300);
    CHECK(readable(stack, guest.id).empty());
    while (!next_frame(stack, 11).empty()) {
    }
}

std::string take_payload(dumbo_stack* stack, const GuestEnd& guest, std::uint64_t now) {
    std::string payload;
    for (Bytes frame = next_frame(stack, now); !frame.empty(); frame = next_frame(stack, now)) {
        const Bytes segment = Guest::segment_in(frame);
        CHECK(get32(segment, 4) == guest.ack + payload.size());
        CHECK(segment.size() <= 20 + 1000);
        payload.append(segment.begin() + 20, segment.end());
    }
    return payload;
}

// Payload for the guest: what is written, and behind it what is lent.
void walk_out(dumbo_stack* stack, GuestEnd& guest, const Bytes& lent) {
    const Bytes written(1600, 'w');
    std::size_t accepted = 0;
    CHECK(dumbo_stack_write(stack, guest.id, written.data(), written.size(), &accepted) == DUMBO_OK);
    CHECK(accepted == 1500);
    CHECK(dumbo_stack_lend(stack, guest.id, lent.data(), lent.size()) == DUMBO_OK);
    CHECK(dumbo_stack_lend(stack, guest.id, lent.data(), lent.size()) == DUMBO_ERR_LENT);
    CHECK(dumbo_stack_write(stack, guest.id, written.data(), 1, &accepted) == DUMBO_OK);
    CHECK(accepted == 0);
    check_status(stack, 20, DUMBO_NEXT_SEGMENT_AVAILABLE, 0);
    CHECK(take_payload(stack, guest, 20) == std::string(1500, 'w') + std::string(lent.begin(), lent.end()));
    check_status(stack, 20, DUMBO_NEXT_SEGMENT_TIMEOUT, 120);
    guest.ack += 1600;
    receive_frame(stack, Guest::frame_with(guest.segment(ack_bit)), 21);
    std::size_t still_lent = 0;
    CHECK(dumbo_stack_lent(stack, guest.id, &still_lent) == DUMBO_OK);
    CHECK(still_lent == lent.size() - 100);
    CHECK(next_event(stack).kind == DUMBO_STACK_EVENT_NONE);
    guest.ack += static_cast<std::uint32_t>(lent.size()) - 100;
    receive_frame(stack, Guest::frame_with(guest.segment(ack_bit)), 22);
    CHECK(dumbo_stack_lent(stack, guest.id, &still_lent) == DUMBO_OK);
    CHECK(still_lent == 0);
    CHECK(next_event(stack).kind == DUMBO_STACK_EVENT_WRITABLE);
    check_status(stack, 22, DUMBO_NEXT_SEGMENT_NOTHING, UINT64_MAX);
}

void walk_to_the_end(dumbo_stack* stack, GuestEnd& guest) {
    CHECK(dumbo_stack_close(stack, guest.id) == DUMBO_OK);
    std::size_t accepted = 0;
    CHECK(dumbo_stack_write(stack, guest.id, guest.segment(0, {1}).payload.data(), 1, &accepted) ==
          DUMBO_ERR_CONNECTION_CLOSING);
    CHECK(dumbo_stack_lend(stack, guest.id, nullptr, 0) == DUMBO_ERR_CONNECTION_CLOSING);
    const Bytes fin = Guest::segment_in(next_frame(stack, 30));
    CHECK(fin[13] == (ack_bit | fin_bit));
    CHECK(get32(fin, 4) == guest.ack);
    guest.ack += 1;
    receive_frame(stack, Guest::frame_with(guest.segment(ack_bit | fin_bit, Bytes(3, 'z'))), 31);
    CHECK(next_event(stack).kind == DUMBO_STACK_EVENT_READABLE);
    CHECK(next_event(stack).kind == DUMBO_STACK_EVENT_PEER_CLOSED);
    CHECK(readable(stack, guest.id) == "zzz");
    const Bytes last = Guest::segment_in(next_frame(stack, 31));
    CHECK(last[13] == ack_bit);
    CHECK(get32(last, 8) == guest.seq + 4);
    CHECK(readable(stack, guest.id) == "zzz");
    CHECK(dumbo_stack_connection_count(stack) == 1);
    CHECK(next_event(stack).kind == DUMBO_STACK_EVENT_NONE);
    CHECK(dumbo_stack_consume(stack, guest.id, 3, nullptr) == DUMBO_OK);
    const auto closed = next_event(stack);
    CHECK(closed.kind == DUMBO_STACK_EVENT_CLOSED);
    CHECK(closed.reason == DUMBO_STACK_REASON_FINISHED);
    CHECK(closed.connection == guest.id);
    CHECK(dumbo_stack_connection_count(stack) == 0);
    check_nothing_more(stack, 31);
}

void walk(dumbo_stack* stack) {
    const Bytes request = Guest::arp_request();
    CHECK(dumbo_stack_frame_is_for_us(stack, request.data(), request.size()));
    CHECK(receive_frame(stack, request).kind == DUMBO_FRAME_ARP_REQUEST);
    Guest::check_arp_reply(next_frame(stack));
    check_status(stack, 0, DUMBO_NEXT_SEGMENT_NOTHING, UINT64_MAX);

    GuestEnd guest = open_connection(stack);
    const Bytes lent(800, 'l');
    walk_in(stack, guest);
    walk_out(stack, guest, lent);
    walk_to_the_end(stack, guest);

    const auto counters = counters_of(stack);
    CHECK(counters.frames_in == 8);
    CHECK(counters.arp_requests == 1);
    CHECK(counters.opened == 1);
    CHECK(counters.established == 1);
    CHECK(counters.finished == 1);
    CHECK(counters.refused + counters.malformed + counters.foreign == 0);
}

}  // namespace

TEST_CASE("a guest resolves, connects, exchanges data and closes", "[stack]") {
    const StackHandle stack = a_stack();
    walk(stack.get());
}

TEST_CASE("a stack takes one block of memory, works in it, and gives it back", "[stack]") {
    OneBlock source;
    const auto allocator = source.interface();
    StackHandle stack = a_stack(stack_config(), &allocator);
    CHECK(source.allocated == 1);
    CHECK(source.size == size_for(stack_config()));
    source.refuses = true;
    walk(stack.get());
    CHECK(source.allocated == 1);
    CHECK(source.released == 0);
    stack.reset();
    CHECK(source.released == 1);
}

TEST_CASE("without memory there is no stack", "[stack]") {
    OneBlock source{.refuses = true};
    const auto allocator = source.interface();
    const auto how = stack_config();
    auto* stack = reinterpret_cast<dumbo_stack*>(&source);
    CHECK(dumbo_stack_create(&stack, &how, &allocator) == DUMBO_ERR_OUT_OF_MEMORY);
    CHECK(stack == nullptr);
    CHECK(source.released == 0);
}

TEST_CASE("memory for a stack that is not aligned as asked is refused and given back", "[stack]") {
    OneBlock source{.misaligned_by = 8};
    const auto allocator = source.interface();
    const auto how = stack_config();
    auto* stack = reinterpret_cast<dumbo_stack*>(&source);
    CHECK(dumbo_stack_create(&stack, &how, &allocator) == DUMBO_ERR_INVALID_ARGUMENT);
    CHECK(stack == nullptr);
    CHECK(source.released == 1);
}

// The header says it for machines like this.
#if UINTPTR_MAX == UINT64_MAX
TEST_CASE("a stack needs as many bytes as the header says", "[stack]") {
    for (const std::uint32_t connections : {1U, 2U, 3U, 30U, 1000U, 100'000U}) {
        for (const std::uint32_t buffer : {1U, 1000U}) {
            auto how = stack_config();
            how.max_connections = connections;
            how.max_half_open = 1;
            how.receive_buffer = buffer;
            std::size_t buckets = 1;
            while (buckets < connections) {
                buckets *= 2;
            }
            const std::size_t bytes = 704 + std::size_t{connections} * (228 + buffer + how.send_buffer) + 4 * buckets +
                                      std::size_t{24} * how.max_replies;
            CHECK(size_for(how) == (bytes + 63) / 64 * 64);
        }
    }
}
#endif

TEST_CASE("a stack of more bytes than a size can count is refused", "[stack]") {
    const bool sizes_are_small = SIZE_MAX <= UINT32_MAX;
    // Of buffers alone: 2^31 bytes, 2^32, which 32 bits take for none, and 2^47.
    for (const std::uint32_t connections : {16U, 32U, DUMBO_STACK_CONNECTIONS_MAX}) {
        auto how = stack_config();
        how.max_connections = connections;
        how.receive_buffer = DUMBO_STACK_BUFFER_MAX;
        how.send_buffer = DUMBO_STACK_BUFFER_MAX;
        std::size_t size = 1;
        CHECK(dumbo_stack_size(&how, &size) == (sizes_are_small ? DUMBO_ERR_INVALID_ARGUMENT : DUMBO_OK));
        const std::size_t buffers = sizes_are_small ? 0 : std::size_t{2} * DUMBO_STACK_BUFFER_MAX;
        CHECK(size / connections >= buffers);
        CHECK(size / connections < buffers + 1000);
    }
}

TEST_CASE("a stack works in exactly as much storage as it says, and in no less", "[stack]") {
    auto how = stack_config();
    const std::uint32_t buffer = GENERATE(1U, 63U, 1000U);
    how.send_buffer = buffer == 1000 ? how.send_buffer : buffer;
    const std::size_t size = size_for(how);
    CHECK(size % dumbo_stack_alignment() == 0);
    const Memory memory = aligned(size);
    auto* stack = static_cast<dumbo_stack*>(memory.get());
    CHECK(dumbo_stack_create_in(&stack, memory.get(), size - 1, &how) == DUMBO_ERR_BUFFER_TOO_SMALL);
    CHECK(stack == nullptr);
    CHECK(dumbo_stack_create_in(&stack, static_cast<std::uint8_t*>(memory.get()) + 32, size, &how) ==
          DUMBO_ERR_INVALID_ARGUMENT);
    CHECK(stack == nullptr);
    REQUIRE(dumbo_stack_create_in(&stack, memory.get(), size, &how) == DUMBO_OK);
    CHECK(stack == memory.get());
    if (buffer == 1000) {
        walk(stack);
    } else {
        open_connection(stack);
    }
    dumbo_stack_free(stack);
}

TEST_CASE("the default config is complete but for address and time", "[stack]") {
    dumbo_stack_config how{};
    REQUIRE(dumbo_stack_config_init(&how, sizeof how) == DUMBO_OK);
    CHECK(how.struct_size == sizeof how);
    CHECK(how.options == DUMBO_OPTIONS_GUEST_FACING);
    CHECK(how.max_connections == 64);
    CHECK(how.max_half_open == 16);
    CHECK(how.receive_buffer == 16384);
    CHECK(how.send_buffer == 16384);
    CHECK(how.max_replies == 64);
    CHECK(how.rto_count_max == 15);
    CHECK(how.checksum == DUMBO_CHECKSUM_FULL);
    std::size_t size = 1;
    CHECK(dumbo_stack_size(&how, &size) == DUMBO_ERR_INVALID_ARGUMENT);
    CHECK(size == 0);
    const std::function<void()> steps[] = {[&] { how.rto_period = 1; }, [&] { how.mac[5] = 1; },
                                           [&] { how.ipv4[0] = 10; }, [&] { how.ports[7] = 80; }};
    for (const auto& step : steps) {
        CHECK(dumbo_stack_size(&how, &size) == DUMBO_ERR_INVALID_ARGUMENT);
        step();
    }
    CHECK(dumbo_stack_size(&how, &size) == DUMBO_OK);
    CHECK(size > 64 * 2 * 16384);
    how.mac[0] = 1;  // a group
    CHECK(dumbo_stack_size(&how, &size) == DUMBO_ERR_INVALID_ARGUMENT);
    how.mac[0] = 2;
    for (const unsigned first : {0U, 127U, 224U, 255U}) {
        how.ipv4[0] = static_cast<std::uint8_t>(first);
        CHECK(dumbo_stack_size(&how, &size) == DUMBO_ERR_INVALID_ARGUMENT);
    }
}

TEST_CASE("a stack's config with an unknown flag or a value out of range is refused", "[stack]") {
    using Change = void (*)(dumbo_stack_config&);
    const Change change = GENERATE(
        Change{[](dumbo_stack_config& how) { how.flags = 2; }}, [](dumbo_stack_config& how) { how.options = 0x100; },
        [](dumbo_stack_config& how) { how.checksum = 3; }, [](dumbo_stack_config& how) { how.rto_period = 0; },
        [](dumbo_stack_config& how) { how.rto_count_max = 0; },
        [](dumbo_stack_config& how) { how.max_connections = 0; },
        [](dumbo_stack_config& how) { how.max_connections = DUMBO_STACK_CONNECTIONS_MAX + 1; },
        [](dumbo_stack_config& how) { how.max_half_open = 0; }, [](dumbo_stack_config& how) { how.max_half_open = 5; },
        [](dumbo_stack_config& how) { how.receive_buffer = 0; },
        [](dumbo_stack_config& how) { how.send_buffer = DUMBO_STACK_BUFFER_MAX + 1; },
        [](dumbo_stack_config& how) { how.max_replies = 0; }, [](dumbo_stack_config& how) { how.mtu = 67; },
        [](dumbo_stack_config& how) { how.ttl = 0; }, [](dumbo_stack_config& how) { how.reserved = 1; },
        [](dumbo_stack_config& how) { how.offloads = DUMBO_STACK_OFFLOAD_TSO4; },
        [](dumbo_stack_config& how) { how.offloads = 4; });
    auto how = stack_config();
    change(how);
    std::size_t size = 1;
    CHECK(dumbo_stack_size(&how, &size) == DUMBO_ERR_INVALID_ARGUMENT);
    CHECK(size == 0);
    const Memory memory = aligned(size_for(stack_config()));
    auto* stack = static_cast<dumbo_stack*>(memory.get());
    CHECK(dumbo_stack_create(&stack, &how, nullptr) == DUMBO_ERR_INVALID_ARGUMENT);
    CHECK(stack == nullptr);
    CHECK(dumbo_stack_create_in(&stack, memory.get(), size_for(stack_config()), &how) == DUMBO_ERR_INVALID_ARGUMENT);
    CHECK(stack == nullptr);
}

TEST_CASE("the flag about checksums decides whether they are looked at, the policy what goes out", "[stack]") {
    auto how = stack_config();
    Bytes syn = Guest::frame_with({.seq = 5, .flags = syn_bit});
    syn[14 + 20 + 16] ^= 0xffU;
    const auto verdict = receive_frame(a_stack(how).get(), syn);
    CHECK(verdict.kind == DUMBO_FRAME_MALFORMED);
    CHECK(verdict.error == DUMBO_ERR_CHECKSUM);
    CHECK(verdict.connection == 0);
    how.flags = DUMBO_STACK_TRUST_CHECKSUMS;
    how.checksum = DUMBO_CHECKSUM_NONE;
    const StackHandle trusting = a_stack(how);
    CHECK(receive_frame(trusting.get(), syn).kind == DUMBO_FRAME_OPENING);
    CHECK(get16(next_frame(trusting.get()), 14 + 20 + 16) == 0);
}

TEST_CASE("a frame buffer below the minimum, and time that goes backwards, change nothing", "[stack]") {
    const StackHandle stack = a_stack();
    receive_frame(stack.get(), Guest::arp_request(), 50);
    Bytes buffer(DUMBO_STACK_FRAME_MINIMUM);
    std::size_t written = 0;
    CHECK(dumbo_stack_next_frame(stack.get(), buffer.data(), buffer.size() - 1, 50, &written, nullptr) ==
          DUMBO_ERR_BUFFER_TOO_SMALL);
    CHECK(written == DUMBO_STACK_FRAME_MINIMUM);
    CHECK(dumbo_stack_next_frame(stack.get(), nullptr, 0, 50, &written, nullptr) == DUMBO_ERR_BUFFER_TOO_SMALL);
    CHECK(written == DUMBO_STACK_FRAME_MINIMUM);
    CHECK(dumbo_stack_next_frame(stack.get(), buffer.data(), buffer.size(), 49, &written, nullptr) ==
          DUMBO_ERR_TIMESTAMP_DECREASED);
    CHECK(written == 0);
    auto verdict = sized<dumbo_frame_verdict>();
    verdict.kind = 77;
    CHECK(dumbo_stack_receive_frame(stack.get(), nullptr, 0, 49, nullptr, &verdict) == DUMBO_ERR_TIMESTAMP_DECREASED);
    CHECK(verdict.kind == 0);
    std::uint32_t status = 77;
    std::uint64_t deadline = 77;
    CHECK(dumbo_stack_next_status(stack.get(), 49, &status, &deadline) == DUMBO_ERR_TIMESTAMP_DECREASED);
    CHECK(status == 0);
    CHECK(deadline == 0);
    CHECK(counters_of(stack.get()).frames_in == 1);
    REQUIRE(dumbo_stack_next_frame(stack.get(), buffer.data(), buffer.size(), 50, &written, nullptr) == DUMBO_OK);
    buffer.resize(written);
    Guest::check_arp_reply(buffer);
}

TEST_CASE("aborting sends a RST and ends the connection", "[stack]") {
    const StackHandle stack = a_stack();
    const GuestEnd guest = open_connection(stack.get());
    CHECK(dumbo_stack_abort(stack.get(), guest.id) == DUMBO_OK);
    const Bytes rst = Guest::segment_in(next_frame(stack.get()));
    CHECK((rst[13] & rst_bit) != 0);
    const auto closed = next_event(stack.get());
    CHECK(closed.kind == DUMBO_STACK_EVENT_CLOSED);
    CHECK(closed.reason == DUMBO_STACK_REASON_RESET);
    check_nothing_more(stack.get(), 0);
    CHECK(counters_of(stack.get()).reset == 1);
}

TEST_CASE("a segment of no connection is refused, one for elsewhere is none of the stack's business", "[stack]") {
    const StackHandle stack = a_stack();
    CHECK(receive_frame(stack.get(), Guest::frame_with({.seq = 1, .ack = 2, .flags = ack_bit})).kind ==
          DUMBO_FRAME_REFUSED);
    const Bytes rst = Guest::segment_in(next_frame(stack.get()));
    CHECK(rst[13] == rst_bit);
    CHECK(get32(rst, 4) == 2);
    Bytes other = Guest::frame_with({.seq = 1, .flags = syn_bit});
    other[14 + 19] ^= 1U;
    CHECK_FALSE(dumbo_stack_frame_is_for_us(stack.get(), other.data(), other.size()));
    CHECK(receive_frame(stack.get(), Bytes(5)).error == DUMBO_ERR_TRUNCATED);
    CHECK(dumbo_stack_receive_frame(stack.get(), other.data(), other.size(), 0, nullptr, nullptr) == DUMBO_OK);
    check_nothing_more(stack.get(), 0);
}

TEST_CASE("calls for a connection that is none say so, and write their outputs", "[stack]") {
    const StackHandle stack = a_stack();
    const GuestEnd guest = open_connection(stack.get());
    const std::uint64_t id = GENERATE(0U, 1U, 77U, UINT64_MAX);
    REQUIRE(id != guest.id);
    Bytes byte(1);
    const std::uint8_t* data = byte.data();
    std::size_t number = 77;
    CHECK(dumbo_stack_read(stack.get(), id, &data, &number) == DUMBO_ERR_NO_CONNECTION);
    CHECK(data == nullptr);
    CHECK(number == 0);
    number = 77;
    CHECK(dumbo_stack_consume(stack.get(), id, 1, &number) == DUMBO_ERR_NO_CONNECTION);
    CHECK(number == 0);
    number = 77;
    CHECK(dumbo_stack_write(stack.get(), id, byte.data(), 1, &number) == DUMBO_ERR_NO_CONNECTION);
    CHECK(number == 0);
    number = 77;
    CHECK(dumbo_stack_lent(stack.get(), id, &number) == DUMBO_ERR_NO_CONNECTION);
    CHECK(number == 0);
    CHECK(dumbo_stack_lend(stack.get(), id, byte.data(), 1) == DUMBO_ERR_NO_CONNECTION);
    CHECK(dumbo_stack_close(stack.get(), id) == DUMBO_ERR_NO_CONNECTION);
    CHECK(dumbo_stack_abort(stack.get(), id) == DUMBO_ERR_NO_CONNECTION);
    CHECK(dumbo_stack_set_ttl(stack.get(), id, 1) == DUMBO_ERR_NO_CONNECTION);
    auto info = sized<dumbo_connection_info>();
    info.queued = 77;
    CHECK(dumbo_stack_connection_info(stack.get(), id, &info) == DUMBO_ERR_NO_CONNECTION);
    CHECK(info.queued == 0);
}
