/* SPDX-License-Identifier: Apache-2.0 */
/* The binary layout of every public struct, field by field. A change here is a change of the binary interface. */
#include <dumbo/dumbo.h>

#define SIZE(type, bytes) _Static_assert(sizeof(type) == (bytes), #type " has another size")
/* As the field that is aligned most, on any machine. */
#define ALIGNMENT(type, of) _Static_assert(_Alignof(type) == _Alignof(of), #type " has another alignment")
#define FIELD(type, field, at, bytes)                                                  \
    _Static_assert(offsetof(type, field) == (at), #type "." #field " lies elsewhere"); \
    _Static_assert(sizeof(((type*)0)->field) == (bytes), #type "." #field " has another size")

SIZE(dumbo_address_pair, 8);
ALIGNMENT(dumbo_address_pair, uint8_t);
FIELD(dumbo_address_pair, source, 0, 4);
FIELD(dumbo_address_pair, destination, 4, 4);

SIZE(dumbo_ethernet_header, 32);
ALIGNMENT(dumbo_ethernet_header, uint64_t);
FIELD(dumbo_ethernet_header, struct_size, 0, 4);
FIELD(dumbo_ethernet_header, ethertype, 4, 2);
FIELD(dumbo_ethernet_header, payload_offset, 6, 2);
FIELD(dumbo_ethernet_header, payload_length, 8, 8);
FIELD(dumbo_ethernet_header, destination, 16, 6);
FIELD(dumbo_ethernet_header, source, 22, 6);
FIELD(dumbo_ethernet_header, reserved, 28, 4);

SIZE(dumbo_arp_packet, 32);
ALIGNMENT(dumbo_arp_packet, uint32_t);
FIELD(dumbo_arp_packet, struct_size, 0, 4);
FIELD(dumbo_arp_packet, operation, 4, 2);
FIELD(dumbo_arp_packet, hardware_type, 6, 2);
FIELD(dumbo_arp_packet, protocol_type, 8, 2);
FIELD(dumbo_arp_packet, hardware_length, 10, 1);
FIELD(dumbo_arp_packet, protocol_length, 11, 1);
FIELD(dumbo_arp_packet, sender_mac, 12, 6);
FIELD(dumbo_arp_packet, sender_ip, 18, 4);
FIELD(dumbo_arp_packet, target_mac, 22, 6);
FIELD(dumbo_arp_packet, target_ip, 28, 4);

SIZE(dumbo_ipv4_header, 32);
ALIGNMENT(dumbo_ipv4_header, uint32_t);
FIELD(dumbo_ipv4_header, struct_size, 0, 4);
FIELD(dumbo_ipv4_header, version, 4, 1);
FIELD(dumbo_ipv4_header, header_length, 5, 1);
FIELD(dumbo_ipv4_header, dscp, 6, 1);
FIELD(dumbo_ipv4_header, ecn, 7, 1);
FIELD(dumbo_ipv4_header, total_length, 8, 2);
FIELD(dumbo_ipv4_header, identification, 10, 2);
FIELD(dumbo_ipv4_header, fragment_offset, 12, 2);
FIELD(dumbo_ipv4_header, flags, 14, 1);
FIELD(dumbo_ipv4_header, ttl, 15, 1);
FIELD(dumbo_ipv4_header, protocol, 16, 1);
FIELD(dumbo_ipv4_header, reserved, 17, 1);
FIELD(dumbo_ipv4_header, checksum, 18, 2);
FIELD(dumbo_ipv4_header, source, 20, 4);
FIELD(dumbo_ipv4_header, destination, 24, 4);
FIELD(dumbo_ipv4_header, payload_offset, 28, 2);
FIELD(dumbo_ipv4_header, payload_length, 30, 2);

SIZE(dumbo_ipv4_fields, 24);
ALIGNMENT(dumbo_ipv4_fields, uint32_t);
FIELD(dumbo_ipv4_fields, struct_size, 0, 4);
FIELD(dumbo_ipv4_fields, source, 4, 4);
FIELD(dumbo_ipv4_fields, destination, 8, 4);
FIELD(dumbo_ipv4_fields, protocol, 12, 1);
FIELD(dumbo_ipv4_fields, ttl, 13, 1);
FIELD(dumbo_ipv4_fields, identification, 14, 2);
FIELD(dumbo_ipv4_fields, options_length, 16, 2);
FIELD(dumbo_ipv4_fields, payload_length, 18, 2);
FIELD(dumbo_ipv4_fields, flags, 20, 4);

SIZE(dumbo_tcp_segment, 36);
ALIGNMENT(dumbo_tcp_segment, uint32_t);
FIELD(dumbo_tcp_segment, struct_size, 0, 4);
FIELD(dumbo_tcp_segment, source_port, 4, 2);
FIELD(dumbo_tcp_segment, destination_port, 6, 2);
FIELD(dumbo_tcp_segment, seq, 8, 4);
FIELD(dumbo_tcp_segment, ack, 12, 4);
FIELD(dumbo_tcp_segment, header_length, 16, 1);
FIELD(dumbo_tcp_segment, flags, 17, 1);
FIELD(dumbo_tcp_segment, reserved_bits, 18, 1);
FIELD(dumbo_tcp_segment, ns, 19, 1);
FIELD(dumbo_tcp_segment, window, 20, 2);
FIELD(dumbo_tcp_segment, checksum, 22, 2);
FIELD(dumbo_tcp_segment, urgent_pointer, 24, 2);
FIELD(dumbo_tcp_segment, length, 26, 2);
FIELD(dumbo_tcp_segment, payload_length, 28, 2);
FIELD(dumbo_tcp_segment, mss, 30, 2);
FIELD(dumbo_tcp_segment, mss_option, 32, 1);
FIELD(dumbo_tcp_segment, reserved, 33, 3);

SIZE(dumbo_addressing, 24);
ALIGNMENT(dumbo_addressing, uint32_t);
FIELD(dumbo_addressing, struct_size, 0, 4);
FIELD(dumbo_addressing, checksum, 4, 4);
FIELD(dumbo_addressing, source_port, 8, 2);
FIELD(dumbo_addressing, destination_port, 10, 2);
FIELD(dumbo_addressing, source, 12, 4);
FIELD(dumbo_addressing, destination, 16, 4);
FIELD(dumbo_addressing, flags, 20, 4);

SIZE(dumbo_sent, 12);
ALIGNMENT(dumbo_sent, uint32_t);
FIELD(dumbo_sent, struct_size, 0, 4);
FIELD(dumbo_sent, cause, 4, 4);
FIELD(dumbo_sent, header_length, 8, 2);
FIELD(dumbo_sent, gso_size, 10, 2);

SIZE(dumbo_tcp_fields, 32);
ALIGNMENT(dumbo_tcp_fields, uint64_t);
FIELD(dumbo_tcp_fields, struct_size, 0, 4);
FIELD(dumbo_tcp_fields, seq, 4, 4);
FIELD(dumbo_tcp_fields, ack, 8, 4);
FIELD(dumbo_tcp_fields, window, 12, 2);
FIELD(dumbo_tcp_fields, flags, 14, 1);
FIELD(dumbo_tcp_fields, has_mss_option, 15, 1);
FIELD(dumbo_tcp_fields, mss_option, 16, 2);
FIELD(dumbo_tcp_fields, mss_remaining, 18, 2);
FIELD(dumbo_tcp_fields, reserved, 20, 4);
FIELD(dumbo_tcp_fields, payload_max, 24, 8);

SIZE(dumbo_rst_config, 16);
ALIGNMENT(dumbo_rst_config, uint32_t);
FIELD(dumbo_rst_config, struct_size, 0, 4);
FIELD(dumbo_rst_config, flags, 4, 4);
FIELD(dumbo_rst_config, seq, 8, 4);
FIELD(dumbo_rst_config, ack, 12, 4);

SIZE(dumbo_connection_config, 32);
ALIGNMENT(dumbo_connection_config, uint64_t);
FIELD(dumbo_connection_config, struct_size, 0, 4);
FIELD(dumbo_connection_config, local_rwnd_size, 4, 4);
FIELD(dumbo_connection_config, rto_period, 8, 8);
FIELD(dumbo_connection_config, rto_count_max, 16, 2);
FIELD(dumbo_connection_config, reserved, 18, 2);
FIELD(dumbo_connection_config, flags, 20, 4);
FIELD(dumbo_connection_config, isn, 24, 4);
FIELD(dumbo_connection_config, options, 28, 4);

SIZE(dumbo_restore_config, 24);
ALIGNMENT(dumbo_restore_config, uint64_t);
FIELD(dumbo_restore_config, struct_size, 0, 4);
FIELD(dumbo_restore_config, flags, 4, 4);
FIELD(dumbo_restore_config, old_now, 8, 8);
FIELD(dumbo_restore_config, new_now, 16, 8);

SIZE(dumbo_counters, 248);
ALIGNMENT(dumbo_counters, uint64_t);
FIELD(dumbo_counters, struct_size, 0, 4);
FIELD(dumbo_counters, reserved, 4, 4);
FIELD(dumbo_counters, segments_in, 8, 8);
FIELD(dumbo_counters, bytes_in, 16, 8);
FIELD(dumbo_counters, segments_out, 24, 8);
FIELD(dumbo_counters, bytes_out, 32, 8);
FIELD(dumbo_counters, repeated_on_timeout, 40, 8);
FIELD(dumbo_counters, repeated_on_dup_ack, 48, 8);
FIELD(dumbo_counters, repeated_on_window_opened, 56, 8);
FIELD(dumbo_counters, repeated_on_syn, 64, 8);
FIELD(dumbo_counters, bytes_repeated, 72, 8);
FIELD(dumbo_counters, probes, 80, 8);
FIELD(dumbo_counters, resets_by_peer, 88, 8);
FIELD(dumbo_counters, resets_by_invalid_segment, 96, 8);
FIELD(dumbo_counters, resets_by_invalid_ack, 104, 8);
FIELD(dumbo_counters, resets_by_caller, 112, 8);
FIELD(dumbo_counters, resets_by_timeout, 120, 8);
FIELD(dumbo_counters, invalid_ack, 128, 8);
FIELD(dumbo_counters, dup_ack, 136, 8);
FIELD(dumbo_counters, segment_beyond_rwnd, 144, 8);
FIELD(dumbo_counters, unexpected_seq, 152, 8);
FIELD(dumbo_counters, remote_rwnd_edge, 160, 8);
FIELD(dumbo_counters, data_beyond_fin, 168, 8);
FIELD(dumbo_counters, reset_received, 176, 8);
FIELD(dumbo_counters, invalid_rst, 184, 8);
FIELD(dumbo_counters, invalid_segment, 192, 8);
FIELD(dumbo_counters, conn_resetting, 200, 8);
FIELD(dumbo_counters, invalid_fin, 208, 8);
FIELD(dumbo_counters, challenge_ack, 216, 8);
FIELD(dumbo_counters, malformed, 224, 8);
FIELD(dumbo_counters, checksum_errors, 232, 8);
FIELD(dumbo_counters, after_reset, 240, 8);

SIZE(dumbo_stack_config, 96);
ALIGNMENT(dumbo_stack_config, uint64_t);
FIELD(dumbo_stack_config, struct_size, 0, 4);
FIELD(dumbo_stack_config, flags, 4, 4);
FIELD(dumbo_stack_config, mac, 8, 6);
FIELD(dumbo_stack_config, ipv4, 14, 4);
FIELD(dumbo_stack_config, rto_count_max, 18, 2);
FIELD(dumbo_stack_config, options, 20, 4);
FIELD(dumbo_stack_config, ports, 24, 16);
FIELD(dumbo_stack_config, max_connections, 40, 4);
FIELD(dumbo_stack_config, max_half_open, 44, 4);
FIELD(dumbo_stack_config, receive_buffer, 48, 4);
FIELD(dumbo_stack_config, send_buffer, 52, 4);
FIELD(dumbo_stack_config, max_replies, 56, 4);
FIELD(dumbo_stack_config, checksum, 60, 4);
FIELD(dumbo_stack_config, offloads, 64, 4);
FIELD(dumbo_stack_config, mtu, 68, 2);
FIELD(dumbo_stack_config, ttl, 70, 1);
FIELD(dumbo_stack_config, reserved, 71, 1);
FIELD(dumbo_stack_config, rto_period, 72, 8);
FIELD(dumbo_stack_config, idle_threshold, 80, 8);
FIELD(dumbo_stack_config, hash_key, 88, 8);

SIZE(dumbo_virtio_net_header, 16);
ALIGNMENT(dumbo_virtio_net_header, uint32_t);
FIELD(dumbo_virtio_net_header, struct_size, 0, 4);
FIELD(dumbo_virtio_net_header, flags, 4, 1);
FIELD(dumbo_virtio_net_header, gso_type, 5, 1);
FIELD(dumbo_virtio_net_header, header_length, 6, 2);
FIELD(dumbo_virtio_net_header, gso_size, 8, 2);
FIELD(dumbo_virtio_net_header, csum_start, 10, 2);
FIELD(dumbo_virtio_net_header, csum_offset, 12, 2);
FIELD(dumbo_virtio_net_header, reserved, 14, 2);

SIZE(dumbo_connection_info, 56);
ALIGNMENT(dumbo_connection_info, uint64_t);
FIELD(dumbo_connection_info, struct_size, 0, 4);
FIELD(dumbo_connection_info, flags, 4, 4);
FIELD(dumbo_connection_info, state, 8, 4);
FIELD(dumbo_connection_info, peer_mac, 12, 6);
FIELD(dumbo_connection_info, peer_port, 18, 2);
FIELD(dumbo_connection_info, peer_ipv4, 20, 4);
FIELD(dumbo_connection_info, port, 24, 2);
FIELD(dumbo_connection_info, mss, 26, 2);
FIELD(dumbo_connection_info, readable, 28, 4);
FIELD(dumbo_connection_info, queued, 32, 4);
FIELD(dumbo_connection_info, room, 36, 4);
FIELD(dumbo_connection_info, lent, 40, 8);
FIELD(dumbo_connection_info, last_heard, 48, 8);

SIZE(dumbo_frame_verdict, 32);
ALIGNMENT(dumbo_frame_verdict, uint64_t);
FIELD(dumbo_frame_verdict, struct_size, 0, 4);
FIELD(dumbo_frame_verdict, kind, 4, 4);
FIELD(dumbo_frame_verdict, error, 8, 4);
FIELD(dumbo_frame_verdict, anomalies, 12, 4);
FIELD(dumbo_frame_verdict, delivered, 16, 4);
FIELD(dumbo_frame_verdict, reserved, 20, 4);
FIELD(dumbo_frame_verdict, connection, 24, 8);

SIZE(dumbo_stack_event, 24);
ALIGNMENT(dumbo_stack_event, uint64_t);
FIELD(dumbo_stack_event, struct_size, 0, 4);
FIELD(dumbo_stack_event, kind, 4, 4);
FIELD(dumbo_stack_event, reason, 8, 4);
FIELD(dumbo_stack_event, reserved, 12, 4);
FIELD(dumbo_stack_event, connection, 16, 8);

SIZE(dumbo_interface_counters, 160);
ALIGNMENT(dumbo_interface_counters, uint64_t);
FIELD(dumbo_interface_counters, struct_size, 0, 4);
FIELD(dumbo_interface_counters, reserved, 4, 4);
FIELD(dumbo_interface_counters, frames_in, 8, 8);
FIELD(dumbo_interface_counters, frames_out, 16, 8);
FIELD(dumbo_interface_counters, foreign, 24, 8);
FIELD(dumbo_interface_counters, malformed, 32, 8);
FIELD(dumbo_interface_counters, checksum_errors, 40, 8);
FIELD(dumbo_interface_counters, fragments, 48, 8);
FIELD(dumbo_interface_counters, arp_requests, 56, 8);
FIELD(dumbo_interface_counters, arp_replies_lost, 64, 8);
FIELD(dumbo_interface_counters, refused, 72, 8);
FIELD(dumbo_interface_counters, rsts_lost, 80, 8);
FIELD(dumbo_interface_counters, syns_dropped, 88, 8);
FIELD(dumbo_interface_counters, opened, 96, 8);
FIELD(dumbo_interface_counters, established, 104, 8);
FIELD(dumbo_interface_counters, half_open_evicted, 112, 8);
FIELD(dumbo_interface_counters, evicted, 120, 8);
FIELD(dumbo_interface_counters, finished, 128, 8);
FIELD(dumbo_interface_counters, reset_by_peer, 136, 8);
FIELD(dumbo_interface_counters, reset, 144, 8);
FIELD(dumbo_interface_counters, timed_out, 152, 8);

/* Pointers and size_t have 8 bytes, or 4. */
#define WORD sizeof(void*)
_Static_assert(WORD == sizeof(size_t), "size_t is as large as a pointer");

SIZE(dumbo_iovec, 2 * WORD);
ALIGNMENT(dumbo_iovec, void*);
FIELD(dumbo_iovec, base, 0, WORD);
FIELD(dumbo_iovec, len, WORD, WORD);

SIZE(dumbo_payload, 24 + 6 * WORD);
ALIGNMENT(dumbo_payload, uint64_t);
FIELD(dumbo_payload, struct_size, 0, 4);
FIELD(dumbo_payload, kind, 4, 4);
FIELD(dumbo_payload, len, 8, 8);
FIELD(dumbo_payload, seq, 16, 4);
FIELD(dumbo_payload, reserved, 20, 4);
FIELD(dumbo_payload, bytes, 24, WORD);
FIELD(dumbo_payload, iovecs, 24 + WORD, WORD);
FIELD(dumbo_payload, iovec_count, 24 + 2 * WORD, WORD);
FIELD(dumbo_payload, read, 24 + 3 * WORD, WORD);
FIELD(dumbo_payload, user_data, 24 + 4 * WORD, WORD);
FIELD(dumbo_payload, reserved2, 24 + 5 * WORD, WORD);

SIZE(dumbo_allocator, 8 + 3 * WORD);
ALIGNMENT(dumbo_allocator, void*);
FIELD(dumbo_allocator, struct_size, 0, 4);
FIELD(dumbo_allocator, reserved, 4, 4);
FIELD(dumbo_allocator, allocate, 8, WORD);
FIELD(dumbo_allocator, release, 8 + WORD, WORD);
FIELD(dumbo_allocator, user_data, 8 + 2 * WORD, WORD);
