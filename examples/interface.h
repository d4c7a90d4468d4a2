/* SPDX-License-Identifier: Apache-2.0 */
/* The server as the guest sees it: a network interface. Frames of the guest go in, frames for the guest come out, and
 * the time is an argument. No clock, no thread, and no descriptors but those of uploads: whoever calls it brings those.
 */
#ifndef DUMBO_EXAMPLES_INTERFACE_H
#define DUMBO_EXAMPLES_INTERFACE_H

#include <stddef.h>
#include <stdint.h>

#include "counters.h"
#include "exchange.h"
#include "frame.h"
#include "verdict.h"

enum { INTERFACE_CONNECTIONS_MAX = 64 };

struct interface_config {
    struct station us;           /* MAC and IPv4 address, and the port that is served */
    uint64_t rto;                /* retransmission timeout, nanoseconds */
    uint16_t mss_reserved;       /* leave this much of every peer's MSS unused */
    uint32_t connection_options; /* DUMBO_OPTION_* */
    struct site site;
};

struct interface;

/* Returns NULL when there is no memory. The site stays the caller's, and must outlive the interface. */
struct interface *interface_new(const struct interface_config *config);
void interface_free(struct interface *interface);

/* Takes one frame of the guest, and says what became of it. Times are nanoseconds and do not decrease. */
void interface_receive_frame(struct interface *interface, const uint8_t *frame, size_t len, uint64_t now,
                             struct verdict *verdict);

/* Writes the next frame for the guest and returns its length, 0 when there is none. buf_len: FRAME_LENGTH_MAX. */
size_t interface_write_frame(struct interface *interface, uint8_t *buf, size_t buf_len, uint64_t now,
                             struct verdict *verdict);

/* When interface_write_frame() has to be called even if no frame arrives; UINT64_MAX for never. */
uint64_t interface_deadline(const struct interface *interface);

/* How many connections have come to an end, whatever end. */
uint64_t interface_connections_ended(const struct interface *interface);

/* The counters, for the owner of the descriptor to count what it lost. */
struct counters *interface_counters(struct interface *interface);

/* The counters, to be read: with those of the connections that are still alive. */
struct counters interface_report(const struct interface *interface);

/* For those who save and restore: all INTERFACE_CONNECTIONS_MAX exchanges, and what the interface was made with. */
struct exchange *interface_exchanges(struct interface *interface);
const struct interface_config *interface_configuration(const struct interface *interface);

#endif
