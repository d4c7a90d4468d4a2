/* SPDX-License-Identifier: Apache-2.0 */
/* A guest in a few lines, for machines without TAP devices: it asks for the server's MAC address, connects, fetches one
 * document, compares every byte, and closes. It meets the server through frames alone. Made for a link that loses
 * nothing: it never repeats anything. */
#ifndef DUMBO_EXAMPLES_CLIENT_H
#define DUMBO_EXAMPLES_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "documents.h"
#include "frame.h"

struct client_config {
    struct station us;
    struct station server; /* its MAC address is found out by ARP */
    uint16_t mss;
    const struct document *document; /* what to ask for, and what has to arrive */
    FILE *save;                      /* receives the body as it arrived; may be NULL */
};

struct client;

/* Returns NULL when there is no memory. The document and the stream stay the caller's. */
struct client *client_new(const struct client_config *config);
void client_free(struct client *client);

void client_receive_frame(struct client *client, const uint8_t *frame, size_t len);

/* Writes the next frame and returns its length, 0 when there is none. buf_len: FRAME_LENGTH_MAX. */
size_t client_write_frame(struct client *client, uint8_t *buf, size_t buf_len);

/* Whether the whole exchange, closing included, went right. */
bool client_has_succeeded(const struct client *client);

/* What went wrong, NULL as long as nothing did. */
const char *client_failure(const struct client *client);

#endif
