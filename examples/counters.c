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
    {"connections_opened", offsetof(struct counters, connections_opened)},
    {"connections_refused", offsetof(struct counters, connections_refused)},
    {"connections_closed", offsetof(struct counters, connections_closed)},
    {"connections_reset", offsetof(struct counters, connections_reset)},
    {"connections_evicted", offsetof(struct counters, connections_evicted)},
    {"connections_saved", offsetof(struct counters, connections_saved)},
    {"connections_restored", offsetof(struct counters, connections_restored)},
    {"requests", offsetof(struct counters, requests)},
    {"uploads", offsetof(struct counters, uploads)},
    {"early_taken", offsetof(struct counters, early_taken)},
    {"rsts_in", offsetof(struct counters, rsts_in)},
    {"rsts_out", offsetof(struct counters, rsts_out)},
    {"replies_lost", offsetof(struct counters, replies_lost)},
    {"faults_dropped", offsetof(struct counters, faults_dropped)},
    {"faults_duplicated", offsetof(struct counters, faults_duplicated)},
    {"faults_reordered", offsetof(struct counters, faults_reordered)},
    {"faults_delayed", offsetof(struct counters, faults_delayed)},
};

static const struct row tcp_rows[] = {
    {"tcp_segments_in", offsetof(struct counters, tcp.segments_in)},
    {"tcp_bytes_in", offsetof(struct counters, tcp.bytes_in)},
    {"tcp_segments_out", offsetof(struct counters, tcp.segments_out)},
    {"tcp_bytes_out", offsetof(struct counters, tcp.bytes_out)},
    {"tcp_repeated_on_timeout", offsetof(struct counters, tcp.repeated_on_timeout)},
    {"tcp_repeated_on_dup_ack", offsetof(struct counters, tcp.repeated_on_dup_ack)},
    {"tcp_repeated_on_window_opened", offsetof(struct counters, tcp.repeated_on_window_opened)},
    {"tcp_repeated_on_syn", offsetof(struct counters, tcp.repeated_on_syn)},
    {"tcp_bytes_repeated", offsetof(struct counters, tcp.bytes_repeated)},
    {"tcp_probes", offsetof(struct counters, tcp.probes)},
    {"tcp_resets_by_peer", offsetof(struct counters, tcp.resets_by_peer)},
    {"tcp_resets_by_invalid_segment", offsetof(struct counters, tcp.resets_by_invalid_segment)},
    {"tcp_resets_by_invalid_ack", offsetof(struct counters, tcp.resets_by_invalid_ack)},
    {"tcp_resets_by_caller", offsetof(struct counters, tcp.resets_by_caller)},
    {"tcp_resets_by_timeout", offsetof(struct counters, tcp.resets_by_timeout)},
    {"tcp_invalid_ack", offsetof(struct counters, tcp.invalid_ack)},
    {"tcp_dup_ack", offsetof(struct counters, tcp.dup_ack)},
    {"tcp_segment_beyond_rwnd", offsetof(struct counters, tcp.segment_beyond_rwnd)},
    {"tcp_unexpected_seq", offsetof(struct counters, tcp.unexpected_seq)},
    {"tcp_remote_rwnd_edge", offsetof(struct counters, tcp.remote_rwnd_edge)},
    {"tcp_data_beyond_fin", offsetof(struct counters, tcp.data_beyond_fin)},
    {"tcp_reset_received", offsetof(struct counters, tcp.reset_received)},
    {"tcp_invalid_rst", offsetof(struct counters, tcp.invalid_rst)},
    {"tcp_invalid_segment", offsetof(struct counters, tcp.invalid_segment)},
    {"tcp_conn_resetting", offsetof(struct counters, tcp.conn_resetting)},
    {"tcp_invalid_fin", offsetof(struct counters, tcp.invalid_fin)},
    {"tcp_challenge_ack", offsetof(struct counters, tcp.challenge_ack)},
    {"tcp_malformed", offsetof(struct counters, tcp.malformed)},
    {"tcp_checksum_errors", offsetof(struct counters, tcp.checksum_errors)},
    {"tcp_after_reset", offsetof(struct counters, tcp.after_reset)},
};

enum { ROWS = sizeof(rows) / sizeof(rows[0]), TCP_ROWS = sizeof(tcp_rows) / sizeof(tcp_rows[0]) };

_Static_assert(ROWS * sizeof(uint64_t) == offsetof(struct counters, tcp), "every counter has its row");
_Static_assert(TCP_ROWS * sizeof(uint64_t) == sizeof(dumbo_counters) - offsetof(dumbo_counters, segments_in),
               "and so has every counter of the library's");

static uint64_t value_of(const struct counters *counters, const struct row *row)
{
    return *(const uint64_t *)((const char *)counters + row->offset);
}

void counters_add_connection(struct counters *counters, const dumbo_connection *connection)
{
    struct counters one = {.tcp = {.struct_size = sizeof(one.tcp)}};
    if (dumbo_connection_counters(connection, &one.tcp) != DUMBO_OK) {
        return; /* there is none, or it does not count */
    }
    for (size_t i = 0; i < TCP_ROWS; i++) {
        *(uint64_t *)((char *)counters + tcp_rows[i].offset) += value_of(&one, &tcp_rows[i]);
    }
}

void counters_summarize(const struct counters *counters, FILE *out)
{
    const dumbo_counters *tcp = &counters->tcp;
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
            " for a repeated SYN; duplicate ACKs in: %" PRIu64 "; RSTs: %" PRIu64 " in, %" PRIu64 " out\n",
            tcp->repeated_on_dup_ack, tcp->repeated_on_timeout, tcp->repeated_on_syn, tcp->dup_ack, counters->rsts_in,
            counters->rsts_out);
}

static void print_rows(const struct counters *counters, const struct row *table, size_t count, FILE *out)
{
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "%-30s %" PRIu64 "\n", table[i].name, value_of(counters, &table[i]));
    }
}

void counters_print(const struct counters *counters, FILE *out)
{
    print_rows(counters, rows, ROWS, out);
    print_rows(counters, tcp_rows, TCP_ROWS, out);
}
