// SPDX-License-Identifier: Apache-2.0
#include "capi/support/guest.hpp"

#include <array>

#include "support/catch.hpp"
#include "unit/support/reference_checksum.hpp"

namespace dumbo_test {

namespace {

constexpr std::size_t shortest_frame = 60;

Bytes padded(Bytes frame) {
    frame.resize(std::max(frame.size(), shortest_frame), 0xdb);  // a link may pad with anything
    return frame;
}

std::array<std::uint8_t, 4> to_array(const Bytes& address) {
    return {address[0], address[1], address[2], address[3]};
}

}  // namespace

Bytes Guest::arp_request() {
    return padded(
        concat({Bytes(6, 0xff), mac, Bytes{8, 6}, Bytes{0, 1, 8, 0, 6, 4, 0, 1}, mac, ip, Bytes(6), host_ip}));
}

void Guest::check_arp_reply(const Bytes& frame) {
    CHECK(frame == concat({mac, host_mac, Bytes{8, 6}, Bytes{0, 1, 8, 0, 6, 4, 0, 2}, host_mac, host_ip, mac, ip}));
}

Bytes Guest::frame_with(SegmentSpec spec) {
    spec.source_port = port;
    spec.destination_port = host_port;
    Bytes segment = segment_bytes(spec);
    put16(segment, 16, reference_transport_checksum(to_array(ip), to_array(host_ip), 6, segment));
    Bytes header = concat({Bytes{0x45, 0, 0, 0, 0, 7, 0x40, 0, 64, 6, 0, 0}, ip, host_ip});
    put16(header, 2, static_cast<std::uint16_t>(20 + segment.size()));
    put16(header, 10, reference_checksum(header));
    return padded(concat({host_mac, mac, Bytes{8, 0}, header, segment}));
}

Bytes Guest::segment_in(const Bytes& frame) {
    REQUIRE(frame.size() >= 14 + 20 + 20);
    const View view(frame);
    CHECK(same_bytes(view.first(14), concat({mac, host_mac, Bytes{8, 0}})));
    const View packet = view.subspan(14);
    CHECK(packet[0] == 0x45);
    CHECK(get16(packet, 2) == packet.size());
    CHECK(packet[9] == 6);
    CHECK(reference_checksum(packet.first(20)) == 0);
    CHECK(same_bytes(packet.subspan(12, 8), concat({host_ip, ip})));
    const Bytes segment = copy_of(packet.subspan(20));
    CHECK(reference_transport_checksum(to_array(host_ip), to_array(ip), 6, segment) == 0);
    CHECK(get16(segment, 0) == host_port);
    CHECK(get16(segment, 2) == port);
    return segment;
}

}  // namespace dumbo_test
