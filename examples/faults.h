/* SPDX-License-Identifier: Apache-2.0 */
/* A bad link on purpose: frames get lost, doubled, out of order or late, by chance, but the same way for the same seed
 * and the same frames. No clock: the time is an argument. */
#ifndef DUMBO_EXAMPLES_FAULTS_H
#define DUMBO_EXAMPLES_FAULTS_H

#include <stddef.h>
#include <stdint.h>

#include "counters.h"
#include "frame.h"
#include "verdict.h"

enum { FAULTS_PERCENT_MAX = 20, FAULTS_DELAY_MAX_MS = 10000 };

struct faults_config {
    uint64_t seed;
    uint64_t delay; /* a late frame waits so long at most, nanoseconds; not 0 */
    uint64_t drop;  /* percent, as are the others */
    uint64_t duplicate;
    uint64_t reorder;
    uint64_t delayed;
};

/* One frame under way. */
struct faulty_frame {
    uint64_t due;
    uint64_t number; /* counts the frames of one direction, copies included; 0: there is no frame here */
    uint32_t fate;   /* enum fault bits */
    size_t len;
    uint8_t bytes[FRAME_LENGTH_MAX];
};

struct faults;

/* Returns NULL when there is no memory. */
struct faults *faults_new(const struct faults_config *config);
void faults_free(struct faults *faults);

/* Takes a frame, at most FRAME_LENGTH_MAX bytes of it, and says what will become of it: enum fault bits. What is due
 * has to be taken out by faults_next() before the next frame is put in. Times are nanoseconds and do not decrease. */
uint32_t faults_take(struct faults *faults, enum direction direction, const uint8_t *frame, size_t len, uint64_t now,
                     struct counters *counters);

/* Takes out the next frame that is due, NULL when there is none. Valid until the next faults_take(). */
const struct faulty_frame *faults_next(struct faults *faults, enum direction direction, uint64_t now);

/* When faults_next() has to be called even if no frame is put in; UINT64_MAX for never. */
uint64_t faults_deadline(const struct faults *faults);

#endif
