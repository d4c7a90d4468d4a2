/* SPDX-License-Identifier: Apache-2.0 */
/* What the guide says about errors, and calls that end in each class of them. */
#include <stdio.h>
#include <string.h>

#include <dumbo/dumbo.h>

#include "guest.h"

/* [classes] */
enum reaction {
    GO_ON,     /* it worked */
    DROP,      /* the guest's bytes are no good: forget and count them (a SYN is answered with a RST) */
    MORE_ROOM, /* the output did not fit: call again with as much as the size output says */
    MEND_US,   /* the call is wrong, whatever the guest did: log it, it is a defect of the VMM's */
    NOT_NOW, /* a stack's connection has ended, is closing, or has bytes lent already; or a callback of yours gave up */
    START_ANEW, /* a snapshot that cannot be restored: let the guest open its connections again */
    END_IT      /* the connection is over, or could not be made: free it, if it is there */
};

static enum reaction reaction_to(int32_t code) {
    if (dumbo_err_is_fatal(code)) {
        return END_IT; /* after a receive write until dumbo_connection_is_reset(): a RST may wait */
    }
    switch (code) {
        case DUMBO_OK:
            return GO_ON;
        case DUMBO_ERR_BUFFER_TOO_SMALL:
            return MORE_ROOM;
        case DUMBO_ERR_INVALID_SYN:
        case DUMBO_ERR_MSS_OPTION:
            return DROP;
        case DUMBO_ERR_CALLBACK:
        case DUMBO_ERR_NO_CONNECTION:
        case DUMBO_ERR_CONNECTION_CLOSING:
        case DUMBO_ERR_LENT:
            return NOT_NOW;
        default:
            break;
    }
    if (code <= DUMBO_ERR_TRUNCATED && code >= DUMBO_ERR_OPERATION) {
        return DROP;
    }
    if (code <= DUMBO_ERR_SNAPSHOT_LENGTH && code >= DUMBO_ERR_SNAPSHOT_CONFIG) {
        return START_ANEW;
    }
    return MEND_US; /* arguments, time, payload sources, and codes of releases to come */
}
/* [/classes] */

static void check_that_a_failed_call_changes_nothing(dumbo_connection* connection) {
    static const uint8_t half_a_header[10] = {0};
    uint8_t before[DUMBO_SNAPSHOT_LENGTH_MAX], after[DUMBO_SNAPSHOT_LENGTH_MAX], room[100];
    size_t length = 0, received = 1;
    CHECK(dumbo_connection_snapshot(connection, before, sizeof before, &length) == DUMBO_OK);
    int32_t code = dumbo_connection_receive_segment(connection, half_a_header, sizeof half_a_header, NULL, room,
                                                    sizeof room, 0, &received, NULL);
    CHECK(reaction_to(code) == DROP && received == 0);
    CHECK(dumbo_connection_snapshot(connection, after, sizeof after, &length) == DUMBO_OK);
    CHECK(memcmp(before, after, length) == 0);
}

static void check_the_classes(dumbo_connection* connection) {
    uint8_t small[4];
    size_t needed = 0;
    CHECK(reaction_to(dumbo_connection_snapshot(connection, small, sizeof small, &needed)) == MORE_ROOM);
    CHECK(needed > sizeof small);
    dumbo_connection* restored = connection;
    CHECK(reaction_to(dumbo_connection_restore(&restored, small, sizeof small, NULL, NULL)) == START_ANEW);
    CHECK(restored == NULL);
    CHECK(reaction_to(dumbo_connection_close(NULL)) == MEND_US);
    CHECK(reaction_to(DUMBO_ERR_CHECKSUM) == DROP);
    CHECK(reaction_to(DUMBO_ERR_LENT) == NOT_NOW);
    CHECK(reaction_to(DUMBO_ERR_DATA_AFTER_FIN) == MEND_US);
    CHECK(reaction_to(DUMBO_ERR_OUT_OF_MEMORY) == END_IT);
    CHECK(reaction_to(DUMBO_OK) == GO_ON);
}

static void check_that_a_reset_connection_is_at_its_end(dumbo_connection* connection) {
    dumbo_addressing to_guest = {.struct_size = sizeof to_guest, .checksum = DUMBO_CHECKSUM_NONE};
    uint8_t segment[64];
    size_t length = 0;
    CHECK(dumbo_connection_reset(connection) == DUMBO_OK);
    CHECK(dumbo_connection_write_next_segment(connection, segment, sizeof segment, 0, NULL, &to_guest, 0, &length,
                                              NULL) == DUMBO_OK);
    CHECK(length == 20 && dumbo_connection_is_reset(connection));
    CHECK(reaction_to(dumbo_connection_write_next_segment(connection, segment, sizeof segment, 0, NULL, &to_guest, 0,
                                                          &length, NULL)) == END_IT);
}

int main(void) {
    static const uint8_t syn[20] = {0xc3, 0x50, 0, 80, 0, 0, 0x03, 0xe8, 0, 0, 0, 0, 0x50, DUMBO_TCP_SYN, 0xff, 0xff};
    dumbo_connection_config config;
    dumbo_connection* connection;
    dumbo_connection_config_init(&config, sizeof config);
    CHECK(reaction_to(dumbo_connection_passive_open(&connection, syn, sizeof syn, NULL, &config, NULL)) == MEND_US);
    config.rto_period = 200;
    CHECK(reaction_to(dumbo_connection_passive_open(&connection, syn, 19, NULL, &config, NULL)) == DROP);
    CHECK(dumbo_connection_passive_open(&connection, syn, sizeof syn, NULL, &config, NULL) == DUMBO_OK);
    check_that_a_failed_call_changes_nothing(connection);
    check_the_classes(connection);
    check_that_a_reset_connection_is_at_its_end(connection);
    dumbo_connection_free(connection);
    return 0;
}
