/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "client.h"

#include <stdlib.h>
#include <string.h>

enum { HEAD_MAX = 1024, REQUEST_MAX = 4096, WINDOW = 65535 };

/* Close below 2^32, so that the numbers wrap in the middle of the request. */
static const uint32_t initial_seq = UINT32_MAX - 9;

struct client {
    struct client_config config;
    const char *failure;

    bool resolved;
    bool connected;
    bool fin_received;
    bool succeeded;

    bool arp_due;
    bool syn_due;
    bool ack_due;
    bool request_due;
    bool fin_due;

    uint32_t snd_nxt;
    uint32_t rcv_nxt;
    uint16_t identification;

    char head[HEAD_MAX]; /* of the response, until the empty line */
    size_t head_len;
    bool head_complete;
    uint64_t body_received;
};

struct client *client_new(const struct client_config *config)
{
    struct client *client = calloc(1, sizeof(*client));
    if (client != NULL) {
        client->config = *config;
        client->snd_nxt = initial_seq;
        client->arp_due = true;
    }
    return client;
}

void client_free(struct client *client)
{
    free(client);
}

bool client_has_succeeded(const struct client *client)
{
    return client->succeeded && client->failure == NULL;
}

const char *client_failure(const struct client *client)
{
    return client->failure;
}

/* The first failure is the one to report. */
static void check(struct client *client, bool right, const char *failure)
{
    if (!right && client->failure == NULL) {
        client->failure = failure;
    }
}

/* -------------------------------------------------------------------------------------------- the response ---- */

static void take_body(struct client *client, const uint8_t *bytes, size_t len)
{
    const struct document *document = client->config.document;
    bool fits = client->body_received + len <= document->len;
    check(client, fits, "the body is longer than the document");
    if (!fits || len == 0) {
        return;
    }
    check(client, memcmp(document->bytes + client->body_received, bytes, len) == 0,
          "the body differs from the document");
    client->body_received += len;
    if (client->config.save != NULL) {
        check(client, fwrite(bytes, 1, len, client->config.save) == len, "the received body cannot be saved");
    }
}

static void check_head(struct client *client)
{
    char length_field[64];
    snprintf(length_field, sizeof(length_field), "\r\nContent-Length: %llu\r\n",
             (unsigned long long)client->config.document->len);
    check(client, strncmp(client->head, "HTTP/1.0 200 ", 13) == 0, "the status is not 200");
    check(client, memmem(client->head, client->head_len, length_field, strlen(length_field)) != NULL,
          "Content-Length is not the document's length");
}

/* Returns how many of the bytes belong to the head. */
static size_t take_head(struct client *client, const uint8_t *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (client->head_len == sizeof(client->head)) {
            check(client, false, "the head of the response does not end");
            return len;
        }
        client->head[client->head_len++] = (char)bytes[i];
        if (client->head_len >= 4 && memcmp(client->head + client->head_len - 4, "\r\n\r\n", 4) == 0) {
            client->head_complete = true;
            check_head(client);
            return i + 1;
        }
    }
    return len;
}

static void take_payload(struct client *client, const uint8_t *bytes, size_t len)
{
    size_t head = client->head_complete ? 0 : take_head(client, bytes, len);
    take_body(client, bytes + head, len - head);
}

static void take_fin(struct client *client)
{
    check(client, client->head_complete, "the connection was closed before the response began");
    check(client, client->body_received == client->config.document->len, "the body is shorter than the document");
    client->rcv_nxt++;
    client->fin_received = true;
    client->fin_due = true;
}

/* ----------------------------------------------------------------------------------------------- receiving ---- */

/* The reply has to be, byte for byte, the one that we would have written in the server's place. */
static void receive_arp(struct client *client, const struct frame_view *view)
{
    struct station *server = &client->config.server;
    uint8_t expected[DUMBO_ARP_LENGTH];
    dumbo_arp_packet reply = {.struct_size = sizeof(reply), .operation = DUMBO_ARP_REPLY};
    memcpy(reply.sender_mac, view->ethernet.source, 6);
    memcpy(reply.sender_ip, server->address, 4);
    memcpy(reply.target_mac, client->config.us.mac, 6);
    memcpy(reply.target_ip, client->config.us.address, 4);
    check(client, dumbo_arp_write(expected, sizeof(expected), &reply) == DUMBO_OK, "an ARP reply cannot be written");
    check(client, view->payload_len == sizeof(expected) && memcmp(view->payload, expected, sizeof(expected)) == 0,
          "the ARP reply is wrong");
    if (!client->resolved) {
        memcpy(server->mac, view->ethernet.source, 6);
        client->resolved = true;
        client->syn_due = true;
    }
}

static void receive_synack(struct client *client, const dumbo_tcp_segment *tcp)
{
    check(client, tcp->flags == (DUMBO_TCP_SYN | DUMBO_TCP_ACK), "a SYNACK was expected");
    check(client, tcp->ack == client->snd_nxt, "the SYNACK acknowledges something else");
    check(client, tcp->mss_option != DUMBO_MSS_OPTION_INVALID, "the MSS option of the SYNACK is invalid");
    client->rcv_nxt = tcp->seq + 1;
    client->connected = true;
    client->ack_due = true;
    client->request_due = true;
}

