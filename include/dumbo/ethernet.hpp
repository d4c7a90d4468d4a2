// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/address.hpp>
#include <dumbo/detail/address_bytes.hpp>
#include <dumbo/detail/byte_order.hpp>
#include <dumbo/result.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace dumbo::inline v0 {

inline constexpr std::uint16_t ethertype_ipv4 = 0x0800;
inline constexpr std::uint16_t ethertype_arp = 0x0806;

namespace detail::ethernet_offset {
inline constexpr std::size_t destination = 0;
inline constexpr std::size_t source = 6;
inline constexpr std::size_t ethertype = 12;
}  // namespace detail::ethernet_offset

// A checked view of an Ethernet II frame without FCS (IEEE 802.3, RFC 894). It borrows the bytes; every accessor is
// total.
class EthernetFrame {
public:
    static constexpr std::size_t header_length = 14;

    // Errors: truncated.
    static Result<EthernetFrame> parse(std::span<const std::uint8_t> bytes) noexcept {
        return bytes.size() < header_length ? Result<EthernetFrame>(Error::truncated) : EthernetFrame(bytes);
    }

    [[nodiscard]] MacAddress destination() const noexcept {
        return detail::load_address<MacAddress>(&bytes_[detail::ethernet_offset::destination]);
    }
    [[nodiscard]] MacAddress source() const noexcept {
        return detail::load_address<MacAddress>(&bytes_[detail::ethernet_offset::source]);
    }
    [[nodiscard]] std::uint16_t ethertype() const noexcept {
        return detail::load_be16(&bytes_[detail::ethernet_offset::ethertype]);
    }
    [[nodiscard]] std::size_t length() const noexcept { return bytes_.size(); }
    // Includes the padding that a link adds behind a short packet.
    [[nodiscard]] std::span<const std::uint8_t> payload() const noexcept { return bytes_.subspan(header_length); }

private:
    explicit EthernetFrame(std::span<const std::uint8_t> bytes) noexcept : bytes_(bytes) {}

    std::span<const std::uint8_t> bytes_;
};

struct EthernetFields {
    MacAddress destination{};
    MacAddress source{};
    std::uint16_t ethertype = 0;
};

// Writes a header at the start of `buffer` and returns the frame: the header and the payload_length bytes behind it,
// which are the caller's to fill. Errors: buffer_too_small.
inline Result<std::span<std::uint8_t>> write_ethernet(std::span<std::uint8_t> buffer, const EthernetFields& fields,
                                                      std::size_t payload_length) noexcept {
    constexpr std::size_t header_length = EthernetFrame::header_length;
    if (buffer.size() < header_length || buffer.size() - header_length < payload_length) {
        return Error::buffer_too_small;
    }
    detail::store_address(&buffer[detail::ethernet_offset::destination], fields.destination);
    detail::store_address(&buffer[detail::ethernet_offset::source], fields.source);
    detail::store_be16(&buffer[detail::ethernet_offset::ethertype], fields.ethertype);
    return buffer.first(header_length + payload_length);
}

}  // namespace dumbo::inline v0
