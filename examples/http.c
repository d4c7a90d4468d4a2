/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "http.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct word {
    const char *begin;
    size_t len;
};

struct request_line {
    struct word method;
    struct word target;
    struct word version;
};

/* ----------------------------------------------------------------------------------------------- receiving ---- */

static bool is_complete(const struct http_request *request)
{
    return memmem(request->bytes, request->len, "\r\n\r\n", 4) != NULL ||
           memmem(request->bytes, request->len, "\n\n", 2) != NULL;
}

bool http_request_take(struct http_request *request, const uint8_t *bytes, size_t len)
{
    size_t room = sizeof(request->bytes) - request->len;
    size_t taken = len < room ? len : room;
    if (taken > 0) {
        memcpy(request->bytes + request->len, bytes, taken);
        request->len += taken;
    }
    if (is_complete(request)) {
        return true;
    }
    request->too_long = request->len == sizeof(request->bytes);
    return request->too_long;
}

/* ------------------------------------------------------------------------------------------------- parsing ---- */

static struct word next_word(const char **cursor, const char *end)
{
    struct word word = {.begin = *cursor, .len = 0};
    while (*cursor < end && **cursor != ' ') {
        (*cursor)++;
    }
    word.len = (size_t)(*cursor - word.begin);
    if (*cursor < end) {
        (*cursor)++;
    }
    return word;
}

static bool equals(struct word word, const char *text)
{
    return word.len == strlen(text) && memcmp(word.begin, text, word.len) == 0;
}

/* METHOD SP /target SP HTTP/1.x: three words and nothing behind them. */
static bool parse_request_line(const struct http_request *request, struct request_line *line)
{
    const char *cursor = request->bytes;
    const char *end = memchr(request->bytes, '\n', request->len);
    if (request->too_long || !is_complete(request) || end == NULL) {
        return false;
    }
    if (end > cursor && end[-1] == '\r') {
        end--;
    }
    line->method = next_word(&cursor, end);
    line->target = next_word(&cursor, end);
    line->version = next_word(&cursor, end);
    return cursor == end && line->method.len > 0 && line->target.len > 0 && line->target.begin[0] == '/' &&
           (equals(line->version, "HTTP/1.0") || equals(line->version, "HTTP/1.1"));
}

/* ----------------------------------------------------------------------------------------------- answering ---- */

static void compose(struct http_response *response, unsigned status, const char *reason, const uint8_t *body,
                    uint64_t body_len)
{
    response->status = status;
    response->body = body;
    response->body_len = body_len;
    int len = snprintf(response->head, sizeof(response->head),
                       "HTTP/1.0 %u %s\r\n"
                       "Content-Type: %s\r\n"
                       "Content-Length: %" PRIu64
                       "\r\n"
                       "%s"
                       "Connection: close\r\n"
                       "\r\n",
                       status, reason, status == 200 ? "application/octet-stream" : "text/plain", body_len,
                       status == 405 ? "Allow: GET, HEAD\r\n" : "");
    response->head_len = (size_t)len; /* always fits: the longest head is well under 200 bytes */
}

static void compose_error(struct http_response *response, unsigned status, const char *reason, const char *text)
{
    compose(response, status, reason, (const uint8_t *)text, strlen(text));
}

void http_respond(const struct http_request *request, const struct documents *documents, struct http_response *response)
{
    struct request_line line;
    if (!parse_request_line(request, &line)) {
        compose_error(response, 400, "Bad Request", "This is not an HTTP/1.x request of a reasonable size.\n");
        return;
    }
    bool head = equals(line.method, "HEAD");
    if (!head && !equals(line.method, "GET")) {
        compose_error(response, 405, "Method Not Allowed", "Only GET and HEAD are served here.\n");
        return;
    }
    const struct document *document = documents_find(documents, line.target.begin, line.target.len);
    if (document != NULL) {
        compose(response, 200, "OK", document->bytes, document->len);
    } else {
        compose_error(response, 404, "Not Found", "There is no such document.\n");
    }
    if (head) {
        response->body_len = 0; /* the head still states the length that GET would have sent */
    }
}
