/* SPDX-License-Identifier: Apache-2.0 */
#include "ladder.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "frame.h"

enum { FLOWS_MAX = 64, TEXT_MAX = 256 };

/* One side's sequence numbers: the first one seen counts as 0. */
struct origin {
    bool known;
    uint32_t seq;
};

struct flow {
    unsigned number; /* in order of appearance; 0: unused */
    uint8_t guest_address[4];
    uint16_t guest_port;
    struct origin guest;
    struct origin ours;
};

struct ladder {
    FILE *out;
    const char *guest;
    bool started;
    uint64_t start;
    unsigned flows_seen;
    struct flow flows[FLOWS_MAX]; /* the newest ones */
};

struct ladder *ladder_new(FILE *out, const char *guest)
{
    struct ladder *ladder = calloc(1, sizeof(*ladder));
    if (ladder != NULL) {
        ladder->out = out;
        ladder->guest = guest;
    }
    return ladder;
}

void ladder_free(struct ladder *ladder)
{
    free(ladder);
}

/* --------------------------------------------------------------------------------------------------- flows ---- */

static struct flow *new_flow(struct ladder *ladder, const uint8_t address[4], uint16_t port)
{
    struct flow *flow = &ladder->flows[ladder->flows_seen % FLOWS_MAX];
    memset(flow, 0, sizeof(*flow));
    flow->number = ++ladder->flows_seen;
    flow->guest_port = port;
    memcpy(flow->guest_address, address, 4);
    return flow;
}

static struct flow *flow_of(struct ladder *ladder, enum direction direction, const struct frame_view *view)
{
    const uint8_t *address = direction == FROM_GUEST ? view->ipv4.source : view->ipv4.destination;
    uint16_t port = direction == FROM_GUEST ? view->tcp.source_port : view->tcp.destination_port;
    for (size_t i = 0; i < FLOWS_MAX; i++) {
        struct flow *flow = &ladder->flows[i];
        if (flow->number != 0 && flow->guest_port == port && frame_same_address(flow->guest_address, address)) {
            return flow;
        }
    }
    return new_flow(ladder, address, port);
}

/* A SYN begins the numbers anew: the port may have been used before. */
static void learn_origins(struct flow *flow, enum direction direction, const dumbo_tcp_segment *tcp)
{
    struct origin *sender = direction == FROM_GUEST ? &flow->guest : &flow->ours;
    struct origin *receiver = direction == FROM_GUEST ? &flow->ours : &flow->guest;
    bool has_ack = (tcp->flags & DUMBO_TCP_ACK) != 0;
    if ((tcp->flags & DUMBO_TCP_SYN) != 0) {
        *sender = (struct origin){true, tcp->seq};
        receiver->known = receiver->known && has_ack;
    }
    if (!sender->known) {
        *sender = (struct origin){true, tcp->seq};
    }
    if (!receiver->known && has_ack) {
        *receiver = (struct origin){true, tcp->ack};
    }
}

/* ------------------------------------------------------------------------------------------- parts of a line ---- */

static void print_flags(FILE *out, uint8_t flags)
{
    static const struct {
        uint8_t bit;
        const char *name;
    } names[] = {
        {DUMBO_TCP_SYN, "SYN"}, {DUMBO_TCP_FIN, "FIN"}, {DUMBO_TCP_RST, "RST"}, {DUMBO_TCP_PSH, "PSH"},
        {DUMBO_TCP_URG, "URG"}, {DUMBO_TCP_ECE, "ECE"}, {DUMBO_TCP_CWR, "CWR"}, {DUMBO_TCP_ACK, "ACK"},
    };
    char text[40] = "";
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if ((flags & names[i].bit) != 0) {
            strcat(text, text[0] != '\0' ? "|" : "");
            strcat(text, names[i].name);
        }
    }
    fprintf(out, " %-11s", text);
}

static uint32_t big_endian(const uint8_t *bytes, size_t len)
{
    uint32_t value = 0;
    for (size_t i = 0; i < len; i++) {
        value = value << 8 | bytes[i];
    }
    return value;
}

static void print_option(FILE *out, const uint8_t *option, size_t len)
{
    enum { MSS = 2, WINDOW_SCALE = 3, SACK_PERMITTED = 4, SACK = 5, TIMESTAMPS = 8 };
    if (option[0] == MSS && len == 4) {
        fprintf(out, "mss %" PRIu32, big_endian(option + 2, 2));
    } else if (option[0] == WINDOW_SCALE && len == 3) {
        fprintf(out, "wscale %u", option[2]);
    } else if (option[0] == SACK_PERMITTED && len == 2) {
        fputs("sackOK", out);
    } else if (option[0] == SACK) {
        fputs("sack", out);
    } else if (option[0] == TIMESTAMPS && len == 10) {
        fprintf(out, "TS %" PRIu32 " %" PRIu32, big_endian(option + 2, 4), big_endian(option + 6, 4));
    } else {
        fprintf(out, "kind %u", option[0]);
    }
}

