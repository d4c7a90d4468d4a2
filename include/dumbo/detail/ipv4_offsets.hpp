// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>

// Where the fields of an IPv4 header lie (RFC 791, 3.1).
namespace dumbo::inline v0::detail::ipv4_offset {

inline constexpr std::size_t version = 0;  // upper half; the lower half is the header length in words
inline constexpr std::size_t traffic_class = 1;
inline constexpr std::size_t total_length = 2;
inline constexpr std::size_t identification = 4;
inline constexpr std::size_t fragment_offset = 6;  // behind 3 bits of flags
inline constexpr std::size_t ttl = 8;
inline constexpr std::size_t protocol = 9;
inline constexpr std::size_t checksum = 10;
inline constexpr std::size_t source = 12;
inline constexpr std::size_t destination = 16;

}  // namespace dumbo::inline v0::detail::ipv4_offset
