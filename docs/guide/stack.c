/* SPDX-License-Identifier: Apache-2.0 */
/* The guide's first part: a service on a stack, driven by a device loop. */
#include <stdio.h>
#include <string.h>

#include <dumbo/dumbo.h>

#include "guest.h"

/* [service] */
struct service {
    dumbo_stack* stack;
    uint64_t client; /* whom we talk to; a real service has a table of them, by number */
    bool answered;
    bool ended;
};
/* [/service] */

static const uint8_t answer[] = "hello, guest\n";

/* [create] */
static int32_t service_start(struct service* service) {
    dumbo_stack_config config;
    dumbo_stack_config_init(&config, sizeof config);
    memcpy(config.mac, host_mac, 6);
    memcpy(config.ipv4, host_address, 4);
    config.ports[0] = 80;
    config.rto_period = 200; /* every `now` is in milliseconds then */
    config.max_connections = 32;
    return dumbo_stack_create(&service->stack, &config, NULL);
}
/* [/create] */

/* [read] */
/* Reads what has come in, as far as one request; true when there is a whole one. */
static bool read_request(struct service* service, uint64_t id) {
    const uint8_t* data;
    size_t length;
    while (dumbo_stack_read(service->stack, id, &data, &length) == DUMBO_OK && length > 0) {
        const uint8_t* end = memchr(data, '\n', length);
        if (end != NULL) {
            dumbo_stack_consume(service->stack, id, (size_t)(end - data) + 1, NULL);
            return true;
        }
        dumbo_stack_consume(service->stack, id, length, NULL);
    }
    return false;
}
/* [/read] */

/* [answer] */
static void send_answer(struct service* service, uint64_t id) {
    dumbo_stack_lend(service->stack, id, answer, sizeof answer - 1); /* static: it stays where it is */
    dumbo_stack_close(service->stack, id);                           /* the last segment carries the FIN */
    service->answered = true;
}
/* [/answer] */

/* [events] */
static void handle_events(struct service* service) {
    dumbo_stack_event event = {.struct_size = sizeof event};
    while (dumbo_stack_next_event(service->stack, &event) == DUMBO_OK && event.kind != DUMBO_STACK_EVENT_NONE) {
        switch (event.kind) {
            case DUMBO_STACK_EVENT_OPENED:
                service->client = event.connection;
                break;
            case DUMBO_STACK_EVENT_READABLE:
                if (read_request(service, event.connection) && !service->answered) {
                    send_answer(service, event.connection);
                }
                break;
            case DUMBO_STACK_EVENT_PEER_CLOSED:
                dumbo_stack_close(service->stack, event.connection); /* no effect after the first time */
                break;
            case DUMBO_STACK_EVENT_CLOSED: /* forget all that hangs on this number */
                printf("connection %llu: %s\n", (unsigned long long)event.connection,
                       dumbo_stack_reason_name(event.reason));
                service->ended = true;
                break;
            default: /* WRITABLE, which this service does not wait for, and what later releases may add */
                break;
        }
    }
}
/* [/events] */

/* [receive] */
/* The guest has put a frame into its transmit queue. */
static void on_frame_of_guest(struct service* service, const uint8_t* guest_memory, size_t length, uint64_t now) {
    static uint8_t frame[65549]; /* ours: what the guest can still change is copied first */
    if (length > sizeof frame) {
        return;
    }
    memcpy(frame, guest_memory, length);
    dumbo_frame_verdict verdict = {.struct_size = sizeof verdict};
    int32_t code = dumbo_stack_receive_frame(service->stack, frame, length, now, NULL, &verdict);
    if (code != DUMBO_OK) { /* a clock that goes back, or a NULL: a defect of ours, whatever the guest sent */
        fprintf(stderr, "receive: %s\n", dumbo_strerror(code));
    }
    handle_events(service);
}
/* [/receive] */

/* What the test makes of a frame for the guest. */
static struct guest guest;
static bool link_is_down;
static size_t free_buffers = SIZE_MAX; /* in the guest's receive queue */

static bool receive_queue_has_room(void) {
    return free_buffers > 0;
}

static void put_into_receive_queue(const uint8_t* frame, size_t length) {
    CHECK(free_buffers > 0);
    free_buffers--;
    if (!link_is_down) {
        guest_takes(&guest, frame, length);
    }
}

/* [transmit] */
/* Writes what waits, as long as the guest's receive queue has room: a frame that was asked for counts as sent. */
static void send_frames(struct service* service, uint64_t now) {
    uint8_t frame[14 + 1500];
    size_t length;
    while (receive_queue_has_room() &&
           dumbo_stack_next_frame(service->stack, frame, sizeof frame, now, &length, NULL) == DUMBO_OK && length > 0) {
        put_into_receive_queue(frame, length);
    }
    handle_events(service); /* writing can end a connection, too: by its last timeout */
}
/* [/transmit] */

