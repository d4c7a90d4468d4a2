// SPDX-License-Identifier: Apache-2.0
#include "bench/stack_cases.hpp"

#include <dumbo/dumbo.h>

#include <array>
#include <cstdint>
#include <memory>
#include <utility>

namespace bench {

namespace {

constexpr std::size_t segment_at = 14 + 20;
using Frame = std::array<std::uint8_t, segment_at + 20>;

// Connections of one guest's, all established and idle. A pure ACK for any of them has the stack look for it and do
// next to nothing else.
class Crowd {
public:
    explicit Crowd(std::uint32_t size) : size_(size) {
        dumbo_stack_config config;
        require(dumbo_stack_config_init(&config, sizeof config) == DUMBO_OK, "config_init");
        config.flags = DUMBO_STACK_TRUST_CHECKSUMS;
        config.mac[0] = 2;
        config.ipv4[0] = 10;
        config.ports[0] = 80;
        config.max_connections = size;
        config.max_half_open = 1;
        config.receive_buffer = config.send_buffer = 64;
        config.rto_period = 1'000'000;
        require(dumbo_stack_create(&stack_, &config, nullptr) == DUMBO_OK, "create");
        for (std::uint32_t number = 0; number < size; ++number) {
            open(number);
        }
        require(dumbo_stack_connection_count(stack_) == size, "connections");
    }
    ~Crowd() { dumbo_stack_free(stack_); }
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;

    // One after the other in an order that no cache foresees, or the same one again and again.
    void receive_acks(std::uint64_t times, bool is_one) {
        std::uint32_t number = 0;
        for (std::uint64_t i = 0; i < times; ++i) {
            receive(frame_for(number, DUMBO_TCP_ACK, acks_[number]));
            number = is_one ? number : static_cast<std::uint32_t>((number + 2654435761U) % size_);
        }
    }

private:
    // The guest has an address for each 50,000 connections.
    Frame& frame_for(std::uint32_t number, std::uint8_t flags, std::uint32_t ack) {
        constexpr std::uint32_t ports = 50'000;
        frame_[0] = 2;
        frame_[6] = 6;
        store16(&frame_[12], 0x0800);
        frame_[14] = 0x45;
        store16(&frame_[16], 40);
        frame_[23] = 6;
        store32(&frame_[26], 0x0b000001 + number / ports);
        store32(&frame_[30], 0x0a000000);
        store16(&frame_[segment_at], 1000 + number % ports);
        store16(&frame_[segment_at + 2], 80);
        store32(&frame_[segment_at + 4], flags == DUMBO_TCP_SYN ? 0 : 1);
        store32(&frame_[segment_at + 8], ack);
        frame_[segment_at + 12] = 0x50;
        frame_[segment_at + 13] = flags;
        store16(&frame_[segment_at + 14], 65535);
        return frame_;
    }

    void receive(const Frame& frame) {
        require(dumbo_stack_receive_frame(stack_, frame.data(), frame.size(), 0, nullptr, nullptr) == DUMBO_OK,
                "receive");
    }

    void open(std::uint32_t number) {
        receive(frame_for(number, DUMBO_TCP_SYN, 0));
        std::array<std::uint8_t, DUMBO_STACK_FRAME_MINIMUM> synack{};
        std::size_t length = 0;
        require(
            dumbo_stack_next_frame(stack_, synack.data(), synack.size(), 0, &length, nullptr) == DUMBO_OK && length > 0,
            "SYNACK");
        std::uint32_t isn = 0;
        for (std::size_t i = 0; i < 4; ++i) {
            isn = isn << 8U | synack[segment_at + 4 + i];
        }
        acks_.push_back(isn + 1);
        receive(frame_for(number, DUMBO_TCP_ACK, isn + 1));
    }

    std::uint32_t size_;
    dumbo_stack* stack_ = nullptr;
    std::vector<std::uint32_t> acks_;
    Frame frame_{};
};

}  // namespace

std::vector<Case> stack_cases() {
    std::vector<Case> cases;
    for (const std::uint32_t size : {100U, 100'000U}) {
        const auto crowd = std::make_shared<Crowd>(size);
        for (const bool is_one : {true, false}) {
            cases.push_back({fmt::format("stack of {}, an ACK for {}", size, is_one ? "one" : "any"),
                             [crowd, is_one](std::uint64_t times) { crowd->receive_acks(times, is_one); }});
        }
    }
    return cases;
}

}  // namespace bench
