// SPDX-License-Identifier: Apache-2.0
#include <dumbo/connection.hpp>

#include <cstdint>
#include <vector>

#include "support/catch.hpp"
#include "unit/support/peer.hpp"
#include "unit/support/result.hpp"

using dumbo::ByteSource;
using dumbo::Connection;
using dumbo::Error;
using dumbo::PayloadSource;
using dumbo::SeqNumber;
using dumbo_test::Bytes;
using dumbo_test::error_of;
using dumbo_test::established;
using dumbo_test::next_from_peer;
using dumbo_test::opened;
using dumbo_test::segment_bytes;
using dumbo_test::View;
using dumbo_test::write;

// Each error of the two big calls, by its cause. That they change nothing is shown through the C interface.
namespace {

Error write_error(Connection& connection, const PayloadSource* payload, std::uint64_t now = 0,
                  std::uint16_t mss_reserved = 0, std::size_t buffer_size = 2000) {
    Bytes buffer(buffer_size);
    return error_of(connection.write_next_segment(buffer, mss_reserved, payload, now));
}

Error receive_error(Connection& connection, const dumbo_test::SegmentSpec& spec, std::size_t buffer_size,
                    std::uint64_t now = 0) {
    const Bytes bytes = segment_bytes(spec);
    const auto segment = dumbo::TcpSegment::parse(bytes);
    REQUIRE(segment);
    Bytes buffer(buffer_size);
    return error_of(connection.receive_segment(*segment, buffer, now));
}

}  // namespace

TEST_CASE("a payload that would be accepted needs room, one that would not does not", "[connection]") {
    Connection connection = established();
    auto segment = next_from_peer(connection);
    segment.payload = dumbo_test::random_bytes(100);
    for (std::size_t size = 0; size < 100; size += 9) {
        CHECK(receive_error(connection, segment, size) == Error::buffer_too_small);
    }
    segment.seq += 1;
    const Bytes bytes = segment_bytes(segment);
    const auto received = connection.receive_segment(*dumbo::TcpSegment::parse(bytes), {}, 0);
    REQUIRE(received);
    CHECK(received->length == 0);
    CHECK(received->anomalies == dumbo::anomaly::unexpected_seq);
}

TEST_CASE("without a copy the accepted payload is told by its length", "[connection]") {
    Connection connection = established();
    auto segment = next_from_peer(connection);
    segment.payload = dumbo_test::random_bytes(100);
    const Bytes bytes = segment_bytes(segment);
    const auto parsed = dumbo::TcpSegment::parse(bytes);
    REQUIRE(parsed);
    const auto first = connection.receive_segment_in_place(*parsed, 0);
    REQUIRE(first);
    CHECK(first->length == 100);
    const auto again = connection.receive_segment_in_place(*parsed, 0);
    REQUIRE(again);
    CHECK(again->length == 0);
    CHECK(again->anomalies == dumbo::anomaly::unexpected_seq);
}

TEST_CASE("nothing more is received once a RST is queued or written", "[connection]") {
    Connection connection = established();
    connection.reset();
    CHECK(receive_error(connection, next_from_peer(connection), 10) == Error::connection_reset);
    write(connection);
    CHECK(receive_error(connection, next_from_peer(connection), 10) == Error::connection_reset);
    CHECK(write_error(connection, nullptr) == Error::connection_reset);
}

TEST_CASE("time may stand still and not run backwards", "[connection]") {
    Connection connection = established();
    write(connection, 50);
    write(connection, 50);
    CHECK(write_error(connection, nullptr, 49) == Error::timestamp_decreased);
    CHECK(receive_error(connection, next_from_peer(connection), 0, 49) == Error::timestamp_decreased);
    dumbo_test::receive(connection, next_from_peer(connection), 50);
}

TEST_CASE("a source longer than the largest window is refused, the largest itself is not", "[connection]") {
    const auto zeros = [](const void*, std::uint64_t, std::span<std::uint8_t> to) {
        std::ranges::fill(to, std::uint8_t{0});
        return true;
    };
    Connection connection = established();
    const PayloadSource largest{.bytes = ByteSource::of_pull(zeros, nullptr, dumbo::max_window_size),
                                .first = connection.first_not_sent()};
    CHECK(write(connection, 0, &largest).size() == 1020);
    for (const std::uint64_t length :
         {std::uint64_t{dumbo::max_window_size} + 1, std::uint64_t{1} << 32U, ~std::uint64_t{0}}) {
        const PayloadSource too_long{.bytes = ByteSource::of_pull(zeros, nullptr, length),
                                     .first = connection.first_not_sent()};
        CHECK(write_error(connection, &too_long) == Error::payload_too_large);
    }
}

TEST_CASE("a source that begins after the byte to be sent misses it", "[connection]") {
    Connection connection = established();
    const Bytes bytes(10);
    const PayloadSource late{.bytes = ByteSource::of_bytes(bytes), .first = connection.first_not_sent() + 1};
    CHECK(write_error(connection, &late) == Error::payload_missing_seq);
}

