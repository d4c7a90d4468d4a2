/* SPDX-License-Identifier: Apache-2.0 */
/* Live connections that are saved and go on elsewhere, by another clock. */
#include <stdlib.h>
#include <string.h>

#include <dumbo/dumbo.h>

#include "guest.h"

static const char answer[] = "hello from before, and from after\n";
static struct guest guest;

static void configure(dumbo_stack_config* config) {
    dumbo_stack_config_init(config, sizeof *config);
    memcpy(config->mac, host_mac, 6);
    memcpy(config->ipv4, host_address, 4);
    config->ports[0] = 80;
    config->rto_period = 200;
}

/* [save] */
/* What is saved with the VM. The stack knows its connections; whose they are, and what is lent to them, we know. */
struct saved {
    uint8_t* stack;
    size_t stack_length;
    uint64_t now;      /* by the clock of the host that is left */
    uint64_t client;   /* the connection's number */
    size_t still_lent; /* that many bytes of the answer, its last ones, are not acknowledged */
};

static int32_t save(const dumbo_stack* stack, uint64_t client, uint64_t now, struct saved* saved) {
    saved->now = now;
    saved->client = client;
    dumbo_stack_lent(stack, client, &saved->still_lent);
    dumbo_stack_snapshot(stack, NULL, 0, &saved->stack_length); /* asks for the length */
    saved->stack = malloc(saved->stack_length);
    if (saved->stack == NULL) {
        return DUMBO_ERR_OUT_OF_MEMORY;
    }
    return dumbo_stack_snapshot(stack, saved->stack, saved->stack_length, &saved->stack_length);
}
/* [/save] */

/* [restore] */
static int32_t restore(const struct saved* saved, uint64_t now, dumbo_stack** stack) {
    dumbo_stack_config config; /* the same address; buffers and limits may be others, if all finds its place */
    configure(&config);
    const dumbo_restore_config other_clock = {
        .struct_size = sizeof other_clock,
        .flags = DUMBO_RESTORE_REBASE,
        .old_now = saved->now, /* add the time in between, if it shall count */
        .new_now = now,
    };
    int32_t code = dumbo_stack_restore(stack, saved->stack, saved->stack_length, &config, &other_clock, NULL);
    if (code != DUMBO_OK) {
        return code; /* DUMBO_ERR_SNAPSHOT_*: begin with an empty stack, the guest will open its connections again */
    }
    if (saved->still_lent == 0) {
        return DUMBO_OK;
    }
    /* What was lent has to be lent again, the same bytes, before the next frame is asked for. */
    const uint8_t* missing = (const uint8_t*)answer + sizeof answer - 1 - saved->still_lent;
    code = dumbo_stack_lend(*stack, saved->client, missing, saved->still_lent);
    if (code != DUMBO_OK) { /* not what was saved: begin with an empty stack, too */
        dumbo_stack_free(*stack);
        *stack = NULL;
    }
    return code;
}
/* [/restore] */

static void pump(dumbo_stack* stack, const struct frame* frame, uint64_t now) {
    if (frame != NULL) {
        CHECK(dumbo_stack_receive_frame(stack, frame->bytes, frame->length, now, NULL, NULL) == DUMBO_OK);
    }
    uint8_t out[14 + 1500];
    size_t length;
    while (dumbo_stack_next_frame(stack, out, sizeof out, now, &length, NULL) == DUMBO_OK && length > 0) {
        guest_takes(&guest, out, length);
    }
}

static dumbo_stack* empty_stack(void) {
    dumbo_stack_config config;
    configure(&config);
    dumbo_stack* stack;
    CHECK(dumbo_stack_create(&stack, &config, NULL) == DUMBO_OK);
    return stack;
}

static dumbo_stack* stack_with_a_client(uint64_t* client) {
    static struct frame frame;
    dumbo_stack* stack = empty_stack();
    guest_opens(&guest, 50000, &frame);
    pump(stack, &frame, 70000);
    guest_acknowledges(&guest, &frame);
    pump(stack, &frame, 70000);
    dumbo_stack_event event = {.struct_size = sizeof event};
    CHECK(dumbo_stack_next_event(stack, &event) == DUMBO_OK && event.kind == DUMBO_STACK_EVENT_OPENED);
    *client = event.connection;
    return stack;
}

static void check_a_stack(void) {
    uint64_t client;
    dumbo_stack* stack = stack_with_a_client(&client);
    CHECK(dumbo_stack_lend(stack, client, (const uint8_t*)answer, sizeof answer - 1) == DUMBO_OK);
    CHECK(dumbo_stack_close(stack, client) == DUMBO_OK);

    /* The frame with the answer is lost, and the VM is saved 150 ms later. */
    uint8_t lost[14 + 1500];
    size_t length;
    CHECK(dumbo_stack_next_frame(stack, lost, sizeof lost, 70000, &length, NULL) == DUMBO_OK && length > 54);
    struct saved saved;
    CHECK(save(stack, client, 70150, &saved) == DUMBO_OK);
    dumbo_stack_free(stack);
    CHECK(saved.still_lent == sizeof answer - 1);

    /* Its timeout has 50 ms left on the clock of the next host, which has just begun. */
    CHECK(restore(&saved, 10, &stack) == DUMBO_OK);
    free(saved.stack);
    uint32_t status;
    uint64_t deadline;
    CHECK(dumbo_stack_next_status(stack, 10, &status, &deadline) == DUMBO_OK);
    CHECK(status == DUMBO_NEXT_SEGMENT_TIMEOUT && deadline == 60);
    pump(stack, NULL, 59);
    CHECK(guest.received_length == 0);
    pump(stack, NULL, 60);
    CHECK(guest_has(&guest, answer));
    dumbo_stack_free(stack);
}

