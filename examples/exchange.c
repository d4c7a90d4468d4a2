/* SPDX-License-Identifier: Apache-2.0 */
#include "exchange.h"

#include <stdlib.h>
#include <string.h>

enum { RECEIVE_WINDOW = 65535 }; /* the widest that goes without window scaling */

/* ------------------------------------------------------------------------------------------------- opening ---- */

static int32_t passive_open(dumbo_connection **connection, const struct frame_view *view, uint64_t rto,
                            uint32_t options)
{
    dumbo_connection_config config;
    int32_t code = dumbo_connection_config_init(&config, sizeof(config));
    if (code != DUMBO_OK) {
        return code;
    }
    config.local_rwnd_size = RECEIVE_WINDOW;
    config.rto_period = rto;
    config.options = options;
    config.flags |= DUMBO_CONFIG_COUNTERS;
    return dumbo_connection_passive_open(connection, view->payload, view->payload_len, NULL, &config, NULL);
}

int32_t exchange_open(struct exchange *exchange, const struct frame_view *view, uint64_t rto, uint32_t options,
                      uint64_t now)
{
    dumbo_connection *connection = NULL;
    int32_t code = passive_open(&connection, view, rto, options);
    if (code != DUMBO_OK) {
        return code;
    }
    memset(exchange, 0, sizeof(*exchange));
    exchange->connection = connection;
    exchange->guest.port = view->tcp.source_port;
    memcpy(exchange->guest.address, view->ipv4.source, 4);
    memcpy(exchange->guest.mac, view->ethernet.source, 6);
    exchange->last_heard = now;
    return DUMBO_OK;
}

/* ----------------------------------------------------------------------------------------------- receiving ---- */

static uint64_t response_length(const struct exchange *exchange)
{
    return exchange->response.head_len + exchange->response.body_len;
}

static void record_fin(struct exchange *exchange)
{
    exchange->closing = dumbo_connection_close(exchange->connection) == DUMBO_OK;
}

static void start_response(struct exchange *exchange)
{
    if (!exchange->responding) {
        exchange->responding = true;
        exchange->next_seq = dumbo_connection_first_not_sent(exchange->connection);
    }
}

static void respond_status(struct exchange *exchange, unsigned status, struct counters *counters)
{
    http_respond_status(status, &exchange->response);
    start_response(exchange);
    counters->requests++;
}

static void respond(struct exchange *exchange, const struct site *site, struct counters *counters)
{
    http_respond(&exchange->request, site->documents, site->uploads != NULL, &exchange->response);
    start_response(exchange);
    counters->requests++;
}

static void finish_upload(struct exchange *exchange, struct counters *counters)
{
    bool stored = upload_finish(&exchange->upload);
    counters->uploads += stored;
    respond_status(exchange, stored ? HTTP_CREATED : HTTP_SERVER_ERROR, counters);
}

static void take_body(struct exchange *exchange, const uint8_t *bytes, size_t len, struct counters *counters)
{
    if (!upload_take(&exchange->upload, bytes, len)) {
        respond_status(exchange, HTTP_SERVER_ERROR, counters);
    } else if (upload_is_complete(&exchange->upload)) {
        finish_upload(exchange, counters);
    }
}

/* rest: how much of the body came along with the head. Who has sent some does not wait for leave to do so. */
static void start_upload(struct exchange *exchange, const struct site *site, size_t rest, struct counters *counters)
{
    struct http_put put;
    unsigned status = http_parse_put(&exchange->request, &put);
    if (status == HTTP_OK && !upload_begin(&exchange->upload, site->uploads, put.name, put.len)) {
        status = HTTP_SERVER_ERROR;
    }
    if (status != HTTP_OK) {
        respond_status(exchange, status, counters);
    } else if (put.expects_continue && rest == 0 && put.len > 0) {
        http_respond_continue(&exchange->response);
        start_response(exchange);
    }
}

static void take_request(struct exchange *exchange, const uint8_t *bytes, size_t len, const struct site *site,
                         struct counters *counters)
{
    size_t taken = http_request_take(&exchange->request, bytes, len);
    if (!http_request_has_arrived(&exchange->request)) {
        return;
    }
    if (site->uploads == NULL || !http_request_is_put(&exchange->request)) {
        respond(exchange, site, counters);
        return;
    }
    start_upload(exchange, site, len - taken, counters);
    if (exchange->upload.open) {
        take_body(exchange, bytes + taken, len - taken, counters);
    }
}

