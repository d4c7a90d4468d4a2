/* SPDX-License-Identifier: Apache-2.0 */
/* The file, all numbers little-endian:
 *
 *   magic, u32 version, u64 the time of saving, the server's address (4) and u16 port, u32 number of exchanges;
 *   for each: the guest's MAC (6), address (4) and u16 port, u64 last_heard, u8 flags,
 *             the request: u16 length, bytes,
 *             the response: u16 status, u16 length of the head, head, u64 length of the body,
 *                           u16 length of the document's target, target (none: the body is the status's own text),
 *                           u64 acknowledged, u32 next_seq,
 *             an upload, if its flag is set: u32 number, u8 length of its name, name, u64 expected, u64 stored,
 *             the connection: u16 length, snapshot;
 *   u64 checksum of all that. */
#define _GNU_SOURCE
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "exchange.h"

enum {
    MAGIC_LENGTH = 8,
    VERSION = 1,
    CHECKSUM_LENGTH = 8,
    TARGET_MAX = HTTP_REQUEST_MAX,
    /* Everything of fixed length in an exchange takes much less than 256 bytes. */
    EXCHANGE_MAX = 256 + HTTP_REQUEST_MAX + HTTP_HEAD_MAX + TARGET_MAX + UPLOAD_NAME_MAX + DUMBO_SNAPSHOT_LENGTH_MAX,
    STATE_MAX = 64 + INTERFACE_CONNECTIONS_MAX * EXCHANGE_MAX,

    FLAG_RESPONDING = 1,
    FLAG_CLOSING = 2,
    FLAG_REQUEST_COMPLETE = 4,
    FLAG_UPLOAD = 8,
    FLAGS_ALL = 15
};

static const uint8_t magic[MAGIC_LENGTH] = {'d', 'u', 'm', 'b', 'o', '-', 's', 't'};

static bool complain(const char *path, const char *reason)
{
    fprintf(stderr, "dumbo-serve: %s: %s\n", path, reason);
    return false;
}

/* FNV-1a: against accidents, not against anyone. */
static uint64_t checksum(const uint8_t *bytes, size_t len)
{
    uint64_t sum = 0xcbf29ce484222325u;
    for (size_t i = 0; i < len; i++) {
        sum = (sum ^ bytes[i]) * 0x100000001b3u;
    }
    return sum;
}

/* ---------------------------------------------------------------------------------------- the connections ---- */

static int32_t take_snapshot(const dumbo_connection *connection, uint8_t buf[DUMBO_SNAPSHOT_LENGTH_MAX], size_t *len)
{
    return dumbo_connection_snapshot(connection, buf, DUMBO_SNAPSHOT_LENGTH_MAX, len);
}

static int32_t restore_snapshot(dumbo_connection **connection, const uint8_t *bytes, size_t len, uint64_t old_now,
                                uint64_t new_now)
{
    dumbo_restore_config config = {
        .struct_size = sizeof(config),
        .flags = DUMBO_RESTORE_REBASE | DUMBO_RESTORE_COUNTERS,
        .old_now = old_now,
        .new_now = new_now,
    };
    return dumbo_connection_restore(connection, bytes, len, &config, NULL);
}

/* ------------------------------------------------------------------------------------------------- writing ---- */

/* Room for all that can be saved: a state never grows past STATE_MAX. */
struct writer {
    uint8_t *bytes;
    size_t len;
};

static void put_bytes(struct writer *writer, const void *bytes, size_t len)
{
    memcpy(writer->bytes + writer->len, bytes, len);
    writer->len += len;
}

static void put_number(struct writer *writer, uint64_t number, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        writer->bytes[writer->len++] = (uint8_t)(number >> (8 * i));
    }
}

/* Which document the response sends, "" for none. */
static const char *target_of(const struct http_response *response, const struct documents *documents)
{
    for (size_t i = 0; i < documents->count && response->body_len > 0; i++) {
        if (documents->list[i].bytes == response->body) {
            return documents->list[i].target;
        }
    }
    return "";
}

