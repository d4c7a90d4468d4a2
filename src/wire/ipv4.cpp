// SPDX-License-Identifier: Apache-2.0
#include <dumbo/checksum.hpp>
#include <dumbo/detail/address_bytes.hpp>
#include <dumbo/detail/byte_order.hpp>
#include <dumbo/detail/ipv4_offsets.hpp>
#include <dumbo/ethernet.hpp>
#include <dumbo/ipv4.hpp>

namespace dumbo::inline v0 {

namespace {

constexpr std::uint8_t version_and_ihl_without_options = 0x45;
constexpr std::size_t options_length_max = 40;

}  // namespace

Result<IncompleteIpv4Packet> IncompleteIpv4Packet::write(std::span<std::uint8_t> buffer,
                                                         const Ipv4Fields& fields) noexcept {
    if (buffer.size() < Ipv4Packet::header_length_without_options) {
        return Error::buffer_too_small;
    }
    buffer[detail::ipv4_offset::version] = version_and_ihl_without_options;
    buffer[detail::ipv4_offset::traffic_class] = 0;
    detail::store_be16(&buffer[detail::ipv4_offset::total_length], 0);
    detail::store_be16(&buffer[detail::ipv4_offset::identification], fields.identification);
    detail::store_be16(&buffer[detail::ipv4_offset::fragment_offset], 0);
    buffer[detail::ipv4_offset::ttl] = fields.ttl;
    buffer[detail::ipv4_offset::protocol] = fields.protocol;
    detail::store_be16(&buffer[detail::ipv4_offset::checksum], 0);
    detail::store_address(&buffer[detail::ipv4_offset::source], fields.source);
    detail::store_address(&buffer[detail::ipv4_offset::destination], fields.destination);
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
    detail::store_be16(&buffer_[detail::ipv4_offset::total_length], static_cast<std::uint16_t>(total_length));
    if (checksum == Checksum::compute) {
        detail::store_be16(&buffer_[detail::ipv4_offset::checksum], internet_checksum(buffer_.first(header_length)));
    }
    return buffer_.first(total_length);
}

bool is_ipv4_frame_for(std::span<const std::uint8_t> frame, const Ipv4Address& target) noexcept {
    const auto ethernet = EthernetFrame::parse(frame);
    return ethernet && ethernet->payload().size() >= Ipv4Packet::header_length_without_options &&
           detail::load_address<Ipv4Address>(&ethernet->payload()[detail::ipv4_offset::destination]) == target;
}

}  // namespace dumbo::inline v0
