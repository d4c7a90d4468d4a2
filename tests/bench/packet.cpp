// SPDX-License-Identifier: Apache-2.0
#include "bench/packet.hpp"

#include <algorithm>

#include "bench/naive_checksum.h"

namespace bench {

namespace {

constexpr std::size_t ipv4_header_length = 20;
constexpr std::size_t ethernet_header_length = 14;

void write_ipv4_header(std::uint8_t* to, std::size_t length) {
    to[0] = 0x45;
    store16(to + 2, static_cast<std::uint16_t>(ipv4_header_length + length));
    to[8] = 64;  // time to live
    to[9] = 6;   // TCP
    std::copy(guest_address.begin(), guest_address.end(), to + 12);
    std::copy(our_address.begin(), our_address.end(), to + 16);
    store16(to + 10, bench_naive_checksum(to, ipv4_header_length));
}

}  // namespace

Envelope ipv4_envelope(std::size_t length) {
    Envelope envelope{.length = ipv4_header_length};
    write_ipv4_header(envelope.bytes.data(), length);
    return envelope;
}

Envelope ethernet_envelope(std::size_t length) {
    Envelope envelope{.length = ethernet_header_length + ipv4_header_length};
    std::uint8_t* to = envelope.bytes.data();
    std::copy(our_mac.begin(), our_mac.end(), to);
    std::copy(guest_mac.begin(), guest_mac.end(), to + 6);
    store16(to + 12, 0x0800);
    write_ipv4_header(to + ethernet_header_length, length);
    return envelope;
}

std::vector<std::uint8_t> wrap(const Envelope& envelope, Bytes segment) {
    const auto header = Bytes(envelope.bytes).first(envelope.length);
    std::vector<std::uint8_t> packet(header.begin(), header.end());
    packet.insert(packet.end(), segment.begin(), segment.end());
    return packet;
}

}  // namespace bench
