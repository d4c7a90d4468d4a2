/* SPDX-License-Identifier: Apache-2.0 */
/* Prints an exchange as a ladder: one line a frame, sequence numbers relative to each side's first. */
#ifndef DUMBO_EXAMPLES_LADDER_H
#define DUMBO_EXAMPLES_LADDER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "verdict.h"

struct ladder;

/* Returns NULL when there is no memory. The stream stays the caller's. */
struct ladder *ladder_new(FILE *out);
void ladder_free(struct ladder *ladder);

/* Prints a frame. now: nanoseconds; the first frame's time becomes 0. */
void ladder_add(struct ladder *ladder, enum direction direction, const uint8_t *frame, size_t len, uint64_t now,
                const struct verdict *verdict);

#endif
