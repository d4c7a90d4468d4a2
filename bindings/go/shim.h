/* SPDX-License-Identifier: Apache-2.0 */
/* What stands between Go and dumbo.h. Results are returned by value, as the address of a Go variable that is handed to
 * C moves that variable to the heap. Structs that hold pointers are filled here, as Go memory that is handed to C must
 * not hold pointers to Go memory itself. */
#ifndef DUMBO_GO_SHIM_H
#define DUMBO_GO_SHIM_H

#include <dumbo/dumbo.h>
#include <string.h>

/* What dumbo.h keeps closed has some contents here, which nobody looks at. For a pointer to what it knows nothing of,
 * cgo asks the garbage collector at each call, and allocates to do so. */
struct dumbo_connection {
    char opaque;
};
struct dumbo_stack {
    char opaque;
};

/* Results. */

typedef struct {
    int32_t code;
    size_t length;
} dumbo_go_length;

typedef struct {
    int32_t code;
    uint16_t checksum;
} dumbo_go_checksum;

typedef struct {
    int32_t code;
    dumbo_connection* connection;
} dumbo_go_connection;

typedef struct {
    int32_t code;
    uint32_t anomalies;
    size_t offset;
    size_t length;
} dumbo_go_received;

typedef struct {
    int32_t code;
    size_t length;
    dumbo_sent sent;
} dumbo_go_written;

typedef struct {
    int32_t code;
    uint32_t status;
    uint64_t deadline;
} dumbo_go_status;

typedef struct {
    int32_t code;
    dumbo_counters value;
} dumbo_go_counters;

typedef struct {
    int32_t code;
    dumbo_rst_config value;
} dumbo_go_rst;

typedef struct {
    int32_t code;
    dumbo_tcp_segment value;
} dumbo_go_tcp_segment;

typedef struct {
    int32_t code;
    dumbo_ethernet_header value;
} dumbo_go_ethernet_header;

typedef struct {
    int32_t code;
    dumbo_arp_packet value;
} dumbo_go_arp_packet;

typedef struct {
    int32_t code;
    dumbo_ipv4_header value;
} dumbo_go_ipv4_header;

typedef struct {
    int32_t code;
    dumbo_stack* stack;
} dumbo_go_stack;

typedef struct {
    int32_t code;
    dumbo_frame_verdict value;
} dumbo_go_verdict;

typedef struct {
    int32_t code;
    size_t length;
    dumbo_virtio_net_header header;
} dumbo_go_frame;

typedef struct {
    int32_t code;
    dumbo_stack_event value;
} dumbo_go_event;

typedef struct {
    int32_t code;
    dumbo_connection_info value;
} dumbo_go_connection_info;

typedef struct {
    int32_t code;
    dumbo_interface_counters value;
} dumbo_go_interface_counters;

/* Addresses that may be absent. */
typedef struct {
    bool is_given;
    dumbo_address_pair addresses;
} dumbo_go_verify;

static inline const dumbo_address_pair* dumbo_go_verified(const dumbo_go_verify* verify) {
    return verify->is_given ? &verify->addresses : NULL;
}

/* Payload. A source of Go's is known by the number of its handle; where bytes lie comes beside it. */

typedef struct {
    bool is_given;
    bool is_read;
    uint32_t seq;
    uint64_t len;
    uintptr_t reader;
} dumbo_go_source;

extern int32_t dumboGoRead(uintptr_t reader, uint64_t offset, uint8_t* dst, size_t len);

static inline int32_t dumbo_go_read(void* user_data, uint64_t offset, uint8_t* dst, size_t len) {
    return dumboGoRead((uintptr_t)user_data, offset, dst, len);
}

static inline dumbo_payload dumbo_go_payload(const dumbo_go_source* source, const uint8_t* bytes) {
    dumbo_payload payload;
    memset(&payload, 0, sizeof payload);
    payload.struct_size = sizeof payload;
    payload.kind = source->is_read ? DUMBO_PAYLOAD_CALLBACK : DUMBO_PAYLOAD_BYTES;
    payload.len = source->len;
    payload.seq = source->seq;
    payload.bytes = bytes;
    payload.read = source->is_read ? dumbo_go_read : NULL;
    payload.user_data = (void*)source->reader;
    return payload;
}

/* Connections. */

static inline dumbo_go_connection dumbo_go_passive_open(const uint8_t* segment, size_t len, dumbo_go_verify verify,
                                                        dumbo_connection_config config) {
    dumbo_go_connection out = {0, NULL};
    config.struct_size = sizeof config;
    out.code = dumbo_connection_passive_open(&out.connection, segment, len, dumbo_go_verified(&verify), &config, NULL);
    return out;
}