TEST_CASE("a source that begins the largest window before the byte to be sent has no order with it", "[connection]") {
    Connection connection = established();
    // Only its length matters: no byte of it is read.
    const Bytes bytes(1);
    const View unread(bytes.data(), dumbo::max_window_size);
    PayloadSource all_sent{.bytes = ByteSource::of_bytes(unread),
                           .first = connection.first_not_sent() - dumbo::max_window_size};
    CHECK(write_error(connection, &all_sent) == Error::payload_missing_seq);
    all_sent = {.bytes = ByteSource::of_bytes(unread.first(dumbo::max_window_size - 1)),
                .first = connection.first_not_sent() - (dumbo::max_window_size - 1)};
    Bytes buffer(100);
    const auto written = connection.write_next_segment(buffer, 0, &all_sent, 0);
    REQUIRE(written);
    CHECK_FALSE(*written);
}

TEST_CASE("what lies behind the longest segment counts for its checksum", "[connection]") {
    const Bytes syn = segment_bytes({.flags = dumbo_test::syn_bit, .window = 8192});
    const auto parsed = dumbo::TcpSegment::parse(syn);
    REQUIRE(parsed);
    auto connection = Connection::passive_open(*parsed, {.local_rwnd_size = 100'000, .rto_period = 100});
    REQUIRE(connection);
    Bytes buffer(70'000);
    REQUIRE(connection->write_next_segment(buffer, 0, nullptr, 0));
    Bytes longest = segment_bytes({.seq = connection->next_expected().value(),
                                   .ack = connection->first_not_sent().value(),
                                   .payload = dumbo_test::random_bytes(65'515)});
    const dumbo::Ipv4AddressPair addresses{{1, 2, 3, 4}, {5, 6, 7, 8}};
    dumbo_test::put16(longest, 16, dumbo::transport_checksum(addresses, dumbo::IpProtocol::tcp, longest));
    Bytes longer = longest;
    longer.push_back(1);
    CHECK(error_of(connection->receive_segment(longer, &addresses, buffer, 0)) == Error::checksum);
    const auto received = connection->receive_segment(longest, &addresses, buffer, 0);
    REQUIRE(received);
    CHECK(received->length == 65'515);
}

TEST_CASE("a source that reaches past a recorded FIN is refused, one that reaches up to it is not", "[connection]") {
    Connection connection = established();
    const SeqNumber first = connection.first_not_sent();
    connection.close();
    const Bytes bytes(1);
    const PayloadSource past{.bytes = ByteSource::of_bytes(bytes), .first = first};
    CHECK(write_error(connection, &past) == Error::data_after_fin);
    const PayloadSource up_to{.bytes = ByteSource::of_bytes({}), .first = first};
    CHECK((write(connection, 0, &up_to)[13] & dumbo_test::fin_bit) != 0);
}

TEST_CASE("reserving is bounded by the MSS, and leaves room for the option and for a byte", "[connection]") {
    const Bytes bytes(10);
    Connection connection = opened();
    CHECK(write_error(connection, nullptr, 0, 1001) == Error::mss_reserved);
    CHECK(write_error(connection, nullptr, 0, 1000) == Error::mss_option_room);
    CHECK(write_error(connection, nullptr, 0, 997) == Error::mss_option_room);

    connection = established();
    const PayloadSource payload{.bytes = ByteSource::of_bytes(bytes), .first = connection.first_not_sent()};
    CHECK(write_error(connection, &payload, 0, 1001) == Error::mss_reserved);
    CHECK(write_error(connection, &payload, 0, 1000) == Error::empty_payload);
    Bytes buffer(100);
    const auto one_byte = connection.write_next_segment(buffer, 999, &payload, 0);
    REQUIRE(one_byte);
    REQUIRE(*one_byte);
    CHECK((*one_byte)->segment.payload_length() == 1);
}

TEST_CASE("a buffer holds the header and a byte of what is to be sent, or is too small", "[connection]") {
    Connection connection = opened();
    CHECK(write_error(connection, nullptr, 0, 0, 23) == Error::buffer_too_small);
    CHECK(write_error(connection, nullptr, 0, 0, 0) == Error::buffer_too_small);

    connection = established();
    const Bytes bytes(10);
    const PayloadSource payload{.bytes = ByteSource::of_bytes(bytes), .first = connection.first_not_sent()};
    CHECK(write_error(connection, &payload, 0, 0, 19) == Error::buffer_too_small);
    CHECK(write_error(connection, &payload, 0, 0, 20) == Error::empty_payload);
    CHECK(connection.first_not_sent() == payload.first);
}

TEST_CASE("a source that gives up fails the write, and the bytes can be asked for again", "[connection]") {
    bool gives_up = true;
    const auto pull = [](const void* context, std::uint64_t, std::span<std::uint8_t> to) {
        std::ranges::fill(to, std::uint8_t{'z'});
        return !*static_cast<const bool*>(context);
    };
    Connection connection = established();
    const PayloadSource payload{.bytes = ByteSource::of_pull(pull, &gives_up, 30),
                                .first = connection.first_not_sent()};
    CHECK(write_error(connection, &payload) == Error::callback);
    CHECK(connection.first_not_sent() == payload.first);
    gives_up = false;
    CHECK(write(connection, 0, &payload).size() == 50);
}
