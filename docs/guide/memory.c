/* SPDX-License-Identifier: Apache-2.0 */
/* Where the library's memory comes from: the C library, an allocator, or storage of the caller's. */
#include <stdlib.h>
#include <string.h>

#include <dumbo/dumbo.h>

#include "guest.h"

static const uint8_t syn[20] = {0xc3, 0x50, 0, 80, 0, 0, 0x03, 0xe8, 0, 0, 0, 0, 0x50, DUMBO_TCP_SYN, 0xff, 0xff};

/* [allocator] */
/* What all stacks and connections of one VM may take together. */
struct budget {
    size_t left;
};

static void* take(void* user_data, size_t size, size_t alignment) {
    struct budget* budget = user_data;
    if (size > budget->left) {
        return NULL; /* the call ends with DUMBO_ERR_OUT_OF_MEMORY */
    }
    size_t rounded_up = (size + alignment - 1) / alignment * alignment;
    void* memory = aligned_alloc(alignment, rounded_up);
    budget->left -= memory != NULL ? size : 0;
    return memory;
}

static void give_back(void* user_data, void* memory, size_t size) {
    struct budget* budget = user_data;
    budget->left += size;
    free(memory);
}

static int32_t open_within(struct budget* budget, const dumbo_connection_config* config,
                           dumbo_connection** connection) {
    const dumbo_allocator allocator = {
        .struct_size = sizeof allocator,
        .allocate = take,
        .release = give_back,
        .user_data = budget, /* has to live until the connection is freed */
    };
    return dumbo_connection_passive_open(connection, syn, sizeof syn, NULL, config, &allocator);
}
/* [/allocator] */

static void check_an_allocator(const dumbo_connection_config* config) {
    struct budget budget = {dumbo_connection_size() + 100};
    size_t before = budget.left;
    dumbo_connection *first, *second;
    CHECK(open_within(&budget, config, &first) == DUMBO_OK);
    CHECK(open_within(&budget, config, &second) == DUMBO_ERR_OUT_OF_MEMORY && second == NULL);
    dumbo_connection_free(first);
    CHECK(budget.left == before);
}

/* [slots] */
/* Room for connections that is laid out when the VMM is compiled, and needs no heap. */
struct slot {
    _Alignas(DUMBO_CONNECTION_ALIGNMENT_MAX) uint8_t storage[DUMBO_CONNECTION_SIZE_MAX];
    dumbo_connection* connection;
};

static int32_t open_in_slot(struct slot* slot, const dumbo_connection_config* config) {
    return dumbo_connection_passive_open_in(&slot->connection, slot->storage, sizeof slot->storage, syn, sizeof syn,
                                            NULL, config);
}
/* [/slots] */

static void check_storage(const dumbo_connection_config* config) {
    static struct slot slots[64];
    for (size_t i = 0; i < sizeof slots / sizeof *slots; i++) {
        CHECK(open_in_slot(&slots[i], config) == DUMBO_OK);
        CHECK((void*)slots[i].connection == (void*)slots[i].storage);
    }
    CHECK(dumbo_connection_state(slots[63].connection) == DUMBO_STATE_SYN_RECEIVED);
    dumbo_connection_free(slots[63].connection); /* allowed, and does nothing to storage of the caller's */
}

/* [stack] */
/* A stack's memory, buffers and all, in one piece whose size is known before. */
static dumbo_stack* stack_in_one_piece(const dumbo_stack_config* config, void** memory) {
    size_t size;
    dumbo_stack* stack = NULL;
    if (dumbo_stack_size(config, &size) == DUMBO_OK) {
        *memory = aligned_alloc(dumbo_stack_alignment(), size); /* the size is a multiple of the alignment */
        dumbo_stack_create_in(&stack, *memory, *memory != NULL ? size : 0, config);
    }
    return stack;
}
/* [/stack] */

static void check_a_stack(void) {
    dumbo_stack_config config;
    dumbo_stack_config_init(&config, sizeof config);
    memcpy(config.mac, host_mac, 6);
    memcpy(config.ipv4, host_address, 4);
    config.ports[0] = 80;
    config.rto_period = 200;
    config.max_connections = 4;
    config.max_half_open = 4;
    config.receive_buffer = config.send_buffer = 1024;
    void* memory = NULL;
    dumbo_stack* stack = stack_in_one_piece(&config, &memory);
    CHECK(stack != NULL && dumbo_stack_connection_count(stack) == 0);
    dumbo_stack_free(stack);
    free(memory);
}

int main(void) {
    dumbo_connection_config config;
    dumbo_connection_config_init(&config, sizeof config);
    config.rto_period = 200;
    check_an_allocator(&config);
    check_storage(&config);
    check_a_stack();
    return 0;
}
