/* SPDX-License-Identifier: Apache-2.0 */
/* The guide's second part: connections alone, for a VMM with a network of its own. */
#include <stdio.h>
#include <string.h>

#include <dumbo/dumbo.h>

#include "guest.h"

/* [flow] */
/* One connection, and what the VMM keeps beside it. */
struct flow {
    dumbo_connection* connection;
    uint8_t guest_mac[6];          /* where frames go */
    dumbo_address_pair from_guest; /* addresses of what comes in, to verify its checksum */
    dumbo_addressing to_guest;     /* ports and addresses of what goes out */
    uint8_t request[4096];         /* what came in */
    size_t request_length;
    const uint8_t* answer; /* what goes out; it stays until it is acknowledged */
    size_t answer_length;
    uint32_t answer_seq; /* the sequence number of its first byte */
};
/* [/flow] */

static const char answer[] = "hello, guest\n";

/* ----------------------------------------------------------------------------------------------------- ARP ---- */

/* [arp] */
enum { ARP_FRAME_LENGTH = DUMBO_ETHERNET_HEADER_LENGTH + DUMBO_ARP_LENGTH };

/* Answers a frame that asks who has our address; 0 for any other frame. */
static size_t answer_arp(const uint8_t* frame, size_t length, uint8_t reply[ARP_FRAME_LENGTH]) {
    dumbo_ethernet_header ethernet = {.struct_size = sizeof ethernet};
    dumbo_arp_packet arp = {.struct_size = sizeof arp};
    if (!dumbo_arp_frame_is_for(frame, length, host_address) ||
        dumbo_ethernet_parse(frame, length, &ethernet) != DUMBO_OK || ethernet.ethertype != DUMBO_ETHERTYPE_ARP ||
        dumbo_arp_parse_request(frame + ethernet.payload_offset, DUMBO_ARP_LENGTH, &arp) != DUMBO_OK) {
        return 0; /* the first test also says that the frame is long enough for the third */
    }
    arp.operation = DUMBO_ARP_REPLY;
    memcpy(arp.target_mac, arp.sender_mac, 6);
    memcpy(arp.target_ip, arp.sender_ip, 4);
    memcpy(arp.sender_mac, host_mac, 6);
    memcpy(arp.sender_ip, host_address, 4);
    size_t reply_length;
    dumbo_arp_write(reply + DUMBO_ETHERNET_HEADER_LENGTH, DUMBO_ARP_LENGTH, &arp);
    dumbo_ethernet_write(reply, ARP_FRAME_LENGTH, arp.target_mac, host_mac, DUMBO_ETHERTYPE_ARP, DUMBO_ARP_LENGTH,
                         &reply_length);
    return reply_length;
}
/* [/arp] */

/* ------------------------------------------------------------------------------------------------- opening ---- */

/* [address] */
/* Turns the addresses of the guest's SYN round, once. */
static void set_addresses(struct flow* flow, const dumbo_ethernet_header* ethernet, const dumbo_ipv4_header* ip,
                          const dumbo_tcp_segment* syn) {
    memcpy(flow->guest_mac, ethernet->source, 6);
    memcpy(flow->from_guest.source, ip->source, 4);
    memcpy(flow->from_guest.destination, ip->destination, 4);
    flow->to_guest.struct_size = sizeof flow->to_guest;
    flow->to_guest.checksum = DUMBO_CHECKSUM_FULL;
    flow->to_guest.source_port = syn->destination_port;
    flow->to_guest.destination_port = syn->source_port;
    memcpy(flow->to_guest.source, ip->destination, 4);
    memcpy(flow->to_guest.destination, ip->source, 4);
}
/* [/address] */

/* [open] */
static int32_t flow_open(struct flow* flow, const uint8_t* segment, size_t length) {
    dumbo_connection_config config;
    dumbo_connection_config_init(&config, sizeof config);
    config.local_rwnd_size = sizeof flow->request; /* no more than there is room for */
    config.rto_period = 200;                       /* every `now` is in milliseconds then */
    config.options = DUMBO_OPTIONS_GUEST_FACING;   /* what real guests need; see behaviour.md, section 8 */
    return dumbo_connection_passive_open(&flow->connection, segment, length, &flow->from_guest, &config, NULL);
}
/* [/open] */