static inline dumbo_connection_config dumbo_go_connection_defaults(void) {
    dumbo_connection_config config;
    dumbo_connection_config_init(&config, sizeof config);
    return config;
}

static inline dumbo_go_connection dumbo_go_clone(const dumbo_connection* connection) {
    dumbo_go_connection out = {0, NULL};
    out.code = dumbo_connection_clone(connection, &out.connection, NULL);
    return out;
}

static inline dumbo_go_received dumbo_go_receive_segment(dumbo_connection* connection, const uint8_t* segment,
                                                         size_t len, dumbo_go_verify verify, uint8_t* buf,
                                                         size_t buf_len, uint64_t now) {
    dumbo_go_received out = {0, 0, 0, 0};
    out.code = dumbo_connection_receive_segment(connection, segment, len, dumbo_go_verified(&verify), buf, buf_len, now,
                                                &out.length, &out.anomalies);
    return out;
}

static inline dumbo_go_received dumbo_go_receive_segment_in_place(dumbo_connection* connection, const uint8_t* segment,
                                                                  size_t len, dumbo_go_verify verify, uint64_t now) {
    dumbo_go_received out = {0, 0, 0, 0};
    out.code = dumbo_connection_receive_segment_in_place(connection, segment, len, dumbo_go_verified(&verify), now,
                                                         &out.offset, &out.length, &out.anomalies);
    return out;
}

static inline dumbo_go_written dumbo_go_write_next_segment(dumbo_connection* connection, uint8_t* buf, size_t buf_len,
                                                           uint16_t mss_reserved, dumbo_go_source source,
                                                           const uint8_t* bytes, dumbo_addressing addressing,
                                                           uint64_t now) {
    const dumbo_payload payload = dumbo_go_payload(&source, bytes);
    dumbo_go_written out = {0, 0, {sizeof(dumbo_sent), 0, 0, 0}};
    addressing.struct_size = sizeof addressing;
    out.code =
        dumbo_connection_write_next_segment(connection, buf, buf_len, mss_reserved, source.is_given ? &payload : NULL,
                                            &addressing, now, &out.length, &out.sent);
    return out;
}

static inline dumbo_go_status dumbo_go_next_segment_status(const dumbo_connection* connection) {
    dumbo_go_status out = {0, 0, 0};
    out.status = dumbo_connection_control_segment_or_timeout_status(connection, &out.deadline);
    return out;
}

static inline dumbo_go_rst dumbo_go_make_rst_config(const dumbo_connection* connection) {
    dumbo_go_rst out = {0, {sizeof(dumbo_rst_config), 0, 0, 0}};
    out.code = dumbo_connection_make_rst_config(connection, &out.value);
    return out;
}

static inline dumbo_go_counters dumbo_go_connection_counters(const dumbo_connection* connection) {
    dumbo_go_counters out;
    memset(&out, 0, sizeof out);
    out.value.struct_size = sizeof out.value;
    out.code = dumbo_connection_counters(connection, &out.value);
    return out;
}

static inline dumbo_go_length dumbo_go_snapshot(const dumbo_connection* connection, uint8_t* buf, size_t buf_len) {
    dumbo_go_length out = {0, 0};
    out.code = dumbo_connection_snapshot(connection, buf, buf_len, &out.length);
    return out;
}

static inline dumbo_go_connection dumbo_go_restore(const uint8_t* snapshot, size_t len, dumbo_restore_config config) {
    dumbo_go_connection out = {0, NULL};
    config.struct_size = sizeof config;
    out.code = dumbo_connection_restore(&out.connection, snapshot, len, &config, NULL);
    return out;
}

/* Codecs. */

static inline dumbo_go_checksum dumbo_go_sum(const uint8_t* data, size_t len) {
    dumbo_go_checksum out = {0, 0};
    out.code = dumbo_checksum(data, len, &out.checksum);
    return out;
}

static inline dumbo_go_checksum dumbo_go_sum_tcp(dumbo_address_pair addresses, const uint8_t* segment, size_t len) {
    dumbo_go_checksum out = {0, 0};
    out.code = dumbo_checksum_tcp(&addresses, segment, len, &out.checksum);
    return out;
}

static inline dumbo_go_checksum dumbo_go_sum_udp(dumbo_address_pair addresses, const uint8_t* datagram, size_t len) {
    dumbo_go_checksum out = {0, 0};
    out.code = dumbo_checksum_udp(&addresses, datagram, len, &out.checksum);
    return out;
}

static inline dumbo_go_ethernet_header dumbo_go_ethernet_parse(const uint8_t* frame, size_t len) {
    dumbo_go_ethernet_header out;
    memset(&out, 0, sizeof out);
    out.value.struct_size = sizeof out.value;
    out.code = dumbo_ethernet_parse(frame, len, &out.value);
    return out;
}

