/* SPDX-License-Identifier: Apache-2.0 */
#include "counters.h"

#include <inttypes.h>
#include <stddef.h>

struct row {
    const char *name;
    size_t offset;
};

static const struct row rows[] = {
    {"frames_in", offsetof(struct counters, frames_in)},
    {"frames_out", offsetof(struct counters, frames_out)},
    {"frame_bytes_in", offsetof(struct counters, frame_bytes_in)},
    {"frame_bytes_out", offsetof(struct counters, frame_bytes_out)},
    {"frames_lost", offsetof(struct counters, frames_lost)},
    {"arp_requests", offsetof(struct counters, arp_requests)},
    {"foreign", offsetof(struct counters, foreign)},
    {"malformed", offsetof(struct counters, malformed)},
    {"bad_checksums", offsetof(struct counters, bad_checksums)},
    {"fragments", offsetof(struct counters, fragments)},
    {"segments_in", offsetof(struct counters, segments_in)},
    {"segments_out", offsetof(struct counters, segments_out)},
    {"payload_in", offsetof(struct counters, payload_in)},
    {"payload_out", offsetof(struct counters, payload_out)},
    {"connections_opened", offsetof(struct counters, connections_opened)},
    {"connections_refused", offsetof(struct counters, connections_refused)},
    {"connections_closed", offsetof(struct counters, connections_closed)},
    {"connections_reset", offsetof(struct counters, connections_reset)},
    {"connections_evicted", offsetof(struct counters, connections_evicted)},
    {"connections_saved", offsetof(struct counters, connections_saved)},
    {"connections_restored", offsetof(struct counters, connections_restored)},
    {"requests", offsetof(struct counters, requests)},
    {"uploads", offsetof(struct counters, uploads)},
    {"retransmitted_on_dup_ack", offsetof(struct counters, retransmitted_on_dup_ack)},
    {"retransmitted_on_timeout", offsetof(struct counters, retransmitted_on_timeout)},
    {"retransmitted_control", offsetof(struct counters, retransmitted_control)},
    {"dup_acks_in", offsetof(struct counters, dup_acks_in)},
    {"anomalous_in", offsetof(struct counters, anomalous_in)},
    {"rsts_in", offsetof(struct counters, rsts_in)},
    {"rsts_out", offsetof(struct counters, rsts_out)},
    {"replies_lost", offsetof(struct counters, replies_lost)},
    {"faults_dropped", offsetof(struct counters, faults_dropped)},
    {"faults_duplicated", offsetof(struct counters, faults_duplicated)},
    {"faults_reordered", offsetof(struct counters, faults_reordered)},
    {"faults_delayed", offsetof(struct counters, faults_delayed)},
};

_Static_assert(sizeof(rows) / sizeof(rows[0]) * sizeof(uint64_t) == sizeof(struct counters),
               "every counter has its row");

void counters_summarize(const struct counters *counters, FILE *out)
{
    fprintf(out, "dumbo-serve: frames: %" PRIu64 " in (%" PRIu64 " bytes), %" PRIu64 " out (%" PRIu64 " bytes); ",
            counters->frames_in, counters->frame_bytes_in, counters->frames_out, counters->frame_bytes_out);
    fprintf(out, "TCP segments: %" PRIu64 " in, %" PRIu64 " out\n", counters->segments_in, counters->segments_out);
    fprintf(out,
            "dumbo-serve: connections: %" PRIu64 " opened, %" PRIu64 " closed, %" PRIu64 " reset, %" PRIu64
            " evicted, %" PRIu64 " refused; requests: %" PRIu64 "\n",
            counters->connections_opened, counters->connections_closed, counters->connections_reset,
            counters->connections_evicted, counters->connections_refused, counters->requests);
    fprintf(out,
            "dumbo-serve: retransmitted: %" PRIu64 " on a duplicate ACK, %" PRIu64 " on timeout, %" PRIu64
            " SYNACKs or FINs; duplicate ACKs in: %" PRIu64 "; RSTs: %" PRIu64 " in, %" PRIu64 " out\n",
            counters->retransmitted_on_dup_ack, counters->retransmitted_on_timeout, counters->retransmitted_control,
            counters->dup_acks_in, counters->rsts_in, counters->rsts_out);
}

void counters_print(const struct counters *counters, FILE *out)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const uint64_t *value = (const uint64_t *)((const char *)counters + rows[i].offset);
        fprintf(out, "%-26s %" PRIu64 "\n", rows[i].name, *value);
    }
}
