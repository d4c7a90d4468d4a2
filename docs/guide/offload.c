/* SPDX-License-Identifier: Apache-2.0 */
/* Checksums and the cutting of long segments, left to a virtio-net device: on a stack, and on a connection. */
#include <string.h>

#include <dumbo/dumbo.h>

#include "guest.h"

enum { ANSWER_LENGTH = 20000 };
static uint8_t answer[ANSWER_LENGTH];
static struct guest guest;

/* [header] */
/* struct virtio_net_hdr_v1 as it lies in front of a frame (virtio 1.2, 5.1.6): little-endian, 12 bytes. */
struct virtio_header {
    uint8_t flags, gso_type;
    uint8_t hdr_len[2], gso_size[2], csum_start[2], csum_offset[2], num_buffers[2];
};

static void put16(uint8_t to[2], uint16_t value) {
    to[0] = (uint8_t)value;
    to[1] = (uint8_t)(value >> 8);
}

static void to_guest(struct virtio_header* to, const dumbo_virtio_net_header* from) {
    to->flags = from->flags;
    to->gso_type = from->gso_type;
    put16(to->hdr_len, from->header_length);
    put16(to->gso_size, from->gso_size);
    put16(to->csum_start, from->csum_start);
    put16(to->csum_offset, from->csum_offset);
    put16(to->num_buffers, 1);
}
/* [/header] */

/* [negotiated] */
/* The driver has accepted features: said anew after each negotiation, also after a reset of the device. */
static void on_features(dumbo_stack* stack, uint64_t accepted) {
    enum { VIRTIO_NET_F_GUEST_CSUM = 1, VIRTIO_NET_F_GUEST_TSO4 = 7 };
    uint32_t offloads = 0;
    if ((accepted >> VIRTIO_NET_F_GUEST_CSUM & 1) != 0) {
        offloads |= DUMBO_STACK_OFFLOAD_CHECKSUM;
        if ((accepted >> VIRTIO_NET_F_GUEST_TSO4 & 1) != 0) {
            offloads |= DUMBO_STACK_OFFLOAD_TSO4;
        }
    }
    dumbo_stack_set_offloads(stack, offloads);
}
/* [/negotiated] */

static unsigned cut_frames; /* that a device would have cut */
static bool queue_is_full;

static bool receive_queue_has_room(void) {
    return !queue_is_full;
}

static void put_into_receive_queue(const struct virtio_header* header, uint8_t* frame, size_t length) {
    CHECK(!queue_is_full);
    if (header->gso_type == DUMBO_VIRTIO_NET_GSO_TCPV4) {
        cut_frames++;
    }
    if ((header->flags & DUMBO_VIRTIO_NET_NEEDS_CHECKSUM) != 0) {
        guest_device_takes(&guest, frame, length, header->csum_start[0], header->csum_offset[0]);
    } else {
        guest_takes(&guest, frame, length);
    }
}

/* [transmit] */
static void send_frames(dumbo_stack* stack, uint64_t now) {
    static uint8_t frame[65549]; /* 14 + 65535: with TSO the MTU is no limit */
    size_t length;
    dumbo_virtio_net_header header = {.struct_size = sizeof header};
    while (receive_queue_has_room() &&
           dumbo_stack_next_frame(stack, frame, sizeof frame, now, &length, &header) == DUMBO_OK && length > 0) {
        struct virtio_header in_front;
        to_guest(&in_front, &header);
        put_into_receive_queue(&in_front, frame, length);
    }
}
/* [/transmit] */

/* [receive] */
static void on_frame_of_guest(dumbo_stack* stack, const struct virtio_header* in_front, const uint8_t* frame,
                              size_t length, uint64_t now) {
    const dumbo_virtio_net_header header = {
        .struct_size = sizeof header,
        .flags = in_front->flags,
        .gso_type = in_front->gso_type, /* what else it says makes no difference */
    };
    dumbo_stack_receive_frame(stack, frame, length, now, &header, NULL);
}
/* [/receive] */

static void take(dumbo_stack* stack, const struct frame* frame, uint8_t flags, uint8_t gso_type) {
    const struct virtio_header in_front = {.flags = flags, .gso_type = gso_type};
    on_frame_of_guest(stack, &in_front, frame->bytes, frame->length, 0);
    send_frames(stack, 0);
}

static void check_a_stack(uint64_t features, unsigned frames_that_are_cut) {
    static struct frame frame;
    dumbo_stack_config config;
    dumbo_stack_config_init(&config, sizeof config);
    memcpy(config.mac, host_mac, 6);
    memcpy(config.ipv4, host_address, 4);
    config.ports[0] = 80;
    config.rto_period = 200;
    dumbo_stack* stack;
    CHECK(dumbo_stack_create(&stack, &config, NULL) == DUMBO_OK);
    on_features(stack, features);
    guest_opens(&guest, 50000, &frame);
    take(stack, &frame, 0, DUMBO_VIRTIO_NET_GSO_NONE);
    guest_acknowledges(&guest, &frame);
    take(stack, &frame, 0, DUMBO_VIRTIO_NET_GSO_NONE);
    dumbo_stack_event event = {.struct_size = sizeof event};
    CHECK(dumbo_stack_next_event(stack, &event) == DUMBO_OK && event.kind == DUMBO_STACK_EVENT_OPENED);

    /* The driver leaves its checksum to the device, and the cutting: nobody has done either, nor need the stack. */
    char request[4001];
    memset(request, 'x', sizeof request - 1);
    request[sizeof request - 1] = '\0';
    guest_says(&guest, request, &frame);
    frame.bytes[14 + 20 + 16] ^= 0xff;
    const uint8_t* data;
    size_t length;
    take(stack, &frame, 0, DUMBO_VIRTIO_NET_GSO_NONE); /* a header that was forgotten */
    CHECK(dumbo_stack_read(stack, event.connection, &data, &length) == DUMBO_OK && length == 0);
    take(stack, &frame, DUMBO_VIRTIO_NET_NEEDS_CHECKSUM, DUMBO_VIRTIO_NET_GSO_TCPV4);
    CHECK(dumbo_stack_read(stack, event.connection, &data, &length) == DUMBO_OK && length == sizeof request - 1);

    cut_frames = 0;
    CHECK(dumbo_stack_lend(stack, event.connection, answer, sizeof answer) == DUMBO_OK);
    queue_is_full = true;
    send_frames(stack, 0);
    CHECK(guest.received_length == 0);
    queue_is_full = false;
    send_frames(stack, 0);
    CHECK(guest.received_length == sizeof answer && memcmp(guest.received, answer, sizeof answer) == 0);
    CHECK(cut_frames == frames_that_are_cut);
    dumbo_stack_free(stack);
}

