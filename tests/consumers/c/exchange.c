/* SPDX-License-Identifier: Apache-2.0 */
/* A program of a user, in C: a peer that this file plays opens a connection, asks, is answered, and both sides close.
 * It ends with 0 if everything went as it should. */
#include <dumbo/dumbo.h>
#include <stdio.h>
#include <string.h>

enum { PEER_PORT = 40000, OUR_PORT = 80, SEGMENT_ROOM = 600 };

static int failures;

static void check(int truth, const char* what) {
    if (!truth) {
        fprintf(stderr, "failed: %s\n", what);
        failures++;
    }
}

static dumbo_addressing to_peer(void) {
    dumbo_addressing addressing = {sizeof addressing,    DUMBO_CHECKSUM_FULL, OUR_PORT, PEER_PORT,
                                   {169, 254, 169, 254}, {169, 254, 1, 2},    0};
    return addressing;
}

/* A segment of the peer's, its text as payload. Returns its length. */
static size_t from_peer(uint8_t* segment, uint32_t seq, uint32_t ack, uint8_t flags, const char* text) {
    const dumbo_addressing addressing = {sizeof addressing, DUMBO_CHECKSUM_FULL,  PEER_PORT, OUR_PORT,
                                         {169, 254, 1, 2},  {169, 254, 169, 254}, 0};
    dumbo_tcp_fields fields;
    dumbo_payload payload;
    size_t length = 0;
    memset(&fields, 0, sizeof fields);
    fields.struct_size = sizeof fields;
    fields.seq = seq;
    fields.ack = ack;
    fields.flags = flags;
    fields.window = 30000;
    fields.mss_remaining = 500;
    fields.payload_max = strlen(text);
    memset(&payload, 0, sizeof payload);
    payload.struct_size = sizeof payload;
    payload.bytes = (const uint8_t*)text;
    payload.len = strlen(text);
    check(dumbo_tcp_write(segment, SEGMENT_ROOM, &fields, *text != '\0' ? &payload : NULL, &addressing, &length) ==
              DUMBO_OK,
          "the peer's segment is written");
    return length;
}

static void receive(dumbo_connection* connection, uint32_t seq, uint32_t ack, uint8_t flags, const char* text) {
    const dumbo_address_pair addresses = {{169, 254, 1, 2}, {169, 254, 169, 254}};
    uint8_t segment[SEGMENT_ROOM];
    uint8_t buffer[SEGMENT_ROOM];
    size_t received = 0;
    uint32_t anomalies = 0;
    const size_t length = from_peer(segment, seq, ack, flags, text);
    check(dumbo_connection_receive_segment(connection, segment, length, &addresses, buffer, sizeof buffer, 0, &received,
                                           &anomalies) == DUMBO_OK,
          "a segment is received");
    check(anomalies == 0, "nothing is odd about it");
    check(received == strlen(text) && memcmp(buffer, text, received) == 0, "its payload arrives");
}

/* Lets the connection write a segment, which must have these flags and this payload. */
static void expect(dumbo_connection* connection, const dumbo_payload* payload, uint8_t flags, const char* text) {
    const dumbo_addressing addressing = to_peer();
    const dumbo_address_pair addresses = {{169, 254, 169, 254}, {169, 254, 1, 2}};
    uint8_t segment[SEGMENT_ROOM];
    size_t length = 0;
    dumbo_tcp_segment parsed;
    memset(&parsed, 0, sizeof parsed);
    parsed.struct_size = sizeof parsed;
    check(dumbo_connection_write_next_segment(connection, segment, sizeof segment, 0, payload, &addressing, 0, &length,
                                              NULL) == DUMBO_OK,
          "a segment is written");
    check(dumbo_tcp_parse(segment, length, &addresses, &parsed) == DUMBO_OK, "it parses");
    check(parsed.flags == flags, "it has the expected flags");
    check(parsed.payload_length == strlen(text) &&
              memcmp(segment + parsed.header_length, text, parsed.payload_length) == 0,
          "it carries the expected payload");
}

static void run_exchange(dumbo_connection* connection, uint32_t peer, uint32_t us) {
    static const char question[] = "GET / HTTP/1.0\r\n\r\n";
    static const char answer[] = "HTTP/1.0 200 OK\r\n\r\nhello";
    dumbo_payload payload;

    expect(connection, NULL, DUMBO_TCP_SYN | DUMBO_TCP_ACK, "");
    receive(connection, peer, us, DUMBO_TCP_ACK, "");
    check(dumbo_connection_state(connection) == DUMBO_STATE_ESTABLISHED, "the handshake is done");

    receive(connection, peer, us, DUMBO_TCP_ACK | DUMBO_TCP_PSH, question);
    peer += (uint32_t)strlen(question);

    memset(&payload, 0, sizeof payload);
    payload.struct_size = sizeof payload;
    payload.kind = DUMBO_PAYLOAD_BYTES;
    payload.bytes = (const uint8_t*)answer;
    payload.len = strlen(answer);
    payload.seq = us;
    expect(connection, &payload, DUMBO_TCP_ACK, answer);
    us += (uint32_t)strlen(answer);

    check(dumbo_connection_close(connection) == DUMBO_OK, "closing succeeds");
    receive(connection, peer, us, DUMBO_TCP_ACK, "");
    expect(connection, NULL, DUMBO_TCP_ACK | DUMBO_TCP_FIN, "");
    receive(connection, peer, us + 1, DUMBO_TCP_ACK | DUMBO_TCP_FIN, "");
    expect(connection, NULL, DUMBO_TCP_ACK, "");
    check(dumbo_connection_is_done(connection), "both sides closed");
    check(dumbo_connection_fin_acknowledged(connection), "the peer has everything");
}

int main(void) {
    const uint32_t peer_isn = 4294967290u;
    dumbo_connection* connection = NULL;
    dumbo_connection_config config;
    uint8_t segment[SEGMENT_ROOM];
    size_t length = from_peer(segment, peer_isn, 0, DUMBO_TCP_SYN, "");

    check(dumbo_version_num() == DUMBO_VERSION_NUM, "library and header have the same version");
    check(dumbo_connection_config_init(&config, sizeof config) == DUMBO_OK, "the config is initialized");
    check(
        dumbo_connection_passive_open(&connection, segment, length, NULL, &config, NULL) == DUMBO_ERR_INVALID_ARGUMENT,
        "a config without a timeout is refused");
    check(connection == NULL, "and leaves no connection");

    config.rto_period = 1000;
    check(dumbo_connection_passive_open(&connection, segment, length - 1, NULL, &config, NULL) == DUMBO_ERR_TRUNCATED,
          "a SYN that is cut short is refused");
    check(dumbo_connection_passive_open(&connection, segment, length, NULL, &config, NULL) == DUMBO_OK,
          "a SYN opens a connection");
    run_exchange(connection, peer_isn + 1, dumbo_connection_first_not_sent(connection));
    dumbo_connection_free(connection);
    printf("libdumbo %s: %s\n", dumbo_version_string(), failures == 0 ? "all is well" : "something failed");
    return failures == 0 ? 0 : 1;
}