static void put_response(struct writer *writer, const struct exchange *exchange, const struct documents *documents)
{
    const struct http_response *response = &exchange->response;
    const char *target = target_of(response, documents);
    put_number(writer, response->status, 2);
    put_number(writer, response->head_len, 2);
    put_bytes(writer, response->head, response->head_len);
    put_number(writer, response->body_len, 8);
    put_number(writer, strlen(target), 2); /* it fitted into a request */
    put_bytes(writer, target, strlen(target));
    put_number(writer, exchange->acknowledged, 8);
    put_number(writer, exchange->next_seq, 4);
}

static void put_upload(struct writer *writer, const struct upload *upload)
{
    put_number(writer, upload->number, 4);
    put_number(writer, strlen(upload->name), 1);
    put_bytes(writer, upload->name, strlen(upload->name));
    put_number(writer, upload->expected, 8);
    put_number(writer, upload->stored, 8);
}

static unsigned flags_of(const struct exchange *exchange)
{
    return (exchange->responding ? FLAG_RESPONDING : 0u) | (exchange->closing ? FLAG_CLOSING : 0u) |
           (exchange->request.complete ? FLAG_REQUEST_COMPLETE : 0u) | (exchange->upload.open ? FLAG_UPLOAD : 0u);
}

static bool put_exchange(struct writer *writer, const struct exchange *exchange, const struct documents *documents)
{
    uint8_t snapshot[DUMBO_SNAPSHOT_LENGTH_MAX];
    size_t snapshot_len = 0;
    int32_t code = take_snapshot(exchange->connection, snapshot, &snapshot_len);
    if (code != DUMBO_OK) {
        return complain("a connection cannot be saved", dumbo_strerror(code));
    }
    put_bytes(writer, exchange->guest.mac, 6);
    put_bytes(writer, exchange->guest.address, 4);
    put_number(writer, exchange->guest.port, 2);
    put_number(writer, exchange->last_heard, 8);
    put_number(writer, flags_of(exchange), 1);
    put_number(writer, exchange->request.len, 2);
    put_bytes(writer, exchange->request.bytes, exchange->request.len);
    put_response(writer, exchange, documents);
    if (exchange->upload.open) {
        if (!upload_sync(&exchange->upload)) {
            return false;
        }
        put_upload(writer, &exchange->upload);
    }
    put_number(writer, snapshot_len, 2);
    put_bytes(writer, snapshot, snapshot_len);
    return true;
}

static uint64_t count_exchanges(const struct exchange *table)
{
    uint64_t count = 0;
    for (size_t i = 0; i < INTERFACE_CONNECTIONS_MAX; i++) {
        count += table[i].connection != NULL;
    }
    return count;
}

static bool put_state(struct writer *writer, struct interface *interface, uint64_t now)
{
    const struct interface_config *config = interface_configuration(interface);
    const struct exchange *table = interface_exchanges(interface);
    put_bytes(writer, magic, sizeof(magic));
    put_number(writer, VERSION, 4);
    put_number(writer, now, 8);
    put_bytes(writer, config->us.address, 4);
    put_number(writer, config->us.port, 2);
    put_number(writer, count_exchanges(table), 4);
    for (size_t i = 0; i < INTERFACE_CONNECTIONS_MAX; i++) {
        if (table[i].connection != NULL && !put_exchange(writer, &table[i], config->site.documents)) {
            return false;
        }
    }
    put_number(writer, checksum(writer->bytes, writer->len), CHECKSUM_LENGTH);
    return true;
}

static bool write_all(int fd, const struct writer *writer)
{
    size_t done = 0;
    while (done < writer->len) {
        ssize_t put = write(fd, writer->bytes + done, writer->len - done);
        if (put == 0 || (put < 0 && errno != EINTR)) {
            return false;
        }
        done += put > 0 ? (size_t)put : 0;
    }
    return fsync(fd) == 0;
}

static bool write_file(const char *path, const struct writer *writer)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0) {
        return complain(path, strerror(errno));
    }
    bool right = write_all(fd, writer);
    int error = errno;
    close(fd); /* fsync() has had the errors */
    if (!right) {
        unlink(path);
        return complain(path, strerror(error));
    }
    return true;
}

