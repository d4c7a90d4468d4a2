// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/address.hpp>
#include <dumbo/result.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace dumbo::inline v0 {

inline constexpr std::uint16_t ethertype_ipv4 = 0x0800;
inline constexpr std::uint16_t ethertype_arp = 0x0806;

// A checked view of an Ethernet II frame without FCS (IEEE 802.3, RFC 894). It borrows the bytes; every accessor is
// total.
class EthernetFrame {
public:
    static constexpr std::size_t header_length = 14;

    // Errors: truncated.
    static Result<EthernetFrame> parse(std::span<const std::uint8_t> bytes) noexcept;

    [[nodiscard]] MacAddress destination() const noexcept;
    [[nodiscard]] MacAddress source() const noexcept;
    [[nodiscard]] std::uint16_t ethertype() const noexcept;
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
Result<std::span<std::uint8_t>> write_ethernet(std::span<std::uint8_t> buffer, const EthernetFields& fields,
                                               std::size_t payload_length) noexcept;

}  // namespace dumbo::inline v0
