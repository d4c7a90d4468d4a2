// SPDX-License-Identifier: Apache-2.0
#include "stack/guest.hpp"

#include <algorithm>
#include <random>
#include <stdexcept>
#include <string>

namespace stack_test {

namespace {

constexpr std::size_t packet_at = 14;
constexpr std::uint16_t ipv4_type = 0x0800;
constexpr std::uint16_t arp_type = 0x0806;

void put8(Bytes& to, std::size_t value) {
    to.push_back(static_cast<std::uint8_t>(value & 0xffU));
}

void put16(Bytes& to, std::size_t value) {
    put8(to, value >> 8U);
    put8(to, value);
}

void put32(Bytes& to, std::size_t value) {
    put16(to, value >> 16U);
    put16(to, value);
}

template <class Range>
void put(Bytes& to, const Range& bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
}

std::uint16_t get16(std::span<const std::uint8_t> from, std::size_t at) {
    return static_cast<std::uint16_t>(from[at] << 8 | from[at + 1]);
}

std::uint32_t get32(std::span<const std::uint8_t> from, std::size_t at) {
    return static_cast<std::uint32_t>(get16(from, at)) << 16U | get16(from, at + 2);
}

template <class Address>
Address get(std::span<const std::uint8_t> from, std::size_t at) {
    Address address{};
    std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(at), address.size(), address.begin());
    return address;
}

void set16(std::span<std::uint8_t> to, std::size_t at, std::uint32_t value) {
    to[at] = static_cast<std::uint8_t>(value >> 8U);
    to[at + 1] = static_cast<std::uint8_t>(value);
}

// RFC 1071, word by word.
std::uint32_t sum_of(std::span<const std::uint8_t> bytes, std::uint32_t sum = 0) {
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        sum += i % 2 == 0 ? static_cast<std::uint32_t>(bytes[i]) << 8U : bytes[i];
        sum = (sum & 0xffffU) + (sum >> 16U);
    }
    return sum;
}

std::uint32_t pseudo_sum(std::span<const std::uint8_t> packet, std::size_t segment_length) {
    Bytes header(packet.begin() + 12, packet.begin() + 20);
    put16(header, packet[9]);
    put16(header, segment_length);
    return sum_of(header);
}

void require(bool condition, const std::string& what) {
    if (!condition) {
        throw std::runtime_error("the stack wrote a frame with a wrong " + what);
    }
}

}  // namespace

std::uint32_t TcpFrame::length() const {
    return static_cast<std::uint32_t>(payload.size()) + ((flags & stack_test::syn) != 0 ? 1U : 0U) +
           ((flags & stack_test::fin) != 0 ? 1U : 0U);
}

Bytes bytes_of(const TcpFrame& frame) {
    Bytes bytes;
    put(bytes, frame.to);
    put(bytes, frame.from);
    put16(bytes, frame.ethertype);
    const std::size_t header_length = 20 + frame.packet_options.size();
    put8(bytes, 0x40 + header_length / 4);
    put8(bytes, 0);
    put16(bytes, header_length + 20 + frame.options.size() + frame.payload.size());
    put16(bytes, 0x1234);
    put16(bytes, frame.fragment);
    put8(bytes, 64);
    put8(bytes, frame.protocol);
    put16(bytes, 0);
    put(bytes, frame.source);
    put(bytes, frame.destination);
    put(bytes, frame.packet_options);
    put16(bytes, frame.source_port);
    put16(bytes, frame.destination_port);
    put32(bytes, frame.seq);
    put32(bytes, frame.ack);
    put8(bytes, (20 + frame.options.size()) / 4 << 4U);
    put8(bytes, frame.flags);
    put16(bytes, frame.window);
    put32(bytes, 0);
    put(bytes, frame.options);
    put(bytes, frame.payload);
    repair_checksums(bytes);
    return bytes;
}

Bytes bytes_of(const ArpFrame& frame) {
    Bytes bytes;
    put(bytes, frame.to);
    put(bytes, frame.from);
    put16(bytes, arp_type);
    put16(bytes, 1);
    put16(bytes, ipv4_type);
    put8(bytes, 6);
    put8(bytes, 4);
    put16(bytes, frame.operation);
    put(bytes, frame.sender_mac);
    put(bytes, frame.sender_ip);
    put(bytes, frame.target_mac);
    put(bytes, frame.target_ip);
    return bytes;
}

