// SPDX-License-Identifier: Apache-2.0
#include <dumbo/arp.hpp>
#include <dumbo/ethernet.hpp>

#include "convert.hpp"

using namespace dumbo;

static_assert(DUMBO_ARP_LENGTH == ArpPacket::length);
static_assert(DUMBO_ARP_REQUEST == static_cast<int>(ArpOperation::request));
static_assert(DUMBO_ARP_REPLY == static_cast<int>(ArpOperation::reply));

bool dumbo_arp_frame_is_for(const uint8_t* frame, size_t len, const uint8_t ipv4[4]) {
    return capi::is_valid_buffer(frame, len) && ipv4 != nullptr &&
           is_arp_frame_for(std::span(frame, len), capi::to_array<4>(ipv4));
}

int32_t dumbo_arp_parse_request(const uint8_t* packet, size_t len, dumbo_arp_packet* out) {
    const capi::OutputStruct output(out);
    if (!output.is_valid() || !capi::is_valid_buffer(packet, len)) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    const auto parsed = parse_arp_request(std::span(packet, len));
    if (!parsed) {
        return capi::to_code(parsed.error());
    }
    dumbo_arp_packet arp{};
    arp.operation = static_cast<std::uint16_t>(parsed->operation);
    arp.hardware_type = ArpPacket::hardware_type_ethernet;
    arp.protocol_type = ethertype_ipv4;
    arp.hardware_length = sizeof(MacAddress);
    arp.protocol_length = sizeof(Ipv4Address);
    capi::copy_bytes(arp.sender_mac, parsed->sender_mac);
    capi::copy_bytes(arp.sender_ip, parsed->sender_ip);
    capi::copy_bytes(arp.target_mac, parsed->target_mac);
    capi::copy_bytes(arp.target_ip, parsed->target_ip);
    output.set(arp);
    return DUMBO_OK;
}

int32_t dumbo_arp_write(uint8_t* buf, size_t buf_len, const dumbo_arp_packet* packet) {
    const auto known = capi::read_struct(packet);
    const bool is_known_operation =
        known && (known->operation == DUMBO_ARP_REQUEST || known->operation == DUMBO_ARP_REPLY);
    if (!is_known_operation || !capi::is_valid_buffer(buf, buf_len)) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    const ArpPacket arp{.operation = static_cast<ArpOperation>(known->operation),
                        .sender_mac = capi::to_array<6>(known->sender_mac),
                        .sender_ip = capi::to_array<4>(known->sender_ip),
                        .target_mac = capi::to_array<6>(known->target_mac),
                        .target_ip = capi::to_array<4>(known->target_ip)};
    const auto written = write_arp(std::span(buf, buf_len), arp);
    return written ? DUMBO_OK : capi::to_code(written.error());
}
