// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "work/families.hpp"
#include "work/probe.hpp"
#include "work/scene.hpp"

namespace work {

using dumbo_test::ack_bit;
using dumbo_test::syn_bit;

namespace {

// Longer than it takes to open all.
constexpr std::uint64_t timeout = 1000000;

// A stack with so many connections of as many guests' ports, each with a byte outstanding, so that each has a timeout.
class Crowd {
public:
    explicit Crowd(std::uint32_t count) : count_(count), numbers_(count) {
        dumbo_stack_config config{};
        require(dumbo_stack_config_init(&config, sizeof config) == DUMBO_OK, "a config");
        std::ranges::copy(Bytes{2, 0xaa, 0xbb, 0xcc, 0xdd, 0xee}, config.mac);
        std::ranges::copy(Bytes{169, 254, 169, 254}, config.ipv4);
        config.flags = DUMBO_STACK_TRUST_CHECKSUMS;
        config.ports[0] = 80;
        config.max_connections = count + half_open;
        config.max_half_open = half_open;
        config.receive_buffer = 64;
        config.send_buffer = 64;
        config.max_replies = 1024;
        config.rto_period = timeout;
        config.hash_key = 7;
        dumbo_stack* stack = nullptr;
        require(dumbo_stack_create(&stack, &config, nullptr) == DUMBO_OK, "a stack");
        stack_.reset(stack);
        for (std::uint32_t i = 0; i < count; ++i) {
            open(i);
        }
    }

    [[nodiscard]] std::uint32_t count() const { return count_; }
    [[nodiscard]] std::uint64_t now() const { return now_; }
    void pass(std::uint64_t time) { now_ += time; }

    void receive(const std::string& name, const Bytes& frame, std::uint32_t wanted) {
        auto verdict = sized<dumbo_frame_verdict>();
        const auto call = [&] {
            static_cast<void>(
                dumbo_stack_receive_frame(stack_.get(), frame.data(), frame.size(), now_, nullptr, &verdict));
        };
        name.empty() ? call() : measure(name, call);
        require(verdict.kind == wanted, "the verdict");
    }

    // The length of the frame; 0 without one.
    std::size_t next(const std::string& name) {
        std::size_t written = 0;
        const auto call = [&] {
            static_cast<void>(
                dumbo_stack_next_frame(stack_.get(), buffer_.data(), buffer_.size(), now_, &written, nullptr));
        };
        name.empty() ? call() : measure(name, call);
        return written;
    }

    void status(const std::string& name) {
        std::uint32_t status = 0;
        measure(name, [&] { static_cast<void>(dumbo_stack_next_status(stack_.get(), now_, &status, nullptr)); });
    }

    // Connection i's next segment.
    [[nodiscard]] Bytes data(std::uint32_t i) const {
        return frame(i, {.seq = peer_isn + 1, .ack = numbers_[i] + 2, .flags = ack_bit, .payload = {0}});
    }
    [[nodiscard]] Bytes ack(std::uint32_t i) const {
        return frame(i, {.seq = peer_isn + 2, .ack = numbers_[i] + 2, .flags = ack_bit});
    }
    [[nodiscard]] Bytes syn(std::uint32_t i) const { return frame(i, {.seq = peer_isn, .flags = syn_bit}); }
    [[nodiscard]] Bytes stray(std::uint32_t i) const { return frame(i, {.seq = 1, .ack = 1, .flags = ack_bit}); }

    static constexpr std::uint32_t half_open = 64;

private:
    static constexpr std::uint32_t peer_isn = 1000;

    // By address and port: 16384 ports each.
    [[nodiscard]] static Bytes frame(std::uint32_t i, SegmentSpec spec) {
        spec.source_port = static_cast<std::uint16_t>(40000 + i % 16384);
        Bytes ip = {0x45, 0, 0, 0, 0, 0, 0, 0, 64, 6, 0, 0, 169, 254, 1, 2, 169, 254, 169, 254};
        const Bytes segment = dumbo_test::segment_bytes(spec);
        dumbo_test::put16(ip, 2, static_cast<std::uint16_t>(ip.size() + segment.size()));
        dumbo_test::put16(ip, 14, static_cast<std::uint16_t>(256 + i / 16384));
        return dumbo_test::concat({Bytes{2, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 6, 0, 0, 0, 0, 2, 8, 0}, ip, segment});
    }

