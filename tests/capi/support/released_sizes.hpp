// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/dumbo.h>

#include <cstddef>
#include <vector>

// The sizes that each struct with struct_size has had, the first release's first. A release in which one has grown adds
// a number; none is ever taken away or changed.
namespace dumbo_test {

using Sizes = std::vector<std::size_t>;

// Pointers have 8 bytes, or 4.
constexpr std::size_t word = sizeof(void*);

inline Sizes released_sizes(const dumbo_ethernet_header* /*type*/) {
    return {32};
}
inline Sizes released_sizes(const dumbo_arp_packet* /*type*/) {
    return {32};
}
inline Sizes released_sizes(const dumbo_ipv4_header* /*type*/) {
    return {32};
}
inline Sizes released_sizes(const dumbo_ipv4_fields* /*type*/) {
    return {24};
}
inline Sizes released_sizes(const dumbo_tcp_segment* /*type*/) {
    return {36};
}
inline Sizes released_sizes(const dumbo_addressing* /*type*/) {
    return {24};
}
inline Sizes released_sizes(const dumbo_payload* /*type*/) {
    return {24 + 6 * word};
}
inline Sizes released_sizes(const dumbo_tcp_fields* /*type*/) {
    return {32};
}
inline Sizes released_sizes(const dumbo_rst_config* /*type*/) {
    return {16};
}
inline Sizes released_sizes(const dumbo_connection_config* /*type*/) {
    return {32};
}
inline Sizes released_sizes(const dumbo_allocator* /*type*/) {
    return {8 + 3 * word};
}
inline Sizes released_sizes(const dumbo_sent* /*type*/) {
    return {12};
}
inline Sizes released_sizes(const dumbo_counters* /*type*/) {
    return {248};
}
inline Sizes released_sizes(const dumbo_restore_config* /*type*/) {
    return {24};
}
inline Sizes released_sizes(const dumbo_stack_config* /*type*/) {
    return {96};
}
inline Sizes released_sizes(const dumbo_virtio_net_header* /*type*/) {
    return {16};
}
inline Sizes released_sizes(const dumbo_frame_verdict* /*type*/) {
    return {32};
}
inline Sizes released_sizes(const dumbo_stack_event* /*type*/) {
    return {24};
}
inline Sizes released_sizes(const dumbo_connection_info* /*type*/) {
    return {56};
}
inline Sizes released_sizes(const dumbo_interface_counters* /*type*/) {
    return {160};
}

}  // namespace dumbo_test
