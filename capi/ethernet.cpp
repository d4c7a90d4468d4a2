// SPDX-License-Identifier: Apache-2.0
#include <dumbo/ethernet.hpp>

#include "convert.hpp"

#include <limits>

using namespace dumbo;

static_assert(DUMBO_ETHERNET_HEADER_LENGTH == EthernetFrame::header_length);
static_assert(DUMBO_ETHERTYPE_IPV4 == ethertype_ipv4);
static_assert(DUMBO_ETHERTYPE_ARP == ethertype_arp);

int32_t dumbo_ethernet_parse(const uint8_t* frame, size_t len, dumbo_ethernet_header* out) {
    const capi::OutputStruct output(out);
    if (!output.is_valid() || !capi::is_valid_buffer(frame, len)) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    const auto parsed = EthernetFrame::parse(std::span(frame, len));
    if (!parsed) {
        return capi::to_code(parsed.error());
    }
    dumbo_ethernet_header header{};
    header.ethertype = parsed->ethertype();
    header.payload_offset = EthernetFrame::header_length;
    header.payload_length = parsed->payload().size();
    capi::copy_bytes(header.destination, parsed->destination());
    capi::copy_bytes(header.source, parsed->source());
    output.set(header);
    return DUMBO_OK;
}

int32_t dumbo_ethernet_write(uint8_t* buf, size_t buf_len, const uint8_t destination[6], const uint8_t source[6],
                             uint16_t ethertype, size_t payload_length, size_t* frame_len) {
    if (frame_len == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *frame_len = 0;
    constexpr std::size_t payload_max = std::numeric_limits<std::size_t>::max() - EthernetFrame::header_length;
    if (!capi::is_valid_buffer(buf, buf_len) || destination == nullptr || source == nullptr ||
        payload_length > payload_max) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *frame_len = EthernetFrame::header_length + payload_length;
    const EthernetFields fields{
        .destination = capi::to_array<6>(destination), .source = capi::to_array<6>(source), .ethertype = ethertype};
    const auto frame = write_ethernet(std::span(buf, buf_len), fields, payload_length);
    return frame ? DUMBO_OK : capi::to_code(frame.error());
}
