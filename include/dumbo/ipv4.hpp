// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/address.hpp>
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
    static Result<Ipv4Packet> parse(std::span<const std::uint8_t> bytes, ChecksumCheck check) noexcept;

    [[nodiscard]] std::uint8_t version() const noexcept;
    // In bytes.
    [[nodiscard]] std::uint8_t header_length() const noexcept { return header_length_; }
    [[nodiscard]] std::uint8_t dscp() const noexcept;
    [[nodiscard]] std::uint8_t ecn() const noexcept;
    [[nodiscard]] std::uint16_t total_length() const noexcept;
    [[nodiscard]] std::uint16_t identification() const noexcept;
    [[nodiscard]] std::uint8_t flags() const noexcept;             // 3 bits
    [[nodiscard]] std::uint16_t fragment_offset() const noexcept;  // in units of 8 bytes
    [[nodiscard]] std::uint8_t ttl() const noexcept;
    [[nodiscard]] std::uint8_t protocol() const noexcept;
    [[nodiscard]] std::uint16_t checksum() const noexcept;
    [[nodiscard]] Ipv4Address source() const noexcept;
    [[nodiscard]] Ipv4Address destination() const noexcept;
    [[nodiscard]] std::span<const std::uint8_t> header() const noexcept;
    [[nodiscard]] std::span<const std::uint8_t> payload() const noexcept;

private:
    Ipv4Packet(std::span<const std::uint8_t> bytes, std::uint8_t header_length) noexcept
        : bytes_(bytes), header_length_(header_length) {}

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

// Whether an Ethernet frame would go to `target` if it were an IPv4 packet: a first test without false negatives, which
// does not look at the EtherType.
[[nodiscard]] bool is_ipv4_frame_for(std::span<const std::uint8_t> frame, const Ipv4Address& target) noexcept;

// The total length that a header states, 0 for fewer bytes than a header has: where to cut a padded frame.
[[nodiscard]] std::uint16_t ipv4_total_length(std::span<const std::uint8_t> bytes) noexcept;

}  // namespace dumbo::inline v0
