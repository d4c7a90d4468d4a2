// SPDX-License-Identifier: Apache-2.0
#include <dumbo/checksum.hpp>
#include <dumbo/detail/byte_order.hpp>
#include <dumbo/ethernet.hpp>
#include <dumbo/ipv4.hpp>

#include "wire/address_bytes.hpp"

namespace dumbo::inline v0 {

namespace {

// RFC 791, 3.1.
constexpr std::size_t version_offset = 0;  // upper half; the lower half is the header length in words
constexpr std::size_t traffic_class_offset = 1;
constexpr std::size_t total_length_offset = 2;
constexpr std::size_t identification_offset = 4;
constexpr std::size_t fragment_offset_offset = 6;  // behind 3 bits of flags
constexpr std::size_t ttl_offset = 8;
constexpr std::size_t protocol_offset = 9;
constexpr std::size_t checksum_offset = 10;
constexpr std::size_t source_offset = 12;
constexpr std::size_t destination_offset = 16;

constexpr std::uint8_t ip_version = 4;
constexpr std::uint8_t version_and_ihl_without_options = 0x45;
constexpr std::size_t options_length_max = 40;

}  // namespace

Result<Ipv4Packet> Ipv4Packet::parse(std::span<const std::uint8_t> bytes, ChecksumCheck check) noexcept {
    if (bytes.size() < header_length_without_options) {
        return Error::truncated;
    }
    const Ipv4Packet packet(bytes, static_cast<std::uint8_t>((bytes[version_offset] & 0x0fU) * 4U));
    if (packet.version() != ip_version) {
        return Error::ip_version;
    }
    const std::uint16_t total_length = packet.total_length();
    if (total_length < packet.header_length()) {
        return Error::total_length;
    }
    if (total_length != bytes.size()) {
        return Error::length_mismatch;
    }
    if (packet.header_length() < header_length_without_options) {
        return Error::header_length;
    }
    if (check == ChecksumCheck::verify && internet_checksum(packet.header()) != 0) {
        return Error::checksum;
    }
    return packet;
}

std::uint8_t Ipv4Packet::version() const noexcept {
    return bytes_[version_offset] >> 4U;
}

std::uint8_t Ipv4Packet::dscp() const noexcept {
    return bytes_[traffic_class_offset] >> 2U;
}

std::uint8_t Ipv4Packet::ecn() const noexcept {
    return bytes_[traffic_class_offset] & std::uint8_t{0x03};
}

std::uint16_t Ipv4Packet::total_length() const noexcept {
    return detail::load_be16(&bytes_[total_length_offset]);
}

std::uint16_t Ipv4Packet::identification() const noexcept {
    return detail::load_be16(&bytes_[identification_offset]);
}

std::uint8_t Ipv4Packet::flags() const noexcept {
    return bytes_[fragment_offset_offset] >> 5U;
}

std::uint16_t Ipv4Packet::fragment_offset() const noexcept {
    return detail::load_be16(&bytes_[fragment_offset_offset]) & std::uint16_t{0x1fff};
}

std::uint8_t Ipv4Packet::ttl() const noexcept {
    return bytes_[ttl_offset];
}

std::uint8_t Ipv4Packet::protocol() const noexcept {
    return bytes_[protocol_offset];
}

std::uint16_t Ipv4Packet::checksum() const noexcept {
    return detail::load_be16(&bytes_[checksum_offset]);
}

Ipv4Address Ipv4Packet::source() const noexcept {
    return load_address<Ipv4Address>(&bytes_[source_offset]);
}

Ipv4Address Ipv4Packet::destination() const noexcept {
    return load_address<Ipv4Address>(&bytes_[destination_offset]);
}

std::span<const std::uint8_t> Ipv4Packet::header() const noexcept {
    return bytes_.first(header_length());
}

std::span<const std::uint8_t> Ipv4Packet::payload() const noexcept {
    return bytes_.subspan(header_length());
}

Result<IncompleteIpv4Packet> IncompleteIpv4Packet::write(std::span<std::uint8_t> buffer,
                                                         const Ipv4Fields& fields) noexcept {
    if (buffer.size() < Ipv4Packet::header_length_without_options) {
        return Error::buffer_too_small;
    }
    buffer[version_offset] = version_and_ihl_without_options;
    buffer[traffic_class_offset] = 0;
    detail::store_be16(&buffer[total_length_offset], 0);
    detail::store_be16(&buffer[identification_offset], fields.identification);
    detail::store_be16(&buffer[fragment_offset_offset], 0);
    buffer[ttl_offset] = fields.ttl;
    buffer[protocol_offset] = fields.protocol;
    detail::store_be16(&buffer[checksum_offset], 0);
    store_address(&buffer[source_offset], fields.source);
    store_address(&buffer[destination_offset], fields.destination);
    return IncompleteIpv4Packet(buffer);
}

Result<std::span<std::uint8_t>> IncompleteIpv4Packet::complete(std::size_t options_length, std::size_t payload_length,
                                                               Checksum checksum) noexcept {
    constexpr std::size_t fixed_length = Ipv4Packet::header_length_without_options;
    if (options_length > options_length_max ||
        payload_length > Ipv4Packet::max_length - fixed_length - options_length) {
        return Error::invalid_argument;
    }
    const std::size_t header_length = fixed_length + options_length;
    const std::size_t total_length = header_length + payload_length;
    if (buffer_.size() < total_length) {
        return Error::buffer_too_small;
    }
    detail::store_be16(&buffer_[total_length_offset], static_cast<std::uint16_t>(total_length));
    if (checksum == Checksum::compute) {
        detail::store_be16(&buffer_[checksum_offset], internet_checksum(buffer_.first(header_length)));
    }
    return buffer_.first(total_length);
}

bool is_ipv4_frame_for(std::span<const std::uint8_t> frame, const Ipv4Address& target) noexcept {
    const auto ethernet = EthernetFrame::parse(frame);
    return ethernet && ethernet->payload().size() >= Ipv4Packet::header_length_without_options &&
           load_address<Ipv4Address>(&ethernet->payload()[destination_offset]) == target;
}

std::uint16_t ipv4_total_length(std::span<const std::uint8_t> bytes) noexcept {
    return bytes.size() < Ipv4Packet::header_length_without_options ? std::uint16_t{0}
                                                                    : detail::load_be16(&bytes[total_length_offset]);
}

}  // namespace dumbo::inline v0
