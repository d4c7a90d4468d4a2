/* SPDX-License-Identifier: Apache-2.0 */
#include "interface.h"

#include <stdlib.h>
#include <string.h>

#include "replies.h"

/* So many segments in a row go to one connection before the next has its turn. */
enum { BURST_MAX = 16 };

/* With the table full, a connection that was silent for so long gives way to a new one. */
static const uint64_t idle_limit = 5000000000u;

struct interface {
    struct interface_config config;
    struct counters counters;
    struct replies replies;
    struct exchange table[INTERFACE_CONNECTIONS_MAX];
    size_t turn; /* whose turn it is to send */
    unsigned burst;
    uint16_t identification;
};

struct interface *interface_new(const struct interface_config *config)
{
    struct interface *interface = calloc(1, sizeof(*interface));
    if (interface != NULL) {
        interface->config = *config;
    }
    return interface;
}

void interface_free(struct interface *interface)
{
    if (interface == NULL) {
        return;
    }
    for (size_t i = 0; i < INTERFACE_CONNECTIONS_MAX; i++) {
        exchange_free(&interface->table[i], &interface->counters);
    }
    free(interface);
}

/* ---------------------------------------------------------------------------------------- connection table ---- */

static struct exchange *find(struct interface *interface, const struct frame_view *view)
{
    for (size_t i = 0; i < INTERFACE_CONNECTIONS_MAX; i++) {
        struct exchange *exchange = &interface->table[i];
        if (exchange->connection != NULL && exchange->guest.port == view->tcp.source_port &&
            frame_same_address(exchange->guest.address, view->ipv4.source)) {
            return exchange;
        }
    }
    return NULL;
}

static void retire(struct interface *interface, struct exchange *exchange)
{
    if (dumbo_connection_is_reset(exchange->connection)) {
        interface->counters.connections_reset++;
    } else {
        interface->counters.connections_closed++;
    }
    exchange_free(exchange, &interface->counters);
}

static void evict(struct interface *interface, struct exchange *exchange)
{
    dumbo_rst_config rst = {.struct_size = sizeof(rst)};
    if (dumbo_connection_make_rst_config(exchange->connection, &rst) == DUMBO_OK) {
        interface->counters.replies_lost +=
            !replies_push_rst(&interface->replies, &interface->config.us, &exchange->guest, &rst, "evicted");
    }
    interface->counters.connections_evicted++;
    exchange_free(exchange, &interface->counters);
}

/* Who gives way: those that only wait for the ACK of our FIN first; then the oldest half-open one, for a handshake
 * takes microseconds here and a flood of SYNs must not lock out everybody else; then the longest silent one. */
static uint64_t dispensability(const struct exchange *exchange, uint64_t now)
{
    uint64_t silence = now - exchange->last_heard;
    if (dumbo_connection_is_done(exchange->connection)) {
        return UINT64_MAX;
    }
    if (!dumbo_connection_is_established(exchange->connection)) {
        return UINT64_MAX / 2 + silence;
    }
    return silence >= idle_limit ? silence : 0;
}

static struct exchange *free_slot(struct interface *interface, uint64_t now)
{
    struct exchange *candidate = NULL;
    uint64_t highest = 0;
    for (size_t i = 0; i < INTERFACE_CONNECTIONS_MAX; i++) {
        struct exchange *exchange = &interface->table[i];
        if (exchange->connection == NULL) {
            return exchange;
        }
        uint64_t rank = dispensability(exchange, now);
        if (rank > highest) {
            highest = rank;
            candidate = exchange;
        }
    }
    if (candidate != NULL) {
        evict(interface, candidate);
    }
    return candidate;
}

/* ----------------------------------------------------------------------------------------------- receiving ---- */

static struct station sender(const struct frame_view *view)
{
    struct station station = {.port = view->tcp.source_port};
    memcpy(station.mac, view->ethernet.source, 6);
    memcpy(station.address, view->ipv4.source, 4);
    return station;
}

/* Answers a segment that has no connection. A RST is never answered. */
static void refuse(struct interface *interface, const struct frame_view *view, const char *remark,
                   struct verdict *verdict)
{
    dumbo_rst_config rst = {.struct_size = sizeof(rst)};
    verdict->remark = remark;
    if ((view->tcp.flags & DUMBO_TCP_RST) != 0 ||
        dumbo_rst_config_for_segment(view->payload, view->payload_len, &rst) != DUMBO_OK) {
        return;
    }
    struct station us = interface->config.us;
    struct station guest = sender(view);
    us.port = view->tcp.destination_port;
    interface->counters.replies_lost += !replies_push_rst(&interface->replies, &us, &guest, &rst, remark);
}