static void take_payload(struct exchange *exchange, const uint8_t *bytes, size_t len, const struct site *site,
                         struct counters *counters)
{
    /* What arrives behind the request is of no use, but is taken all the same: data left unread would end in a RST. */
    dumbo_connection_advance_local_rwnd_edge(exchange->connection, (uint32_t)len);
    if (exchange->upload.open) {
        take_body(exchange, bytes, len, counters);
    } else if (!exchange->responding) {
        take_request(exchange, bytes, len, site, counters);
    }
}

static void take_fin(struct exchange *exchange, const struct site *site, struct counters *counters)
{
    if (exchange->upload.open) {
        upload_abort(&exchange->upload); /* half a file */
        respond_status(exchange, HTTP_BAD_REQUEST, counters);
    } else if (exchange->responding || exchange->closing) {
        return;
    } else if (exchange->request.len > 0) {
        respond(exchange, site, counters); /* half a request, that is: 400 */
    } else {
        record_fin(exchange);
    }
}

/* Moves the start of the response to the first byte that the guest has not acknowledged. */
static void settle_acknowledged(struct exchange *exchange)
{
    uint32_t step = dumbo_connection_highest_ack_received(exchange->connection) - exchange->next_seq;
    uint64_t left = response_length(exchange) - exchange->acknowledged;
    if (step > left) {
        step = (uint32_t)left; /* our FIN takes a sequence number too, but is no byte of the response */
    }
    exchange->acknowledged += step;
    exchange->next_seq += step;
}

/* Out of turn: what it carries lies behind what is missing. */
static bool is_early(const struct exchange *exchange, const dumbo_tcp_segment *header, const struct verdict *verdict)
{
    return verdict->code == DUMBO_OK &&
           (verdict->anomalies & (DUMBO_ANOMALY_UNEXPECTED_SEQ | DUMBO_ANOMALY_INVALID_FIN)) != 0 &&
           dumbo_seq_after(header->seq, dumbo_connection_next_expected(exchange->connection));
}

static void take_segment(struct exchange *exchange, const uint8_t *segment, size_t len, const struct site *site,
                         uint64_t now, struct counters *counters, struct verdict *verdict)
{
    size_t offset = 0;
    size_t received = 0;
    verdict->code = dumbo_connection_receive_segment_in_place(exchange->connection, segment, len, NULL, now, &offset,
                                                              &received, &verdict->anomalies);
    if (verdict->code != DUMBO_OK) {
        return;
    }
    verdict->delivered += (uint32_t)received;
    if (exchange->responding) {
        settle_acknowledged(exchange);
    }
    if (received > 0) {
        take_payload(exchange, segment + offset, received, site, counters);
    }
    if (dumbo_connection_fin_received(exchange->connection)) {
        take_fin(exchange, site, counters);
    }
}

/* Those whose turn has come. */
static void take_early_segments(struct exchange *exchange, const struct site *site, uint64_t now,
                                struct counters *counters, struct verdict *verdict)
{
    struct early_segment *segment;
    while ((segment = early_take(&exchange->early, dumbo_connection_next_expected(exchange->connection))) != NULL) {
        struct verdict again = {.code = DUMBO_OK};
        take_segment(exchange, segment->bytes, segment->len, site, now, counters, &again);
        verdict->delivered += again.delivered;
        counters->early_taken += again.delivered > 0;
        free(segment);
    }
}

void exchange_receive(struct exchange *exchange, const struct frame_view *view, const struct site *site, uint64_t now,
                      struct counters *counters, struct verdict *verdict)
{
    exchange->last_heard = now;
    take_segment(exchange, view->payload, view->payload_len, site, now, counters, verdict);
    if (is_early(exchange, &view->tcp, verdict)) {
        early_keep(&exchange->early, &view->tcp, view->payload, view->payload_len);
    } else if (verdict->delivered > 0) {
        take_early_segments(exchange, site, now, counters, verdict);
    }
}

/* ------------------------------------------------------------------------------------------------- sending ---- */