    void open(std::uint32_t i) {
        constexpr std::size_t seq_at = 14 + 20 + 4;
        receive("", syn(i), DUMBO_FRAME_OPENING);
        require(next("") > 0, "a SYNACK");
        numbers_[i] = dumbo_test::get32(buffer_, seq_at);
        receive("", frame(i, {.seq = peer_isn + 1, .ack = numbers_[i] + 1, .flags = ack_bit}), DUMBO_FRAME_RECEIVED);
        auto event = sized<dumbo_stack_event>();
        require(dumbo_stack_next_event(stack_.get(), &event) == DUMBO_OK && event.kind == DUMBO_STACK_EVENT_OPENED,
                "opened");
        const std::uint8_t byte = 0;
        std::size_t accepted = 0;
        require(dumbo_stack_write(stack_.get(), event.connection, &byte, 1, &accepted) == DUMBO_OK && accepted == 1,
                "a byte");
        require(next("") > 0, "a segment");
        ++now_;  // so that no two time out together
    }

    std::uint32_t count_;
    std::vector<std::uint32_t> numbers_;
    dumbo_test::StackHandle stack_;
    Bytes buffer_ = Bytes(1514);
    std::uint64_t now_ = 0;
};

std::string named(const char* what, const Crowd& crowd, std::uint32_t i) {
    return std::string("stack / ") + what + " / " + std::to_string(crowd.count()) + " / " + std::to_string(i);
}

// The worst of some dozens each.
void measure_crowd(Crowd& crowd) {
    constexpr std::uint32_t samples = 60;
    const std::uint32_t step = std::max(crowd.count() / samples, 1U);
    for (std::uint32_t i = 0; i < crowd.count() && i / step < samples; i += step) {
        crowd.receive(named("receive a byte", crowd, i), crowd.data(i), DUMBO_FRAME_RECEIVED);
        crowd.next(named("write an ACK", crowd, i));
        crowd.receive(named("receive it again", crowd, i), crowd.data(i), DUMBO_FRAME_RECEIVED);
        crowd.status(named("ask for the status", crowd, i));
        crowd.next(named("write another ACK", crowd, i));
    }
    while (crowd.next("") > 0) {
    }
    for (std::uint32_t i = 0; i < samples; ++i) {
        crowd.receive(named("receive what is for no connection", crowd, i), crowd.stray(900000 + i),
                      DUMBO_FRAME_REFUSED);
        crowd.next(named("write a RST", crowd, i));
    }
    // The first ones find room; from then on each drives out the oldest.
    for (std::uint32_t i = 0; i < 3 * samples; ++i) {
        crowd.receive(named("receive a SYN of a flood", crowd, i), crowd.syn(1000000 + i), DUMBO_FRAME_OPENING);
        if (i % 2 == 0) {
            crowd.next(named("write a SYNACK in a flood", crowd, i));
        }
    }
    while (crowd.next("") > 0) {
    }
    // A segment for each connection between two calls: the first call afterwards asks each what it has to say, in vain.
    for (std::uint32_t i = 0; i < crowd.count(); i += step) {
        crowd.receive("", crowd.data(i), DUMBO_FRAME_RECEIVED);
    }
    while (crowd.next("") > 0) {
    }
    std::uint32_t asked = 0;
    for (std::uint32_t i = 0; i < crowd.count() && asked < samples; i += step) {
        crowd.receive("", crowd.ack(i), DUMBO_FRAME_RECEIVED);
        ++asked;
    }
    crowd.next("all / the first frame after segments that need no answer, of " + std::to_string(crowd.count()) +
               " connections / " + std::to_string(asked));
    // All timeouts strike between two calls, and each call looks at a few of them.
    crowd.pass(2 * timeout);
    crowd.next(named("write the first frame once all timeouts have struck", crowd, 0));
    for (std::uint32_t i = 0; i < samples && crowd.next(named("write a retransmission", crowd, i)) > 0; ++i) {
    }
}

}  // namespace

void measure_stacks() {
    for (const std::uint32_t count : {1U, 1000U, 100000U}) {
        CALLGRIND_STOP_INSTRUMENTATION;
        Crowd crowd(count);
        CALLGRIND_START_INSTRUMENTATION;
        measure_crowd(crowd);
    }
}

}  // namespace work
