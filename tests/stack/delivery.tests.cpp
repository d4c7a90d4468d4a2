// SPDX-License-Identifier: Apache-2.0
// How payload gets into a connection's ring: in one pass with its checksum, whatever the ring looks like.
#include <dumbo/stack.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "stack/checked_stack.hpp"
#include "support/catch.hpp"

using dumbo::ConnectionId;
using dumbo::FrameVerdict;
using stack_test::Bytes;
using stack_test::CheckedStack;
using stack_test::Client;
using stack_test::small_config;
using stack_test::snapshot_of;
using stack_test::TcpFrame;

namespace {

constexpr std::size_t segment_at = 14 + 20;
constexpr std::size_t payload_at = segment_at + 20;
constexpr std::uint32_t seldom = 4999;

dumbo::StackConfig config_of(std::uint32_t receive_buffer, bool verifies) {
    auto config = small_config();
    config.connections = config.half_open = 1;
    config.receive_buffer = receive_buffer;
    config.verifies_checksums = verifies;
    return config;
}

// One connection to whose ring the test knows its way.
class Ring {
public:
    Ring(std::uint32_t size, bool verifies, std::uint32_t period = seldom)
        : size_(size), stack_(config_of(size, verifies), period), id_(open(stack_, client_)) {}

    [[nodiscard]] CheckedStack& stack() { return stack_; }
    [[nodiscard]] const Client& client() const { return client_; }

    // What comes next from the guest. It has gone, as far as the guest knows.
    TcpFrame frame(const Bytes& payload) {
        client_.send(payload);
        const auto frame = client_.next();
        REQUIRE(frame);
        REQUIRE(frame->payload == payload);
        return *frame;
    }

    void fill(const Bytes& payload) {
        REQUIRE(stack_.receive(frame(payload)).delivered == payload.size());
        end_ = (end_ + payload.size()) % size_;
    }

    // Reads, and has the guest hear of the room that there is again.
    Bytes read(std::size_t at_most = SIZE_MAX) {
        Bytes bytes = stack_.read(id_, at_most);
        while (const auto answer = stack_.next_frame().tcp) {
            client_.take(*answer);
        }
        return bytes;
    }

    // Has the next byte go to this place. The ring is empty then.
    void move_to(std::size_t offset) {
        read();
        if (const std::size_t length = (offset + size_ - end_) % size_; length > 0) {
            fill(Bytes(length, 0xee));
            read();
        }
    }

private:
    std::size_t size_;
    std::size_t end_ = 0;
    Client client_{2000};
    CheckedStack stack_;
    ConnectionId id_;
};

Bytes with_bit_turned(Bytes frame, std::size_t bit) {
    frame[bit / 8] = static_cast<std::uint8_t>(frame[bit / 8] ^ 1U << bit % 8);
    return frame;
}

Bytes joined(Bytes one, const Bytes& other) {
    one.insert(one.end(), other.begin(), other.end());
    return one;
}

// Neither a verdict that says anything, nor any difference that a snapshot shows.
bool is_dropped_without_trace(CheckedStack& stack, const Bytes& frame) {
    const Bytes before = snapshot_of(stack.raw());
    const auto verdict = stack.receive(frame);
    return verdict.kind == FrameVerdict::Kind::malformed && verdict.connection == 0 && verdict.delivered == 0 &&
           verdict.anomalies == 0 && snapshot_of(stack.raw()) == before;
}

}  // namespace

TEST_CASE("payload of any length goes to any place in a ring, around its end at every split", "[stack][delivery]") {
    for (const bool verifies : {true, false}) {
        for (const std::uint32_t size : {1U, 2U, 3U, 16U, 33U, 40U}) {
            Ring ring(size, verifies);
            for (std::size_t offset = 0; offset < size; ++offset) {
                for (std::size_t length = 1; length <= size; ++length) {
                    ring.move_to(offset);
                    const Bytes payload = stack_test::some_bytes(length, static_cast<std::uint32_t>(offset));
                    ring.fill(payload);
                    CAPTURE(verifies, size, offset, length);
                    REQUIRE(ring.read() == payload);
                }
            }
        }
    }
}

TEST_CASE("payload of 1 to 300 bytes goes to even and odd places, and around the end", "[stack][delivery]") {
    for (const bool verifies : {true, false}) {
        for (const std::uint32_t size : {300U, 301U}) {
            Ring ring(size, verifies);
            for (const std::size_t offset : {0U, 1U, 2U, 7U, 64U, 149U, 236U, 237U, 298U, 299U}) {
                for (std::size_t length = 1; length <= 300; ++length) {
                    ring.move_to(offset);
                    const Bytes payload = stack_test::some_bytes(length, static_cast<std::uint32_t>(offset));
                    ring.fill(payload);
                    CAPTURE(verifies, size, offset, length);
                    REQUIRE(ring.read() == payload);
                }
            }
        }
    }
}

