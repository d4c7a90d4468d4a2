// SPDX-License-Identifier: Apache-2.0
#include <dumbo/detail/byte_order.hpp>
#include <dumbo/ethernet.hpp>

#include "wire/address_bytes.hpp"

namespace dumbo::inline v0 {

namespace {

constexpr std::size_t destination_offset = 0;
constexpr std::size_t source_offset = 6;
constexpr std::size_t ethertype_offset = 12;

}  // namespace

Result<EthernetFrame> EthernetFrame::parse(std::span<const std::uint8_t> bytes) noexcept {
    if (bytes.size() < header_length) {
        return Error::truncated;
    }
    return EthernetFrame(bytes);
}

MacAddress EthernetFrame::destination() const noexcept {
    return load_address<MacAddress>(&bytes_[destination_offset]);
}

MacAddress EthernetFrame::source() const noexcept {
    return load_address<MacAddress>(&bytes_[source_offset]);
}

std::uint16_t EthernetFrame::ethertype() const noexcept {
    return detail::load_be16(&bytes_[ethertype_offset]);
}

Result<std::span<std::uint8_t>> write_ethernet(std::span<std::uint8_t> buffer, const EthernetFields& fields,
                                               std::size_t payload_length) noexcept {
    constexpr std::size_t header_length = EthernetFrame::header_length;
    if (buffer.size() < header_length || buffer.size() - header_length < payload_length) {
        return Error::buffer_too_small;
    }
    store_address(&buffer[destination_offset], fields.destination);
    store_address(&buffer[source_offset], fields.source);
    detail::store_be16(&buffer[ethertype_offset], fields.ethertype);
    return buffer.first(header_length + payload_length);
}

}  // namespace dumbo::inline v0
