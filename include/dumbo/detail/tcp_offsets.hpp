// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

// Where the fields of a TCP header lie (RFC 9293, 3.1).
namespace dumbo::inline v0::detail::tcp_offset {

inline constexpr std::size_t source_port = 0;
inline constexpr std::size_t destination_port = 2;
inline constexpr std::size_t sequence_number = 4;
inline constexpr std::size_t ack_number = 8;
inline constexpr std::size_t data_offset = 12;  // upper half; the lower half holds reserved bits and NS
inline constexpr std::size_t flags = 13;
inline constexpr std::size_t window = 14;
inline constexpr std::size_t checksum = 16;
inline constexpr std::size_t urgent_pointer = 18;
inline constexpr std::size_t options = 20;

}  // namespace dumbo::inline v0::detail::tcp_offset