/* [connection] */
/* Writes one segment, which may be longer than the MSS, and says how the device is to treat it. */
static size_t next_segment(dumbo_connection* connection, uint8_t* buf, size_t buf_len, const dumbo_payload* payload,
                           dumbo_addressing addressing, uint64_t now, dumbo_virtio_net_header* header) {
    addressing.checksum = DUMBO_CHECKSUM_PSEUDO_HEADER;
    addressing.flags = DUMBO_ADDRESSING_TSO4;
    dumbo_sent sent = {.struct_size = sizeof sent};
    size_t length;
    int32_t code =
        dumbo_connection_write_next_segment(connection, buf, buf_len, 0, payload, &addressing, now, &length, &sent);
    if (code != DUMBO_OK) {
        return 0; /* to be logged, unless it is fatal: section 16 */
    }
    enum { SEGMENT_AT = DUMBO_ETHERNET_HEADER_LENGTH + DUMBO_IPV4_HEADER_LENGTH, CHECKSUM_AT = 16 };
    header->flags = DUMBO_VIRTIO_NET_NEEDS_CHECKSUM;
    header->csum_start = SEGMENT_AT;
    header->csum_offset = CHECKSUM_AT;
    header->gso_size = sent.gso_size;
    header->gso_type = sent.gso_size > 0 ? DUMBO_VIRTIO_NET_GSO_TCPV4 : DUMBO_VIRTIO_NET_GSO_NONE;
    header->header_length = (uint16_t)(sent.gso_size > 0 ? SEGMENT_AT + sent.header_length : 0);
    return length;
}
/* [/connection] */

static dumbo_connection* established(struct frame* frame, const dumbo_addressing* addressing) {
    enum { SEGMENT_AT = 34 };
    dumbo_connection_config config;
    dumbo_connection_config_init(&config, sizeof config);
    config.rto_period = 200;
    dumbo_connection* connection;
    guest_opens(&guest, 50000, frame);
    CHECK(dumbo_connection_passive_open(&connection, frame->bytes + SEGMENT_AT, frame->length - SEGMENT_AT, NULL,
                                        &config, NULL) == DUMBO_OK);
    uint8_t synack[24];
    size_t length;
    CHECK(dumbo_connection_write_next_segment(connection, synack, sizeof synack, 0, NULL, addressing, 0, &length,
                                              NULL) == DUMBO_OK);
    guest.ack = dumbo_connection_first_not_sent(connection);
    guest_acknowledges(&guest, frame);
    CHECK(dumbo_connection_receive_segment(connection, frame->bytes + SEGMENT_AT, frame->length - SEGMENT_AT, NULL,
                                           NULL, 0, 0, &length, NULL) == DUMBO_OK);
    return connection;
}

static void check_a_connection(void) {
    static struct frame frame;
    dumbo_addressing addressing = {.struct_size = sizeof addressing, .source_port = 80, .destination_port = 50000};
    memcpy(addressing.source, host_address, 4);
    memcpy(addressing.destination, guest_address, 4);
    dumbo_connection* connection = established(&frame, &addressing);
    dumbo_payload payload = {.struct_size = sizeof payload, .len = sizeof answer, .bytes = answer};
    payload.seq = dumbo_connection_first_not_sent(connection);
    static uint8_t segment[DUMBO_TCP_MAX_SEGMENT_LENGTH];
    dumbo_virtio_net_header header = {.struct_size = sizeof header};
    size_t length = next_segment(connection, segment, sizeof segment, &payload, addressing, 0, &header);
    CHECK(length == 20 + sizeof answer);
    CHECK(header.gso_type == DUMBO_VIRTIO_NET_GSO_TCPV4 && header.gso_size == 1460 && header.header_length == 54);

    /* What the device does: the sum of the segment as it stands is the checksum. */
    uint16_t checksum;
    CHECK(dumbo_checksum(segment, length, &checksum) == DUMBO_OK);
    segment[header.csum_offset] = (uint8_t)(checksum >> 8);
    segment[header.csum_offset + 1] = (uint8_t)checksum;
    dumbo_address_pair addresses;
    memcpy(addresses.source, host_address, 4);
    memcpy(addresses.destination, guest_address, 4);
    dumbo_tcp_segment tcp = {.struct_size = sizeof tcp};
    CHECK(dumbo_tcp_parse(segment, length, &addresses, &tcp) == DUMBO_OK);
    dumbo_connection_free(connection);
}

int main(void) {
    for (size_t i = 0; i < sizeof answer; i++) {
        answer[i] = (uint8_t)(i * 7);
    }
    check_a_stack(0, 0);
    check_a_stack(1u << 1, 0);
    check_a_stack(1u << 1 | 1u << 7, 1);
    check_a_connection();
    return 0;
}
