/* SPDX-License-Identifier: Apache-2.0 */
/* Small frames that belong to no connection and wait to be sent: ARP replies and RSTs. */
#ifndef DUMBO_EXAMPLES_REPLIES_H
#define DUMBO_EXAMPLES_REPLIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "frame.h"

enum { REPLIES_MAX = 64 };

struct reply {
    uint8_t bytes[FRAME_RST_LENGTH];
    size_t len;
    const char *remark; /* static */
};

/* A ring. Zero-initialized it is empty. */
struct replies {
    struct reply ring[REPLIES_MAX];
    size_t first;
    size_t count;
};

/* Each queues one frame; false when the queue is full: a flood gets no more answers than the guest reads. */
bool replies_push_arp(struct replies *replies, const struct station *us, const dumbo_arp_packet *request);
bool replies_push_rst(struct replies *replies, const struct station *us, const struct station *guest,
                      const dumbo_rst_config *rst, const char *remark);

/* Takes out the oldest frame, NULL when there is none. Valid until the next push. */
const struct reply *replies_pop(struct replies *replies);

#endif
