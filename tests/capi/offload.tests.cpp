// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

#include <algorithm>
#include <cstdint>

#include "capi/support/endpoint.hpp"
#include "support/catch.hpp"
#include "unit/support/reference_checksum.hpp"

// What a connection leaves to the device that sends its segments, and what it does itself while it copies.
using dumbo_test::addressing;
using dumbo_test::Bytes;
using dumbo_test::Handle;
using dumbo_test::payload;
using dumbo_test::random_bytes;
using dumbo_test::sized;
using dumbo_test::View;

namespace {

constexpr std::array<std::uint8_t, 4> ours = {169, 254, 169, 254};
constexpr std::array<std::uint8_t, 4> peers = {10, 1, 2, 3};
constexpr std::uint32_t first_byte = dumbo_test::our_isn + 1;
constexpr std::size_t header = DUMBO_TCP_HEADER_LENGTH;
constexpr std::size_t mss = 1000;

struct Written {
    std::int32_t code = 0;
    Bytes segment;
    dumbo_sent sent{};
};

dumbo_addressing to_peer(std::uint32_t flags, std::uint32_t checksum = DUMBO_CHECKSUM_PSEUDO_HEADER) {
    auto to = addressing();
    to.flags = flags;
    to.checksum = checksum;
    std::copy(ours.begin(), ours.end(), to.source);
    std::copy(peers.begin(), peers.end(), to.destination);
    return to;
}

Written write(const Handle& connection, const dumbo_payload* source, std::uint32_t flags, std::uint16_t reserved = 0,
              std::size_t room = 70'000) {
    Written result;
    result.segment.resize(room);
    result.sent = sized<dumbo_sent>();
    result.sent.cause = 99;
    result.sent.gso_size = 99;
    std::size_t written = 0;
    const dumbo_addressing to = to_peer(flags);
    result.code = dumbo_connection_write_next_segment(connection.get(), result.segment.data(), room, reserved, source,
                                                      &to, 0, &written, &result.sent);
    result.segment.resize(result.code == DUMBO_OK ? written : 0);
    return result;
}

// The MSS is 1000.
Handle established(std::uint16_t window) {
    Handle connection = dumbo_test::opened();
    REQUIRE(dumbo_test::write(connection).size() == header + 4);
    CHECK(dumbo_test::receive(
              connection,
              {.seq = dumbo_test::peer_isn + 1, .ack = first_byte, .flags = dumbo_test::ack_bit, .window = window}) ==
          0);
    return connection;
}

void check_carries(const Written& written, View bytes) {
    CHECK(written.code == DUMBO_OK);
    CHECK(dumbo_test::same_bytes(View(written.segment).subspan(header), bytes));
    const std::uint64_t pseudo_header =
        dumbo_test::unfolded_pseudo_header(ours, peers, 6, static_cast<std::uint64_t>(written.segment.size()));
    CHECK(dumbo_test::get16(written.segment, 16) == dumbo_test::fold(pseudo_header));
}

}  // namespace

