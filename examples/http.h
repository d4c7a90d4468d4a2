/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/1.0 as far as serving documents needs it: one request, one response, no sockets. */
#ifndef DUMBO_EXAMPLES_HTTP_H
#define DUMBO_EXAMPLES_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "documents.h"

enum { HTTP_REQUEST_MAX = 4096, HTTP_HEAD_MAX = 256 };

/* The bytes of a request as far as they have arrived. Zero-initialized it is an empty one. */
struct http_request {
    size_t len;
    bool too_long;
    char bytes[HTTP_REQUEST_MAX];
};

struct http_response {
    unsigned status;
    size_t head_len;
    char head[HTTP_HEAD_MAX]; /* status line, header fields and the empty line */
    const uint8_t *body;      /* lies in the documents, or is static */
    uint64_t body_len;
};

/* Takes bytes of the peer. Returns whether the request can be answered now: it is complete, or too long to be one. */
bool http_request_take(struct http_request *request, const uint8_t *bytes, size_t len);

/* Answers what has arrived: 200 or 404 for GET and HEAD, 405 for other methods, 400 for what is not a request. */
void http_respond(const struct http_request *request, const struct documents *documents,
                  struct http_response *response);

#endif
