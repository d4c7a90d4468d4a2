// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

namespace dumbo::inline v0 {

// Addresses in network order, as they lie on the wire.
using MacAddress = std::array<std::uint8_t, 6>;
using Ipv4Address = std::array<std::uint8_t, 4>;

// Source and destination of an IPv4 packet: what the pseudo header of a TCP or UDP checksum takes from it.
struct Ipv4AddressPair {
    Ipv4Address source{};
    Ipv4Address destination{};
};

}  // namespace dumbo::inline v0
