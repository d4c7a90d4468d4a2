// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/address.hpp>
#include <dumbo/checksum.hpp>
#include <dumbo/detail/address_bytes.hpp>
#include <dumbo/detail/byte_order.hpp>
#include <dumbo/detail/ipv4_offsets.hpp>
#include <dumbo/result.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace dumbo::inline v0 {

// What to do about a checksum that may be somebody else's business.
enum class ChecksumCheck : std::uint8_t { verify, skip };

// A checked view of an IPv4 packet (RFC 791). It borrows the bytes. parse() looks at the header length once and keeps
// it: after that every accessor is total, and stays inside the bytes even if somebody changes them meanwhile.
class Ipv4Packet {
public:
    static constexpr std::size_t header_length_without_options = 20;
    static constexpr std::size_t max_length = 65535;

    // The bytes must be exactly the packet: cut what an Ethernet frame padded.
    // Errors: truncated, ip_version, header_length, total_length, length_mismatch, checksum.
    static Result<Ipv4Packet> parse(std::span<const std::uint8_t> bytes, ChecksumCheck check) noexcept {
        if (bytes.size() < header_length_without_options) {
            return Error::truncated;
        }
        const Ipv4Packet packet(bytes, static_cast<std::uint8_t>((bytes[detail::ipv4_offset::version] & 0x0fU) * 4U));
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

    [[nodiscard]] std::uint8_t version() const noexcept { return bytes_[detail::ipv4_offset::version] >> 4U; }
    // In bytes.
    [[nodiscard]] std::uint8_t header_length() const noexcept { return header_length_; }
    [[nodiscard]] std::uint8_t dscp() const noexcept { return bytes_[detail::ipv4_offset::traffic_class] >> 2U; }
    [[nodiscard]] std::uint8_t ecn() const noexcept {
        return bytes_[detail::ipv4_offset::traffic_class] & std::uint8_t{0x03};
    }
    [[nodiscard]] std::uint16_t total_length() const noexcept { return word(detail::ipv4_offset::total_length); }
    [[nodiscard]] std::uint16_t identification() const noexcept { return word(detail::ipv4_offset::identification); }
    // 3 bits.
    [[nodiscard]] std::uint8_t flags() const noexcept { return bytes_[detail::ipv4_offset::fragment_offset] >> 5U; }
    // In units of 8 bytes.
    [[nodiscard]] std::uint16_t fragment_offset() const noexcept {
        return word(detail::ipv4_offset::fragment_offset) & std::uint16_t{0x1fff};
    }
    [[nodiscard]] std::uint8_t ttl() const noexcept { return bytes_[detail::ipv4_offset::ttl]; }
    [[nodiscard]] std::uint8_t protocol() const noexcept { return bytes_[detail::ipv4_offset::protocol]; }
    [[nodiscard]] std::uint16_t checksum() const noexcept { return word(detail::ipv4_offset::checksum); }
    [[nodiscard]] Ipv4Address source() const noexcept { return address(detail::ipv4_offset::source); }
    [[nodiscard]] Ipv4Address destination() const noexcept { return address(detail::ipv4_offset::destination); }
    [[nodiscard]] std::span<const std::uint8_t> header() const noexcept { return bytes_.first(header_length()); }
    [[nodiscard]] std::span<const std::uint8_t> payload() const noexcept { return bytes_.subspan(header_length()); }

private:
    Ipv4Packet(std::span<const std::uint8_t> bytes, std::uint8_t header_length) noexcept
        : bytes_(bytes), header_length_(header_length) {}

    static constexpr std::uint8_t ip_version = 4;

    [[nodiscard]] std::uint16_t word(std::size_t offset) const noexcept { return detail::load_be16(&bytes_[offset]); }
    [[nodiscard]] Ipv4Address address(std::size_t offset) const noexcept {
        return detail::load_address<Ipv4Address>(&bytes_[offset]);
    }

    std::span<const std::uint8_t> bytes_;
    std::uint8_t header_length_;
};

struct Ipv4Fields {
    std::uint8_t protocol = 0;
    std::uint8_t ttl = 1;  // enough on a link-local network, where nothing forwards
    std::uint16_t identification = 0;
    Ipv4Address source{};
    Ipv4Address destination{};
};

// A header that knows everything but the lengths, in a buffer that may already hold options and payload behind it.
class IncompleteIpv4Packet {
public:
    // Writes the fixed part of the header. Errors: buffer_too_small (for the 20 bytes).
    static Result<IncompleteIpv4Packet> write(std::span<std::uint8_t> buffer, const Ipv4Fields& fields) noexcept;