/* Under its own name the file is always a whole one. */
static bool replace_file(const char *path, const struct writer *writer)
{
    char *temporary = NULL;
    if (asprintf(&temporary, "%s.new", path) < 0) {
        return complain(path, "out of memory");
    }
    bool right = write_file(temporary, writer);
    if (right && rename(temporary, path) != 0) {
        right = complain(path, strerror(errno));
        unlink(temporary);
    }
    free(temporary);
    return right;
}

/* Ends all exchanges in this process, and leaves their temporary files alone. */
static void leave_exchanges(struct interface *interface)
{
    struct exchange *table = interface_exchanges(interface);
    for (size_t i = 0; i < INTERFACE_CONNECTIONS_MAX; i++) {
        upload_leave(&table[i].upload);
        exchange_free(&table[i], interface_counters(interface));
    }
}

bool state_save(const char *path, struct interface *interface, uint64_t now)
{
    struct writer writer = {.bytes = malloc(STATE_MAX)};
    if (writer.bytes == NULL) {
        return complain(path, "out of memory");
    }
    bool right = put_state(&writer, interface, now) && replace_file(path, &writer);
    free(writer.bytes);
    if (right) {
        interface_counters(interface)->connections_saved = count_exchanges(interface_exchanges(interface));
        leave_exchanges(interface);
    }
    return right;
}

/* ------------------------------------------------------------------------------------------------- reading ---- */

/* What is read past the end is zero, and noted. Whoever sees more than one way to go wrong says why. */
struct reader {
    const uint8_t *bytes;
    size_t len;
    size_t offset;
    bool past_end;
    const char *reason;
};

static bool refuse(struct reader *reader, const char *reason)
{
    reader->reason = reason;
    return false;
}

/* NULL when there are not so many. */
static const uint8_t *get_bytes(struct reader *reader, size_t len)
{
    if (len > reader->len - reader->offset) {
        reader->past_end = true;
        return NULL;
    }
    const uint8_t *bytes = reader->bytes + reader->offset;
    reader->offset += len;
    return bytes;
}

static void copy_bytes(struct reader *reader, void *to, size_t len)
{
    const uint8_t *bytes = get_bytes(reader, len);
    if (bytes != NULL) {
        memcpy(to, bytes, len);
    }
}

static uint64_t get_number(struct reader *reader, size_t len)
{
    const uint8_t *bytes = get_bytes(reader, len);
    uint64_t number = 0;
    for (size_t i = 0; i < len && bytes != NULL; i++) {
        number |= (uint64_t)bytes[i] << (8 * i);
    }
    return number;
}

/* Length, then so many bytes, into a buffer. */
static size_t get_counted(struct reader *reader, size_t length_of_length, void *to, size_t room)
{
    size_t len = (size_t)get_number(reader, length_of_length);
    if (len > room) {
        reader->past_end = true;
        return 0;
    }
    copy_bytes(reader, to, len);
    return len;
}

static bool get_document(struct reader *reader, struct http_response *response, const struct documents *documents)
{
    char target[TARGET_MAX];
    size_t target_len = get_counted(reader, 2, target, sizeof(target));
    const char *text = http_status_text(response->status);
    if (target_len > 0) {
        const struct document *document = documents_find(documents, target, target_len);
        response->body = document != NULL ? document->bytes : NULL;
        return (document != NULL && document->len == response->body_len) ||
               refuse(reader, "a document that was being sent is gone, or has another length");
    }
    response->body = (const uint8_t *)text;
    return response->body_len == 0 || (text != NULL && response->body_len == strlen(text)) ||
           refuse(reader, "a response that is none");
}

/* Where there is no status yet, there is nothing or an interim response, behind which the real one fits. */
static bool head_is_right(const struct http_response *response)
{
    struct http_response interim = {0};
    http_respond_continue(&interim);
    return response->status != 0 || response->head_len == 0 ||
           (response->head_len == interim.head_len && memcmp(response->head, interim.head, interim.head_len) == 0);
}

