/* SPDX-License-Identifier: Apache-2.0 */
/* Prints an exchange as a ladder: one line a frame, sequence numbers relative to each side's first. */
#ifndef DUMBO_EXAMPLES_LADDER_H
#define DUMBO_EXAMPLES_LADDER_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "verdict.h"

#ifdef __cplusplus
extern "C" {
#endif

struct ladder;

/* Returns NULL when there is no memory. The stream, and the guest's name, which each line begins with, stay the
 * caller's.
 */
struct ladder *ladder_new(FILE *out, const char *guest);
void ladder_free(struct ladder *ladder);

/* From here on times are counted, in nanoseconds. Without this, from the first line on: with several ladders on one
 * stream, start them together. */
void ladder_start(struct ladder *ladder, uint64_t now);

/* Prints a line of the caller's; what is not printable in it, escaped. */
void ladder_say(struct ladder *ladder, uint64_t now, const char *text);

/* Prints a frame. */
void ladder_add(struct ladder *ladder, enum direction direction, const uint8_t *frame, size_t len, uint64_t now,
                const struct verdict *verdict);

#ifdef __cplusplus
}
#endif

#endif
