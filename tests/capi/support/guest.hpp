// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "unit/support/bytes.hpp"
#include "unit/support/segment.hpp"

// A guest on the other side of the network device. It writes and reads frames byte by byte, without the library, and
// checks every length and checksum of what it is sent.
namespace dumbo_test {

class Guest {
public:
    static inline const Bytes mac = {0x06, 0x01, 0x23, 0x45, 0x67, 0x89};
    static inline const Bytes ip = {169, 254, 1, 2};
    static inline const Bytes host_mac = {0x02, 0xaa, 0xbb, 0xcc, 0xdd, 0xee};
    static inline const Bytes host_ip = {169, 254, 169, 254};
    static constexpr std::uint16_t port = 40000;
    static constexpr std::uint16_t host_port = 80;

    // "Who has host_ip?", padded to the 60 bytes that a link carries at least.
    static Bytes arp_request();

    // Checks a frame that must be the reply to that.
    static void check_arp_reply(const Bytes& frame);

    // A segment in a packet in a frame, all checksums filled in, padded like every short frame.
    static Bytes frame_with(SegmentSpec segment);

    // Takes a frame apart that must carry a segment of the host's, and returns the segment.
    static Bytes segment_in(const Bytes& frame);
};

}  // namespace dumbo_test
