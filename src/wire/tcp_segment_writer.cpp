// SPDX-License-Identifier: Apache-2.0
#include <dumbo/checksum.hpp>
#include <dumbo/tcp_segment.hpp>

#include <algorithm>

namespace dumbo::inline v0 {

namespace {

constexpr std::uint8_t mss_option_kind = 2;

void write_header(std::span<std::uint8_t> buffer, const TcpFields& fields, std::size_t header_length) noexcept {
    using namespace detail;
    store_be16(&buffer[tcp_offset::source_port], 0);
    store_be16(&buffer[tcp_offset::destination_port], 0);
    store_be32(&buffer[tcp_offset::sequence_number], fields.sequence_number.value());
    store_be32(&buffer[tcp_offset::ack_number], fields.ack_number.value());
    buffer[tcp_offset::data_offset] = static_cast<std::uint8_t>(header_length / 4 << 4U);
    buffer[tcp_offset::flags] = fields.flags;
    store_be16(&buffer[tcp_offset::window], fields.window);
    store_be16(&buffer[tcp_offset::checksum], 0);
    store_be16(&buffer[tcp_offset::urgent_pointer], 0);
    if (fields.mss_option) {
        buffer[tcp_offset::options] = mss_option_kind;
        buffer[tcp_offset::options + 1] = IncompleteTcpSegment::mss_option_length;
        store_be16(&buffer[tcp_offset::options + 2], *fields.mss_option);
    }
}

}  // namespace

Result<IncompleteTcpSegment> IncompleteTcpSegment::write(std::span<std::uint8_t> buffer, const TcpFields& fields,
                                                         std::uint16_t mss_remaining,
                                                         const std::optional<TcpPayload>& payload) noexcept {
    const std::size_t header_length = IncompleteTcpSegment::header_length(fields);
    const std::size_t options_length = header_length - TcpSegment::header_length_without_options;
    if (mss_remaining < options_length) {
        return Error::mss_option_room;
    }
    if (buffer.size() < header_length) {
        return Error::buffer_too_small;
    }
    std::size_t payload_length = 0;
    if (payload) {
        const std::size_t room =
            std::min(std::min(buffer.size(), max_length) - header_length, mss_remaining - options_length);
        payload_length = static_cast<std::size_t>(std::min<std::uint64_t>(payload->length, room));
        if (payload_length == 0) {
            return Error::empty_payload;
        }
        if (!payload->source->copy(payload->offset, buffer.subspan(header_length, payload_length))) {
            return Error::callback;
        }
    }
    write_header(buffer, fields, header_length);
    return IncompleteTcpSegment(buffer.first(header_length + payload_length), header_length, fields.flags);
}

void IncompleteTcpSegment::add_flags(std::uint8_t flags) noexcept {
    flags_ |= flags;
    bytes_[detail::tcp_offset::flags] = flags_;
}

std::span<std::uint8_t> IncompleteTcpSegment::complete(TcpPorts ports) noexcept {
    detail::store_be16(&bytes_[detail::tcp_offset::source_port], ports.source);
    detail::store_be16(&bytes_[detail::tcp_offset::destination_port], ports.destination);
    return bytes_;
}

std::span<std::uint8_t> IncompleteTcpSegment::complete(TcpPorts ports, const Ipv4AddressPair& addresses,
                                                       ChecksumPolicy policy) noexcept {
    const std::span<std::uint8_t> segment = complete(ports);
    if (policy == ChecksumPolicy::none) {
        return segment;
    }
    ChecksumAccumulator accumulator;
    accumulator.add_pseudo_header(addresses, IpProtocol::tcp, segment.size());
    if (policy == ChecksumPolicy::pseudo_header) {
        detail::store_be16(&segment[detail::tcp_offset::checksum], accumulator.sum());
        return segment;
    }
    accumulator.add(segment);
    detail::store_be16(&segment[detail::tcp_offset::checksum], accumulator.checksum());
    return segment;
}

}  // namespace dumbo::inline v0