void repair_checksums(Bytes& frame) {
    if (frame.size() < packet_at + 20 || get16(frame, 12) == arp_type) {
        return;
    }
    const std::span<std::uint8_t> packet = std::span(frame).subspan(packet_at);
    const std::size_t header_length = (packet[0] & 15U) * 4U;
    const std::size_t total_length = std::min<std::size_t>(get16(packet, 2), packet.size());
    if (header_length < 20 || header_length > total_length) {
        return;
    }
    set16(packet, 10, 0);
    set16(packet, 10, ~sum_of(packet.first(header_length)));
    const auto segment = packet.subspan(header_length, total_length - header_length);
    if (segment.size() >= 20) {
        set16(segment, 16, 0);
        set16(segment, 16, ~sum_of(segment, pseudo_sum(packet, segment.size())));
    }
}

namespace {

ArpFrame read_arp(std::span<const std::uint8_t> frame) {
    require(frame.size() == packet_at + 28, "length of ARP");
    require(get16(frame, 14) == 1 && get16(frame, 16) == ipv4_type && frame[18] == 6 && frame[19] == 4, "kind of ARP");
    return {.to = get<Mac>(frame, 0),
            .from = get<Mac>(frame, 6),
            .operation = get16(frame, 20),
            .sender_mac = get<Mac>(frame, 22),
            .sender_ip = get<Ip>(frame, 28),
            .target_mac = get<Mac>(frame, 32),
            .target_ip = get<Ip>(frame, 38)};
}

TcpFrame read_tcp(std::span<const std::uint8_t> frame, TcpChecksum checksum) {
    const auto packet = frame.subspan(packet_at);
    require(packet.size() >= 40 && packet[0] == 0x45, "header of IPv4");
    require(get16(packet, 2) == packet.size(), "length of IPv4");
    require((get16(packet, 6) & 0xbfffU) == 0 && packet[8] > 0 && packet[9] == 6, "field of IPv4");
    require(sum_of(packet.first(20)) == 0xffff, "checksum of IPv4");
    const auto segment = packet.subspan(20);
    const std::size_t header_length = (segment[12] >> 4U) * std::size_t{4};
    require(header_length >= 20 && header_length <= segment.size(), "header of TCP");
    const std::uint32_t pseudo = pseudo_sum(packet, segment.size());
    switch (checksum) {
        case TcpChecksum::full:
            require(sum_of(segment, pseudo) == 0xffff, "checksum of TCP");
            break;
        case TcpChecksum::none:
            require(get16(segment, 16) == 0, "checksum of TCP, which should be 0");
            break;
        case TcpChecksum::pseudo_header:
            require(get16(segment, 16) == pseudo, "checksum of TCP, which should be the pseudo header's sum");
            break;
    }
    const auto options = segment.first(header_length).subspan(20);
    const auto payload = segment.subspan(header_length);
    return {.to = get<Mac>(frame, 0),
            .from = get<Mac>(frame, 6),
            .source = get<Ip>(packet, 12),
            .destination = get<Ip>(packet, 16),
            .source_port = get16(segment, 0),
            .destination_port = get16(segment, 2),
            .seq = get32(segment, 4),
            .ack = get32(segment, 8),
            .flags = segment[13],
            .window = get16(segment, 14),
            .options = Bytes(options.begin(), options.end()),
            .payload = Bytes(payload.begin(), payload.end())};
}

}  // namespace

ReadFrame read_frame(std::span<const std::uint8_t> frame, TcpChecksum checksum) {
    require(frame.size() >= packet_at, "length");
    if (get16(frame, 12) == arp_type) {
        return {.tcp = std::nullopt, .arp = read_arp(frame)};
    }
    require(get16(frame, 12) == ipv4_type, "EtherType");
    return {.tcp = read_tcp(frame, checksum), .arp = std::nullopt};
}

std::uint64_t hash_of(std::span<const std::uint8_t> bytes) {
    std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
    for (const std::uint8_t byte : bytes) {
        hash = (hash ^ byte) * 0x100000001b3;
    }
    return hash;
}

Bytes some_bytes(std::size_t length, std::uint32_t seed) {
    std::mt19937 engine(seed);
    Bytes bytes(length);
    std::generate(bytes.begin(), bytes.end(), [&engine] { return static_cast<std::uint8_t>(engine()); });
    return bytes;
}

}  // namespace stack_test
