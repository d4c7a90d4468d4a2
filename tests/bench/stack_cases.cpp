// SPDX-License-Identifier: Apache-2.0
#include "bench/stack_cases.hpp"

#include <dumbo/dumbo.h>

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <vector>

#include "bench/require.hpp"
#include "bench/stack_pointer.hpp"
#include "bench/wire.hpp"

namespace bench {

namespace {

constexpr std::size_t segment_at = 14 + 20;
using Frame = std::array<std::uint8_t, segment_at + 20>;

// Connections of one guest's, all established and idle. A pure ACK for any of them has the stack look for it and do
// next to nothing else: one after the other in an order that no cache foresees, or the same one again and again.
class Crowd : public Scenario {
public:
    Crowd(std::uint32_t size, bool is_one) : size_(size), is_one_(is_one) {
        dumbo_stack_config config;
        require(dumbo_stack_config_init(&config, sizeof config) == DUMBO_OK, "config_init");
        config.flags = DUMBO_STACK_TRUST_CHECKSUMS;
        config.mac[0] = 2;
        config.ipv4[0] = 10;
        config.ports[0] = our_port;
        config.max_connections = size;
        config.max_half_open = 1;
        config.receive_buffer = config.send_buffer = 64;
        config.rto_period = 1'000'000;
        dumbo_stack* stack = nullptr;
        require(dumbo_stack_create(&stack, &config, nullptr) == DUMBO_OK, "create");
        stack_.reset(stack);
        for (std::uint32_t number = 0; number < size; ++number) {
            open(number);
        }
    }

    void run(std::uint64_t times) override {
        std::uint32_t number = 0;
        for (std::uint64_t i = 0; i < times; ++i) {
            receive(frame_for(number, flag::ack, acks_[number]));
            number = is_one_ ? number : static_cast<std::uint32_t>((number + 2654435761U) % size_);
        }
    }

    void check() override {
        run(2);
        dumbo_interface_counters counters{};
        counters.struct_size = sizeof counters;
        require(dumbo_stack_counters(stack_.get(), &counters) == DUMBO_OK, "counters");
        require(counters.established == size_ && counters.refused == 0, "each ACK is for a connection");
        require(dumbo_stack_connection_count(stack_.get()) == size_, "connections");
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
        store16(&frame_[segment_at], static_cast<std::uint16_t>(1000 + number % ports));
        store16(&frame_[segment_at + 2], our_port);
        store32(&frame_[segment_at + 4], flags == flag::syn ? 0 : 1);
        store32(&frame_[segment_at + 8], ack);
        frame_[segment_at + 12] = 0x50;
        frame_[segment_at + 13] = flags;
        store16(&frame_[segment_at + 14], largest_window);
        return frame_;
    }

    void receive(const Frame& frame) {
        require(dumbo_stack_receive_frame(stack_.get(), frame.data(), frame.size(), 0, nullptr, nullptr) == DUMBO_OK,
                "receive");
    }

    void open(std::uint32_t number) {
        receive(frame_for(number, flag::syn, 0));
        std::array<std::uint8_t, DUMBO_STACK_FRAME_MINIMUM> synack{};
        std::size_t length = 0;
        require(dumbo_stack_next_frame(stack_.get(), synack.data(), synack.size(), 0, &length, nullptr) == DUMBO_OK &&
                    length > 0,
                "SYNACK");
        const std::uint32_t isn = load32(&synack[segment_at + at::sequence_number]);
        acks_.push_back(isn + 1);
        receive(frame_for(number, DUMBO_TCP_ACK, isn + 1));
    }

    std::uint32_t size_;
    bool is_one_;
    StackPointer stack_;
    std::vector<std::uint32_t> acks_;
    Frame frame_{};
};

}  // namespace

void add_stack_cases(Suite& suite) {
    for (const std::uint32_t size : {100U, 100'000U}) {
        for (const bool is_one : {true, false}) {
            suite.cases.push_back({fmt::format("stack of {}, an ACK for {}", size, is_one ? "one" : "any"), "",
                                   [size, is_one] { return std::make_unique<Crowd>(size, is_one); }});
        }
    }
}

}  // namespace bench
