/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "uploads.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The dot keeps temporary files apart from whatever a guest can name. */
enum { TEMPORARY_MAX = 32, ATTEMPTS_MAX = 4096 };

static void temporary_name(uint32_t number, char name[TEMPORARY_MAX])
{
    snprintf(name, TEMPORARY_MAX, ".upload-%" PRIu32, number);
}

static bool complain(const char *name, const char *reason)
{
    fprintf(stderr, "dumbo-serve: upload of %s: %s\n", name, reason);
    return false;
}

bool uploads_open(struct uploads *uploads, const char *path)
{
    uploads->next_number = 0;
    uploads->directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (uploads->directory < 0) {
        fprintf(stderr, "dumbo-serve: %s: %s\n", path, strerror(errno));
        return false;
    }
    return true;
}

void uploads_close(struct uploads *uploads)
{
    close(uploads->directory);
}

static bool is_right_character(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
}

bool upload_name_is_right(const char *name, size_t len)
{
    if (len == 0 || len > UPLOAD_NAME_MAX || name[0] == '.') {
        return false;
    }
    for (size_t i = 0; i < len; i++) {
        if (!is_right_character(name[i])) {
            return false;
        }
    }
    return true;
}

/* ------------------------------------------------------------------------------------------------- storing ---- */

/* A number may be taken, by another upload or by what a crash left behind. */
static int create_temporary(struct uploads *uploads, uint32_t *number)
{
    int fd = -1;
    errno = EEXIST;
    for (int i = 0; i < ATTEMPTS_MAX && fd < 0 && errno == EEXIST; i++) {
        char name[TEMPORARY_MAX];
        *number = uploads->next_number++;
        temporary_name(*number, name);
        fd = openat(uploads->directory, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    }
    return fd;
}

bool upload_begin(struct upload *upload, struct uploads *uploads, const char *name, uint64_t expected)
{
    *upload = (struct upload){.directory = uploads->directory, .expected = expected};
    snprintf(upload->name, sizeof(upload->name), "%s", name);
    upload->fd = create_temporary(uploads, &upload->number);
    upload->open = upload->fd >= 0;
    return upload->open || complain(name, strerror(errno));
}

bool upload_take(struct upload *upload, const uint8_t *bytes, size_t len)
{
    uint64_t left = upload->expected - upload->stored;
    size_t end = len < left ? len : (size_t)left;
    size_t done = 0;
    while (done < end) {
        ssize_t put = write(upload->fd, bytes + done, end - done);
        if (put == 0 || (put < 0 && errno != EINTR)) {
            complain(upload->name, strerror(errno));
            upload_abort(upload);
            return false;
        }
        done += put > 0 ? (size_t)put : 0;
    }
    upload->stored += end;
    return true;
}

bool upload_is_complete(const struct upload *upload)
{
    return upload->stored == upload->expected;
}

bool upload_finish(struct upload *upload)
{
    char temporary[TEMPORARY_MAX];
    temporary_name(upload->number, temporary);
    upload->open = false;
    if (close(upload->fd) == 0 && renameat(upload->directory, temporary, upload->directory, upload->name) == 0) {
        return true;
    }
    complain(upload->name, strerror(errno));
    unlinkat(upload->directory, temporary, 0);
    return false;
}

void upload_abort(struct upload *upload)
{
    if (upload->open) {
        char temporary[TEMPORARY_MAX];
        temporary_name(upload->number, temporary);
        close(upload->fd);
        unlinkat(upload->directory, temporary, 0);
        upload->open = false;
    }
}

/* ------------------------------------------------------------------------------- from one process to the next ---- */

bool upload_sync(const struct upload *upload)
{
    return fsync(upload->fd) == 0 || complain(upload->name, strerror(errno));
}

void upload_leave(struct upload *upload)
{
    if (upload->open) {
        close(upload->fd);
        upload->open = false;
    }
}

bool upload_resume(struct upload *upload, const struct uploads *uploads)
{
    char temporary[TEMPORARY_MAX];
    struct stat status;
    temporary_name(upload->number, temporary);
    upload->directory = uploads->directory;
    upload->fd = openat(uploads->directory, temporary, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (upload->fd < 0) {
        return complain(upload->name, strerror(errno));
    }
    if (fstat(upload->fd, &status) != 0 || !S_ISREG(status.st_mode) || (uint64_t)status.st_size != upload->stored) {
        close(upload->fd);
        return complain(upload->name, "what had arrived of it is not there any more");
    }
    upload->open = true;
    return true;
}
