/* SPDX-License-Identifier: Apache-2.0 */
#define _GNU_SOURCE
#include "loop.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "state.h"
#include "tap.h"
#include "verdict.h"

/* So many frames are read before the first answer, and written before the next look at what arrived: an ACK that
 * waits behind a duplicate one spares a retransmission. */
enum { BATCH_MAX = 64, COMMENT_MAX = 256, ONLY_INTERFACE = 0 };

static uint64_t read_clock(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time); /* cannot fail for the clocks used here */
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/* The one place that sees every frame, in both directions, with what became of it. */
static void observe(const struct loop *loop, enum direction direction, const uint8_t *frame, size_t len, uint64_t now,
                    const struct verdict *verdict)
{
    if (loop->pcap != NULL) {
        char comment[COMMENT_MAX];
        bool remarkable = verdict_text(verdict, comment, sizeof(comment)) > 0;
        pcap_add(loop->pcap, ONLY_INTERFACE, direction, frame, len, loop->epoch + now, remarkable ? comment : NULL);
    }
    if (loop->ladder != NULL) {
        ladder_add(loop->ladder, direction, frame, len, now, verdict);
    }
}

/* Returns whether it has to be answered before the next one is read: a guest counts the duplicate ACKs that segments
 * out of turn draw (RFC 5681, 4.2). */
static bool pass_in(const struct loop *loop, const uint8_t *frame, size_t len, uint64_t now, uint32_t fate)
{
    struct verdict verdict;
    interface_receive_frame(loop->interface, frame, len, now, &verdict);
    verdict.faults = fate;
    observe(loop, FROM_GUEST, frame, len, now, &verdict);
    return (verdict.anomalies & DUMBO_ANOMALY_UNEXPECTED_SEQ) != 0;
}

/* With faults, the frame is theirs now. */
static size_t pass_out(const struct loop *loop, uint8_t *buf, size_t buf_len, uint64_t now)
{
    struct verdict verdict;
    size_t len = interface_write_frame(loop->interface, buf, buf_len, now, &verdict);
    if (len > 0) {
        if (loop->faults != NULL) {
            verdict.faults = faults_take(loop->faults, TO_GUEST, buf, len, now, interface_counters(loop->interface));
        }
        observe(loop, TO_GUEST, buf, len, now, &verdict);
    }
    return len;
}

static bool fail(const char *what)
{
    fprintf(stderr, "dumbo-serve: %s: %s\n", what, strerror(errno));
    return false;
}

/* ------------------------------------------------------------------------------------------------- signals ---- */

static volatile sig_atomic_t stop_requested;
static volatile sig_atomic_t save_requested;

static void request_stop(int signal_number)
{
    (void)signal_number;
    stop_requested = 1;
}

static void request_save(int signal_number)
{
    (void)signal_number;
    save_requested = 1;
}

static bool catch_signal(int signal_number, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};
    sigemptyset(&action.sa_mask);
    return sigaction(signal_number, &action, NULL) == 0;
}

/* Blocks the signals but for the time that we wait: so none is missed between looking and waiting. A file that grows
 * past its limit is an error like others, and not the end. */
bool loop_catch_signals(struct loop *loop)
{
    sigset_t blocked;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    sigaddset(&blocked, SIGTERM);
    sigaddset(&blocked, SIGUSR1);
    if (sigprocmask(SIG_BLOCK, &blocked, &loop->while_waiting) != 0 || !catch_signal(SIGINT, request_stop) ||
        !catch_signal(SIGTERM, request_stop) || !catch_signal(SIGUSR1, request_save) ||
        !catch_signal(SIGXFSZ, SIG_IGN)) {
        return fail("catching signals");
    }
    sigdelset(&loop->while_waiting, SIGINT);
    sigdelset(&loop->while_waiting, SIGTERM);
    sigdelset(&loop->while_waiting, SIGUSR1);
    return true;
}

/* --------------------------------------------------------------------------------------------- a TAP device ---- */

/* What comes out of a bad link at our end. Returns, as pass_in() does, whether to answer first. */
static bool receive_due(const struct loop *loop, uint64_t now)
{
    const struct faulty_frame *frame;
    bool answer = false;
    while (loop->faults != NULL && (frame = faults_next(loop->faults, FROM_GUEST, now)) != NULL) {
        answer = pass_in(loop, frame->bytes, frame->len, now, frame->fate) || answer;
    }
    return answer;
}

static bool receive(const struct loop *loop, const uint8_t *frame, size_t len, uint64_t now)
{
    if (loop->faults == NULL) {
        return pass_in(loop, frame, len, now, 0);
    }
    struct counters *counters = interface_counters(loop->interface);
    struct verdict verdict = {.faults = faults_take(loop->faults, FROM_GUEST, frame, len, now, counters)};
    if ((verdict.faults & FAULT_DROPPED) != 0) {
        observe(loop, FROM_GUEST, frame, len, now, &verdict);
    }
    return receive_due(loop, now);
}

static bool read_batch(const struct loop *loop, int fd, uint8_t *buf, size_t buf_len)
{
    bool answer = receive_due(loop, read_clock(CLOCK_MONOTONIC));
    for (int i = 0; i < BATCH_MAX && !answer; i++) {
        size_t len;
        enum tap_result result = tap_read(fd, NULL, buf, buf_len, &len);
        if (result == TAP_AGAIN) {
            return true;
        }
        if (result != TAP_OK) {
            return fail("reading the TAP device");
        }
        answer = receive(loop, buf, len, read_clock(CLOCK_MONOTONIC));
    }
    return true;
}

