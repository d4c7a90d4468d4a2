// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/dumbo.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "bench/require.hpp"
#include "bench/wire.hpp"

namespace bench {

// What lies in front of a segment in what the server writes, and in front of the client's ACKs.
struct Envelope {
    std::array<std::uint8_t, 34> bytes{};
    std::size_t length = 0;
};

// The guest's end of a stream, as little of it as there can be: it follows the numbers, takes nothing out of order, and
// acknowledges every second segment and the last of a burst. All servers meet the same one.
class StreamClient {
public:
    static constexpr std::size_t most_acks = 64;

    struct Ack {
        const std::uint8_t* packet;
        std::size_t length;
    };

    StreamClient(const Envelope& envelope, bool verifies) : envelope_(envelope.length), verifies_(verifies) {
        for (Packet& packet : packets_) {
            std::memcpy(packet.bytes.data(), envelope.bytes.data(), envelope.length);
            write_header(std::span(packet.bytes).subspan(envelope.length, header_length), guest_first, 0);
        }
        // Summed once for the ACK of number 0: from then on the number alone is added.
        checksum_of_ack_0_ = load16(packets_[0].bytes.data() + envelope_ + at::checksum);
    }

    void expect(std::uint32_t number) { next_ = number; }

    // For checking: the stream is these bytes, repeated.
    void compare_with(Bytes period) { period_ = period; }

    void take(const std::uint8_t* packet, std::size_t length) {
        require(length > envelope_ + header_length, "a data segment");
        const Bytes segment(packet + envelope_, length - envelope_);
        const Bytes payload = segment.subspan(header_length);
        require(segment[at::data_offset] == 0x50, "a header without options");
        require(load32(&segment[at::sequence_number]) == next_, "the next number");
        if (verifies_) {
            verify(segment);
        }
        if (!period_.empty()) {
            compare(payload);
        }
        next_ += static_cast<std::uint32_t>(payload.size());
        received_ += payload.size();
        is_odd_ = !is_odd_;
        if (!is_odd_) {
            acknowledge();
        }
    }

    // At the end of a burst.
    void acknowledge_rest() {
        if (is_odd_) {
            acknowledge();
            is_odd_ = false;
        }
    }

    [[nodiscard]] std::uint64_t received() const { return received_; }
    [[nodiscard]] bool has_unacknowledged() const { return is_odd_ || first_ack_ != end_of_acks_; }

    // Hands all ACKs that wait to a function, in turn.
    template <typename Receive>
    void hand_out_acks(Receive receive) {
        while (first_ack_ != end_of_acks_) {
            const Packet& packet = packets_[first_ack_ % most_acks];
            ++first_ack_;
            receive(packet.bytes.data(), envelope_ + header_length);
        }
    }

private:
    struct alignas(64) Packet {
        std::array<std::uint8_t, 64> bytes{};
    };

    static void verify(Bytes segment) {
        static constexpr auto from = our_address;
        static constexpr auto to = guest_address;
        static constexpr dumbo_address_pair addresses = {{from[0], from[1], from[2], from[3]},
                                                         {to[0], to[1], to[2], to[3]}};
        std::uint16_t checksum = 0;
        require(dumbo_checksum_tcp(&addresses, segment.data(), segment.size(), &checksum) == DUMBO_OK && checksum == 0,
                "the segment's checksum");
    }

    void compare(Bytes payload) const {
        for (std::size_t i = 0; i < payload.size(); ++i) {
            require(payload[i] == period_[(received_ + i) % period_.size()], "the stream's bytes");
        }
    }

    void acknowledge() {
        require(end_of_acks_ - first_ack_ < most_acks, "room for an ACK");
        std::uint8_t* ack = packets_[end_of_acks_ % most_acks].bytes.data() + envelope_;
        ++end_of_acks_;
        store32(ack + at::ack_number, next_);
        if (verifies_) {
            store16(ack + at::checksum, checksum_after_growth(checksum_of_ack_0_, next_));
        }
    }

    std::size_t envelope_;
    bool verifies_;
    bool is_odd_ = false;
    std::uint16_t checksum_of_ack_0_ = 0;
    std::uint32_t next_ = 0;
    std::uint64_t received_ = 0;
    Bytes period_;
    std::size_t first_ack_ = 0;
    std::size_t end_of_acks_ = 0;
    std::array<Packet, most_acks> packets_{};
};

}  // namespace bench
