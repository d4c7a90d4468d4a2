/* SPDX-License-Identifier: Apache-2.0 */
/* Files that the guest sends: each is written under a name of our own while it arrives, and gets its name when it is
 * complete. */
#ifndef DUMBO_EXAMPLES_UPLOADS_H
#define DUMBO_EXAMPLES_UPLOADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { UPLOAD_NAME_MAX = 128, UPLOAD_LENGTH_MAX = 1 << 30 };

/* The directory they go to. */
struct uploads {
    int directory;
    uint32_t next_number; /* for the next temporary file */
};

/* One file under way. Zero-initialized there is none. */
struct upload {
    bool open;
    int fd;
    int directory;
    uint32_t number; /* makes the temporary file's name */
    char name[UPLOAD_NAME_MAX + 1];
    uint64_t expected;
    uint64_t stored;
};

/* Opens the directory. Complains on stderr and returns false when that fails. */
bool uploads_open(struct uploads *uploads, const char *path);
void uploads_close(struct uploads *uploads);

/* Whether a file may be called so: letters, digits, '.', '_' and '-', and no '.' at the beginning. */
bool upload_name_is_right(const char *name, size_t len);

/* Each of these complains on stderr and returns false when the file system fails; then nothing is left on the disk. */
bool upload_begin(struct upload *upload, struct uploads *uploads, const char *name, uint64_t expected);
bool upload_take(struct upload *upload, const uint8_t *bytes, size_t len); /* what is not expected is passed over */
bool upload_finish(struct upload *upload);

bool upload_is_complete(const struct upload *upload);

/* Gives up an upload and removes what there is of it. */
void upload_abort(struct upload *upload);

/* Makes sure that what arrived so far is on the disk. Complains on stderr and returns false when that fails. */
bool upload_sync(const struct upload *upload);

/* Ends an upload here, but leaves the temporary file to the next process ... */
void upload_leave(struct upload *upload);

/* ... which goes on with it. number, name, expected and stored are set already. Complains on stderr and returns false
 * when there is no such file of that length; it stays untouched. */
bool upload_resume(struct upload *upload, const struct uploads *uploads);

#endif