/* ----------------------------------------------------------------------------------------------- receiving ---- */

/* [receive] */
/* Takes a segment; what it brings is appended to the request. */
static int32_t flow_receive(struct flow* flow, const uint8_t* segment, size_t length, uint64_t now) {
    uint8_t* room = flow->request + flow->request_length;
    size_t received;
    uint32_t anomalies; /* for those who count or log: no reaction is needed to any of them */
    int32_t code =
        dumbo_connection_receive_segment(flow->connection, segment, length, &flow->from_guest, room,
                                         sizeof flow->request - flow->request_length, now, &received, &anomalies);
    if (code == DUMBO_OK) { /* else `received` can be the room that is missing */
        flow->request_length += received;
    }
    return code;
}
/* [/receive] */

/* [consume] */
/* The application has used the first n bytes: the guest may send as many more. */
static void flow_consume(struct flow* flow, size_t n) {
    memmove(flow->request, flow->request + n, flow->request_length - n);
    flow->request_length -= n;
    dumbo_connection_advance_local_rwnd_edge(flow->connection, (uint32_t)n);
}
/* [/consume] */

/* -------------------------------------------------------------------------------------------- transmitting ---- */

/* [answer] */
static void flow_answer(struct flow* flow, const uint8_t* bytes, size_t length) {
    flow->answer = bytes;
    flow->answer_length = length;
    flow->answer_seq = dumbo_connection_first_not_sent(flow->connection);
    dumbo_connection_close_after(flow->connection, (uint32_t)length); /* the last segment carries the FIN */
}

/* Gives up what the guest has acknowledged. */
static void flow_trim(struct flow* flow) {
    uint32_t end = flow->answer_seq + (uint32_t)flow->answer_length;
    if (dumbo_seq_at_or_after(dumbo_connection_highest_ack_received(flow->connection), end)) {
        flow->answer = NULL;
    }
}
/* [/answer] */

/* [transmit] */
/* Writes the next segment into buf; 0 if there is none. */
static size_t flow_next_segment(struct flow* flow, uint8_t* buf, size_t buf_len, uint64_t now) {
    const dumbo_payload payload = {
        .struct_size = sizeof payload,
        .kind = DUMBO_PAYLOAD_BYTES,
        .len = flow->answer_length,
        .seq = flow->answer_seq,
        .bytes = flow->answer,
    };
    size_t length;
    int32_t code = dumbo_connection_write_next_segment(
        flow->connection, buf, buf_len, 0, flow->answer != NULL ? &payload : NULL, &flow->to_guest, now, &length, NULL);
    if (code != DUMBO_OK && !dumbo_err_is_fatal(code)) {
        fprintf(stderr, "not sent: %s\n", dumbo_strerror(code));
    }
    return code == DUMBO_OK ? length : 0;
}
/* [/transmit] */

/* What the test makes of a segment for the guest. */
static struct guest guest;
static bool link_is_down;
static bool queue_is_full;

static bool receive_queue_has_room(void) {
    return !queue_is_full;
}

static void put_into_receive_queue(const uint8_t* frame, size_t length) {
    CHECK(!queue_is_full);
    if (!link_is_down) {
        guest_takes(&guest, frame, length);
    }
}

/* [wrap] */
enum { IPV4_AT = DUMBO_ETHERNET_HEADER_LENGTH, SEGMENT_AT = IPV4_AT + DUMBO_IPV4_HEADER_LENGTH };

