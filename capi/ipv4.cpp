// SPDX-License-Identifier: Apache-2.0
#include <dumbo/ipv4.hpp>

#include "convert.hpp"

using namespace dumbo;

static_assert(DUMBO_IPV4_HEADER_LENGTH == Ipv4Packet::header_length_without_options);

namespace {

dumbo_ipv4_header to_header(const Ipv4Packet& packet) noexcept {
    dumbo_ipv4_header header{};
    header.version = packet.version();
    header.header_length = packet.header_length();
    header.dscp = packet.dscp();
    header.ecn = packet.ecn();
    header.total_length = packet.total_length();
    header.identification = packet.identification();
    header.fragment_offset = packet.fragment_offset();
    header.flags = packet.flags();
    header.ttl = packet.ttl();
    header.protocol = packet.protocol();
    header.checksum = packet.checksum();
    capi::copy_bytes(header.source, packet.source());
    capi::copy_bytes(header.destination, packet.destination());
    header.payload_offset = packet.header_length();
    header.payload_length = static_cast<std::uint16_t>(packet.payload().size());
    return header;
}

}  // namespace

bool dumbo_ipv4_frame_is_for(const uint8_t* frame, size_t len, const uint8_t ipv4[4]) {
    return capi::is_valid_buffer(frame, len) && ipv4 != nullptr &&
           is_ipv4_frame_for(std::span(frame, len), capi::to_array<4>(ipv4));
}

int32_t dumbo_ipv4_parse(const uint8_t* packet, size_t len, uint32_t flags, dumbo_ipv4_header* out) {
    const capi::OutputStruct output(out);
    if (!output.is_valid() || !capi::is_valid_buffer(packet, len) ||
        (flags & ~std::uint32_t{DUMBO_IPV4_CHECKSUM}) != 0) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    const auto check = (flags & DUMBO_IPV4_CHECKSUM) != 0 ? ChecksumCheck::verify : ChecksumCheck::skip;
    const auto parsed = Ipv4Packet::parse(std::span(packet, len), check);
    if (!parsed) {
        return capi::to_code(parsed.error());
    }
    output.set(to_header(*parsed));
    return DUMBO_OK;
}

uint16_t dumbo_ipv4_total_length(const uint8_t* packet, size_t len) {
    return capi::is_valid_buffer(packet, len) ? ipv4_total_length(std::span(packet, len)) : std::uint16_t{0};
}

int32_t dumbo_ipv4_write(uint8_t* buf, size_t buf_len, const dumbo_ipv4_fields* fields, size_t* packet_len) {
    if (packet_len == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *packet_len = 0;
    constexpr std::size_t options_max = 40;
    const auto known = capi::read_struct(fields);
    if (!known || !capi::is_valid_buffer(buf, buf_len) || (known->flags & ~std::uint32_t{DUMBO_IPV4_CHECKSUM}) != 0 ||
        known->options_length > options_max) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    const std::size_t length =
        Ipv4Packet::header_length_without_options + known->options_length + known->payload_length;
    if (length > Ipv4Packet::max_length) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *packet_len = length;
    if (buf_len < length) {
        return DUMBO_ERR_BUFFER_TOO_SMALL;
    }
    auto packet =
        IncompleteIpv4Packet::write(std::span(buf, buf_len), {.protocol = known->protocol,
                                                              .ttl = known->ttl,
                                                              .identification = known->identification,
                                                              .source = capi::to_array<4>(known->source),
                                                              .destination = capi::to_array<4>(known->destination)});
    const auto checksum = (known->flags & DUMBO_IPV4_CHECKSUM) != 0 ? IncompleteIpv4Packet::Checksum::compute
                                                                    : IncompleteIpv4Packet::Checksum::zero;
    const auto written = packet->complete(known->options_length, known->payload_length, checksum);
    return written ? DUMBO_OK : capi::to_code(written.error());
}
