/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "documents.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static bool complain(const char *path, const char *reason)
{
    fprintf(stderr, "dumbo-serve: %s: %s\n", path, reason);
    return false;
}

static bool map_open_file(int fd, const char *path, struct document *document)
{
    struct stat status;
    if (fstat(fd, &status) != 0) {
        return complain(path, strerror(errno));
    }
    if (!S_ISREG(status.st_mode)) {
        return complain(path, "not a regular file");
    }
    document->len = (uint64_t)status.st_size;
    document->bytes = NULL;
    if (document->len == 0) {
        return true; /* mmap refuses an empty range */
    }
    void *bytes = mmap(NULL, (size_t)document->len, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED) {
        return complain(path, strerror(errno));
    }
    document->bytes = bytes;
    return true;
}

static bool map_file(const char *path, struct document *document)
{
    /* O_NONBLOCK: opening a FIFO by mistake must not hang. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        return complain(path, strerror(errno));
    }
    bool mapped = map_open_file(fd, path, document);
    close(fd); /* the mapping outlives the descriptor */
    return mapped;
}

static void unmap(const struct document *document)
{
    if (document->len > 0) {
        munmap((void *)(uintptr_t)document->bytes, (size_t)document->len);
    }
}

static bool append(struct documents *documents, const char *name, struct document *document)
{
    struct document *list = realloc(documents->list, (documents->count + 1) * sizeof(*list));
    if (list == NULL) {
        return complain(name, "out of memory");
    }
    documents->list = list;
    document->target = malloc(strlen(name) + 2);
    if (document->target == NULL) {
        return complain(name, "out of memory");
    }
    document->target[0] = '/';
    strcpy(document->target + 1, name);
    documents->list[documents->count++] = *document;
    return true;
}

static bool add(struct documents *documents, const char *name, const char *path)
{
    struct document document;
    if (!map_file(path, &document)) {
        return false;
    }
    if (!append(documents, name, &document)) {
        unmap(&document);
        return false;
    }
    return true;
}

bool documents_add_file(struct documents *documents, const char *path)
{
    const char *slash = strrchr(path, '/');
    return add(documents, slash != NULL ? slash + 1 : path, path);
}

static bool add_entries(struct documents *documents, FTS *walk, const char *root)
{
    FTSENT *entry;
    while (errno = 0, (entry = fts_read(walk)) != NULL) {
        if (entry->fts_info == FTS_ERR || entry->fts_info == FTS_DNR || entry->fts_info == FTS_NS) {
            return complain(entry->fts_path, strerror(entry->fts_errno));
        }
        if (entry->fts_info != FTS_F) {
            continue;
        }
        const char *name = entry->fts_path + strlen(root);
        while (*name == '/') {
            name++;
        }
        if (!add(documents, name, entry->fts_accpath)) {
            return false;
        }
    }
    return errno == 0 || complain(root, strerror(errno));
}

bool documents_add_tree(struct documents *documents, const char *root)
{
    struct stat status;
    if (stat(root, &status) != 0) {
        return complain(root, strerror(errno));
    }
    if (!S_ISDIR(status.st_mode)) {
        return complain(root, "not a directory");
    }
    char *roots[] = {(char *)(uintptr_t)root, NULL};
    FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, NULL);
    if (walk == NULL) {
        return complain(root, strerror(errno));
    }
    bool added = add_entries(documents, walk, root);
    fts_close(walk);
    return added;
}

const struct document *documents_find(const struct documents *documents, const char *target, size_t target_len)
{
    const char *query = memchr(target, '?', target_len);
    size_t len = query != NULL ? (size_t)(query - target) : target_len;
    for (size_t i = 0; i < documents->count; i++) {
        const struct document *document = &documents->list[i];
        if (strlen(document->target) == len && memcmp(document->target, target, len) == 0) {
            return document;
        }
    }
    return NULL;
}

void documents_free(struct documents *documents)
{
    for (size_t i = 0; i < documents->count; i++) {
        unmap(&documents->list[i]);
        free(documents->list[i].target);
    }
    free(documents->list);
    *documents = (struct documents){0};
}
