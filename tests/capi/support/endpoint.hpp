// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/dumbo.h>

#include <array>
#include <cstdint>
#include <memory>

#include "support/catch.hpp"
#include "support/handles.hpp"
#include "unit/support/bytes.hpp"
#include "unit/support/segment.hpp"

// Connections through the C interface, for tests that care about something else than how to get one.
namespace dumbo_test {

inline constexpr std::uint32_t peer_isn = 0xfffffffd;
inline constexpr std::uint32_t our_isn = 0xfffffffb;
inline constexpr std::uint64_t rto = 100;

inline dumbo_connection_config config() {
    auto result = sized<dumbo_connection_config>();
    result.local_rwnd_size = 5000;
    result.rto_period = rto;
    result.rto_count_max = 3;
    result.flags = DUMBO_CONFIG_ISN;
    result.isn = our_isn;
    return result;
}

inline dumbo_addressing addressing() {
    auto result = sized<dumbo_addressing>();
    result.checksum = DUMBO_CHECKSUM_NONE;
    result.source_port = 80;
    result.destination_port = 40000;
    return result;
}

inline dumbo_payload payload(View bytes, std::uint32_t seq) {
    auto result = sized<dumbo_payload>();
    result.kind = DUMBO_PAYLOAD_BYTES;
    result.bytes = bytes.data();
    result.len = bytes.size();
    result.seq = seq;
    return result;
}

inline Bytes syn_bytes() {
    return segment_bytes({.seq = peer_isn, .flags = syn_bit, .window = 8192, .options = mss_option(1000)});
}

inline Handle opened(const dumbo_connection_config& how = config(), const dumbo_allocator* allocator = nullptr) {
    const Bytes syn = syn_bytes();
    dumbo_connection* connection = nullptr;
    REQUIRE(dumbo_connection_passive_open(&connection, syn.data(), syn.size(), nullptr, &how, allocator) == DUMBO_OK);
    REQUIRE(connection != nullptr);
    return Handle(connection);
}

inline Handle clone_of(const dumbo_connection* connection) {
    dumbo_connection* clone = nullptr;
    REQUIRE(dumbo_connection_clone(connection, &clone, nullptr) == DUMBO_OK);
    return Handle(clone);
}

// Lets the connection write; empty if it has nothing to say.
inline Bytes write(const Handle& connection, std::uint64_t now = 0, const dumbo_payload* source = nullptr) {
    Bytes buffer(2000);
    std::size_t written = 0;
    const dumbo_addressing to_peer = addressing();
    REQUIRE(dumbo_connection_write_next_segment(connection.get(), buffer.data(), buffer.size(), 0, source, &to_peer,
                                                now, &written, nullptr) == DUMBO_OK);
    buffer.resize(written);
    return buffer;
}

// Hands over a segment, with room for any payload, and returns the anomalies.
inline std::uint32_t receive(const Handle& connection, const SegmentSpec& spec, std::uint64_t now = 0) {
    const Bytes segment = segment_bytes(spec);
    Bytes buffer(spec.payload.size());
    std::size_t received = 0;
    std::uint32_t anomalies = 0;
    REQUIRE(dumbo_connection_receive_segment(connection.get(), segment.data(), segment.size(), nullptr, buffer.data(),
                                             buffer.size(), now, &received, &anomalies) == DUMBO_OK);
    CHECK(same_bytes(View(buffer).first(received), View(spec.payload).first(received)));
    return anomalies;
}

// A segment of the peer's as it would come next: in order, acknowledging everything.
inline SegmentSpec next_from_peer(const Handle& connection, std::uint8_t flags = ack_bit, Bytes data = {}) {
    return {.seq = dumbo_connection_next_expected(connection.get()),
            .ack = dumbo_connection_first_not_sent(connection.get()),
            .flags = flags,
            .payload = std::move(data)};
}

inline Handle established(const dumbo_connection_config& how = config()) {
    Handle connection = opened(how);
    CHECK_FALSE(write(connection).empty());
    CHECK(receive(connection, next_from_peer(connection)) == 0);
    REQUIRE(dumbo_connection_is_established(connection.get()));
    return connection;
}

}  // namespace dumbo_test