static void receive_data(struct client *client, const struct frame_view *view)
{
    const dumbo_tcp_segment *tcp = &view->tcp;
    if (tcp->payload_length == 0 && (tcp->flags & DUMBO_TCP_FIN) == 0) {
        return;
    }
    client->ack_due = true;
    check(client, tcp->payload_length <= client->config.mss, "a segment is longer than the MSS");
    if (tcp->seq != client->rcv_nxt) {
        return; /* seen before, or too early: the ACK says what is expected */
    }
    client->rcv_nxt += tcp->payload_length;
    take_payload(client, view->payload + tcp->header_length, tcp->payload_length);
    if ((tcp->flags & DUMBO_TCP_FIN) != 0) {
        take_fin(client);
    }
}

static void receive_segment(struct client *client, const struct frame_view *view)
{
    const struct station *us = &client->config.us;
    const struct station *server = &client->config.server;
    check(client,
          view->tcp.source_port == server->port && view->tcp.destination_port == us->port &&
              frame_same_address(view->ipv4.source, server->address) &&
              frame_same_address(view->ipv4.destination, us->address),
          "a segment has the wrong ports or addresses");
    check(client, (view->tcp.flags & DUMBO_TCP_RST) == 0, "the server sent a RST");
    check(client, (view->tcp.flags & DUMBO_TCP_ACK) != 0, "a segment carries no ACK");
    if (!client->connected) {
        receive_synack(client, &view->tcp);
        return;
    }
    receive_data(client, view);
    /* Our FIN is the last thing we send: with its ACK everything is done. */
    client->succeeded = client->fin_received && !client->fin_due && view->tcp.ack == client->snd_nxt;
}

void client_receive_frame(struct client *client, const uint8_t *frame, size_t len)
{
    struct frame_view view;
    enum frame_kind kind = frame_dissect(frame, len, FRAME_CHECKSUM_FULL, &view);
    check(client, kind == FRAME_ARP || kind == FRAME_TCP, "a frame is neither ARP nor TCP, or its checksums are wrong");
    check(client, memcmp(view.ethernet.destination, client->config.us.mac, 6) == 0, "a frame has a wrong MAC address");
    if (client->failure != NULL) {
        return;
    }
    if (kind == FRAME_ARP) {
        receive_arp(client, &view);
    } else {
        receive_segment(client, &view);
    }
}

/* ------------------------------------------------------------------------------------------------- sending ---- */

static bool take(bool *due)
{
    bool was_due = *due;
    *due = false;
    return was_due;
}

static size_t write_arp_request(const struct client *client, uint8_t *buf, size_t buf_len)
{
    static const uint8_t everyone[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
    dumbo_arp_packet request = {.struct_size = sizeof(request), .operation = DUMBO_ARP_REQUEST};
    memcpy(request.sender_mac, client->config.us.mac, 6);
    memcpy(request.sender_ip, client->config.us.address, 4);
    memcpy(request.target_ip, client->config.server.address, 4);
    return frame_write_arp(buf, buf_len, everyone, &request);
}

static size_t write_segment(struct client *client, uint8_t *buf, size_t buf_len, uint8_t flags, const char *text)
{
    const struct station *us = &client->config.us;
    const struct station *server = &client->config.server;
    const bool syn = (flags & DUMBO_TCP_SYN) != 0;
    const dumbo_payload payload = {
        .struct_size = sizeof(payload),
        .kind = DUMBO_PAYLOAD_BYTES,
        .bytes = (const uint8_t *)text,
        .len = text != NULL ? strlen(text) : 0,
    };
    const dumbo_tcp_fields fields = {
        .struct_size = sizeof(fields),
        .seq = client->snd_nxt,
        .ack = client->rcv_nxt,
        .window = WINDOW,
        .flags = flags,
        .has_mss_option = syn,
        .mss_option = client->config.mss,
        .mss_remaining = UINT16_MAX,
        .payload_max = payload.len,
    };
    const dumbo_addressing addressing = frame_addressing(us, server);
    size_t len = 0;
    int32_t code = dumbo_tcp_write(buf + FRAME_TCP_OFFSET, buf_len - FRAME_TCP_OFFSET, &fields,
                                   text != NULL ? &payload : NULL, &addressing, &len);
    check(client, code == DUMBO_OK, "a segment cannot be written");
    if (code != DUMBO_OK) {
        return 0;
    }
    client->snd_nxt += (uint32_t)payload.len + syn + ((flags & DUMBO_TCP_FIN) != 0);
    return frame_wrap_segment(buf, buf_len, us, server, client->identification++, len);
}

static size_t write_request(struct client *client, uint8_t *buf, size_t buf_len)
{
    char text[REQUEST_MAX];
    int len = snprintf(text, sizeof(text), "GET %s HTTP/1.0\r\n\r\n", client->config.document->target);
    check(client, len > 0 && (size_t)len < sizeof(text), "the target is too long");
    return write_segment(client, buf, buf_len, DUMBO_TCP_PSH | DUMBO_TCP_ACK, text);
}

size_t client_write_frame(struct client *client, uint8_t *buf, size_t buf_len)
{
    if (client->failure != NULL) {
        return 0;
    }
    if (take(&client->arp_due)) {
        return write_arp_request(client, buf, buf_len);
    }
    if (take(&client->syn_due)) {
        return write_segment(client, buf, buf_len, DUMBO_TCP_SYN, NULL);
    }
    if (take(&client->ack_due)) {
        return write_segment(client, buf, buf_len, DUMBO_TCP_ACK, NULL);
    }
    if (take(&client->request_due)) {
        return write_request(client, buf, buf_len);
    }
    if (take(&client->fin_due)) {
        return write_segment(client, buf, buf_len, DUMBO_TCP_FIN | DUMBO_TCP_ACK, NULL);
    }
    return 0;
}
