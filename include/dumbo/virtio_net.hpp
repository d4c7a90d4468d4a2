// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace dumbo::inline v0 {

// What the header in front of a frame on a virtio-net queue says (Virtual I/O Device 1.2, 5.1.6), in the machine's byte
// order. Where its bytes lie, and how many they are, is the business of who talks to the device.
struct VirtioNetHeader {
    static constexpr std::uint8_t needs_checksum = 1;  // of `flags`: from csum_start on, to be put csum_offset further
    static constexpr std::uint8_t data_valid = 2;      // of `flags`: the checksum was verified
    static constexpr std::uint8_t gso_none = 0;
    static constexpr std::uint8_t gso_tcpv4 = 1;

    std::uint8_t flags = 0;
    std::uint8_t gso_type = gso_none;
    std::uint16_t header_length = 0;  // of Ethernet, IPv4 and TCP, where the device has to repeat them
    std::uint16_t gso_size = 0;       // payload of each segment that it makes
    std::uint16_t csum_start = 0;
    std::uint16_t csum_offset = 0;

    friend bool operator==(const VirtioNetHeader&, const VirtioNetHeader&) noexcept = default;
};

}  // namespace dumbo::inline v0
