// SPDX-License-Identifier: Apache-2.0
#include "script/wire.hpp"

#include "script/content.hpp"
#include "script/failure.hpp"
#include "script/vocabulary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>

namespace script {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::uint16_t guest_port = 49152;
constexpr std::uint16_t host_port = 80;
constexpr std::array<std::uint8_t, 4> guest_address{192, 168, 0, 2};
constexpr std::array<std::uint8_t, 4> host_address{169, 254, 169, 254};

[[nodiscard]] std::uint16_t port_of(Sender sender) {
    return sender == Sender::guest ? guest_port : host_port;
}

void append(std::vector<std::uint8_t>& bytes, std::uint32_t value, unsigned size) {
    for (unsigned left = size; left > 0; --left) {
        bytes.push_back(static_cast<std::uint8_t>(value >> (8 * (left - 1))));
    }
}

[[nodiscard]] std::uint32_t load(Bytes bytes, std::size_t offset, std::size_t size) {
    std::uint32_t value = 0;
    for (const auto byte : bytes.subspan(offset, size)) {
        value = value << 8 | byte;
    }
    return value;
}

// The one's complement sum of pseudo header and segment, 0xffff where the checksum is right (RFC 9293, 3.1).
[[nodiscard]] std::uint16_t sum(Bytes segment, Sender sender) {
    const auto addresses = addresses_of(sender);
    std::vector<std::uint8_t> bytes(std::begin(addresses.source), std::end(addresses.source));
    bytes.insert(bytes.end(), std::begin(addresses.destination), std::end(addresses.destination));
    append(bytes, DUMBO_IPV4_PROTOCOL_TCP, 2);
    append(bytes, static_cast<std::uint32_t>(segment.size()), 4);
    bytes.insert(bytes.end(), segment.begin(), segment.end());
    if (bytes.size() % 2 != 0) {
        bytes.push_back(0);
    }
    std::uint64_t total = 0;
    for (std::size_t offset = 0; offset < bytes.size(); offset += 2) {
        total += load(bytes, offset, 2);
    }
    while (total > 0xffff) {
        total = (total & 0xffff) + (total >> 16);
    }
    return static_cast<std::uint16_t>(total);
}

void require(bool condition, std::string_view wanted, Bytes segment) {
    if (!condition) {
        throw Mismatch(wanted, fmt::format("a segment of {} bytes that begins {:02x}", segment.size(),
                                           fmt::join(segment.first(std::min<std::size_t>(segment.size(), 24)), " ")));
    }
}

void require_well_formed(Bytes segment) {
    require(segment.size() >= 20, "a segment with a whole header", segment);
    const std::size_t header = load(segment, 12, 1) / 16 * 4;
    require(header >= 20 && header <= segment.size(), "a header length inside the segment", segment);
    require(load(segment, 0, 2) == host_port && load(segment, 2, 2) == guest_port, "the ports asked for", segment);
    require((load(segment, 12, 1) & 0x0f) == 0, "reserved bits and NS of zero", segment);
    require(load(segment, 18, 2) == 0, "an urgent pointer of zero", segment);
    require(sum(segment, Sender::host) == 0xffff, "a right checksum", segment);
    const auto addresses = addresses_of(Sender::host);
    dumbo_tcp_segment parsed{};
    parsed.struct_size = sizeof parsed;
    const auto code = dumbo_tcp_parse(segment.data(), segment.size(), &addresses, &parsed);
    require(code == DUMBO_OK, "a segment that dumbo_tcp_parse() accepts", segment);
}

}  // namespace

dumbo_address_pair addresses_of(Sender sender) {
    dumbo_address_pair pair{};
    std::ranges::copy(sender == Sender::guest ? guest_address : host_address, pair.source);
    std::ranges::copy(sender == Sender::guest ? host_address : guest_address, pair.destination);
    return pair;
}

dumbo_addressing host_addressing() {
    dumbo_addressing addressing{};
    addressing.struct_size = sizeof addressing;
    addressing.checksum = DUMBO_CHECKSUM_FULL;
    addressing.source_port = host_port;
    addressing.destination_port = guest_port;
    std::ranges::copy(host_address, addressing.source);
    std::ranges::copy(guest_address, addressing.destination);
    return addressing;
}

std::vector<std::uint8_t> encode(const Packet& packet, Sender sender, const Numbering& numbering) {
    std::vector<std::uint8_t> bytes;
    append(bytes, port_of(sender), 2);
    append(bytes, port_of(other(sender)), 2);
    append(bytes, packet.seq, 4);
    append(bytes, packet.ack, 4);
    const auto words = 5 + static_cast<std::uint32_t>(packet.options.size() / 4);
    append(bytes, words << 4, 1);
    append(bytes, packet.flags, 1);
    append(bytes, packet.window, 2);
    append(bytes, 0, 4);  // checksum and urgent pointer
    bytes.insert(bytes.end(), packet.options.begin(), packet.options.end());
    const auto payload = content(sender, packet.seq - numbering.of(sender), packet.length);
    bytes.insert(bytes.end(), payload.begin(), payload.end());
    const auto checksum = static_cast<std::uint16_t>(~sum(bytes, sender));
    bytes[16] = static_cast<std::uint8_t>(checksum >> 8);
    bytes[17] = static_cast<std::uint8_t>(checksum & 0xff);
    return bytes;
}

Packet decode(std::span<const std::uint8_t> segment) {
    require_well_formed(segment);
    const std::size_t header = load(segment, 12, 1) / 16 * 4;
    Packet packet;
    packet.seq = load(segment, 4, 4);
    packet.ack = load(segment, 8, 4);
    packet.flags = segment[13];
    packet.window = static_cast<std::uint16_t>(load(segment, 14, 2));
    packet.length = static_cast<std::uint32_t>(segment.size() - header);
    packet.options.assign(segment.begin() + 20, segment.begin() + static_cast<std::ptrdiff_t>(header));
    return packet;
}

void require_content(std::span<const std::uint8_t> segment, const Packet& packet, const Numbering& numbering) {
    auto place = packet.seq - numbering.host;
    for (const auto byte : segment.last(packet.length)) {
        const auto wanted = content_byte(Sender::host, place);
        if (byte != wanted) {
            const auto number = static_cast<std::int32_t>(place);
            throw Mismatch(fmt::format("the payload byte {:#04x} at sequence number {}", wanted, number),
                           fmt::format("{:#04x}", byte));
        }
        ++place;
    }
}

}  // namespace script