/* Puts IPv4's and Ethernet's headers in front of a segment that lies at SEGMENT_AT. */
static size_t wrap(uint8_t* frame, size_t frame_room, const uint8_t to_mac[6], const dumbo_addressing* addressing,
                   size_t segment_length) {
    dumbo_ipv4_fields fields = {.struct_size = sizeof fields, .protocol = DUMBO_IPV4_PROTOCOL_TCP, .ttl = 64};
    memcpy(fields.source, addressing->source, 4);
    memcpy(fields.destination, addressing->destination, 4);
    fields.payload_length = (uint16_t)segment_length;
    fields.flags = DUMBO_IPV4_CHECKSUM;
    size_t packet_length = 0, frame_length = 0;
    dumbo_ipv4_write(frame + IPV4_AT, frame_room - IPV4_AT, &fields, &packet_length);
    dumbo_ethernet_write(frame, frame_room, to_mac, host_mac, DUMBO_ETHERTYPE_IPV4, packet_length, &frame_length);
    return frame_length;
}

static void flow_send(struct flow* flow, uint64_t now) {
    uint8_t frame[14 + 1500];
    size_t length;
    while (receive_queue_has_room() &&
           (length = flow_next_segment(flow, frame + SEGMENT_AT, sizeof frame - SEGMENT_AT, now)) > 0) {
        put_into_receive_queue(frame, wrap(frame, sizeof frame, flow->guest_mac, &flow->to_guest, length));
    }
}
/* [/wrap] */

/* -------------------------------------------------------------------------------- segments of no connection ---- */

/* [refuse] */
/* Answers a segment that belongs to no connection; 0 if it is not to be answered. */
static size_t refuse(const uint8_t* segment, size_t length, const dumbo_addressing* back, uint8_t* buf,
                     size_t buf_len) {
    dumbo_tcp_segment tcp = {.struct_size = sizeof tcp};
    dumbo_rst_config rst = {.struct_size = sizeof rst};
    size_t written = 0;
    if (dumbo_tcp_parse(segment, length, NULL, &tcp) == DUMBO_OK && (tcp.flags & DUMBO_TCP_RST) == 0 &&
        dumbo_rst_config_for_segment(segment, length, &rst) == DUMBO_OK) {
        dumbo_rst_write(buf, buf_len, &rst, back, &written);
    }
    return written;
}
/* [/refuse] */

/* -------------------------------------------------------------------------------------------------- timers ---- */

/* [timer] */
/* The time at which to call flow_send() again, though nothing else happens; UINT64_MAX for never. */
static uint64_t wake_at(const struct flow* flow) {
    uint64_t deadline;
    uint32_t status = dumbo_connection_control_segment_or_timeout_status(flow->connection, &deadline);
    return status == DUMBO_NEXT_SEGMENT_TIMEOUT ? deadline : UINT64_MAX;
}
/* [/timer] */

/* ------------------------------------------------------------------------------------------------- the end ---- */

/* [end] */
/* After receiving and sending: whether the connection is over, and its memory free again. */
static bool flow_ended(struct flow* flow) {
    if (!dumbo_connection_is_done(flow->connection)) {
        return false;
    }
    dumbo_connection_free(flow->connection);
    flow->connection = NULL;
    return true;
}
/* [/end] */

/* [loop] */
/* One turn for one connection. Returns the time of its next turn. */
static uint64_t flow_turn(struct flow* flow, const uint8_t* segment, size_t length, uint64_t now) {
    if (segment != NULL) {
        int32_t code = flow_receive(flow, segment, length, now);
        if (code != DUMBO_OK && !dumbo_err_is_fatal(code)) {
            fprintf(stderr, "dropped: %s\n", dumbo_strerror(code));
        }
        flow_trim(flow);
        const uint8_t* end = memchr(flow->request, '\n', flow->request_length);
        if (end != NULL && flow->answer_length == 0) {
            flow_consume(flow, (size_t)(end - flow->request) + 1);
            flow_answer(flow, (const uint8_t*)answer, sizeof answer - 1);
        }
    }
    flow_send(flow, now);
    if (!receive_queue_has_room()) {
        return UINT64_MAX; /* what may still wait goes when the guest has kicked the queue */
    }
    return flow_ended(flow) ? UINT64_MAX : wake_at(flow);
}
/* [/loop] */

/* ---------------------------------------------------------------------------------------- the guest's frames ---- */