static void print_options(FILE *out, const uint8_t *options, size_t len)
{
    enum { END = 0, NOP = 1 };
    const char *separator = " <";
    size_t i = 0;
    while (i < len && options[i] != END) {
        size_t option_len = options[i] == NOP ? 1 : (i + 1 < len ? options[i + 1] : 0);
        fputs(separator, out);
        separator = ",";
        if (option_len == 0 || (option_len == 1 && options[i] != NOP) || option_len > len - i) {
            fputs("malformed", out);
            break;
        }
        if (options[i] == NOP) {
            fputs("nop", out);
        } else {
            print_option(out, options + i, option_len);
        }
        i += option_len;
    }
    if (separator[0] == ',') {
        fputc('>', out);
    }
}

static void print_segment(struct ladder *ladder, enum direction direction, const struct frame_view *view)
{
    FILE *out = ladder->out;
    const dumbo_tcp_segment *tcp = &view->tcp;
    struct flow *flow = flow_of(ladder, direction, view);
    learn_origins(flow, direction, tcp);
    uint32_t seq = tcp->seq - (direction == FROM_GUEST ? flow->guest.seq : flow->ours.seq);
    uint32_t ack = tcp->ack - (direction == FROM_GUEST ? flow->ours.seq : flow->guest.seq);

    fprintf(out, "#%-3u", flow->number);
    print_flags(out, tcp->flags);
    fprintf(out, " %" PRIu32 ":%" PRIu32 "(%u)", seq, seq + tcp->payload_length, tcp->payload_length);
    if ((tcp->flags & DUMBO_TCP_ACK) != 0) {
        fprintf(out, " ack %" PRIu32, ack);
    }
    fprintf(out, " win %u", tcp->window);
    print_options(out, view->payload + DUMBO_TCP_HEADER_LENGTH, tcp->header_length - DUMBO_TCP_HEADER_LENGTH);
}

static void print_address(FILE *out, const uint8_t address[4])
{
    fprintf(out, "%u.%u.%u.%u", address[0], address[1], address[2], address[3]);
}

/* RFC 826: the operation at 6, sender's addresses at 8 and 14, target's at 18 and 24. */
static void print_arp(FILE *out, const uint8_t *packet, size_t len)
{
    fputs("ARP ", out);
    if (len != DUMBO_ARP_LENGTH) {
        fputs("malformed", out);
    } else if (big_endian(packet + 6, 2) == DUMBO_ARP_REQUEST) {
        fputs("who has ", out);
        print_address(out, packet + 24);
        fputs("? tell ", out);
        print_address(out, packet + 14);
    } else {
        print_address(out, packet + 14);
        fprintf(out, " is at %02x:%02x:%02x:%02x:%02x:%02x", packet[8], packet[9], packet[10], packet[11], packet[12],
                packet[13]);
    }
}

/* ---------------------------------------------------------------------------------------------------- lines ---- */

static void print_frame(struct ladder *ladder, enum direction direction, const uint8_t *frame, size_t len,
                        enum frame_checksum checksum)
{
    struct frame_view view;
    switch (frame_dissect(frame, len, checksum, &view)) {
        case FRAME_ARP:
            print_arp(ladder->out, view.payload, view.payload_len);
            break;
        case FRAME_TCP:
            print_segment(ladder, direction, &view);
            break;
        case FRAME_IPV4_FRAGMENT:
            fprintf(ladder->out, "IPv4 fragment (%zu)", len);
            break;
        case FRAME_UNREADABLE:
            fprintf(ladder->out, "unreadable frame (%zu)", len);
            break;
        case FRAME_OTHER:
            fprintf(ladder->out, "other frame (%zu)", len);
            break;
    }
}

void ladder_start(struct ladder *ladder, uint64_t now)
{
    ladder->started = true;
    ladder->start = now;
}

static void begin_line(struct ladder *ladder, uint64_t now, const char *arrow)
{
    if (!ladder->started) {
        ladder_start(ladder, now);
    }
    uint64_t microseconds = (now - ladder->start) / 1000;
    fprintf(ladder->out, "%5" PRIu64 ".%06" PRIu64 " %s %s ", microseconds / 1000000, microseconds % 1000000,
            ladder->guest, arrow);
}

void ladder_say(struct ladder *ladder, uint64_t now, const char *text)
{
    begin_line(ladder, now, "===");
    for (const char *c = text; *c != '\0'; c++) {
        bool printable = *c >= ' ' && *c <= '~';
        fprintf(ladder->out, printable ? "%c" : "\\x%02x", (unsigned char)*c);
    }
    fputc('\n', ladder->out);
}

void ladder_add(struct ladder *ladder, enum direction direction, const uint8_t *frame, size_t len, uint64_t now,
                const struct verdict *verdict)
{
    begin_line(ladder, now, direction == FROM_GUEST ? "-->" : "<--");
    print_frame(ladder, direction, frame, len,
                verdict->checksum_left_out ? FRAME_CHECKSUM_LEFT_OUT : FRAME_CHECKSUM_FULL);

    char text[TEXT_MAX];
    if (verdict_text(verdict, text, sizeof(text)) > 0) {
        fprintf(ladder->out, "   ; %s", text);
    }
    fputc('\n', ladder->out);
}