static bool get_response(struct reader *reader, struct exchange *exchange, const struct documents *documents)
{
    struct http_response *response = &exchange->response;
    response->status = (unsigned)get_number(reader, 2);
    response->head_len = get_counted(reader, 2, response->head, sizeof(response->head));
    response->body_len = get_number(reader, 8);
    if (!get_document(reader, response, documents)) {
        return false;
    }
    exchange->acknowledged = get_number(reader, 8);
    exchange->next_seq = (uint32_t)get_number(reader, 4);
    bool right = head_is_right(response) && exchange->acknowledged <= response->head_len + response->body_len &&
                 (exchange->responding ? response->head_len > 0 : response->head_len + response->body_len == 0);
    return right || refuse(reader, "a response that is none");
}

static bool get_upload(struct reader *reader, struct exchange *exchange, const struct uploads *uploads)
{
    struct upload upload = {0};
    upload.number = (uint32_t)get_number(reader, 4);
    size_t name_len = get_counted(reader, 1, upload.name, UPLOAD_NAME_MAX);
    upload.expected = get_number(reader, 8);
    upload.stored = get_number(reader, 8);
    if (!upload_name_is_right(upload.name, name_len) || upload.expected > UPLOAD_LENGTH_MAX ||
        upload.stored >= upload.expected || exchange->response.status != 0) {
        return refuse(reader, "an upload that is none");
    }
    if (uploads == NULL) {
        return refuse(reader, "an upload is under way: --uploads is needed");
    }
    exchange->upload = upload;
    return upload_resume(&exchange->upload, uploads) || refuse(reader, "an upload cannot go on");
}

static bool get_connection(struct reader *reader, struct exchange *exchange, uint64_t old_now, uint64_t new_now)
{
    size_t len = (size_t)get_number(reader, 2);
    const uint8_t *snapshot = get_bytes(reader, len);
    if (snapshot == NULL) {
        return false;
    }
    int32_t code = restore_snapshot(&exchange->connection, snapshot, len, old_now, new_now);
    return code == DUMBO_OK || refuse(reader, dumbo_strerror(code));
}

static bool get_times(struct reader *reader, struct exchange *exchange, uint64_t old_now, uint64_t new_now)
{
    uint64_t last_heard = get_number(reader, 8);
    uint64_t silence = old_now - last_heard;
    exchange->last_heard = silence < new_now ? new_now - silence : 0; /* the new clock may have started just now */
    return last_heard <= old_now || refuse(reader, "a time that is yet to come");
}

static bool get_flags(struct reader *reader, struct exchange *exchange, bool *has_upload)
{
    uint64_t flags = get_number(reader, 1);
    exchange->responding = (flags & FLAG_RESPONDING) != 0;
    exchange->closing = (flags & FLAG_CLOSING) != 0;
    exchange->request.complete = (flags & FLAG_REQUEST_COMPLETE) != 0;
    *has_upload = (flags & FLAG_UPLOAD) != 0;
    return flags <= FLAGS_ALL || refuse(reader, "a flag that is none");
}

/* The slot is empty, and is filled as far as it goes. */
static bool get_exchange(struct reader *reader, struct exchange *exchange, const struct site *site, uint64_t old_now,
                         uint64_t new_now)
{
    bool has_upload = false;
    copy_bytes(reader, exchange->guest.mac, 6);
    copy_bytes(reader, exchange->guest.address, 4);
    exchange->guest.port = (uint16_t)get_number(reader, 2);
    if (!get_times(reader, exchange, old_now, new_now) || !get_flags(reader, exchange, &has_upload)) {
        return false;
    }
    exchange->request.len = get_counted(reader, 2, exchange->request.bytes, sizeof(exchange->request.bytes));
    bool is_waiting = !exchange->responding && !has_upload;
    if (!http_request_is_consistent(&exchange->request) ||
        (is_waiting && http_request_has_arrived(&exchange->request))) {
        return refuse(reader, "a request that is none, or was never answered");
    }
    return get_response(reader, exchange, site->documents) &&
           (!has_upload || get_upload(reader, exchange, site->uploads)) &&
           get_connection(reader, exchange, old_now, new_now);
}

