/* SPDX-License-Identifier: Apache-2.0 */
#include "frame.h"

#include <string.h>

enum { IPV4_MORE_FRAGMENTS = 1, TTL = 64 };

bool frame_same_address(const uint8_t a[4], const uint8_t b[4])
{
    return memcmp(a, b, 4) == 0;
}

/* --------------------------------------------------------------------------------------------- taking apart ---- */

static size_t at_most(uint64_t len, size_t limit)
{
    return len < limit ? (size_t)len : limit;
}

static enum frame_kind dissect_segment(struct frame_view *view, enum frame_checksum checksum)
{
    view->tcp.struct_size = sizeof(view->tcp);
    const dumbo_address_pair *verify = checksum == FRAME_CHECKSUM_FULL ? &view->addresses : NULL;
    view->code = dumbo_tcp_parse(view->payload, view->payload_len, verify, &view->tcp);
    return view->code == DUMBO_OK ? FRAME_TCP : FRAME_UNREADABLE;
}

static enum frame_kind dissect_packet(struct frame_view *view, const uint8_t *packet, size_t available,
                                      enum frame_checksum checksum)
{
    /* A link may pad a short packet. Where the stated length is a lie instead, parsing says so. */
    size_t len = at_most(dumbo_ipv4_total_length(packet, available), available);
    view->ipv4.struct_size = sizeof(view->ipv4);
    view->code = dumbo_ipv4_parse(packet, len, DUMBO_IPV4_CHECKSUM, &view->ipv4);
    if (view->code != DUMBO_OK) {
        return FRAME_UNREADABLE;
    }
    view->payload = packet + view->ipv4.payload_offset;
    view->payload_len = view->ipv4.payload_length;
    memcpy(view->addresses.source, view->ipv4.source, 4);
    memcpy(view->addresses.destination, view->ipv4.destination, 4);
    if ((view->ipv4.flags & IPV4_MORE_FRAGMENTS) != 0 || view->ipv4.fragment_offset != 0) {
        return FRAME_IPV4_FRAGMENT;
    }
    return view->ipv4.protocol == DUMBO_IPV4_PROTOCOL_TCP ? dissect_segment(view, checksum) : FRAME_OTHER;
}

enum frame_kind frame_dissect(const uint8_t *frame, size_t len, enum frame_checksum checksum, struct frame_view *view)
{
    memset(view, 0, sizeof(*view));
    view->ethernet.struct_size = sizeof(view->ethernet);
    view->code = dumbo_ethernet_parse(frame, len, &view->ethernet);
    if (view->code != DUMBO_OK) {
        return FRAME_UNREADABLE;
    }
    view->payload = frame + view->ethernet.payload_offset;
    view->payload_len = (size_t)view->ethernet.payload_length;
    if (view->ethernet.ethertype == DUMBO_ETHERTYPE_ARP) {
        view->payload_len = at_most(view->payload_len, DUMBO_ARP_LENGTH);
        return FRAME_ARP;
    }
    if (view->ethernet.ethertype == DUMBO_ETHERTYPE_IPV4) {
        return dissect_packet(view, view->payload, view->payload_len, checksum);
    }
    return FRAME_OTHER;
}

/* ------------------------------------------------------------------------------------------ putting together ---- */

dumbo_addressing frame_addressing(const struct station *from, const struct station *to)
{
    dumbo_addressing addressing = {
        .struct_size = sizeof(addressing),
        .checksum = DUMBO_CHECKSUM_FULL,
        .source_port = from->port,
        .destination_port = to->port,
    };
    memcpy(addressing.source, from->address, 4);
    memcpy(addressing.destination, to->address, 4);
    return addressing;
}

size_t frame_wrap_segment(uint8_t *buf, size_t buf_len, const struct station *from, const struct station *to,
                          uint16_t identification, size_t segment_len)
{
    if (segment_len > DUMBO_TCP_MAX_SEGMENT_LENGTH || buf_len < FRAME_TCP_OFFSET + segment_len) {
        return 0;
    }
    dumbo_ipv4_fields fields = {
        .struct_size = sizeof(fields),
        .protocol = DUMBO_IPV4_PROTOCOL_TCP,
        .ttl = TTL,
        .identification = identification,
        .payload_length = (uint16_t)segment_len,
        .flags = DUMBO_IPV4_CHECKSUM,
    };
    memcpy(fields.source, from->address, 4);
    memcpy(fields.destination, to->address, 4);

    size_t packet_len = 0;
    size_t frame_len = 0;
    if (dumbo_ipv4_write(buf + FRAME_IPV4_OFFSET, buf_len - FRAME_IPV4_OFFSET, &fields, &packet_len) != DUMBO_OK ||
        dumbo_ethernet_write(buf, buf_len, to->mac, from->mac, DUMBO_ETHERTYPE_IPV4, packet_len, &frame_len) !=
            DUMBO_OK) {
        return 0;
    }
    return frame_len;
}

size_t frame_write_arp(uint8_t *buf, size_t buf_len, const uint8_t destination[6], const dumbo_arp_packet *packet)
{
    size_t frame_len = 0;
    if (dumbo_ethernet_write(buf, buf_len, destination, packet->sender_mac, DUMBO_ETHERTYPE_ARP, DUMBO_ARP_LENGTH,
                             &frame_len) != DUMBO_OK ||
        dumbo_arp_write(buf + DUMBO_ETHERNET_HEADER_LENGTH, DUMBO_ARP_LENGTH, packet) != DUMBO_OK) {
        return 0;
    }
    return frame_len;
}
