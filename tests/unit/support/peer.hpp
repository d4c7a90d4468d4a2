// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/connection.hpp>

#include <cstdint>
#include <optional>
#include <utility>

#include "support/catch.hpp"
#include "unit/support/bytes.hpp"
#include "unit/support/segment.hpp"

// The other end of a connection under test: hands it segments, and reads what it writes. Both initial sequence numbers
// lie just below 2^32, so that every test crosses the wrap.
namespace dumbo_test {

inline constexpr std::uint32_t peer_isn = 0xfffffffd;
inline constexpr std::uint32_t our_isn = 0xfffffffb;
inline constexpr std::uint64_t rto = 100;

inline dumbo::ConnectionConfig config() {
    return {.local_rwnd_size = 5000, .rto_period = rto, .rto_count_max = 3, .isn = dumbo::SeqNumber(our_isn)};
}

inline SegmentSpec syn() {
    return {.seq = peer_isn, .flags = syn_bit, .window = 8192, .options = mss_option(1000)};
}

inline dumbo::Result<dumbo::Connection> open(const SegmentSpec& spec, const dumbo::ConnectionConfig& how = config()) {
    const Bytes bytes = segment_bytes(spec);
    const auto segment = dumbo::TcpSegment::parse(bytes);
    REQUIRE(segment);
    return dumbo::Connection::passive_open(*segment, how);
}

inline dumbo::Connection opened(const dumbo::ConnectionConfig& how = config()) {
    const auto connection = open(syn(), how);
    REQUIRE(connection);
    return *connection;
}

// Hands over a segment, with room for any payload. The result must not be an error.
inline dumbo::Received receive(dumbo::Connection& connection, const SegmentSpec& spec, std::uint64_t now = 0) {
    const Bytes bytes = segment_bytes(spec);
    const auto segment = dumbo::TcpSegment::parse(bytes);
    REQUIRE(segment);
    Bytes buffer(spec.payload.size());
    const auto received = connection.receive_segment(*segment, buffer, now);
    REQUIRE(received);
    CHECK(same_bytes(View(buffer).first(received->length), View(spec.payload).first(received->length)));
    return *received;
}

// Lets the connection write; empty if it has nothing to say. The result must not be an error.
inline Bytes write(dumbo::Connection& connection, std::uint64_t now = 0,
                   const dumbo::PayloadSource* payload = nullptr) {
    Bytes buffer(2000);
    auto written = connection.write_next_segment(buffer, 0, payload, now);
    REQUIRE(written);
    return *written ? copy_of((*written)->segment.complete({.source = 80, .destination = 40000})) : Bytes();
}

// A segment of the peer's as it would come next: in order, acknowledging everything.
inline SegmentSpec next_from_peer(const dumbo::Connection& connection, std::uint8_t flags = ack_bit) {
    return {.seq = connection.next_expected().value(), .ack = connection.first_not_sent().value(), .flags = flags};
}

inline dumbo::Connection established(const dumbo::ConnectionConfig& how = config()) {
    dumbo::Connection connection = opened(how);
    CHECK_FALSE(write(connection).empty());
    CHECK(receive(connection, next_from_peer(connection)).anomalies == 0);
    REQUIRE(connection.is_established());
    return connection;
}

}  // namespace dumbo_test