/* Of header, the addresses and the EtherType are looked at. */
static inline dumbo_go_length dumbo_go_ethernet_write(uint8_t* buf, size_t buf_len, dumbo_ethernet_header header,
                                                      size_t payload_length) {
    dumbo_go_length out = {0, 0};
    out.code = dumbo_ethernet_write(buf, buf_len, header.destination, header.source, header.ethertype, payload_length,
                                    &out.length);
    return out;
}

/* Of addresses, source is looked at. */
static inline bool dumbo_go_arp_frame_is_for(const uint8_t* frame, size_t len, dumbo_address_pair addresses) {
    return dumbo_arp_frame_is_for(frame, len, addresses.source);
}

static inline bool dumbo_go_ipv4_frame_is_for(const uint8_t* frame, size_t len, dumbo_address_pair addresses) {
    return dumbo_ipv4_frame_is_for(frame, len, addresses.source);
}

static inline dumbo_go_arp_packet dumbo_go_arp_parse_request(const uint8_t* packet, size_t len) {
    dumbo_go_arp_packet out;
    memset(&out, 0, sizeof out);
    out.value.struct_size = sizeof out.value;
    out.code = dumbo_arp_parse_request(packet, len, &out.value);
    return out;
}

static inline int32_t dumbo_go_arp_write(uint8_t* buf, size_t buf_len, dumbo_arp_packet packet) {
    packet.struct_size = sizeof packet;
    return dumbo_arp_write(buf, buf_len, &packet);
}

static inline dumbo_go_ipv4_header dumbo_go_ipv4_parse(const uint8_t* packet, size_t len, uint32_t flags) {
    dumbo_go_ipv4_header out;
    memset(&out, 0, sizeof out);
    out.value.struct_size = sizeof out.value;
    out.code = dumbo_ipv4_parse(packet, len, flags, &out.value);
    return out;
}

static inline dumbo_go_length dumbo_go_ipv4_write(uint8_t* buf, size_t buf_len, dumbo_ipv4_fields fields) {
    dumbo_go_length out = {0, 0};
    fields.struct_size = sizeof fields;
    out.code = dumbo_ipv4_write(buf, buf_len, &fields, &out.length);
    return out;
}

static inline dumbo_go_tcp_segment dumbo_go_tcp_parse(const uint8_t* segment, size_t len, dumbo_go_verify verify) {
    dumbo_go_tcp_segment out;
    memset(&out, 0, sizeof out);
    out.value.struct_size = sizeof out.value;
    out.code = dumbo_tcp_parse(segment, len, dumbo_go_verified(&verify), &out.value);
    return out;
}

static inline dumbo_go_length dumbo_go_tcp_write(uint8_t* buf, size_t buf_len, dumbo_tcp_fields fields,
                                                 dumbo_go_source source, const uint8_t* bytes,
                                                 dumbo_addressing addressing) {
    const dumbo_payload payload = dumbo_go_payload(&source, bytes);
    dumbo_go_length out = {0, 0};
    fields.struct_size = sizeof fields;
    addressing.struct_size = sizeof addressing;
    out.code = dumbo_tcp_write(buf, buf_len, &fields, source.is_given ? &payload : NULL, &addressing, &out.length);
    return out;
}

static inline dumbo_go_rst dumbo_go_rst_config_for_segment(const uint8_t* segment, size_t len) {
    dumbo_go_rst out = {0, {sizeof(dumbo_rst_config), 0, 0, 0}};
    out.code = dumbo_rst_config_for_segment(segment, len, &out.value);
    return out;
}

static inline dumbo_go_length dumbo_go_rst_write(uint8_t* buf, size_t buf_len, dumbo_rst_config rst,
                                                 dumbo_addressing addressing) {
    dumbo_go_length out = {0, 0};
    rst.struct_size = sizeof rst;
    addressing.struct_size = sizeof addressing;
    out.code = dumbo_rst_write(buf, buf_len, &rst, &addressing, &out.length);
    return out;
}

/* Stacks. */

static inline dumbo_stack_config dumbo_go_stack_defaults(void) {
    dumbo_stack_config config;
    dumbo_stack_config_init(&config, sizeof config);
    return config;
}

static inline dumbo_go_length dumbo_go_stack_size(dumbo_stack_config config) {
    dumbo_go_length out = {0, 0};
    config.struct_size = sizeof config;
    out.code = dumbo_stack_size(&config, &out.length);
    return out;
}

static inline dumbo_go_stack dumbo_go_stack_create(dumbo_stack_config config) {
    dumbo_go_stack out = {0, NULL};
    config.struct_size = sizeof config;
    out.code = dumbo_stack_create(&out.stack, &config, NULL);
    return out;
}