/* The response from its first unacknowledged byte on, as far as one source may reach. Returns the number of pieces. */
static size_t unacknowledged_pieces(const struct exchange *exchange, dumbo_iovec pieces[2])
{
    const struct http_response *response = &exchange->response;
    uint64_t offset = exchange->acknowledged;
    uint64_t room = DUMBO_MAX_WINDOW_SIZE;
    size_t count = 0;
    if (offset < response->head_len) {
        size_t len = response->head_len - (size_t)offset;
        pieces[count++] = (dumbo_iovec){(const uint8_t *)response->head + offset, len};
        room -= len;
        offset = response->head_len;
    }
    uint64_t body_offset = offset - response->head_len;
    uint64_t left = response->body_len - body_offset;
    if (left > 0) {
        pieces[count++] = (dumbo_iovec){response->body + body_offset, (size_t)(left < room ? left : room)};
    }
    return count;
}

static int32_t write_segment(struct exchange *exchange, uint8_t *buf, size_t buf_len,
                             const dumbo_addressing *addressing, uint16_t mss_reserved, uint64_t now, size_t *written,
                             uint32_t *cause)
{
    dumbo_sent sent = {.struct_size = sizeof(sent)};
    dumbo_iovec pieces[2];
    dumbo_payload payload = {
        .struct_size = sizeof(payload),
        .kind = DUMBO_PAYLOAD_IOVEC,
        .seq = exchange->next_seq,
        .iovecs = pieces,
    };
    if (exchange->responding) {
        payload.iovec_count = unacknowledged_pieces(exchange, pieces);
    }
    int32_t code =
        dumbo_connection_write_next_segment(exchange->connection, buf, buf_len, mss_reserved,
                                            payload.iovec_count > 0 ? &payload : NULL, addressing, now, written, &sent);
    *cause = sent.cause;
    return code;
}

/* The FIN may be recorded once every byte of the response was sent. */
static void close_behind_response(struct exchange *exchange)
{
    uint64_t in_flight = dumbo_connection_first_not_sent(exchange->connection) - exchange->next_seq;
    if (exchange->acknowledged + in_flight == response_length(exchange)) {
        record_fin(exchange);
    }
}

size_t exchange_write(struct exchange *exchange, uint8_t *buf, size_t buf_len, const dumbo_addressing *addressing,
                      uint16_t mss_reserved, uint64_t now, struct counters *counters, struct verdict *verdict)
{
    size_t written = 0;
    int32_t code = write_segment(exchange, buf, buf_len, addressing, mss_reserved, now, &written, &verdict->cause);
    if (code != DUMBO_OK && code != DUMBO_ERR_CONNECTION_RESET) {
        /* For example an MSS that mss_reserved uses up. Such a connection will not get better: end it. */
        verdict->remark = dumbo_strerror(code);
        dumbo_connection_reset(exchange->connection);
        code = write_segment(exchange, buf, buf_len, addressing, 0, now, &written, &verdict->cause);
    }
    if (code != DUMBO_OK || written == 0) {
        return 0;
    }
    counters->segments_out++;
    counters->rsts_out += verdict->cause == DUMBO_CAUSE_RESET || verdict->cause == DUMBO_CAUSE_GIVEN_UP;
    if (exchange->responding && !exchange->upload.open && !exchange->closing) {
        close_behind_response(exchange);
    }
    return written;
}

/* ------------------------------------------------------------------------------------------ waiting, ending ---- */

uint64_t exchange_deadline(const struct exchange *exchange)
{
    uint64_t deadline = UINT64_MAX;
    dumbo_connection_control_segment_or_timeout_status(exchange->connection, &deadline);
    return deadline;
}

bool exchange_is_over(const struct exchange *exchange)
{
    const dumbo_connection *connection = exchange->connection;
    if (dumbo_connection_is_reset(connection)) {
        return true;
    }
    /* dumbo_connection_is_done() would be too early: without a connection the ACK of our FIN would draw a RST. And the
     * last ACK of ours has to be out. */
    return dumbo_connection_is_done(connection) && dumbo_connection_fin_acknowledged(connection) &&
           dumbo_connection_control_segment_or_timeout_status(connection, NULL) == DUMBO_NEXT_SEGMENT_NOTHING;
}

void exchange_free(struct exchange *exchange, struct counters *counters)
{
    upload_abort(&exchange->upload);
    early_clear(&exchange->early);
    counters_add_connection(counters, exchange->connection);
    dumbo_connection_free(exchange->connection);
    exchange->connection = NULL;
}
