/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "http.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

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

static size_t end_of(const struct http_request *request, const char *separator)
{
    size_t len = strlen(separator);
    const char *found = memmem(request->bytes, request->len, separator, len);
    return found != NULL ? (size_t)(found - request->bytes) + len : SIZE_MAX;
}

/* Where the head ends, SIZE_MAX as long as it has no end. */
static size_t end_of_head(const struct http_request *request)
{
    size_t strict = end_of(request, "\r\n\r\n");
    size_t lenient = end_of(request, "\n\n");
    return strict < lenient ? strict : lenient;
}

size_t http_request_take(struct http_request *request, const uint8_t *bytes, size_t len)
{
    size_t before = request->len;
    size_t room = sizeof(request->bytes) - before;
    size_t copied = len < room ? len : room;
    memcpy(request->bytes + before, bytes, copied);
    request->len += copied;
    size_t end = end_of_head(request);
    if (end != SIZE_MAX) {
        request->complete = true;
        request->len = end;
    }
    return request->len > before ? request->len - before : 0;
}

bool http_request_has_arrived(const struct http_request *request)
{
    return request->complete || request->len == sizeof(request->bytes);
}

bool http_request_is_consistent(const struct http_request *request)
{
    return end_of_head(request) == (request->complete ? request->len : SIZE_MAX);
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
    if (!request->complete || end == NULL) {
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

bool http_request_is_put(const struct http_request *request)
{
    struct request_line line;
    return parse_request_line(request, &line) && equals(line.method, "PUT");
}

/* ------------------------------------------------------------------------------------------ header fields ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static struct word trim(struct word word)
{
    while (word.len > 0 && is_blank(word.begin[0])) {
        word.begin++;
        word.len--;
    }
    while (word.len > 0 && is_blank(word.begin[word.len - 1])) {
        word.len--;
    }
    return word;
}

static bool equals_in_any_case(struct word word, const char *text)
{
    return word.len == strlen(text) && strncasecmp(word.begin, text, word.len) == 0;
}

/* Finds a header field's value. Returns how often there is such a field. */
static unsigned find_field(const struct http_request *request, const char *name, struct word *value)
{
    const char *end = request->bytes + request->len;
    const char *cursor = memchr(request->bytes, '\n', request->len);
    unsigned count = 0;
    while (cursor != NULL && ++cursor < end) {
        const char *line_end = memchr(cursor, '\n', (size_t)(end - cursor));
        const char *colon = memchr(cursor, ':', (size_t)((line_end != NULL ? line_end : end) - cursor));
        if (line_end != NULL && colon != NULL &&
            equals_in_any_case((struct word){cursor, (size_t)(colon - cursor)}, name)) {
            *value = trim((struct word){colon + 1, (size_t)(line_end - colon - 1)});
            count++;
        }
        cursor = line_end;
    }
    return count;
}

/* Digits and nothing else. A number past the limit is as good as any other there. */
static bool parse_length(struct word word, uint64_t limit, uint64_t *length)
{
    *length = 0;
    for (size_t i = 0; i < word.len; i++) {
        if (word.begin[i] < '0' || word.begin[i] > '9') {
            return false;
        }
        if (*length <= limit) {
            *length = *length * 10 + (uint64_t)(word.begin[i] - '0');
        }
    }
    return word.len > 0;
}

/* A body whose end is marked in any other way than by its length is not taken. */
static unsigned parse_body_length(const struct http_request *request, uint64_t *length)
{
    struct word value = {0};
    unsigned count = find_field(request, "Content-Length", &value);
    if (count == 0) {
        return HTTP_LENGTH_REQUIRED;
    }
    if (count > 1 || !parse_length(value, UPLOAD_LENGTH_MAX, length)) {
        return HTTP_BAD_REQUEST;
    }
    if (find_field(request, "Transfer-Encoding", &value) > 0) {
        return HTTP_BAD_REQUEST;
    }
    return *length <= UPLOAD_LENGTH_MAX ? HTTP_OK : HTTP_CONTENT_TOO_LARGE;
}

unsigned http_parse_put(const struct http_request *request, struct http_put *put)
{
    struct request_line line;
    if (!parse_request_line(request, &line)) {
        return HTTP_BAD_REQUEST;
    }
    struct word name = {.begin = line.target.begin + 1, .len = line.target.len - 1};
    if (!upload_name_is_right(name.begin, name.len)) {
        return HTTP_FORBIDDEN;
    }
    memcpy(put->name, name.begin, name.len);
    put->name[name.len] = '\0';
    struct word expectation = {0};
    put->expects_continue = equals(line.version, "HTTP/1.1") && find_field(request, "Expect", &expectation) > 0 &&
                            equals_in_any_case(expectation, "100-continue");
    return parse_body_length(request, &put->len);
}

/* ----------------------------------------------------------------------------------------------- answering ---- */

struct status {
    unsigned code;
    const char *reason;
    const char *text; /* the body; NULL for a document */
};

static const struct status statuses[] = {
    {HTTP_OK, "OK", NULL},
    {HTTP_CREATED, "Created", "The file is stored.\n"},
    {HTTP_BAD_REQUEST, "Bad Request", "This is not an HTTP/1.x request of a reasonable size.\n"},
    {HTTP_FORBIDDEN, "Forbidden", "No file can be stored under this name.\n"},
    {HTTP_NOT_FOUND, "Not Found", "There is no such document.\n"},
    {HTTP_METHOD_NOT_ALLOWED, "Method Not Allowed", "This method is not served here.\n"},
    {HTTP_LENGTH_REQUIRED, "Length Required", "A file has to come with its Content-Length.\n"},
    {HTTP_CONTENT_TOO_LARGE, "Content Too Large", "Files of at most 1 GiB are stored here.\n"},
    {HTTP_SERVER_ERROR, "Internal Server Error", "The file could not be stored.\n"},
};

static const struct status *find_status(unsigned code)
{
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        if (statuses[i].code == code) {
            return &statuses[i];
        }
    }
    return NULL;
}

const char *http_status_text(unsigned status)
{
    const struct status *found = find_status(status);
    return found != NULL ? found->text : NULL;
}

/* Behind what is in the head already: that is "100 Continue", or nothing. */
static void compose(struct http_response *response, const struct status *status, const uint8_t *body, uint64_t body_len,
                    const char *extra_field)
{
    response->status = status->code;
    response->body = body;
    response->body_len = body_len;
    int len = snprintf(response->head + response->head_len, sizeof(response->head) - response->head_len,
                       "HTTP/1.0 %u %s\r\n"
                       "Content-Type: %s\r\n"
                       "Content-Length: %" PRIu64
                       "\r\n"
                       "%s"
                       "Connection: close\r\n"
                       "\r\n",
                       status->code, status->reason,
                       status->code == HTTP_OK ? "application/octet-stream" : "text/plain", body_len, extra_field);
    response->head_len += (size_t)len; /* always fits: the longest head is well under 200 bytes */
}

static void compose_status(struct http_response *response, unsigned code, const char *extra_field)
{
    const struct status *status = find_status(code);
    compose(response, status, (const uint8_t *)status->text, strlen(status->text), extra_field);
}

void http_respond_status(unsigned status, struct http_response *response)
{
    compose_status(response, status, "");
}

void http_respond_continue(struct http_response *response)
{
    static const char interim[] = "HTTP/1.1 100 Continue\r\n\r\n";
    response->head_len = sizeof(interim) - 1;
    memcpy(response->head, interim, response->head_len);
}

void http_respond(const struct http_request *request, const struct documents *documents, bool with_put,
                  struct http_response *response)
{
    struct request_line line;
    if (!parse_request_line(request, &line)) {
        http_respond_status(HTTP_BAD_REQUEST, response);
        return;
    }
    bool head = equals(line.method, "HEAD");
    if (!head && !equals(line.method, "GET")) {
        compose_status(response, HTTP_METHOD_NOT_ALLOWED,
                       with_put ? "Allow: GET, HEAD, PUT\r\n" : "Allow: GET, HEAD\r\n");
        return;
    }
    const struct document *document = documents_find(documents, line.target.begin, line.target.len);
    if (document != NULL) {
        compose(response, find_status(HTTP_OK), document->bytes, document->len, "");
    } else {
        http_respond_status(HTTP_NOT_FOUND, response);
    }
    if (head) {
        response->body_len = 0; /* the head still states the length that GET would have sent */
    }
}