    enum class Checksum : std::uint8_t { compute, zero };

    // Puts the total length in and returns the packet. The options_length bytes behind the fixed header count for the
    // total length and the checksum; the IHL says 20 bytes all the same (see the behaviour document, "IPv4 options").
    // Errors: buffer_too_small; invalid_argument (options above 40 bytes, a packet above max_length).
    Result<std::span<std::uint8_t>> complete(std::size_t options_length, std::size_t payload_length,
                                             Checksum checksum) noexcept;

private:
    explicit IncompleteIpv4Packet(std::span<std::uint8_t> buffer) noexcept : buffer_(buffer) {}

    std::span<std::uint8_t> buffer_;
};

// Writes a header without options at the start of `buffer`, its checksum included, and returns the packet: the header
// and the payload_length bytes behind it. Errors: those of IncompleteIpv4Packet::complete().
inline Result<std::span<std::uint8_t>> write_ipv4(std::span<std::uint8_t> buffer, const Ipv4Fields& fields,
                                                  std::size_t payload_length) noexcept {
    constexpr std::size_t header_length = Ipv4Packet::header_length_without_options;
    constexpr std::uint32_t version_and_header_length = 0x45;
    if (payload_length > Ipv4Packet::max_length - header_length) {
        return Error::invalid_argument;
    }
    const std::size_t total_length = header_length + payload_length;
    if (buffer.size() < total_length) {
        return Error::buffer_too_small;
    }
    const std::uint32_t lengths = version_and_header_length << 24U | static_cast<std::uint32_t>(total_length);
    const std::uint32_t fragment = std::uint32_t{fields.identification} << 16U;
    const std::uint32_t ttl_and_protocol = std::uint32_t{fields.ttl} << 24U | std::uint32_t{fields.protocol} << 16U;
    const std::uint32_t source = detail::load_be32(fields.source.data());
    const std::uint32_t destination = detail::load_be32(fields.destination.data());
    ChecksumAccumulator sum;
    sum.add_fields(std::uint64_t{lengths} + fragment + ttl_and_protocol + source + destination);
    detail::store_be32(&buffer[detail::ipv4_offset::version], lengths);
    detail::store_be32(&buffer[detail::ipv4_offset::identification], fragment);
    detail::store_be32(&buffer[detail::ipv4_offset::ttl], ttl_and_protocol | sum.checksum());
    detail::store_be32(&buffer[detail::ipv4_offset::source], source);
    detail::store_be32(&buffer[detail::ipv4_offset::destination], destination);
    return buffer.first(total_length);
}

// Whether an Ethernet frame would go to `target` if it were an IPv4 packet: a first test without false negatives, which
// does not look at the EtherType.
[[nodiscard]] bool is_ipv4_frame_for(std::span<const std::uint8_t> frame, const Ipv4Address& target) noexcept;

// The total length that a header states, 0 for fewer bytes than a header has: where to cut a padded frame.
[[nodiscard]] inline std::uint16_t ipv4_total_length(std::span<const std::uint8_t> bytes) noexcept {
    return bytes.size() < Ipv4Packet::header_length_without_options
               ? std::uint16_t{0}
               : detail::load_be16(&bytes[detail::ipv4_offset::total_length]);
}

}  // namespace dumbo::inline v0