static dumbo_stack* saved_and_restored(dumbo_stack* stack, uint64_t client) {
    struct saved saved;
    CHECK(save(stack, client, 70000, &saved) == DUMBO_OK);
    dumbo_stack_free(stack);
    CHECK(saved.still_lent == 0);
    CHECK(restore(&saved, 10, &stack) == DUMBO_OK);
    free(saved.stack);
    return stack;
}

static void check_stacks_with_nothing_lent(void) {
    uint64_t client;
    dumbo_stack* stack = stack_with_a_client(&client);
    CHECK(dumbo_stack_close(stack, client) == DUMBO_OK);
    stack = saved_and_restored(stack, client);
    pump(stack, NULL, 10);
    CHECK((guest.last_flags & DUMBO_TCP_FIN) != 0);
    dumbo_stack_free(stack);

    stack = saved_and_restored(empty_stack(), 0);
    CHECK(dumbo_stack_connection_count(stack) == 0);
    dumbo_stack_free(stack);
}

static void check_that_other_bytes_are_refused(void) {
    uint64_t client;
    dumbo_stack* stack = stack_with_a_client(&client);
    CHECK(dumbo_stack_lend(stack, client, (const uint8_t*)answer, sizeof answer - 1) == DUMBO_OK);
    struct saved saved;
    CHECK(save(stack, client, 70000, &saved) == DUMBO_OK);
    dumbo_stack_free(stack);
    saved.still_lent--;
    CHECK(restore(&saved, 10, &stack) == DUMBO_ERR_LENT && stack == NULL);
    free(saved.stack);
}

/* [connection] */
/* A connection in 160 bytes at most, and what else belongs to it. */
struct saved_connection {
    uint8_t bytes[DUMBO_SNAPSHOT_LENGTH_MAX];
    size_t length;
    uint64_t now;
    /* And, of the VMM's own: addresses and ports, what was received and not used yet, the payload from SND.UNA on
       (dumbo_connection_highest_ack_received()) with its sequence number. */
};

static int32_t save_connection(const dumbo_connection* connection, uint64_t now, struct saved_connection* saved) {
    saved->now = now;
    return dumbo_connection_snapshot(connection, saved->bytes, sizeof saved->bytes, &saved->length);
}

static int32_t restore_connection(const struct saved_connection* saved, uint64_t now, dumbo_connection** connection) {
    const dumbo_restore_config other_clock = {sizeof other_clock, DUMBO_RESTORE_REBASE, saved->now, now};
    return dumbo_connection_restore(connection, saved->bytes, saved->length, &other_clock, NULL);
}
/* [/connection] */

static void check_a_connection(void) {
    static const uint8_t syn[20] = {0xc3, 0x50, 0, 80, 0, 0, 0x03, 0xe8, 0, 0, 0, 0, 0x50, DUMBO_TCP_SYN, 0xff, 0xff};
    dumbo_connection_config config;
    dumbo_connection_config_init(&config, sizeof config);
    config.rto_period = 200;
    dumbo_connection *connection, *restored;
    CHECK(dumbo_connection_passive_open(&connection, syn, sizeof syn, NULL, &config, NULL) == DUMBO_OK);
    const dumbo_addressing nobody = {.struct_size = sizeof nobody, .checksum = DUMBO_CHECKSUM_NONE};
    uint8_t synack[24];
    size_t length;
    CHECK(dumbo_connection_write_next_segment(connection, synack, sizeof synack, 0, NULL, &nobody, 5000, &length,
                                              NULL) == DUMBO_OK);
    struct saved_connection saved;
    CHECK(save_connection(connection, 5050, &saved) == DUMBO_OK);
    CHECK(restore_connection(&saved, 0, &restored) == DUMBO_OK);
    uint64_t deadline;
    CHECK(dumbo_connection_control_segment_or_timeout_status(restored, &deadline) == DUMBO_NEXT_SEGMENT_TIMEOUT);
    CHECK(deadline == 150);
    saved.bytes[40] ^= 1;
    dumbo_connection* damaged;
    CHECK(restore_connection(&saved, 0, &damaged) == DUMBO_ERR_SNAPSHOT_CHECKSUM && damaged == NULL);
    dumbo_connection_free(connection);
    dumbo_connection_free(restored);
}

int main(void) {
    check_a_stack();
    check_stacks_with_nothing_lent();
    check_that_other_bytes_are_refused();
    check_a_connection();
    return 0;
}
