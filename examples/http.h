/* SPDX-License-Identifier: Apache-2.0 */
/* HTTP/1.0 as far as serving documents and taking files needs it: one request, one response, no sockets. */
#ifndef DUMBO_EXAMPLES_HTTP_H
#define DUMBO_EXAMPLES_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "documents.h"
#include "uploads.h"

enum {
    HTTP_REQUEST_MAX = 4096,
    HTTP_HEAD_MAX = 256,

    HTTP_OK = 200,
    HTTP_CREATED = 201,
    HTTP_BAD_REQUEST = 400,
    HTTP_FORBIDDEN = 403,
    HTTP_NOT_FOUND = 404,
    HTTP_METHOD_NOT_ALLOWED = 405,
    HTTP_LENGTH_REQUIRED = 411,
    HTTP_CONTENT_TOO_LARGE = 413,
    HTTP_SERVER_ERROR = 500
};

/* The head of a request as far as it has arrived. Zero-initialized it is an empty one. */
struct http_request {
    size_t len;
    bool complete;
    char bytes[HTTP_REQUEST_MAX];
};

/* A PUT: what its body is to be, and whether the client waits for leave to send it. */
struct http_put {
    char name[UPLOAD_NAME_MAX + 1];
    uint64_t len;
    bool expects_continue;
};

struct http_response {
    unsigned status; /* 0: not known yet */
    size_t head_len;
    char head[HTTP_HEAD_MAX]; /* status line, header fields and the empty line; "100 Continue" may come before it */
    const uint8_t *body;      /* lies in the documents, or is static */
    uint64_t body_len;
};

/* Takes bytes of the peer up to the end of the head, and returns how many these were. */
size_t http_request_take(struct http_request *request, const uint8_t *bytes, size_t len);

/* Whether the request can be answered now: its head is complete, or too long to be one. */
bool http_request_has_arrived(const struct http_request *request);

/* Whether http_request_take() could have left it so: with the end of its head at the end of all, or without one. */
bool http_request_is_consistent(const struct http_request *request);

/* Whether the request is a PUT, right or wrong. */
bool http_request_is_put(const struct http_request *request);

/* Understands a PUT. Returns HTTP_OK when its body may come, and otherwise the status to answer. */
unsigned http_parse_put(const struct http_request *request, struct http_put *put);

/* Answers what has arrived: 200 or 404 for GET and HEAD, 405 for other methods, 400 for what is not a request.
 * with_put: whether 405 shall name PUT as a method that is served. */
void http_respond(const struct http_request *request, const struct documents *documents, bool with_put,
                  struct http_response *response);

/* Answers with a status other than 200. */
void http_respond_status(unsigned status, struct http_response *response);

/* Lets the client send its body. The real response comes behind it. */
void http_respond_continue(struct http_response *response);

/* The body that goes with a status other than 200; NULL when that is no status of ours. Static storage. */
const char *http_status_text(unsigned status);

#endif
