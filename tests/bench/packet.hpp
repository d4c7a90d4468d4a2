// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "bench/stream_client.hpp"
#include "bench/wire.hpp"

// What the guest puts around its segments.
namespace bench {

constexpr std::array<std::uint8_t, 6> our_mac = {6, 1, 0x23, 0x45, 0x67, 1};
constexpr std::array<std::uint8_t, 6> guest_mac = {6, 0, 0, 0, 0, 2};

// The header of an IPv4 packet to us with a segment of this length, alone or behind that of an Ethernet frame.
[[nodiscard]] Envelope ipv4_envelope(std::size_t length);
[[nodiscard]] Envelope ethernet_envelope(std::size_t length);

// A whole packet or frame.
[[nodiscard]] std::vector<std::uint8_t> wrap(const Envelope& envelope, Bytes segment);

}  // namespace bench