static void accept_syn(struct interface *interface, const struct frame_view *view, uint64_t now,
                       struct verdict *verdict)
{
    struct exchange *exchange = free_slot(interface, now);
    if (exchange == NULL) {
        interface->counters.connections_refused++;
        refuse(interface, view, "the connection table is full", verdict);
        return;
    }
    verdict->code = exchange_open(exchange, view, interface->config.rto, interface->config.connection_options, now);
    if (verdict->code != DUMBO_OK) {
        interface->counters.connections_refused++;
        refuse(interface, view, "SYN refused", verdict);
        return;
    }
    interface->counters.connections_opened++;
}

static void receive_segment(struct interface *interface, const struct frame_view *view, uint64_t now,
                            struct verdict *verdict)
{
    interface->counters.segments_in++;
    interface->counters.rsts_in += (view->tcp.flags & DUMBO_TCP_RST) != 0;
    if (view->tcp.destination_port != interface->config.us.port) {
        refuse(interface, view, "no such port", verdict);
        return;
    }
    struct exchange *exchange = find(interface, view);
    if (exchange == NULL) {
        if ((view->tcp.flags & (DUMBO_TCP_SYN | DUMBO_TCP_ACK | DUMBO_TCP_RST)) == DUMBO_TCP_SYN) {
            accept_syn(interface, view, now, verdict);
        } else {
            refuse(interface, view, "no such connection", verdict);
        }
        return;
    }
    exchange_receive(exchange, view, &interface->config.site, now, &interface->counters, verdict);
    if (exchange_is_over(exchange)) {
        retire(interface, exchange);
    }
}

static void receive_arp(struct interface *interface, const struct frame_view *view, struct verdict *verdict)
{
    dumbo_arp_packet request = {.struct_size = sizeof(request)};
    verdict->code = dumbo_arp_parse_request(view->payload, view->payload_len, &request);
    if (verdict->code != DUMBO_OK) {
        interface->counters.malformed++;
        return;
    }
    interface->counters.arp_requests++;
    interface->counters.replies_lost += !replies_push_arp(&interface->replies, &interface->config.us, &request);
}

static void ignore(uint64_t *counter, const char *remark, struct verdict *verdict)
{
    (*counter)++;
    verdict->remark = remark;
}

/* A source that no answer could reach: nobody's, the loopback network, a group or everyone, or we ourselves. */
static bool is_martian(const struct interface *interface, const uint8_t source[4])
{
    return source[0] == 0 || source[0] == 127 || source[0] >= 224 ||
           frame_same_address(source, interface->config.us.address);
}

static void receive_ipv4(struct interface *interface, const struct frame_view *view, enum frame_kind kind, uint64_t now,
                         struct verdict *verdict)
{
    struct counters *counters = &interface->counters;
    if (memcmp(view->ethernet.destination, interface->config.us.mac, 6) != 0) {
        ignore(&counters->foreign, "not our MAC address", verdict);
    } else if (kind == FRAME_UNREADABLE) {
        uint64_t *counter = view->code == DUMBO_ERR_CHECKSUM ? &counters->bad_checksums : &counters->malformed;
        verdict->code = view->code;
        ignore(counter, "dropped", verdict);
    } else if (is_martian(interface, view->ipv4.source)) {
        ignore(&counters->foreign, "impossible source", verdict);
    } else if (kind == FRAME_IPV4_FRAGMENT) {
        ignore(&counters->fragments, "fragment dropped", verdict);
    } else if (kind == FRAME_TCP) {
        receive_segment(interface, view, now, verdict);
    } else {
        ignore(&counters->foreign, "not TCP", verdict);
    }
}

void interface_receive_frame(struct interface *interface, const uint8_t *frame, size_t len, uint64_t now,
                             struct verdict *verdict)
{
    *verdict = (struct verdict){.code = DUMBO_OK};
    interface->counters.frames_in++;
    interface->counters.frame_bytes_in += len;

