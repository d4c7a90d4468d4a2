/* SPDX-License-Identifier: Apache-2.0 */
/* The files to serve, mapped into memory once at the start: no request ever opens a file. */
#ifndef DUMBO_EXAMPLES_DOCUMENTS_H
#define DUMBO_EXAMPLES_DOCUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct document {
    char *target; /* "/name", what a request line asks for */
    const uint8_t *bytes;
    uint64_t len;
};

struct documents {
    struct document *list;
    size_t count;
};

/* Adds one regular file under "/" and its base name. Complains on stderr and returns false when that fails. */
bool documents_add_file(struct documents *documents, const char *path);

/* Adds every regular file below a directory under its path relative to it. Symbolic links are not followed. */
bool documents_add_tree(struct documents *documents, const char *root);

/* The document that a target of target_len bytes names, or NULL. A query behind '?' is not looked at. */
const struct document *documents_find(const struct documents *documents, const char *target, size_t target_len);

void documents_free(struct documents *documents);

#endif
