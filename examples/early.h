/* SPDX-License-Identifier: Apache-2.0 */
/* Segments that came before their turn. A connection of libdumbo takes segments in order and drops all others; kept
 * here, they are handed in again when what was missing has arrived, and the guest need not send them twice. */
#ifndef DUMBO_EXAMPLES_EARLY_H
#define DUMBO_EXAMPLES_EARLY_H

#include <stddef.h>
#include <stdint.h>

#include "frame.h"

struct early_segment {
    struct early_segment *next;
    dumbo_tcp_segment header;
    size_t len;
    uint8_t bytes[];
};

/* Zero-initialized there are none. */
struct early {
    struct early_segment *first;
    size_t count;
    size_t bytes;
};

/* Keeps a copy of a segment, unless it is kept already, or there is no room: the guest will send it again. */
void early_keep(struct early *early, const dumbo_tcp_segment *header, const uint8_t *bytes, size_t len);

/* Takes out the segment that begins at RCV.NXT, NULL when there is none; the caller frees it. What lies before it came
 * too late, and is given up. */
struct early_segment *early_take(struct early *early, uint32_t rcv_nxt);

void early_clear(struct early *early);

#endif