/* [unwrap] */
/* Finds the TCP segment in a frame for us; false for any other frame. */
static bool unwrap(const uint8_t* frame, size_t length, dumbo_ethernet_header* ethernet, dumbo_ipv4_header* ip,
                   const uint8_t** segment) {
    if (!dumbo_ipv4_frame_is_for(frame, length, host_address) ||
        dumbo_ethernet_parse(frame, length, ethernet) != DUMBO_OK || ethernet->ethertype != DUMBO_ETHERTYPE_IPV4) {
        return false;
    }
    const uint8_t* packet = frame + ethernet->payload_offset;
    size_t total = dumbo_ipv4_total_length(packet, ethernet->payload_length);
    if (total > ethernet->payload_length || dumbo_ipv4_parse(packet, total, DUMBO_IPV4_CHECKSUM, ip) != DUMBO_OK) {
        return false;
    }
    bool is_fragment = ip->fragment_offset != 0 || (ip->flags & 1) != 0;
    *segment = packet + ip->payload_offset;
    return ip->protocol == DUMBO_IPV4_PROTOCOL_TCP && !is_fragment;
}
/* [/unwrap] */

static int32_t open_from(struct flow* flow, const struct frame* frame) {
    dumbo_ethernet_header ethernet = {.struct_size = sizeof ethernet};
    dumbo_ipv4_header ip = {.struct_size = sizeof ip};
    const uint8_t* segment;
    CHECK(unwrap(frame->bytes, frame->length, &ethernet, &ip, &segment));
    dumbo_tcp_segment syn = {.struct_size = sizeof syn};
    CHECK(dumbo_tcp_parse(segment, ip.payload_length, NULL, &syn) == DUMBO_OK);
    memset(flow, 0, sizeof *flow);
    set_addresses(flow, &ethernet, &ip, &syn);
    return flow_open(flow, segment, ip.payload_length);
}

static uint64_t turn(struct flow* flow, const struct frame* frame, uint64_t now) {
    if (frame == NULL) {
        return flow_turn(flow, NULL, 0, now);
    }
    dumbo_ethernet_header ethernet = {.struct_size = sizeof ethernet};
    dumbo_ipv4_header ip = {.struct_size = sizeof ip};
    const uint8_t* segment;
    CHECK(unwrap(frame->bytes, frame->length, &ethernet, &ip, &segment));
    return flow_turn(flow, segment, ip.payload_length, now);
}

static void establish(struct flow* flow, uint16_t port, struct frame* frame) {
    guest_opens(&guest, port, frame);
    CHECK(open_from(flow, frame) == DUMBO_OK);
    CHECK(turn(flow, NULL, 0) == 200);
    CHECK(guest.last_flags == (DUMBO_TCP_SYN | DUMBO_TCP_ACK));
    guest_acknowledges(&guest, frame);
    CHECK(turn(flow, frame, 0) == UINT64_MAX);
    CHECK(dumbo_connection_is_established(flow->connection));
}

static void check_that_arp_is_answered(struct frame* frame) {
    uint8_t reply[ARP_FRAME_LENGTH];
    guest_asks_for_the_address(frame);
    CHECK(answer_arp(frame->bytes, frame->length, reply) == sizeof reply);
    guest_takes(&guest, reply, sizeof reply);
    CHECK(guest.arp_answered);
    CHECK(answer_arp(frame->bytes, 60, reply) == sizeof reply); /* padded, as from a wire */
    CHECK(answer_arp(frame->bytes, frame->length - 1, reply) == 0);
    frame->bytes[frame->length - 1] ^= 1; /* who has the address beside ours? */
    CHECK(answer_arp(frame->bytes, frame->length, reply) == 0);
    guest_asks_for_the_address(frame);
    frame->bytes[13] ^= 1; /* not by this EtherType */
    CHECK(answer_arp(frame->bytes, frame->length, reply) == 0);
    guest_opens(&guest, 50000, frame);
    CHECK(answer_arp(frame->bytes, frame->length, reply) == 0);
}

