/* SPDX-License-Identifier: Apache-2.0 */
#include "faults.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* So many frames of one direction can be held back. The last two places are left to a frame that goes straight through
 * and its copy: with the others taken, nothing is held back any more. */
enum { QUEUE_MAX = 64, HELD_MAX = QUEUE_MAX - 2, DIRECTIONS = 2 };

/* A frame that waits for the next one to overtake it waits no longer than this. */
static const uint64_t reorder_wait = 3000000;

/* What goes one way. Each has a random sequence of its own, so that neither depends on when the other's frames come. */
struct lane {
    uint64_t random_state;
    uint64_t last_number;
    struct faulty_frame queue[QUEUE_MAX];
};

struct faults {
    struct faults_config config;
    struct lane lanes[DIRECTIONS];
};

struct faults *faults_new(const struct faults_config *config)
{
    struct faults *faults = calloc(1, sizeof(*faults)); /* memory that no frame ever needs is never touched */
    if (faults == NULL) {
        return NULL;
    }
    faults->config = *config;
    for (unsigned i = 0; i < DIRECTIONS; i++) {
        faults->lanes[i].random_state = config->seed * DIRECTIONS + i;
    }
    return faults;
}

void faults_free(struct faults *faults)
{
    free(faults);
}

/* -------------------------------------------------------------------------------------------------- chance ---- */

/* SplitMix64: a counter in large odd steps, and a mixer that makes neighbours look unrelated. */
static uint64_t draw(struct lane *lane)
{
    lane->random_state += 0x9e3779b97f4a7c15u;
    uint64_t bits = lane->random_state;
    bits = (bits ^ (bits >> 30)) * 0xbf58476d1ce4e5b9u;
    bits = (bits ^ (bits >> 27)) * 0x94d049bb133111ebu;
    return bits ^ (bits >> 31);
}

static bool happens(struct lane *lane, uint64_t percent)
{
    return draw(lane) % 100 < percent;
}

/* ---------------------------------------------------------------------------------------------- putting in ---- */

static size_t frames_held(const struct lane *lane)
{
    size_t held = 0;
    for (size_t i = 0; i < QUEUE_MAX; i++) {
        held += lane->queue[i].number != 0;
    }
    return held;
}

static struct faulty_frame *free_place(struct lane *lane)
{
    for (size_t i = 0; i < QUEUE_MAX; i++) {
        if (lane->queue[i].number == 0) {
            return &lane->queue[i];
        }
    }
    return NULL;
}

/* Draws how long one copy is held back. The draws are made in any case: with one fault switched off the others happen
 * to the same frames. */
static uint32_t draw_hold(const struct faults *faults, struct lane *lane, uint64_t now, uint64_t *due)
{
    bool reordered = happens(lane, faults->config.reorder);
    bool delayed = happens(lane, faults->config.delayed);
    uint64_t delay = 1 + draw(lane) % faults->config.delay;
    *due = now;
    if (frames_held(lane) >= HELD_MAX) {
        return 0;
    }
    if (delayed) {
        *due = now + delay;
    } else if (reordered) {
        *due = now + reorder_wait;
    }
    return delayed ? FAULT_DELAYED : reordered ? FAULT_REORDERED : 0;
}

static void count(struct counters *counters, uint32_t fate)
{
    counters->faults_dropped += (fate & FAULT_DROPPED) != 0;
    counters->faults_duplicated += (fate & FAULT_DUPLICATED) != 0;
    counters->faults_reordered += (fate & FAULT_REORDERED) != 0;
    counters->faults_delayed += (fate & FAULT_DELAYED) != 0;
}

static uint32_t put_in(const struct faults *faults, struct lane *lane, const uint8_t *bytes, size_t len, uint64_t now)
{
    uint64_t due = 0;
    uint32_t fate = draw_hold(faults, lane, now, &due);
    struct faulty_frame *frame = free_place(lane);
    if (frame == NULL) {
        return FAULT_DROPPED; /* the caller left behind what was due */
    }
    frame->due = due;
    frame->number = ++lane->last_number;
    frame->fate = fate;
    frame->len = len < sizeof(frame->bytes) ? len : sizeof(frame->bytes);
    memcpy(frame->bytes, bytes, frame->len);
    return fate;
}

uint32_t faults_take(struct faults *faults, enum direction direction, const uint8_t *frame, size_t len, uint64_t now,
                     struct counters *counters)
{
    struct lane *lane = &faults->lanes[direction];
    bool dropped = happens(lane, faults->config.drop);
    bool duplicated = happens(lane, faults->config.duplicate);
    uint32_t fate = FAULT_DROPPED;
    if (!dropped) {
        fate = put_in(faults, lane, frame, len, now);
        count(counters, fate);
    }
    if (!dropped && duplicated) {
        count(counters, put_in(faults, lane, frame, len, now)); /* the copy may come late on its own */
        count(counters, FAULT_DUPLICATED);
        fate |= FAULT_DUPLICATED;
    }
    counters->faults_dropped += dropped;
    return fate;
}

/* ---------------------------------------------------------------------------------------------- taking out ---- */

/* Those that waited for a later frame to go first, as this one does. */
static void release_overtaken(struct lane *lane, const struct faulty_frame *gone, uint64_t now)
{
    for (size_t i = 0; i < QUEUE_MAX; i++) {
        struct faulty_frame *frame = &lane->queue[i];
        if (frame->number != 0 && frame->number < gone->number && (frame->fate & FAULT_REORDERED) != 0 &&
            frame->due > now) {
            frame->due = now;
        }
    }
}

const struct faulty_frame *faults_next(struct faults *faults, enum direction direction, uint64_t now)
{
    struct lane *lane = &faults->lanes[direction];
    struct faulty_frame *next = NULL;
    for (size_t i = 0; i < QUEUE_MAX; i++) {
        struct faulty_frame *frame = &lane->queue[i];
        bool is_due = frame->number != 0 && frame->due <= now;
        if (is_due &&
            (next == NULL || frame->due < next->due || (frame->due == next->due && frame->number < next->number))) {
            next = frame;
        }
    }
    if (next != NULL) {
        release_overtaken(lane, next, now);
        next->number = 0;
    }
    return next;
}

uint64_t faults_deadline(const struct faults *faults)
{
    uint64_t earliest = UINT64_MAX;
    for (unsigned i = 0; i < DIRECTIONS * QUEUE_MAX; i++) {
        const struct faulty_frame *frame = &faults->lanes[i / QUEUE_MAX].queue[i % QUEUE_MAX];
        if (frame->number != 0 && frame->due < earliest) {
            earliest = frame->due;
        }
    }
    return earliest;
}
