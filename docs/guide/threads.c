/* SPDX-License-Identifier: Apache-2.0 */
/* One stack, and two threads that use it in turns: the device's, and one that does the application's work. */
#include <pthread.h>
#include <string.h>

#include <dumbo/dumbo.h>

#include "guest.h"

/* [shared] */
struct shared {
    pthread_mutex_t mutex; /* one for each stack: stacks know nothing of each other */
    pthread_cond_t asked;
    dumbo_stack* stack;
    uint64_t client; /* 0 until a request is there */
};

/* In the device's thread. */
static void on_frame(struct shared* shared, const uint8_t* frame, size_t length, uint64_t now) {
    pthread_mutex_lock(&shared->mutex);
    dumbo_stack_receive_frame(shared->stack, frame, length, now, NULL, NULL);
    dumbo_stack_event event = {.struct_size = sizeof event};
    while (dumbo_stack_next_event(shared->stack, &event) == DUMBO_OK && event.kind != DUMBO_STACK_EVENT_NONE) {
        if (event.kind == DUMBO_STACK_EVENT_READABLE) {
            shared->client = event.connection;
            pthread_cond_signal(&shared->asked);
        }
    }
    pthread_mutex_unlock(&shared->mutex);
}

/* In the application's thread. What takes long is done without the lock; then the device's loop is woken up. */
static void* work(void* argument) {
    static const uint8_t answer[] = "done\n";
    struct shared* shared = argument;
    pthread_mutex_lock(&shared->mutex);
    while (shared->client == 0) {
        pthread_cond_wait(&shared->asked, &shared->mutex);
    }
    dumbo_stack_lend(shared->stack, shared->client, answer, sizeof answer - 1);
    pthread_mutex_unlock(&shared->mutex);
    /* Here an eventfd, or whatever the device's loop waits for, would be written to. */
    return NULL;
}
/* [/shared] */

static struct guest guest;

static void send_frames(struct shared* shared) {
    uint8_t frame[14 + 1500];
    size_t length;
    pthread_mutex_lock(&shared->mutex);
    while (dumbo_stack_next_frame(shared->stack, frame, sizeof frame, 0, &length, NULL) == DUMBO_OK && length > 0) {
        guest_takes(&guest, frame, length);
    }
    pthread_mutex_unlock(&shared->mutex);
}

static void turn(struct shared* shared, const struct frame* frame) {
    on_frame(shared, frame->bytes, frame->length, 0);
    send_frames(shared);
}

int main(void) {
    static struct frame frame;
    struct shared shared = {.mutex = PTHREAD_MUTEX_INITIALIZER, .asked = PTHREAD_COND_INITIALIZER};
    dumbo_stack_config config;
    dumbo_stack_config_init(&config, sizeof config);
    memcpy(config.mac, host_mac, 6);
    memcpy(config.ipv4, host_address, 4);
    config.ports[0] = 80;
    config.rto_period = 200;
    CHECK(dumbo_stack_create(&shared.stack, &config, NULL) == DUMBO_OK);
    pthread_t worker;
    CHECK(pthread_create(&worker, NULL, work, &shared) == 0);
    guest_opens(&guest, 50000, &frame);
    turn(&shared, &frame);
    guest_acknowledges(&guest, &frame);
    turn(&shared, &frame);
    guest_says(&guest, "do it\n", &frame);
    turn(&shared, &frame);
    CHECK(pthread_join(worker, NULL) == 0);
    send_frames(&shared);
    CHECK(guest_has(&guest, "done\n"));
    dumbo_stack_free(shared.stack);
    return 0;
}