static void check_an_exchange_with_a_loss(struct frame* frame) {
    static struct flow flow;
    establish(&flow, 50000, frame);
    guest_says(&guest, "GE", frame);
    CHECK(turn(&flow, frame, 5) == UINT64_MAX);
    guest_says(&guest, "T\n", frame);
    link_is_down = true;
    CHECK(turn(&flow, frame, 10) == 210);
    CHECK(guest.received_length == 0 && dumbo_connection_local_rwnd(flow.connection) == sizeof flow.request);
    link_is_down = false;
    turn(&flow, NULL, 210);
    CHECK(guest_has(&guest, answer));
    CHECK((guest.last_flags & DUMBO_TCP_FIN) != 0);
    guest_acknowledges(&guest, frame);
    CHECK(turn(&flow, frame, 220) == UINT64_MAX);
    CHECK(flow.answer == NULL && dumbo_connection_fin_acknowledged(flow.connection));
    guest_closes(&guest, frame);
    CHECK(turn(&flow, frame, 230) == UINT64_MAX);
    CHECK(flow.connection == NULL);
}

static void check_that_a_full_queue_loses_nothing(struct frame* frame) {
    static struct flow flow;
    establish(&flow, 50001, frame);
    guest_says(&guest, "GET\n", frame);
    queue_is_full = true;
    CHECK(turn(&flow, frame, 10) == UINT64_MAX);
    CHECK(flow.answer != NULL && guest.received_length == 0);
    queue_is_full = false;
    CHECK(turn(&flow, NULL, 20) == 220);
    CHECK(guest_has(&guest, answer));

    /* The last ACK waits, too: until it is sent the connection has not ended. */
    guest_closes(&guest, frame);
    queue_is_full = true;
    CHECK(turn(&flow, frame, 30) == UINT64_MAX && flow.connection != NULL);
    queue_is_full = false;
    CHECK(turn(&flow, NULL, 40) == UINT64_MAX && flow.connection == NULL);
    CHECK((guest.last_flags & DUMBO_TCP_ACK) != 0 && guest.last_payload == 0);
}

/* [reset] */
static void flow_give_up(struct flow* flow, uint64_t now) {
    dumbo_connection_reset(flow->connection);
    flow_send(flow, now); /* the RST; from then on the connection is done */
}
/* [/reset] */

static void check_resets_from_both_sides(struct frame* frame) {
    static struct flow flow;
    establish(&flow, 50002, frame);
    flow_give_up(&flow, 10);
    CHECK((guest.last_flags & DUMBO_TCP_RST) != 0);
    CHECK(flow_ended(&flow));

    establish(&flow, 50003, frame);
    guest_resets(&guest, frame);
    turn(&flow, frame, 10);
    CHECK(flow.connection == NULL);
}

static void check_a_refusal(struct frame* frame) {
    struct flow nobody = {0};
    guest_opens(&guest, 50004, frame);
    guest_acknowledges(&guest, frame);
    CHECK(open_from(&nobody, frame) == DUMBO_ERR_INVALID_SYN);
    dumbo_ethernet_header ethernet = {.struct_size = sizeof ethernet};
    dumbo_ipv4_header ip = {.struct_size = sizeof ip};
    const uint8_t* segment;
    CHECK(unwrap(frame->bytes, frame->length, &ethernet, &ip, &segment));
    uint8_t reply[14 + 1500];
    size_t length = refuse(segment, ip.payload_length, &nobody.to_guest, reply + SEGMENT_AT, sizeof reply - SEGMENT_AT);
    CHECK(length == 20);
    guest_takes(&guest, reply, wrap(reply, sizeof reply, nobody.guest_mac, &nobody.to_guest, length));
    CHECK(guest.last_flags == DUMBO_TCP_RST);
    guest_resets(&guest, frame);
    CHECK(unwrap(frame->bytes, frame->length, &ethernet, &ip, &segment));
    CHECK(refuse(segment, ip.payload_length, &nobody.to_guest, reply, sizeof reply) == 0);
}

int main(void) {
    static struct frame frame;
    check_that_arp_is_answered(&frame);
    check_an_exchange_with_a_loss(&frame);
    check_that_a_full_queue_loses_nothing(&frame);
    check_resets_from_both_sides(&frame);
    check_a_refusal(&frame);
    return 0;
}
