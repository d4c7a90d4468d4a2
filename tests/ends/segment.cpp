// SPDX-License-Identifier: Apache-2.0
#include "ends/segment.hpp"

#include <algorithm>

namespace ends {

using dumbo_test::get16;
using dumbo_test::get32;
using dumbo_test::put16;

namespace {

constexpr std::size_t header_minimum = 20;
constexpr std::size_t checksum_at = 16;

std::size_t header_length(View bytes) {
    return std::size_t{bytes[12]} / 16 * 4;
}

Bytes pseudo_header(std::size_t segment_length) {
    Bytes bytes = dumbo_test::concat({client_ip, server_ip, Bytes{0, 6, 0, 0}});  // the sum does not ask who sends
    put16(bytes, 10, static_cast<std::uint16_t>(segment_length));
    return bytes;
}

std::uint16_t checksum_of(View segment) {
    return internet_checksum(dumbo_test::concat({pseudo_header(segment.size()), segment}));
}

}  // namespace

std::uint16_t internet_checksum(View bytes) {
    std::uint32_t sum = 0;
    for (std::size_t at = 0; at < bytes.size(); at += 2) {
        const std::uint8_t low = at + 1 < bytes.size() ? bytes[at + 1] : std::uint8_t{0};
        sum += std::uint32_t{bytes[at]} << 8U | low;
        sum = (sum & 0xffffU) + (sum >> 16U);
    }
    return static_cast<std::uint16_t>(~sum & 0xffffU);
}

Bytes encode(const Segment& segment) {
    Bytes bytes = dumbo_test::segment_bytes({.source_port = client_port,
                                             .destination_port = server_port,
                                             .seq = segment.seq,
                                             .ack = segment.ack,
                                             .flags = segment.flags,
                                             .window = segment.window,
                                             .options = segment.mss ? dumbo_test::mss_option(*segment.mss) : Bytes{},
                                             .payload = segment.payload});
    put16(bytes, checksum_at, checksum_of(bytes));
    return bytes;
}

Segment fields_of(View bytes) {
    if (bytes.size() < header_minimum) {
        return {};
    }
    Segment segment{
        .seq = get32(bytes, 4), .ack = get32(bytes, 8), .flags = bytes[13], .window = get16(bytes, 14), .payload = {}};
    const std::size_t header = std::clamp<std::size_t>(header_length(bytes), header_minimum, bytes.size());
    if (header >= header_minimum + 4 && bytes[header_minimum] == 2) {
        segment.mss = get16(bytes, header_minimum + 2);
    }
    segment.payload = dumbo_test::copy_of(bytes.subspan(header));
    return segment;
}

std::optional<Segment> decode(View bytes) {
    const bool is_for_us = bytes.size() >= header_minimum && header_length(bytes) >= header_minimum &&
                           header_length(bytes) <= bytes.size() && get16(bytes, 0) == server_port &&
                           get16(bytes, 2) == client_port && checksum_of(bytes) == 0;
    return is_for_us ? std::optional(fields_of(bytes)) : std::nullopt;
}

}  // namespace ends