static inline dumbo_go_stack dumbo_go_stack_restore(const uint8_t* snapshot, size_t len, dumbo_stack_config config,
                                                    dumbo_restore_config restore) {
    dumbo_go_stack out = {0, NULL};
    config.struct_size = sizeof config;
    restore.struct_size = sizeof restore;
    out.code = dumbo_stack_restore(&out.stack, snapshot, len, &config, &restore, NULL);
    return out;
}

static inline dumbo_go_length dumbo_go_stack_snapshot(const dumbo_stack* stack, uint8_t* buf, size_t buf_len) {
    dumbo_go_length out = {0, 0};
    out.code = dumbo_stack_snapshot(stack, buf, buf_len, &out.length);
    return out;
}

static inline dumbo_go_verdict dumbo_go_stack_receive_frame(dumbo_stack* stack, const uint8_t* frame, size_t len,
                                                            uint64_t now, bool has_header,
                                                            dumbo_virtio_net_header header) {
    dumbo_go_verdict out;
    memset(&out, 0, sizeof out);
    out.value.struct_size = sizeof out.value;
    header.struct_size = sizeof header;
    out.code = dumbo_stack_receive_frame(stack, frame, len, now, has_header ? &header : NULL, &out.value);
    return out;
}

static inline dumbo_go_frame dumbo_go_stack_next_frame(dumbo_stack* stack, uint8_t* buf, size_t buf_len, uint64_t now,
                                                       bool has_header) {
    dumbo_go_frame out;
    memset(&out, 0, sizeof out);
    out.header.struct_size = sizeof out.header;
    out.code = dumbo_stack_next_frame(stack, buf, buf_len, now, &out.length, has_header ? &out.header : NULL);
    return out;
}

static inline dumbo_go_status dumbo_go_stack_next_status(dumbo_stack* stack, uint64_t now) {
    dumbo_go_status out = {0, 0, 0};
    out.code = dumbo_stack_next_status(stack, now, &out.status, &out.deadline);
    return out;
}

static inline dumbo_go_event dumbo_go_stack_next_event(dumbo_stack* stack) {
    dumbo_go_event out;
    memset(&out, 0, sizeof out);
    out.value.struct_size = sizeof out.value;
    out.code = dumbo_stack_next_event(stack, &out.value);
    return out;
}

/* Copies and consumes what there is to read, in as many pieces as it lies in. */
static inline dumbo_go_length dumbo_go_stack_read(dumbo_stack* stack, uint64_t id, uint8_t* buf, size_t buf_len) {
    dumbo_go_length out = {0, 0};
    for (;;) {
        const uint8_t* piece;
        size_t len;
        out.code = dumbo_stack_read(stack, id, &piece, &len);
        if (len > buf_len - out.length) {
            len = buf_len - out.length;
        }
        if (out.code != DUMBO_OK || len == 0) {
            return out;
        }
        memcpy(buf + out.length, piece, len);
        out.length += len;
        out.code = dumbo_stack_consume(stack, id, len, NULL);
    }
}

/* Copies what there is to read without consuming it, as far as it lies in one piece. */
static inline dumbo_go_length dumbo_go_stack_peek(dumbo_stack* stack, uint64_t id, uint8_t* buf, size_t buf_len) {
    dumbo_go_length out = {0, 0};
    const uint8_t* piece;
    out.code = dumbo_stack_read(stack, id, &piece, &out.length);
    if (out.length > buf_len) {
        out.length = buf_len;
    }
    if (out.length > 0) {
        memcpy(buf, piece, out.length);
    }
    return out;
}

static inline dumbo_go_length dumbo_go_stack_consume(dumbo_stack* stack, uint64_t id, size_t n) {
    dumbo_go_length out = {0, 0};
    out.code = dumbo_stack_consume(stack, id, n, &out.length);
    return out;
}

static inline dumbo_go_length dumbo_go_stack_write(dumbo_stack* stack, uint64_t id, const uint8_t* data, size_t len) {
    dumbo_go_length out = {0, 0};
    out.code = dumbo_stack_write(stack, id, data, len, &out.length);
    return out;
}

static inline dumbo_go_connection_info dumbo_go_stack_connection_info(const dumbo_stack* stack, uint64_t id) {
    dumbo_go_connection_info out;
    memset(&out, 0, sizeof out);
    out.value.struct_size = sizeof out.value;
    out.code = dumbo_stack_connection_info(stack, id, &out.value);
    return out;
}

static inline dumbo_go_interface_counters dumbo_go_stack_counters(const dumbo_stack* stack) {
    dumbo_go_interface_counters out;
    memset(&out, 0, sizeof out);
    out.value.struct_size = sizeof out.value;
    out.code = dumbo_stack_counters(stack, &out.value);
    return out;
}

#endif
