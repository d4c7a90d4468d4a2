/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const uint8_t guest_mac[6] = {0x06, 0, 0, 0, 0, 0x02};
const uint8_t host_mac[6] = {0x06, 0x01, 0x23, 0x45, 0x67, 0x01};
const uint8_t guest_address[4] = {169, 254, 0, 2};
const uint8_t host_address[4] = {169, 254, 169, 254};

enum { SEGMENT_AT = DUMBO_ETHERNET_HEADER_LENGTH + DUMBO_IPV4_HEADER_LENGTH };

void guide_check(bool holds, const char* condition, const char* file, int line) {
    if (!holds) {
        fprintf(stderr, "%s:%d: it does not hold that %s\n", file, line, condition);
        exit(EXIT_FAILURE);
    }
}

/* ----------------------------------------------------------------------------------------------- what it sends ---- */

static void put_ethernet_header(struct frame* frame, const uint8_t destination[6], uint16_t ethertype,
                                size_t payload_length) {
    CHECK(dumbo_ethernet_write(frame->bytes, sizeof frame->bytes, destination, guest_mac, ethertype, payload_length,
                               &frame->length) == DUMBO_OK);
}

static void put_ipv4_header(struct frame* frame, size_t segment_length) {
    dumbo_ipv4_fields fields = {.struct_size = sizeof fields};
    memcpy(fields.source, guest_address, 4);
    memcpy(fields.destination, host_address, 4);
    fields.protocol = DUMBO_IPV4_PROTOCOL_TCP;
    fields.ttl = 64;
    fields.payload_length = (uint16_t)segment_length;
    fields.flags = DUMBO_IPV4_CHECKSUM;
    size_t length = 0;
    CHECK(dumbo_ipv4_write(frame->bytes + DUMBO_ETHERNET_HEADER_LENGTH,
                           sizeof frame->bytes - DUMBO_ETHERNET_HEADER_LENGTH, &fields, &length) == DUMBO_OK);
}

static void put_segment(struct guest* guest, uint8_t flags, const char* text, struct frame* frame) {
    dumbo_addressing addressing = {.struct_size = sizeof addressing, .source_port = guest->port};
    addressing.destination_port = HOST_PORT;
    memcpy(addressing.source, guest_address, 4);
    memcpy(addressing.destination, host_address, 4);
    dumbo_tcp_fields fields = {.struct_size = sizeof fields, .seq = guest->seq, .window = 65535, .flags = flags};
    fields.ack = (flags & DUMBO_TCP_ACK) != 0 ? guest->ack : 0;
    fields.has_mss_option = (flags & DUMBO_TCP_SYN) != 0;
    fields.mss_option = 1460;
    fields.mss_remaining = 65535 - 40; /* cutting is left to the device */
    fields.payload_max = strlen(text);
    dumbo_payload payload = {.struct_size = sizeof payload, .kind = DUMBO_PAYLOAD_BYTES, .len = strlen(text)};
    payload.bytes = (const uint8_t*)text;
    size_t length = 0;
    CHECK(dumbo_tcp_write(frame->bytes + SEGMENT_AT, sizeof frame->bytes - SEGMENT_AT, &fields,
                          payload.len > 0 ? &payload : NULL, &addressing, &length) == DUMBO_OK);
    put_ipv4_header(frame, length);
    put_ethernet_header(frame, host_mac, DUMBO_ETHERTYPE_IPV4, DUMBO_IPV4_HEADER_LENGTH + length);
    guest->seq += (uint32_t)payload.len + ((flags & (DUMBO_TCP_SYN | DUMBO_TCP_FIN)) != 0 ? 1 : 0);
}

