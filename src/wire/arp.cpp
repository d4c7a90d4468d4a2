// SPDX-License-Identifier: Apache-2.0
#include <dumbo/arp.hpp>
#include <dumbo/detail/address_bytes.hpp>
#include <dumbo/detail/byte_order.hpp>
#include <dumbo/ethernet.hpp>

namespace dumbo::inline v0 {

namespace {

// RFC 826, "Packet format", with the lengths that Ethernet and IPv4 give.
constexpr std::size_t hardware_type_offset = 0;
constexpr std::size_t protocol_type_offset = 2;
constexpr std::size_t hardware_length_offset = 4;
constexpr std::size_t protocol_length_offset = 5;
constexpr std::size_t operation_offset = 6;
constexpr std::size_t sender_mac_offset = 8;
constexpr std::size_t sender_ip_offset = 14;
constexpr std::size_t target_mac_offset = 18;
constexpr std::size_t target_ip_offset = 24;

constexpr auto mac_length = static_cast<std::uint8_t>(sizeof(MacAddress));
constexpr auto ip_length = static_cast<std::uint8_t>(sizeof(Ipv4Address));

}  // namespace

Result<ArpPacket> parse_arp_request(std::span<const std::uint8_t> bytes) noexcept {
    if (bytes.size() != ArpPacket::length) {
        return Error::length_mismatch;
    }
    if (detail::load_be16(&bytes[hardware_type_offset]) != ArpPacket::hardware_type_ethernet) {
        return Error::hardware_type;
    }
    if (detail::load_be16(&bytes[protocol_type_offset]) != ethertype_ipv4) {
        return Error::protocol_type;
    }
    if (bytes[hardware_length_offset] != mac_length) {
        return Error::hardware_length;
    }
    if (bytes[protocol_length_offset] != ip_length) {
        return Error::protocol_length;
    }
    if (detail::load_be16(&bytes[operation_offset]) != static_cast<std::uint16_t>(ArpOperation::request)) {
        return Error::operation;
    }
    return ArpPacket{.operation = ArpOperation::request,
                     .sender_mac = detail::load_address<MacAddress>(&bytes[sender_mac_offset]),
                     .sender_ip = detail::load_address<Ipv4Address>(&bytes[sender_ip_offset]),
                     .target_mac = detail::load_address<MacAddress>(&bytes[target_mac_offset]),
                     .target_ip = detail::load_address<Ipv4Address>(&bytes[target_ip_offset])};
}

Result<std::span<std::uint8_t>> write_arp(std::span<std::uint8_t> buffer, const ArpPacket& packet) noexcept {
    if (buffer.size() != ArpPacket::length) {
        return Error::length_mismatch;
    }
    detail::store_be16(&buffer[hardware_type_offset], ArpPacket::hardware_type_ethernet);
    detail::store_be16(&buffer[protocol_type_offset], ethertype_ipv4);
    buffer[hardware_length_offset] = mac_length;
    buffer[protocol_length_offset] = ip_length;
    detail::store_be16(&buffer[operation_offset], static_cast<std::uint16_t>(packet.operation));
    detail::store_address(&buffer[sender_mac_offset], packet.sender_mac);
    detail::store_address(&buffer[sender_ip_offset], packet.sender_ip);
    detail::store_address(&buffer[target_mac_offset], packet.target_mac);
    detail::store_address(&buffer[target_ip_offset], packet.target_ip);
    return buffer;
}

bool is_arp_frame_for(std::span<const std::uint8_t> frame, const Ipv4Address& target) noexcept {
    const auto ethernet = EthernetFrame::parse(frame);
    return ethernet && ethernet->payload().size() >= ArpPacket::length &&
           detail::load_address<Ipv4Address>(&ethernet->payload()[target_ip_offset]) == target;
}

}  // namespace dumbo::inline v0
