// SPDX-License-Identifier: Apache-2.0
#include "randomness/initial_numbers.hpp"

#include <dumbo/dumbo.h>

#include <algorithm>
#include <array>
#include <stdexcept>

#include "support/handles.hpp"
#include "unit/support/bytes.hpp"
#include "unit/support/segment.hpp"

namespace randomness {

using dumbo_test::Bytes;

namespace {

constexpr std::uint32_t peer_isn = 1000;

void require(bool holds, const char* what) {
    if (!holds) {
        throw std::runtime_error(what);
    }
}

Bytes segment(std::uint8_t flags, std::uint32_t seq) {
    return dumbo_test::segment_bytes({.seq = seq, .flags = flags});
}

// The stack trusts in all checksums but the IPv4 header's, which nobody computes here either.
Bytes frame_around(const Bytes& segment) {
    const Bytes ethernet = {2, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 6, 0, 0, 0, 0, 2, 8, 0};
    const Bytes ip = {0x45, 0, 0, 40, 0, 0, 0, 0, 64, 6, 0, 0, 169, 254, 0, 2, 169, 254, 169, 254};
    return dumbo_test::concat({ethernet, ip, segment});
}

dumbo_test::StackHandle a_stack() {
    dumbo_stack_config config{};
    require(dumbo_stack_config_init(&config, sizeof config) == DUMBO_OK, "config");
    std::ranges::copy(Bytes{2, 0xaa, 0xbb, 0xcc, 0xdd, 0xee}, config.mac);
    std::ranges::copy(Bytes{169, 254, 169, 254}, config.ipv4);
    config.flags = DUMBO_STACK_TRUST_CHECKSUMS;
    config.checksum = DUMBO_CHECKSUM_NONE;
    config.ports[0] = 80;
    config.rto_period = 1000;
    config.hash_key = 7;
    dumbo_stack* stack = nullptr;
    require(dumbo_stack_create(&stack, &config, nullptr) == DUMBO_OK, "a stack");
    return dumbo_test::StackHandle(stack);
}

void receive(dumbo_stack* stack, const Bytes& frame, std::uint32_t wanted) {
    dumbo_frame_verdict verdict{};
    verdict.struct_size = sizeof verdict;
    require(dumbo_stack_receive_frame(stack, frame.data(), frame.size(), 0, nullptr, &verdict) == DUMBO_OK &&
                verdict.kind == wanted,
            "a frame is taken");
}

}  // namespace

std::vector<std::uint32_t> numbers_of_connections(std::size_t count) {
    const Bytes syn = segment(dumbo_test::syn_bit, peer_isn);
    dumbo_connection_config config{};
    require(dumbo_connection_config_init(&config, sizeof config) == DUMBO_OK, "config");
    config.rto_period = 1000;
    alignas(DUMBO_CONNECTION_ALIGNMENT_MAX) std::array<std::uint8_t, DUMBO_CONNECTION_SIZE_MAX> storage{};
    std::vector<std::uint32_t> numbers;
    numbers.reserve(count);
    while (numbers.size() < count) {
        dumbo_connection* connection = nullptr;
        require(dumbo_connection_passive_open_in(&connection, storage.data(), storage.size(), syn.data(), syn.size(),
                                                 nullptr, &config) == DUMBO_OK,
                "a connection");
        numbers.push_back(dumbo_connection_highest_ack_received(connection));
    }
    return numbers;
}

std::vector<std::uint32_t> numbers_of_a_stack(std::size_t count) {
    const auto stack = a_stack();
    const Bytes syn = frame_around(segment(dumbo_test::syn_bit, peer_isn));
    const Bytes rst = frame_around(segment(dumbo_test::rst_bit, peer_isn + 1));
    constexpr std::size_t seq_at = 14 + 20 + 4;
    std::array<std::uint8_t, DUMBO_STACK_FRAME_MINIMUM> synack{};
    std::vector<std::uint32_t> numbers;
    numbers.reserve(count);
    while (numbers.size() < count) {
        receive(stack.get(), syn, DUMBO_FRAME_OPENING);
        std::size_t written = 0;
        require(dumbo_stack_next_frame(stack.get(), synack.data(), synack.size(), 0, &written, nullptr) == DUMBO_OK &&
                    written == synack.size(),
                "a SYNACK");
        numbers.push_back(dumbo_test::get32(synack, seq_at));
        receive(stack.get(), rst, DUMBO_FRAME_RECEIVED);
    }
    return numbers;
}

}  // namespace randomness
