// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/dumbo.h>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>

#include "capi/support/endpoint.hpp"
#include "capi/support/guest.hpp"
#include "support/catch.hpp"
#include "support/handles.hpp"
#include "unit/support/bytes.hpp"

// Stacks through the C interface.
namespace dumbo_test {

// For the host that the hand-made guest expects.
inline dumbo_stack_config stack_config() {
    dumbo_stack_config result{};
    REQUIRE(dumbo_stack_config_init(&result, sizeof result) == DUMBO_OK);
    std::copy_n(Guest::host_mac.begin(), 6, result.mac);
    std::copy_n(Guest::host_ip.begin(), 4, result.ipv4);
    result.ports[3] = Guest::host_port;
    result.max_connections = 4;
    result.max_half_open = 2;
    result.max_replies = 3;
    result.receive_buffer = 1000;
    result.send_buffer = 1500;
    result.rto_period = 100;
    result.rto_count_max = 3;
    result.hash_key = 7;
    return result;
}

inline StackHandle a_stack(const dumbo_stack_config& how = stack_config(), const dumbo_allocator* allocator = nullptr) {
    dumbo_stack* stack = nullptr;
    REQUIRE(dumbo_stack_create(&stack, &how, allocator) == DUMBO_OK);
    REQUIRE(stack != nullptr);
    return StackHandle(stack);
}

inline dumbo_frame_verdict receive_frame(dumbo_stack* stack, const Bytes& frame, std::uint64_t now = 0) {
    auto verdict = sized<dumbo_frame_verdict>();
    REQUIRE(dumbo_stack_receive_frame(stack, frame.data(), frame.size(), now, nullptr, &verdict) == DUMBO_OK);
    CHECK(verdict.reserved == 0);
    return verdict;
}

// Empty if there is none.
inline Bytes next_frame(dumbo_stack* stack, std::uint64_t now = 0) {
    Bytes frame(1514);
    std::size_t written = 0;
    REQUIRE(dumbo_stack_next_frame(stack, frame.data(), frame.size(), now, &written, nullptr) == DUMBO_OK);
    frame.resize(written);
    return frame;
}

inline dumbo_stack_event next_event(dumbo_stack* stack) {
    auto event = sized<dumbo_stack_event>();
    REQUIRE(dumbo_stack_next_event(stack, &event) == DUMBO_OK);
    CHECK(event.reserved == 0);
    CHECK((event.connection == 0) == (event.kind == DUMBO_STACK_EVENT_NONE));
    return event;
}

inline dumbo_interface_counters counters_of(const dumbo_stack* stack) {
    auto counters = sized<dumbo_interface_counters>();
    REQUIRE(dumbo_stack_counters(stack, &counters) == DUMBO_OK);
    CHECK(counters.reserved == 0);
    return counters;
}

// The guest's end of one connection, as far as sequence numbers go.
struct GuestEnd {
    std::uint32_t seq = 1000;
    std::uint32_t ack = 0;
    std::uint64_t id = 0;

    [[nodiscard]] SegmentSpec segment(std::uint8_t flags, Bytes payload = {}) const {
        return {.seq = seq, .ack = ack, .flags = flags, .payload = std::move(payload)};
    }
};

// The handshake, and the event that tells of it.
inline GuestEnd open_connection(dumbo_stack* stack, std::uint64_t now = 0) {
    GuestEnd guest;
    auto syn = guest.segment(syn_bit);
    syn.options = mss_option(1000);
    auto verdict = receive_frame(stack, Guest::frame_with(syn), now);
    CHECK(verdict.kind == DUMBO_FRAME_OPENING);
    CHECK(verdict.connection != 0);
    CHECK(next_event(stack).kind == DUMBO_STACK_EVENT_NONE);
    const Bytes synack = Guest::segment_in(next_frame(stack, now));
    CHECK(synack[13] == (syn_bit | ack_bit));
    CHECK(get32(synack, 8) == guest.seq + 1);
    guest.seq += 1;
    guest.ack = get32(synack, 4) + 1;
    guest.id = verdict.connection;
    verdict = receive_frame(stack, Guest::frame_with(guest.segment(ack_bit)), now);
    CHECK(verdict.kind == DUMBO_FRAME_RECEIVED);
    CHECK(verdict.connection == guest.id);
    const auto opened = next_event(stack);
    CHECK(opened.kind == DUMBO_STACK_EVENT_OPENED);
    CHECK(opened.connection == guest.id);
    CHECK(next_event(stack).kind == DUMBO_STACK_EVENT_NONE);
    return guest;
}

}  // namespace dumbo_test