TEST_CASE("a device that cuts segments gets all that the window allows in one, and how to cut it", "[offload]") {
    const Bytes bytes = random_bytes(20'000);
    const auto source = payload(bytes, first_byte);
    const Handle connection = established(8192);
    const Written first = write(connection, &source, DUMBO_ADDRESSING_TSO4);
    check_carries(first, View(bytes).first(8192));
    CHECK(first.sent.cause == DUMBO_CAUSE_DATA);
    CHECK(first.sent.header_length == header);
    CHECK(first.sent.gso_size == mss);
    CHECK(first.sent.struct_size == sizeof(dumbo_sent));
    CHECK(dumbo_connection_first_not_sent(connection.get()) == first_byte + 8192);

    const Written none = write(connection, &source, DUMBO_ADDRESSING_TSO4);
    CHECK(none.code == DUMBO_OK);
    CHECK(none.segment.empty());
    CHECK(none.sent.cause == DUMBO_CAUSE_NONE);
    CHECK(none.sent.header_length == 0);
    CHECK(none.sent.gso_size == 0);
}

TEST_CASE("what is no longer than the MSS is not to be cut", "[offload]") {
    const Bytes bytes = random_bytes(mss + 1);
    for (const std::size_t length : {std::size_t{1}, mss - 1, mss, mss + 1}) {
        const auto source = payload(View(bytes).first(length), first_byte);
        const Written written = write(established(8192), &source, DUMBO_ADDRESSING_TSO4);
        CAPTURE(length);
        check_carries(written, View(bytes).first(length));
        CHECK(written.sent.gso_size == (length > mss ? mss : 0));
    }
}

TEST_CASE("what lower layers reserve of the MSS is cut off each piece", "[offload]") {
    const Bytes bytes = random_bytes(3000);
    const auto source = payload(bytes, first_byte);
    const Written written = write(established(8192), &source, DUMBO_ADDRESSING_TSO4, 12);
    check_carries(written, bytes);
    CHECK(written.sent.gso_size == mss - 12);
    // Nothing of the MSS is left, and nothing but a device that cuts could send anything.
    CHECK(write(established(8192), &source, 0, mss).code == DUMBO_ERR_EMPTY_PAYLOAD);
}

TEST_CASE("a segment that is to be cut keeps to the room and to what a packet holds", "[offload]") {
    const Bytes bytes = random_bytes(65'535);
    const auto source = payload(bytes, first_byte);
    check_carries(write(established(65'535), &source, DUMBO_ADDRESSING_TSO4, 0, header + 2345),
                  View(bytes).first(2345));
    check_carries(write(established(65'535), &source, DUMBO_ADDRESSING_TSO4),
                  View(bytes).first(DUMBO_TCP_MAX_SEGMENT_LENGTH - header));
}

TEST_CASE("without the flag every segment is an MSS at most, and nothing is to be cut", "[offload]") {
    const Bytes bytes = random_bytes(2500);
    const auto source = payload(bytes, first_byte);
    const Handle connection = established(8192);
    for (const std::size_t at : {std::size_t{0}, mss, 2 * mss}) {
        const Written written = write(connection, &source, 0);
        check_carries(written, View(bytes).subspan(at, std::min(mss, bytes.size() - at)));
        CHECK(written.sent.gso_size == 0);
        CHECK(written.sent.cause == DUMBO_CAUSE_DATA);
    }
}

TEST_CASE("who has segments cut must be told how", "[offload]") {
    const Bytes bytes = random_bytes(10);
    const auto source = payload(bytes, first_byte);
    const Handle connection = established(8192);
    const dumbo_addressing to = to_peer(DUMBO_ADDRESSING_TSO4);
    Bytes buffer(100);
    std::size_t written = 0;
    CHECK(dumbo_connection_write_next_segment(connection.get(), buffer.data(), buffer.size(), 0, &source, &to, 0,
                                              &written, nullptr) == DUMBO_ERR_INVALID_ARGUMENT);
    CHECK(dumbo_connection_first_not_sent(connection.get()) == first_byte);
}

TEST_CASE("the last segment carries the FIN, however long it is", "[offload]") {
    const Bytes bytes = random_bytes(3000);
    const auto source = payload(bytes, first_byte);
    const Handle connection = established(8192);
    CHECK(dumbo_connection_close_after(connection.get(), 3000) == DUMBO_OK);
    const Written written = write(connection, &source, DUMBO_ADDRESSING_TSO4);
    check_carries(written, bytes);
    CHECK(written.segment[13] == (DUMBO_TCP_ACK | DUMBO_TCP_FIN));
}

TEST_CASE("a SYNACK has its longer header, and an error says nothing", "[offload]") {
    const Handle connection = dumbo_test::opened();
    const Written too_small = write(connection, nullptr, DUMBO_ADDRESSING_TSO4, 0, header);
    CHECK(too_small.code == DUMBO_ERR_BUFFER_TOO_SMALL);
    CHECK(too_small.sent.cause == DUMBO_CAUSE_NONE);
    CHECK(too_small.sent.gso_size == 0);
    const Written synack = write(connection, nullptr, DUMBO_ADDRESSING_TSO4);
    CHECK(synack.segment.size() == header + 4);
    CHECK(synack.sent.cause == DUMBO_CAUSE_SYN);
    CHECK(synack.sent.header_length == header + 4);
    CHECK(synack.sent.gso_size == 0);
}

// ------------------------------------------------------------------------------------------- copied while summed ----

namespace {

// A source of each kind for the same bytes. The pieces are odd on purpose.
class Sources {
public:
    explicit Sources(View bytes) : bytes_(bytes) {
        for (std::size_t at = 0, length = 1; at < bytes.size(); at += length, length = length * 3 % 97 + 1) {
            const std::size_t left = std::min(length, bytes.size() - at);
            pieces_.push_back({bytes.data() + at, left});
        }
    }
    [[nodiscard]] dumbo_payload of(std::uint32_t kind) {
        auto source = payload(bytes_, first_byte);
        source.kind = kind;
        source.iovecs = pieces_.data();
        source.iovec_count = pieces_.size();
        source.read = [](void* self, std::uint64_t offset, std::uint8_t* to, std::size_t length) {
            const View all = static_cast<Sources*>(self)->bytes_;
            std::copy_n(all.begin() + static_cast<std::ptrdiff_t>(offset), length, to);
            return std::int32_t{0};
        };
        source.user_data = this;
        return source;
    }

private:
    View bytes_;
    std::vector<dumbo_iovec> pieces_;
};

}  // namespace

TEST_CASE("every kind of source goes out with the right checksum, at every length", "[offload]") {
    std::size_t right = 0;
    std::size_t compared = 0;
    for (std::size_t length = 1; length <= mss; length += length < 300 ? 1 : 7) {
        const Bytes bytes = random_bytes(length, length);
        Sources sources(bytes);
        for (const std::uint32_t kind : {DUMBO_PAYLOAD_BYTES, DUMBO_PAYLOAD_IOVEC, DUMBO_PAYLOAD_CALLBACK}) {
            const dumbo_payload source = sources.of(kind);
            const Handle connection = established(8192);
            const dumbo_addressing to = to_peer(0, DUMBO_CHECKSUM_FULL);
            Bytes segment(header + length);
            std::size_t written = 0;
            REQUIRE(dumbo_connection_write_next_segment(connection.get(), segment.data(), segment.size(), 0, &source,
                                                        &to, 0, &written, nullptr) == DUMBO_OK);
            right += written == segment.size() && dumbo_test::same_bytes(View(segment).subspan(header), bytes) &&
                             dumbo_test::reference_transport_checksum(ours, peers, 6, segment) == 0
                         ? 1U
                         : 0U;
            ++compared;
        }
    }
    CHECK(right == compared);
    CHECK(compared > 1000);
}

TEST_CASE("a verified segment delivers its payload, at every length and with room to spare or none", "[offload]") {
    std::size_t right = 0;
    std::size_t compared = 0;
    for (std::size_t length = 1; length <= 1500; length += length < 300 ? 1 : 7) {
        for (const std::size_t spare : {0U, 1U, 100U}) {
            const Handle connection = established(8192);
            Bytes segment = dumbo_test::segment_bytes({.seq = dumbo_test::peer_isn + 1,
                                                       .ack = first_byte,
                                                       .flags = dumbo_test::ack_bit,
                                                       .window = 8192,
                                                       .payload = random_bytes(length, length)});
            dumbo_address_pair addresses{};
            std::copy(peers.begin(), peers.end(), addresses.source);
            std::copy(ours.begin(), ours.end(), addresses.destination);
            dumbo_test::put16(segment, 16, 0);
            dumbo_test::put16(segment, 16, dumbo_test::reference_transport_checksum(peers, ours, 6, segment));
            Bytes buffer(length + spare);
            std::size_t received = 0;
            const auto receive = [&](std::size_t room) {
                return dumbo_connection_receive_segment(connection.get(), segment.data(), segment.size(), &addresses,
                                                        buffer.data(), room, 0, &received, nullptr);
            };
            segment.back() ^= 1U;
            const bool is_refused = receive(buffer.size()) == DUMBO_ERR_CHECKSUM && received == 0;
            segment.back() ^= 1U;
            const bool is_too_long = receive(length - 1) == DUMBO_ERR_BUFFER_TOO_SMALL && received == length;
            const bool is_taken = receive(buffer.size()) == DUMBO_OK && received == length;
            right += is_refused && is_too_long && is_taken &&
                             dumbo_test::same_bytes(View(buffer).first(length), View(segment).subspan(header))
                         ? 1U
                         : 0U;
            ++compared;
        }
    }
    CHECK(right == compared);
    CHECK(compared > 1000);
}
