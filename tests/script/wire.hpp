// SPDX-License-Identifier: Apache-2.0
// Packets as bytes. Coding and checksum are written here a second time, plainly, as a check on the library's own.
#pragma once

#include "script/numbering.hpp"
#include "script/packet.hpp"

#include <dumbo/dumbo.h>

#include <cstdint>
#include <span>
#include <vector>

namespace script {

// The addresses of a packet from sender.
[[nodiscard]] dumbo_address_pair addresses_of(Sender sender);

// What the library fills into the host's segments.
[[nodiscard]] dumbo_addressing host_addressing();

// A segment from sender, with payload and checksum.
[[nodiscard]] std::vector<std::uint8_t> encode(const Packet& packet, Sender sender, const Numbering& numbering);

// Reads a segment that the host wrote. A Mismatch if it is not well-formed in all that a Packet does not say:
// lengths, ports, checksum, and zero in the reserved bits and the urgent pointer.
[[nodiscard]] Packet decode(std::span<const std::uint8_t> segment);

// A Mismatch if the payload of a decoded segment of the host is not the content of its sequence numbers.
void require_content(std::span<const std::uint8_t> segment, const Packet& packet, const Numbering& numbering);

}  // namespace script
