// SPDX-License-Identifier: Apache-2.0
#include "bench/receive_cases.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "bench/conversation.hpp"
#include "bench/ways.hpp"

namespace bench {

namespace {

// ACKs that each acknowledge new data, like those of a guest in the middle of a download. So many of them are prepared,
// for data that was sent in one long segment; then a copy of the connection takes its place. The copy is a hundredth of
// what is measured.
template <typename Api>
class AckOfNewData : public Scenario {
public:
    explicit AckOfNewData(const Shape& shape) : conversation_(shape) {
        send_data();
        for (std::uint32_t i = 0; i < acks; ++i) {
            write_header(acks_[i].bytes, guest_first, our_first + (i + 1) * step);
        }
        connection_ = Api::clone(conversation_.connection(), storage_);
    }

    void run(std::uint64_t times) override {
        for (std::uint64_t done = 0; done < times;) {
            connection_ = Api::clone(conversation_.connection(), storage_);
            for (std::uint32_t i = 0; i < acks && done < times; ++i, ++done) {
                Api::receive(connection_, acks_[i].bytes, nullptr, {});
            }
        }
    }

    void check() override {
        for (const std::uint32_t times : {std::uint32_t{1}, acks}) {
            run(times);
            require(Api::highest_ack_received(connection_) == our_first + times * step, "the ACK was not taken");
        }
    }

private:
    static constexpr std::uint16_t mss = 65495;
    static constexpr std::uint32_t acks = 128;
    static constexpr std::uint32_t step = mss / acks;

    struct alignas(64) Ack {
        std::array<std::uint8_t, header_length> bytes;
    };

    void send_data() {
        const std::vector<std::uint8_t> data(mss);
        std::vector<std::uint8_t> segment(header_length + mss);
        const auto payload = Api::payload(data, our_first);
        const auto addressing = Api::outgoing(Checksum::none);
        require(Api::write(conversation_.connection(), segment, &payload, addressing) == segment.size(), "data");
    }

    Conversation<Api> conversation_;
    typename Api::Storage storage_{};
    typename Api::Connection* connection_ = nullptr;
    std::array<Ack, acks> acks_{};
};

// The same ACK over and over, which tells nothing new while nothing is outstanding.
template <typename Api>
class RepeatedAck : public Scenario {
public:
    explicit RepeatedAck(const Shape& shape) : conversation_(shape) { write_header(ack_, guest_first, our_first); }

    void run(std::uint64_t times) override {
        for (std::uint64_t i = 0; i < times; ++i) {
            Api::receive(conversation_.connection(), ack_, nullptr, {});
        }
    }

    void check() override {
        run(2);
        require(Api::highest_ack_received(conversation_.connection()) == our_first, "the ACK meant something");
    }

private:
    Conversation<Api> conversation_;
    std::array<std::uint8_t, header_length> ack_{};
};

// Segments of 1460 bytes, delivered into one place. They take turns, so that what makes a segment the next one again, a
// number and its checksum, was stored long before it is read. The half pages between them keep loads from waiting for
// a store at the same place of another page.
template <typename Api>
class Data : public Scenario {
public:
    Data(const Shape& shape, bool is_verified) : conversation_(shape), is_verified_(is_verified) {
        for (auto& segment : places_.segments) {
            fill(segment);
        }
    }

    void run(std::uint64_t times) override {
        while (times > 0) {
            const std::uint64_t portion = std::min(times, window);
            begin();
            receive(portion);
            times -= portion;
        }
    }

    void check() override {
        for (std::uint64_t times = 1; times <= 2 * places_.segments.size(); ++times) {
            run(times);
            const auto& latest = places_.segments[(times - 1) % places_.segments.size()];
            require(std::memcmp(places_.delivered.data(), &latest[header_length], payload_length) == 0, "payload");
            require(Api::next_expected(connection_) == guest_first + times * payload_length, "next_expected");
        }
        for (const auto& segment : places_.segments) {
            require(!is_verified_ || has_right_checksum(Bytes(segment).first(segment_length)),
                    "the checksum did not follow");
        }
    }

private:
    // The window is as large as it can be, so that it need not be opened in between.
    static constexpr std::uint64_t window = DUMBO_MAX_WINDOW_SIZE / payload_length;

    struct alignas(4096) Places {
        std::array<std::array<std::uint8_t, 2048>, 4> segments;
        std::array<std::uint8_t, 1024> between;
        std::array<std::uint8_t, 2048> delivered;
    };

    void begin() {
        connection_ = Api::clone(conversation_.connection(), storage_);
        std::uint32_t sequence_number = guest_first;
        for (auto& segment : places_.segments) {
            write_header(std::span(segment).first(segment_length), sequence_number, our_first);
            sequence_number += payload_length;
        }
    }

    void receive(std::uint64_t times) {
        const auto addresses = Api::incoming();
        const auto* verify = is_verified_ ? &addresses : nullptr;
        for (std::uint64_t i = 0; i < times; ++i) {
            auto& segment = places_.segments[i % places_.segments.size()];
            const std::size_t delivered =
                Api::receive(connection_, Bytes(segment).first(segment_length), verify, places_.delivered);
            require(delivered == payload_length, "delivered");
            come_again(segment.data());
        }
    }

    void come_again(std::uint8_t* segment) {
        constexpr std::uint32_t round = std::tuple_size_v<decltype(Places::segments)> * payload_length;
        store32(segment + at::sequence_number, load32(segment + at::sequence_number) + round);
        if (is_verified_) {
            store16(segment + at::checksum, checksum_after_growth(load16(segment + at::checksum), round));
        }
    }

    Conversation<Api> conversation_;
    bool is_verified_;
    typename Api::Storage storage_{};
    typename Api::Connection* connection_ = nullptr;
    Places places_{};
};

}  // namespace

void add_receive_cases(Suite& suite) {
    const Shape long_segments{.mss = 65495};
    add_ways<AckOfNewData>(suite, "receive a pure ACK", long_segments);
    add_counted_way<AckOfNewData>(suite, "receive a pure ACK", long_segments);
    add_ways<RepeatedAck>(suite, "receive a pure ACK again", Shape{});
    const Shape wide_open{.our_window = DUMBO_MAX_WINDOW_SIZE};
    add_ways<Data>(suite, "receive 1460 B, verified", wide_open, true);
    add_ways<Data>(suite, "receive 1460 B, unverified", wide_open, false);
    add_counted_way<Data>(suite, "receive 1460 B, unverified", wide_open, false);
}

}  // namespace bench
