// SPDX-License-Identifier: Apache-2.0
#include "bench/write_cases.hpp"

#include <fmt/format.h>

#include <array>
#include <cstring>

#include "bench/conversation.hpp"
#include "bench/ways.hpp"

namespace bench {

namespace {

void check_checksum(Bytes segment, Checksum checksum) {
    const std::uint16_t field = load16(&segment[at::checksum]);
    switch (checksum) {
        case Checksum::full:
            require(has_right_checksum(segment), "checksum");
            break;
        case Checksum::pseudo_header:
            require(field == pseudo_header_sum(segment.size()), "pseudo-header checksum");
            break;
        case Checksum::none:
            require(field == 0, "no checksum");
            break;
    }
}

// Half a page apart, as for memcpy.
struct alignas(4096) Places {
    std::array<std::uint8_t, 2048> source;
    std::array<std::uint8_t, 2048> segment;
};

// Segments of 1460 bytes, from one place to another, each lent for its own call. After as many as the guest's window
// takes comes the ACK of them all, so that a 44th of receiving an ACK is in what one takes.
template <typename Api>
class Data : public Scenario {
public:
    Data(const Shape& shape, Checksum checksum) : conversation_(shape), checksum_(checksum) {
        fill(places_.source);
        write_header(ack_, guest_first, our_first);
    }

    void run(std::uint64_t times) override {
        const auto addressing = Api::outgoing(checksum_);
        auto payload = Api::payload(Bytes(places_.source).first(payload_length), number_);
        for (std::uint64_t done = 0; done < times;) {
            for (std::uint32_t i = 0; i < window && done < times; ++i, ++done) {
                Api::set_first(payload, number_);
                const std::size_t written =
                    Api::write(conversation_.connection(), places_.segment, &payload, addressing);
                require(written == segment_length, "written");
                number_ += payload_length;
            }
            acknowledge();
        }
    }

    void check() override {
        for (const std::uint32_t times : {std::uint32_t{1}, window + 1}) {
            const std::uint32_t before = number_;
            run(times);
            const std::uint32_t after = Api::first_not_sent(conversation_.connection());
            require(after - before == times * payload_length, "first_not_sent");
            check_segment(after - payload_length);
        }
    }

private:
    static constexpr std::uint32_t window = largest_window / payload_length;

    void acknowledge() {
        store32(&ack_[at::ack_number], number_);
        Api::receive(conversation_.connection(), ack_, nullptr, {});
    }

    void check_segment(std::uint32_t number) {
        const Bytes segment = Bytes(places_.segment).first(segment_length);
        require(load32(&segment[at::sequence_number]) == number, "number");
        require(std::memcmp(&segment[header_length], places_.source.data(), payload_length) == 0, "payload");
        check_checksum(segment, checksum_);
    }

    Conversation<Api> conversation_;
    Checksum checksum_;
    std::uint32_t number_ = our_first;
    std::array<std::uint8_t, header_length> ack_{};
    Places places_{};
};

// An ACK becomes due by a call that opens a closed window by nothing: next to no work, and the window stays closed.
template <typename Api>
class AckWithReason : public Scenario {
public:
    AckWithReason(const Shape& shape, Checksum checksum) : conversation_(shape), checksum_(checksum) {}

    void run(std::uint64_t times) override {
        const auto addressing = Api::outgoing(checksum_);
        for (std::uint64_t i = 0; i < times; ++i) {
            Api::advance_window(conversation_.connection(), 0);
            const std::size_t written = Api::write(conversation_.connection(), segment_, nullptr, addressing);
            require(written == header_length, "written");
        }
    }

    void check() override {
        run(2);
        require(segment_[at::flags] == flag::ack, "flags");
        require(load32(&segment_[at::ack_number]) == guest_first, "ack number");
        check_checksum(Bytes(segment_).first(header_length), checksum_);
    }

private:
    Conversation<Api> conversation_;
    Checksum checksum_;
    alignas(64) std::array<std::uint8_t, 64> segment_{};
};

// That call alone.
template <typename Api>
class Reason : public Scenario {
public:
    explicit Reason(const Shape& shape) : conversation_(shape) {}

    void run(std::uint64_t times) override {
        for (std::uint64_t i = 0; i < times; ++i) {
            Api::advance_window(conversation_.connection(), 0);
        }
    }

    void check() override {
        run(1);
        std::array<std::uint8_t, header_length> segment{};
        const auto addressing = Api::outgoing(Checksum::none);
        require(Api::write(conversation_.connection(), segment, nullptr, addressing) == header_length, "an ACK is due");
        require(Api::write(conversation_.connection(), segment, nullptr, addressing) == 0, "one ACK is due");
    }

private:
    Conversation<Api> conversation_;
};

}  // namespace

void add_write_cases(Suite& suite) {
    constexpr const char* reason = "make an ACK due";
    const Shape closed{.our_window = 0};
    add_ways<Reason>(suite, reason, closed);
    for (const Checksum checksum : {Checksum::full, Checksum::pseudo_header, Checksum::none}) {
        const auto both = fmt::format("make an ACK due and write it, {}", name_of(checksum));
        add_ways<AckWithReason>(suite, both, closed, checksum);
        suite.differences.push_back({fmt::format("write a pure ACK, {}", name_of(checksum)), both, reason});
    }
    for (const Checksum checksum : {Checksum::full, Checksum::pseudo_header, Checksum::none}) {
        add_ways<Data>(suite, fmt::format("write 1460 B, {}", name_of(checksum)), Shape{}, checksum);
    }
    add_counted_way<AckWithReason>(suite, "make an ACK due and write it, no checksum", closed, Checksum::none);
    add_counted_way<Data>(suite, "write 1460 B, no checksum", Shape{}, Checksum::none);
}

}  // namespace bench
