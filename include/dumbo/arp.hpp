// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/address.hpp>
#include <dumbo/result.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace dumbo::inline v0 {

enum class ArpOperation : std::uint16_t { request = 1, reply = 2 };

// An ARP packet for IPv4 over Ethernet (RFC 826).
struct ArpPacket {
    static constexpr std::size_t length = 28;
    static constexpr std::uint16_t hardware_type_ethernet = 1;

    ArpOperation operation = ArpOperation::request;
    MacAddress sender_mac{};
    Ipv4Address sender_ip{};
    MacAddress target_mac{};
    Ipv4Address target_ip{};
};

// Errors: length_mismatch, hardware_type, protocol_type, hardware_length, protocol_length, operation.
Result<ArpPacket> parse_arp_request(std::span<const std::uint8_t> bytes) noexcept;

// Fills a buffer of exactly ArpPacket::length bytes. Errors: length_mismatch.
Result<std::span<std::uint8_t>> write_arp(std::span<std::uint8_t> buffer, const ArpPacket& packet) noexcept;

// Whether an Ethernet frame would be about `target` if it were an ARP packet: a first test without false negatives,
// which does not look at the EtherType.
[[nodiscard]] bool is_arp_frame_for(std::span<const std::uint8_t> frame, const Ipv4Address& target) noexcept;

}  // namespace dumbo::inline v0