/* Of the same guest's port, or with the same temporary file. */
static bool is_second(const struct exchange *table, size_t index)
{
    const struct exchange *one = &table[index];
    for (const struct exchange *other = table; other < one; other++) {
        bool same_guest =
            other->guest.port == one->guest.port && frame_same_address(other->guest.address, one->guest.address);
        bool same_file = other->upload.open && one->upload.open && other->upload.number == one->upload.number;
        if (same_guest || same_file) {
            return true;
        }
    }
    return false;
}

static bool get_exchanges(struct reader *reader, struct interface *interface, uint64_t old_now, uint64_t new_now)
{
    struct exchange *table = interface_exchanges(interface);
    uint64_t count = get_number(reader, 4);
    if (count > INTERFACE_CONNECTIONS_MAX) {
        return refuse(reader, "too many connections");
    }
    for (size_t i = 0; i < count; i++) {
        if (!get_exchange(reader, &table[i], &interface_configuration(interface)->site, old_now, new_now)) {
            return false;
        }
        if (is_second(table, i)) {
            return refuse(reader, "the same connection or upload twice");
        }
    }
    interface_counters(interface)->connections_restored = count;
    return reader->offset == reader->len || refuse(reader, "more than there should be");
}

static bool get_envelope(struct reader *reader)
{
    const uint8_t *begin = get_bytes(reader, sizeof(magic));
    if (begin == NULL || memcmp(begin, magic, sizeof(magic)) != 0) {
        return refuse(reader, "not a state of dumbo-serve");
    }
    if (get_number(reader, 4) != VERSION) {
        return refuse(reader, "a state of another version");
    }
    if (reader->len - reader->offset < CHECKSUM_LENGTH) {
        return false;
    }
    reader->len -= CHECKSUM_LENGTH;
    struct reader trailer = {.bytes = reader->bytes + reader->len, .len = CHECKSUM_LENGTH};
    return get_number(&trailer, CHECKSUM_LENGTH) == checksum(reader->bytes, reader->len) ||
           refuse(reader, "it is damaged");
}

static bool get_state(struct reader *reader, struct interface *interface, uint64_t now)
{
    const struct station *us = &interface_configuration(interface)->us;
    uint8_t address[4] = {0};
    if (!get_envelope(reader)) {
        return false;
    }
    uint64_t old_now = get_number(reader, 8);
    copy_bytes(reader, address, sizeof(address));
    if (get_number(reader, 2) != us->port || !frame_same_address(address, us->address)) {
        return refuse(reader, "the server had another address or port");
    }
    return get_exchanges(reader, interface, old_now, now) && !reader->past_end;
}

/* Returns the number of bytes, or SIZE_MAX. */
static size_t read_all(int fd, uint8_t *buf, size_t buf_len)
{
    size_t len = 0;
    while (len < buf_len) {
        ssize_t got = read(fd, buf + len, buf_len - len);
        if (got == 0) {
            return len;
        }
        if (got < 0 && errno != EINTR) {
            return SIZE_MAX;
        }
        len += got > 0 ? (size_t)got : 0;
    }
    errno = EFBIG; /* there is no such long state */
    return SIZE_MAX;
}

static bool restore_open_file(const char *path, int fd, struct interface *interface, uint64_t now)
{
    uint8_t *bytes = malloc(STATE_MAX + 1);
    if (bytes == NULL) {
        return complain(path, "out of memory");
    }
    struct reader reader = {.bytes = bytes, .len = read_all(fd, bytes, STATE_MAX + 1)};
    bool right = reader.len != SIZE_MAX ? get_state(&reader, interface, now) : refuse(&reader, strerror(errno));
    free(bytes);
    return right || complain(path, reader.reason != NULL ? reader.reason : "it ends too early");
}

bool state_restore(const char *path, struct interface *interface, uint64_t now)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return errno == ENOENT || complain(path, strerror(errno));
    }
    bool right = restore_open_file(path, fd, interface, now);
    close(fd);
    if (right && unlink(path) != 0) {
        right = complain(path, strerror(errno)); /* restored twice it would be stale */
    }
    if (!right) {
        leave_exchanges(interface);
    }
    return right;
}
