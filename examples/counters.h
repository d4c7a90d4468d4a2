/* SPDX-License-Identifier: Apache-2.0 */
/* What the server counts while it runs. */
#ifndef DUMBO_EXAMPLES_COUNTERS_H
#define DUMBO_EXAMPLES_COUNTERS_H

#include <dumbo/dumbo.h>
#include <stdint.h>
#include <stdio.h>

struct counters {
    uint64_t frames_in;
    uint64_t frames_out;
    uint64_t frame_bytes_in;
    uint64_t frame_bytes_out;
    uint64_t frames_lost; /* the TAP device did not take them */

    uint64_t arp_requests;
    uint64_t foreign;   /* for another address, or of another protocol */
    uint64_t malformed; /* lies about their own format */
    uint64_t bad_checksums;
    uint64_t fragments;

    uint64_t segments_in;
    uint64_t segments_out;

    uint64_t connections_opened;
    uint64_t connections_refused; /* a SYN that the library or a full table turned down */
    uint64_t connections_closed;  /* both FINs acknowledged */
    uint64_t connections_reset;
    uint64_t connections_evicted;
    uint64_t connections_saved;    /* to the state file */
    uint64_t connections_restored; /* from it */
    uint64_t requests;
    uint64_t uploads; /* stored completely */

    uint64_t early_taken; /* segments that came before their turn, and were handed in again in it */
    uint64_t rsts_in;
    uint64_t rsts_out;
    uint64_t replies_lost; /* ARP replies and RSTs that found their queue full */

    uint64_t faults_dropped; /* frames of both directions */
    uint64_t faults_duplicated;
    uint64_t faults_reordered;
    uint64_t faults_delayed;

    dumbo_counters tcp; /* the sums of what the library counted for each connection */
};

/* Adds what a connection has counted. */
void counters_add_connection(struct counters *counters, const dumbo_connection *connection);

/* A few lines for people: traffic, connections, retransmissions. */
void counters_summarize(const struct counters *counters, FILE *out);

/* One "name value" line a counter, for scripts to look up. */
void counters_print(const struct counters *counters, FILE *out);

#endif
