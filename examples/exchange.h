/* SPDX-License-Identifier: Apache-2.0 */
/* One TCP connection with the HTTP request and response that pass over it. */
#ifndef DUMBO_EXAMPLES_EXCHANGE_H
#define DUMBO_EXAMPLES_EXCHANGE_H

#include <dumbo/dumbo.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "counters.h"
#include "early.h"
#include "frame.h"
#include "http.h"
#include "uploads.h"
#include "verdict.h"

/* What all exchanges have in common. */
struct site {
    const struct documents *documents;
    struct uploads *uploads; /* NULL: no files are taken */
};

struct exchange {
    dumbo_connection *connection; /* NULL: there is no exchange here */
    struct station guest;
    uint64_t last_heard; /* when the guest last sent a segment */
    bool responding;     /* there is a response, or the beginning of one */
    bool closing;        /* the FIN is recorded: no more will be sent */
    struct http_request request;
    struct http_response response;
    struct upload upload;
    struct early early;
    uint64_t acknowledged; /* this many bytes of the response arrived for certain ... */
    uint32_t next_seq;     /* ... and this is the sequence number of the byte behind them */
};

/* Opens the exchange that the SYN in view asks for. Returns what the library says; on an error nothing was opened. */
int32_t exchange_open(struct exchange *exchange, const struct frame_view *view, uint64_t rto, uint32_t options,
                      uint64_t now);

/* Takes a segment of the guest, whose checksum is verified already. */
void exchange_receive(struct exchange *exchange, const struct frame_view *view, const struct site *site, uint64_t now,
                      struct counters *counters, struct verdict *verdict);

/* Writes the next segment and returns its length, 0 when there is nothing to send. */
size_t exchange_write(struct exchange *exchange, uint8_t *buf, size_t buf_len, const dumbo_addressing *addressing,
                      uint16_t mss_reserved, uint64_t now, struct counters *counters, struct verdict *verdict);

/* When exchange_write() has to be called even if nothing arrives; UINT64_MAX for never. */
uint64_t exchange_deadline(const struct exchange *exchange);

/* Whether nothing more can come: the connection was reset, or both sides have all data and both FINs for certain. */
bool exchange_is_over(const struct exchange *exchange);

/* Counts what the connection has counted and gives it back, gives up an upload that is not complete; the exchange is
 * free again. */
void exchange_free(struct exchange *exchange, struct counters *counters);

#endif
