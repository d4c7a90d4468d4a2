/* SPDX-License-Identifier: Apache-2.0 */
/* What turns the interface into a running server: something that carries frames back and forth, and a clock. */
#ifndef DUMBO_EXAMPLES_LOOP_H
#define DUMBO_EXAMPLES_LOOP_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#include "client.h"
#include "faults.h"
#include "interface.h"
#include "ladder.h"
#include "pcap.h"

struct loop {
    struct interface *interface;
    struct pcap *pcap;      /* may be NULL */
    struct ladder *ladder;  /* may be NULL */
    struct faults *faults;  /* may be NULL, and is with the scripted client */
    const char *state;      /* the file that connections are saved to and restored from; may be NULL */
    uint64_t exit_after;    /* so many connections, 0 for no limit */
    sigset_t while_waiting; /* set by loop_catch_signals() */
    uint64_t epoch;         /* set by both functions: the loop's time 0 in nanoseconds since 1970 */
};

/* From here on SIGINT, SIGTERM and SIGUSR1 wait for loop_run_tap() to ask. Returns false when that cannot be had. */
bool loop_catch_signals(struct loop *loop);

/* Carries frames between the interface and a TAP device until exit_after is reached, or SIGINT or SIGTERM arrives; or
 * SIGUSR1, and the connections are saved. Returns false when the device fails, or the connections of an earlier run
 * cannot be restored. */
bool loop_run_tap(struct loop *loop, int fd);

/* Carries frames between the interface and the built-in client, in virtual time. Returns whether the client got what it
 * asked for. */
bool loop_run_scripted(struct loop *loop, struct client *client);

#endif
