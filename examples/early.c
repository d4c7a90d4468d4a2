/* SPDX-License-Identifier: Apache-2.0 */
#include "early.h"

#include <stdlib.h>
#include <string.h>

/* A window full of payload, with its headers, however small the pieces are. */
enum { SEGMENTS_MAX = 256, BYTES_MAX = 65535 + SEGMENTS_MAX * 60 };

static bool is_kept(const struct early *early, const dumbo_tcp_segment *header)
{
    for (const struct early_segment *segment = early->first; segment != NULL; segment = segment->next) {
        if (segment->header.seq == header->seq && segment->header.payload_length >= header->payload_length) {
            return true;
        }
    }
    return false;
}

void early_keep(struct early *early, const dumbo_tcp_segment *header, const uint8_t *bytes, size_t len)
{
    if (early->count == SEGMENTS_MAX || len > BYTES_MAX - early->bytes || is_kept(early, header)) {
        return;
    }
    struct early_segment *segment = malloc(sizeof(*segment) + len);
    if (segment == NULL) {
        return;
    }
    segment->header = *header;
    segment->len = len;
    memcpy(segment->bytes, bytes, len);
    segment->next = early->first;
    early->first = segment;
    early->count++;
    early->bytes += len;
}

static struct early_segment *unlink_segment(struct early *early, struct early_segment **link)
{
    struct early_segment *segment = *link;
    *link = segment->next;
    early->count--;
    early->bytes -= segment->len;
    return segment;
}

struct early_segment *early_take(struct early *early, uint32_t rcv_nxt)
{
    struct early_segment **link = &early->first;
    while (*link != NULL) {
        uint32_t seq = (*link)->header.seq;
        if (seq == rcv_nxt) {
            return unlink_segment(early, link);
        }
        if (dumbo_seq_after(seq, rcv_nxt)) {
            link = &(*link)->next;
        } else {
            free(unlink_segment(early, link));
        }
    }
    return NULL;
}

void early_clear(struct early *early)
{
    while (early->first != NULL) {
        free(unlink_segment(early, &early->first));
    }
}