TEST_CASE("payload goes behind what was not read yet, and leaves that alone", "[stack][delivery]") {
    constexpr std::size_t size = 101;
    Ring ring(size, true);
    for (std::size_t offset = 0; offset < size; offset += 5) {
        for (std::size_t kept = 1; kept < size; kept += 3) {
            ring.move_to(offset);
            const Bytes bytes = stack_test::some_bytes(size, static_cast<std::uint32_t>(offset + kept));
            const auto split = bytes.begin() + static_cast<std::ptrdiff_t>(kept);
            ring.fill(Bytes(bytes.begin(), split));
            ring.fill(Bytes(split, bytes.end()));
            CAPTURE(offset, kept);
            REQUIRE(ring.read() == bytes);
        }
    }
}

TEST_CASE("whatever bit is wrong, a segment with a wrong checksum leaves no trace but a count", "[stack][delivery]") {
    const std::size_t offset = GENERATE(0U, 1U, 30U, 31U, 54U, 55U, 63U);
    Ring ring(64, true, 1009);
    CheckedStack& stack = ring.stack();
    ring.move_to(offset);
    const Bytes kept = stack_test::some_bytes(9, 1);
    const Bytes payload = stack_test::some_bytes(41, 2);
    ring.fill(kept);
    const Bytes frame = bytes_of(ring.frame(payload));
    const auto before = stack.counters();
    std::size_t dropped = 0;
    for (std::size_t bit = segment_at * 8; bit < frame.size() * 8; ++bit) {
        dropped += is_dropped_without_trace(stack, with_bit_turned(frame, bit)) ? 1U : 0U;
    }
    const std::size_t bits = (frame.size() - segment_at) * 8;
    CHECK(dropped == bits);
    CHECK(stack.counters().malformed == before.malformed + 2);  // headers of 4 and 16 bytes
    CHECK(stack.counters().checksum_errors == before.checksum_errors + bits - 2);
    CHECK(stack.receive(frame).delivered == payload.size());
    CHECK(ring.read() == joined(kept, payload));
}

TEST_CASE("payload that is not wanted is summed all the same", "[stack][delivery]") {
    Ring ring(20, true);
    const Bytes kept = stack_test::some_bytes(15);
    ring.fill(kept);
    const auto frame = ring.client().segment(stack_test::ack, Bytes(5, 0xaa));
    for (const auto& [distance, anomaly] : {std::pair{-6, dumbo::anomaly::unexpected_seq},
                                            {-1, dumbo::anomaly::unexpected_seq},
                                            {1, dumbo::anomaly::segment_beyond_rwnd},
                                            {1000, dumbo::anomaly::segment_beyond_rwnd}}) {
        TcpFrame elsewhere = frame;
        elsewhere.seq += static_cast<std::uint32_t>(distance);
        CAPTURE(distance);
        CHECK(is_dropped_without_trace(ring.stack(), with_bit_turned(bytes_of(elsewhere), payload_at * 8)));
        CHECK(ring.stack().receive(elsewhere).anomalies == anomaly);
    }
    CHECK(ring.read() == kept);
}

// Bytes that change between one read and another, without a second thread and so every time. The frame lies where the
// ring has room. There the payload's first half, on its way to the ring's end, falls on the second one.
TEST_CASE("a frame that changes meanwhile: what is delivered is what the checksum covers", "[stack][delivery]") {
    const std::size_t half = GENERATE(300U, 299U, 256U, 33U, 8U, 7U);
    constexpr std::uint32_t size = 1000;
    Ring ring(size, true);
    ring.move_to(size - half);
    // The buffers come last in a stack's memory.
    const auto memory = ring.stack().memory();
    auto* const in_ring = reinterpret_cast<std::uint8_t*>(memory.data() + memory.size()) - 1000 - size;
    auto* const place = in_ring + size - 2 * half - payload_at;
    const auto receive_there = [&](const Bytes& frame) {
        std::copy(frame.begin(), frame.end(), place);
        return ring.stack().raw().receive_frame({place, frame.size()}, ring.stack().now);
    };
    const Bytes first = stack_test::some_bytes(half, 1);
    const Bytes second = stack_test::some_bytes(half, 2);

    TcpFrame frame = ring.client().segment(stack_test::ack, joined(first, second));
    const Bytes before = snapshot_of(ring.stack().raw());
    CHECK(receive_there(bytes_of(frame))->error == dumbo::Error::checksum);
    CHECK(snapshot_of(ring.stack().raw()) == before);

    // One that is right once it has changed.
    frame.payload = joined(first, first);
    Bytes becoming = bytes_of(frame);
    std::copy(second.begin(), second.end(), becoming.end() - static_cast<std::ptrdiff_t>(half));
    CHECK(receive_there(becoming)->delivered == 2 * half);
    CHECK(ring.read() == frame.payload);
}