void guest_asks_for_the_address(struct frame* frame) {
    static const uint8_t everyone[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    dumbo_arp_packet request = {.struct_size = sizeof request, .operation = DUMBO_ARP_REQUEST};
    memcpy(request.sender_mac, guest_mac, 6);
    memcpy(request.sender_ip, guest_address, 4);
    memcpy(request.target_ip, host_address, 4);
    CHECK(dumbo_arp_write(frame->bytes + DUMBO_ETHERNET_HEADER_LENGTH, DUMBO_ARP_LENGTH, &request) == DUMBO_OK);
    put_ethernet_header(frame, everyone, DUMBO_ETHERTYPE_ARP, DUMBO_ARP_LENGTH);
}

void guest_opens(struct guest* guest, uint16_t port, struct frame* frame) {
    memset(guest, 0, sizeof *guest);
    guest->port = port;
    guest->seq = 1000;
    put_segment(guest, DUMBO_TCP_SYN, "", frame);
}

void guest_says(struct guest* guest, const char* text, struct frame* frame) {
    put_segment(guest, DUMBO_TCP_ACK | DUMBO_TCP_PSH, text, frame);
}

void guest_acknowledges(struct guest* guest, struct frame* frame) {
    put_segment(guest, DUMBO_TCP_ACK, "", frame);
}

void guest_closes(struct guest* guest, struct frame* frame) {
    put_segment(guest, DUMBO_TCP_ACK | DUMBO_TCP_FIN, "", frame);
}

void guest_resets(struct guest* guest, struct frame* frame) {
    put_segment(guest, DUMBO_TCP_RST, "", frame);
}

/* --------------------------------------------------------------------------------------------- what it is sent ---- */

static void take_segment(struct guest* guest, const uint8_t* segment, size_t length) {
    dumbo_address_pair addresses;
    memcpy(addresses.source, host_address, 4);
    memcpy(addresses.destination, guest_address, 4);
    dumbo_tcp_segment tcp = {.struct_size = sizeof tcp};
    CHECK(dumbo_tcp_parse(segment, length, &addresses, &tcp) == DUMBO_OK);
    CHECK(tcp.source_port == HOST_PORT && tcp.destination_port == guest->port);
    guest->segments++;
    guest->last_flags = tcp.flags;
    guest->last_payload = tcp.payload_length;
    if ((tcp.flags & DUMBO_TCP_SYN) != 0) {
        guest->ack = tcp.seq + 1;
        return;
    }
    if ((tcp.flags & DUMBO_TCP_RST) != 0 || tcp.seq != guest->ack) {
        return;
    }
    CHECK(guest->received_length + tcp.payload_length < sizeof guest->received);
    memcpy(guest->received + guest->received_length, segment + tcp.header_length, tcp.payload_length);
    guest->received_length += tcp.payload_length;
    guest->ack += tcp.payload_length + ((tcp.flags & DUMBO_TCP_FIN) != 0 ? 1u : 0u);
}

static void take_packet(struct guest* guest, const uint8_t* packet, size_t length) {
    dumbo_ipv4_header ip = {.struct_size = sizeof ip};
    CHECK(dumbo_ipv4_parse(packet, length, DUMBO_IPV4_CHECKSUM, &ip) == DUMBO_OK);
    CHECK(memcmp(ip.destination, guest_address, 4) == 0);
    take_segment(guest, packet + ip.payload_offset, ip.payload_length);
}

static void take_arp_reply(const uint8_t* packet, size_t length) {
    dumbo_arp_packet expected = {.struct_size = sizeof expected, .operation = DUMBO_ARP_REPLY};
    memcpy(expected.sender_mac, host_mac, 6);
    memcpy(expected.sender_ip, host_address, 4);
    memcpy(expected.target_mac, guest_mac, 6);
    memcpy(expected.target_ip, guest_address, 4);
    uint8_t bytes[DUMBO_ARP_LENGTH];
    CHECK(dumbo_arp_write(bytes, sizeof bytes, &expected) == DUMBO_OK);
    CHECK(length == sizeof bytes && memcmp(packet, bytes, sizeof bytes) == 0);
}

void guest_takes(struct guest* guest, const uint8_t* frame, size_t length) {
    dumbo_ethernet_header ethernet = {.struct_size = sizeof ethernet};
    CHECK(dumbo_ethernet_parse(frame, length, &ethernet) == DUMBO_OK);
    CHECK(memcmp(ethernet.destination, guest_mac, 6) == 0 && memcmp(ethernet.source, host_mac, 6) == 0);
    if (ethernet.ethertype == DUMBO_ETHERTYPE_ARP) {
        take_arp_reply(frame + ethernet.payload_offset, ethernet.payload_length);
        guest->arp_answered = true;
        return;
    }
    take_packet(guest, frame + ethernet.payload_offset, ethernet.payload_length);
}

void guest_device_takes(struct guest* guest, uint8_t* frame, size_t length, size_t csum_start, size_t csum_offset) {
    CHECK(csum_start + csum_offset + 2 <= length);
    uint16_t checksum = 0;
    CHECK(dumbo_checksum(frame + csum_start, length - csum_start, &checksum) == DUMBO_OK);
    frame[csum_start + csum_offset] = (uint8_t)(checksum >> 8);
    frame[csum_start + csum_offset + 1] = (uint8_t)checksum;
    guest_takes(guest, frame, length);
}

bool guest_has(const struct guest* guest, const char* text) {
    return guest->received_length == strlen(text) && memcmp(guest->received, text, strlen(text)) == 0;
}