static bool transmit(const struct loop *loop, int fd, const uint8_t *frame, size_t len)
{
    enum tap_result result = tap_write(fd, NULL, frame, len);
    interface_counters(loop->interface)->frames_lost += result == TAP_LOST;
    return result != TAP_FAILED || fail("writing to the TAP device");
}

static bool transmit_due(const struct loop *loop, int fd, uint64_t now)
{
    const struct faulty_frame *frame;
    while ((frame = faults_next(loop->faults, TO_GUEST, now)) != NULL) {
        if (!transmit(loop, fd, frame->bytes, frame->len)) {
            return false;
        }
    }
    return true;
}

/* Sets *drained when the interface has nothing more to send. */
static bool write_batch(const struct loop *loop, int fd, uint8_t *buf, size_t buf_len, bool *drained)
{
    *drained = false;
    for (int i = 0; i < BATCH_MAX; i++) {
        uint64_t now = read_clock(CLOCK_MONOTONIC);
        size_t len = pass_out(loop, buf, buf_len, now);
        *drained = len == 0;
        bool right = true;
        if (loop->faults != NULL) {
            right = transmit_due(loop, fd, now);
        } else if (len > 0) {
            right = transmit(loop, fd, buf, len);
        }
        if (!right || *drained) {
            return right;
        }
    }
    return true;
}

static uint64_t faulty_deadline(const struct loop *loop)
{
    return loop->faults != NULL ? faults_deadline(loop->faults) : UINT64_MAX;
}

static uint64_t next_deadline(const struct loop *loop)
{
    uint64_t ours = interface_deadline(loop->interface);
    uint64_t theirs = faulty_deadline(loop);
    return ours < theirs ? ours : theirs;
}

/* Waits for a frame, a deadline or a signal. With nothing drained it only looks whether a frame is there. */
static bool wait_for_event(const struct loop *loop, int fd, bool drained)
{
    struct pollfd descriptor = {.fd = fd, .events = POLLIN};
    struct timespec timeout = {0};
    uint64_t deadline = drained ? next_deadline(loop) : 0;
    uint64_t now = read_clock(CLOCK_MONOTONIC);
    if (deadline > now && deadline != UINT64_MAX) {
        timeout.tv_sec = (time_t)((deadline - now) / 1000000000u);
        timeout.tv_nsec = (long)((deadline - now) % 1000000000u);
    }
    int ready = ppoll(&descriptor, 1, deadline == UINT64_MAX ? NULL : &timeout, &loop->while_waiting);
    return ready >= 0 || errno == EINTR || fail("waiting for the TAP device");
}

static bool is_finished(const struct loop *loop, bool drained)
{
    bool enough = loop->exit_after != 0 && interface_connections_ended(loop->interface) >= loop->exit_after;
    return stop_requested != 0 || (enough && drained && faulty_deadline(loop) == UINT64_MAX);
}

/* Connections that cannot be saved are better served than lost. */
static bool is_saved(const struct loop *loop)
{
    bool requested = save_requested != 0;
    save_requested = 0;
    return requested && loop->state != NULL && state_save(loop->state, loop->interface, read_clock(CLOCK_MONOTONIC));
}

bool loop_run_tap(struct loop *loop, int fd)
{
    uint8_t buf[FRAME_LENGTH_MAX];
    loop->epoch = read_clock(CLOCK_REALTIME) - read_clock(CLOCK_MONOTONIC);
    if (loop->state != NULL && !state_restore(loop->state, loop->interface, read_clock(CLOCK_MONOTONIC))) {
        return false;
    }
    for (;;) {
        bool drained;
        if (!write_batch(loop, fd, buf, sizeof(buf), &drained)) {
            return false;
        }
        if (is_finished(loop, drained) || is_saved(loop)) {
            return true;
        }
        if (!wait_for_event(loop, fd, drained) || !read_batch(loop, fd, buf, sizeof(buf))) {
            return false;
        }
    }
}

/* ------------------------------------------------------------------------------------- the scripted client ---- */

static const uint64_t frame_time = 10000; /* nanoseconds that a frame is under way */

/* Lets one side send all it has to, then the other. Returns whether anything moved. */
static bool exchange_frames(const struct loop *loop, struct client *client, uint64_t *now)
{
    uint8_t buf[FRAME_LENGTH_MAX];
    bool moved = false;
    size_t len;
    while ((len = client_write_frame(client, buf, sizeof(buf))) > 0) {
        *now += frame_time;
        pass_in(loop, buf, len, *now, 0);
        moved = true;
    }
    while ((len = pass_out(loop, buf, sizeof(buf), *now + frame_time)) > 0) {
        *now += frame_time;
        client_receive_frame(client, buf, len);
        moved = true;
    }
    return moved;
}

bool loop_run_scripted(struct loop *loop, struct client *client)
{
    uint64_t now = 0;
    loop->epoch = read_clock(CLOCK_REALTIME);
    while (client_failure(client) == NULL && !client_has_succeeded(client)) {
        if (exchange_frames(loop, client, &now)) {
            continue;
        }
        uint64_t deadline = interface_deadline(loop->interface);
        if (deadline == UINT64_MAX || deadline <= now) {
            break;
        }
        now = deadline;
    }
    if (client_has_succeeded(client)) {
        return true;
    }
    const char *failure = client_failure(client);
    fprintf(stderr, "dumbo-serve: scripted client: %s\n", failure != NULL ? failure : "both sides wait for ever");
    return false;
}