/* [timer] */
/* The time at which to call send_frames() again, though nothing else happens; UINT64_MAX for never. */
static uint64_t wake_at(struct service* service, uint64_t now) {
    uint32_t status;
    uint64_t deadline;
    int32_t code = dumbo_stack_next_status(service->stack, now, &status, &deadline);
    return code == DUMBO_OK ? deadline : UINT64_MAX;
}
/* [/timer] */

/* [loop] */
/* One turn of the device's loop, after the guest has kicked a queue or the timer has struck. */
static uint64_t turn(struct service* service, const struct frame* from_guest, uint64_t now) {
    if (from_guest != NULL) {
        on_frame_of_guest(service, from_guest->bytes, from_guest->length, now);
    }
    send_frames(service, now);
    return receive_queue_has_room() ? wake_at(service, now) : UINT64_MAX; /* else the guest's kick is waited for */
}
/* [/loop] */

static void open_and_ask(struct service* service, uint16_t port, struct frame* frame, uint64_t now) {
    service->client = 0;
    service->answered = false;
    service->ended = false;
    guest_opens(&guest, port, frame);
    CHECK(turn(service, frame, now) == now + 200);
    CHECK(guest.last_flags == (DUMBO_TCP_SYN | DUMBO_TCP_ACK));
    guest_acknowledges(&guest, frame);
    CHECK(turn(service, frame, now) == UINT64_MAX);
    CHECK(service->client != 0);
    guest_says(&guest, "GET\n", frame);
}

static void check_an_exchange_with_a_loss(struct service* service, struct frame* frame) {
    guest_asks_for_the_address(frame);
    turn(service, frame, 0);
    CHECK(guest.arp_answered);
    open_and_ask(service, 50000, frame, 0);
    link_is_down = true;
    CHECK(turn(service, frame, 10) == 210);
    CHECK(service->answered && guest.received_length == 0);
    link_is_down = false;
    CHECK(turn(service, NULL, 209) == 210);
    CHECK(guest.received_length == 0);
    turn(service, NULL, 210);
    CHECK(guest_has(&guest, (const char*)answer));
    CHECK((guest.last_flags & DUMBO_TCP_FIN) != 0);
    CHECK(!service->ended);
    guest_closes(&guest, frame);
    CHECK(turn(service, frame, 220) == UINT64_MAX);
    CHECK(service->ended && dumbo_stack_connection_count(service->stack) == 0);
}

/* [abort] */
static void give_up(struct service* service, uint64_t id) {
    dumbo_stack_abort(service->stack, id); /* the next frame of it is a RST; then comes CLOSED */
}
/* [/abort] */

static void check_an_abort(struct service* service, struct frame* frame) {
    open_and_ask(service, 50001, frame, 300);
    give_up(service, service->client);
    CHECK(turn(service, NULL, 300) == UINT64_MAX);
    CHECK((guest.last_flags & DUMBO_TCP_RST) != 0);
    CHECK(service->ended);
}

static void check_that_a_full_queue_loses_nothing(struct service* service, struct frame* frame) {
    open_and_ask(service, 50002, frame, 400);
    free_buffers = 0;
    CHECK(turn(service, frame, 410) == UINT64_MAX);
    CHECK(service->answered && guest.received_length == 0);
    static struct frame question;
    guest_asks_for_the_address(&question);
    free_buffers = 1;
    CHECK(turn(service, &question, 420) == UINT64_MAX);
    CHECK(guest.arp_answered != (guest.received_length > 0));
    free_buffers = SIZE_MAX;
    CHECK(turn(service, NULL, 430) == 630);
    CHECK(guest.arp_answered && guest_has(&guest, (const char*)answer));
    guest_closes(&guest, frame);
    CHECK(turn(service, frame, 440) == UINT64_MAX);
    CHECK(service->ended);
}

static void check_that_silence_ends(struct service* service, struct frame* frame) {
    open_and_ask(service, 50003, frame, 500);
    link_is_down = true;
    uint64_t at = turn(service, frame, 500);
    while (at != UINT64_MAX) {
        at = turn(service, NULL, at);
    }
    CHECK(service->ended && dumbo_stack_connection_count(service->stack) == 0);
    dumbo_interface_counters counters = {.struct_size = sizeof counters};
    CHECK(dumbo_stack_counters(service->stack, &counters) == DUMBO_OK);
    CHECK(counters.finished == 2 && counters.reset == 1 && counters.timed_out == 1);
}

int main(void) {
    static struct frame frame;
    struct service service = {0};
    CHECK(service_start(&service) == DUMBO_OK);
    check_an_exchange_with_a_loss(&service, &frame);
    check_an_abort(&service, &frame);
    check_that_a_full_queue_loses_nothing(&service, &frame);
    check_that_silence_ends(&service, &frame);
    dumbo_stack_free(service.stack);
    return 0;
}
