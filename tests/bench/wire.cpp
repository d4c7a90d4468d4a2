// SPDX-License-Identifier: Apache-2.0
#include "bench/wire.hpp"

#include "bench/naive_checksum.h"

namespace bench {

namespace {

constexpr std::uint16_t tcp = 6;

std::uint16_t sum_of(Bytes segment) {
    const auto sum = static_cast<std::uint16_t>(~bench_naive_checksum(segment.data(), segment.size()));
    return fold(std::uint32_t{sum} + pseudo_header_sum(segment.size()));
}

// Precondition: the field is 0.
void write_checksum(std::span<std::uint8_t> segment) {
    store16(&segment[at::checksum], static_cast<std::uint16_t>(~sum_of(segment)));
}

void write_ports(std::uint8_t* segment) {
    store16(segment, guest_port);
    store16(segment + 2, our_port);
}

}  // namespace

std::uint16_t pseudo_header_sum(std::size_t length) {
    const std::uint32_t addresses = std::uint32_t{load16(our_address.data())} + load16(our_address.data() + 2) +
                                    load16(guest_address.data()) + load16(guest_address.data() + 2);
    return fold(addresses + tcp + static_cast<std::uint32_t>(length));
}

bool has_right_checksum(Bytes segment) {
    return sum_of(segment) == 0xffff;
}

std::array<std::uint8_t, 24> syn(std::uint16_t mss) {
    std::array<std::uint8_t, 24> segment{};
    write_ports(segment.data());
    store32(&segment[at::sequence_number], guest_first - 1);
    segment[at::data_offset] = 0x60;
    segment[at::flags] = flag::syn;
    store16(&segment[14], largest_window);
    segment[20] = 2;
    segment[21] = 4;
    store16(&segment[22], mss);
    write_checksum(segment);
    return segment;
}

void write_header(std::span<std::uint8_t> segment, std::uint32_t sequence_number, std::uint32_t ack_number) {
    std::memset(segment.data(), 0, header_length);
    write_ports(segment.data());
    store32(&segment[at::sequence_number], sequence_number);
    store32(&segment[at::ack_number], ack_number);
    segment[at::data_offset] = 0x50;
    segment[at::flags] = flag::ack;
    store16(&segment[14], largest_window);
    write_checksum(segment);
}

void fill(std::span<std::uint8_t> bytes) {
    std::uint32_t state = 1;
    for (std::uint8_t& byte : bytes) {
        state = state * 1664525U + 1013904223U;
        byte = static_cast<std::uint8_t>(state >> 24U);
    }
}

}  // namespace bench