    struct frame_view view;
    if (dumbo_ipv4_frame_is_for(frame, len, interface->config.us.address)) {
        enum frame_kind kind = frame_dissect(frame, len, FRAME_CHECKSUM_FULL, &view);
        receive_ipv4(interface, &view, kind, now, verdict);
    } else if (dumbo_arp_frame_is_for(frame, len, interface->config.us.address) &&
               frame_dissect(frame, len, FRAME_CHECKSUM_FULL, &view) == FRAME_ARP) {
        receive_arp(interface, &view, verdict);
    } else {
        ignore(&interface->counters.foreign, "not for us", verdict);
    }
}

/* ------------------------------------------------------------------------------------------------- sending ---- */

static size_t write_reply(struct interface *interface, uint8_t *buf, size_t buf_len, struct verdict *verdict)
{
    const struct reply *reply = replies_pop(&interface->replies);
    if (reply == NULL || reply->len > buf_len) {
        return 0;
    }
    memcpy(buf, reply->bytes, reply->len);
    verdict->remark = reply->remark;
    if (reply->len == FRAME_RST_LENGTH) {
        interface->counters.segments_out++;
        interface->counters.rsts_out++;
    }
    return reply->len;
}

static size_t write_exchange(struct interface *interface, struct exchange *exchange, uint8_t *buf, size_t buf_len,
                             uint64_t now, struct verdict *verdict)
{
    const struct interface_config *config = &interface->config;
    dumbo_addressing addressing = frame_addressing(&config->us, &exchange->guest);
    size_t segment_len = exchange_write(exchange, buf + FRAME_TCP_OFFSET, buf_len - FRAME_TCP_OFFSET, &addressing,
                                        config->mss_reserved, now, &interface->counters, verdict);
    if (segment_len == 0) {
        return 0;
    }
    return frame_wrap_segment(buf, buf_len, &config->us, &exchange->guest, interface->identification++, segment_len);
}

static void next_turn(struct interface *interface)
{
    interface->turn = (interface->turn + 1) % INTERFACE_CONNECTIONS_MAX;
    interface->burst = 0;
}

static size_t write_by_turns(struct interface *interface, uint8_t *buf, size_t buf_len, uint64_t now,
                             struct verdict *verdict)
{
    for (size_t i = 0; i < INTERFACE_CONNECTIONS_MAX; i++) {
        struct exchange *exchange = &interface->table[interface->turn];
        size_t len = 0;
        if (exchange->connection != NULL) {
            len = write_exchange(interface, exchange, buf, buf_len, now, verdict);
            if (exchange_is_over(exchange)) {
                retire(interface, exchange);
            }
        }
        if (len == 0 || ++interface->burst == BURST_MAX) {
            next_turn(interface);
        }
        if (len > 0) {
            return len;
        }
    }
    return 0;
}

size_t interface_write_frame(struct interface *interface, uint8_t *buf, size_t buf_len, uint64_t now,
                             struct verdict *verdict)
{
    *verdict = (struct verdict){.code = DUMBO_OK};
    size_t len = write_reply(interface, buf, buf_len, verdict);
    if (len == 0) {
        len = write_by_turns(interface, buf, buf_len, now, verdict);
    }
    interface->counters.frames_out += len > 0;
    interface->counters.frame_bytes_out += len;
    return len;
}

uint64_t interface_deadline(const struct interface *interface)
{
    uint64_t earliest = interface->replies.count > 0 ? 0 : UINT64_MAX;
    for (size_t i = 0; i < INTERFACE_CONNECTIONS_MAX; i++) {
        const struct exchange *exchange = &interface->table[i];
        if (exchange->connection != NULL) {
            uint64_t deadline = exchange_deadline(exchange);
            earliest = deadline < earliest ? deadline : earliest;
        }
    }
    return earliest;
}

/* ------------------------------------------------------------------------------------------------ reporting ---- */

uint64_t interface_connections_ended(const struct interface *interface)
{
    const struct counters *counters = &interface->counters;
    return counters->connections_closed + counters->connections_reset + counters->connections_evicted;
}

struct counters *interface_counters(struct interface *interface)
{
    return &interface->counters;
}

struct exchange *interface_exchanges(struct interface *interface)
{
    return interface->table;
}

const struct interface_config *interface_configuration(const struct interface *interface)
{
    return &interface->config;
}

struct counters interface_report(const struct interface *interface)
{
    struct counters report = interface->counters;
    for (size_t i = 0; i < INTERFACE_CONNECTIONS_MAX; i++) {
        counters_add_connection(&report, interface->table[i].connection);
    }
    return report;
}
