/* SPDX-License-Identifier: Apache-2.0 */
/* Ethernet frames around TCP segments and ARP packets: taken apart and put together with the codecs of libdumbo. */
#ifndef DUMBO_EXAMPLES_FRAME_H
#define DUMBO_EXAMPLES_FRAME_H

#include <dumbo/dumbo.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum {
    FRAME_IPV4_OFFSET = DUMBO_ETHERNET_HEADER_LENGTH,
    FRAME_TCP_OFFSET = DUMBO_ETHERNET_HEADER_LENGTH + DUMBO_IPV4_HEADER_LENGTH,
    FRAME_ARP_LENGTH = DUMBO_ETHERNET_HEADER_LENGTH + DUMBO_ARP_LENGTH,
    FRAME_RST_LENGTH = FRAME_TCP_OFFSET + DUMBO_TCP_HEADER_LENGTH,
    FRAME_LENGTH_MAX = FRAME_TCP_OFFSET + DUMBO_TCP_MAX_SEGMENT_LENGTH
};

/* One end of a TCP connection as it appears in frames. */
struct station {
    uint8_t mac[6];
    uint8_t address[4];
    uint16_t port;
};

enum frame_kind {
    FRAME_UNREADABLE,    /* view.code says why */
    FRAME_ARP,           /* view.payload is the ARP packet, not yet parsed, its padding cut off */
    FRAME_IPV4_FRAGMENT, /* view.ipv4 is valid */
    FRAME_TCP,           /* everything is valid, and so are the checksums that there are */
    FRAME_OTHER
};

struct frame_view {
    int32_t code;
    dumbo_ethernet_header ethernet;
    dumbo_ipv4_header ipv4;
    dumbo_tcp_segment tcp;
    dumbo_address_pair addresses;
    const uint8_t *payload; /* of the innermost header but TCP: with FRAME_TCP it is the segment */
    size_t payload_len;
};

/* Whether a segment's checksum is there, or left to a device (VIRTIO_NET_HDR_F_NEEDS_CSUM) and not to be looked at. */
enum frame_checksum { FRAME_CHECKSUM_FULL, FRAME_CHECKSUM_LEFT_OUT };

/* Takes a frame apart and verifies its checksums. The view points into the frame. */
enum frame_kind frame_dissect(const uint8_t *frame, size_t len, enum frame_checksum checksum, struct frame_view *view);

/* What dumbo needs to finish a segment from one station to another, its full checksum included. */
dumbo_addressing frame_addressing(const struct station *from, const struct station *to);

/* Puts headers before the segment that lies at buf + FRAME_TCP_OFFSET, and returns the frame's length; 0 if there is
 * no room. */
size_t frame_wrap_segment(uint8_t *buf, size_t buf_len, const struct station *from, const struct station *to,
                          uint16_t identification, size_t segment_len);

/* Writes a frame of FRAME_ARP_LENGTH with the packet inside, from its sender_mac, and returns its length; 0 if there
 * is no room. */
size_t frame_write_arp(uint8_t *buf, size_t buf_len, const uint8_t destination[6], const dumbo_arp_packet *packet);

bool frame_same_address(const uint8_t a[4], const uint8_t b[4]);

#ifdef __cplusplus
}
#endif

#endif
