// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/address.hpp>
#include <dumbo/detail/byte_order.hpp>
#include <dumbo/detail/ones_complement.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace dumbo::inline v0 {

// Transport protocols whose checksum includes a pseudo header.
enum class IpProtocol : std::uint8_t { tcp = 6, udp = 17 };

// A one's complement sum in the making (RFC 1071). Pieces may have any length and any alignment: an odd piece leaves
// the next one to start at an odd offset, as if all the bytes lay side by side.
class ChecksumAccumulator {
public:
    ChecksumAccumulator() noexcept = default;
    // Goes on at an even offset, from another one's unfolded().
    explicit ChecksumAccumulator(std::uint64_t unfolded) noexcept : sum_(unfolded) {}

    void add(std::span<const std::uint8_t> bytes) noexcept;

    // The same for a header: a multiple of four bytes, and few of them. Precondition: the pieces before have an even
    // length.
    void add_header(std::span<const std::uint8_t> header) noexcept {
        std::uint64_t sum = 0;
        for (std::size_t i = 0; i < header.size(); i += sizeof(std::uint32_t)) {
            std::uint32_t word = 0;
            std::memcpy(&word, &header[i], sizeof word);
            sum += word;
        }
        sum_ = detail::add_with_carry(sum_, sum);
    }

    // Copies the bytes and adds what was copied, in one pass: each byte is read once, whoever may be changing it
    // meanwhile. Precondition: there is room. The areas should not overlap: the copy would be damaged, and the sum that
    // of the damaged copy.
    void add_copying(std::span<const std::uint8_t> bytes, std::uint8_t* to) noexcept;

    // Fields of two, four or eight bytes of a header, as the sum of their numbers. They may be added at any point: they
    // do not take part in the offsets of the pieces, and stand at even ones themselves.
    void add_fields(std::uint64_t numbers) noexcept {
        sum_ = detail::add_with_carry(sum_, detail::swap_unless_big_endian(numbers));
    }

    // The pseudo header of RFC 9293, 3.1, likewise at any point. The length is added as a number, not cut to 16 bits.
    void add_pseudo_header(const Ipv4AddressPair& addresses, IpProtocol protocol, std::size_t length) noexcept {
        add_fields(std::uint64_t{detail::load_be32(addresses.source.data())} +
                   detail::load_be32(addresses.destination.data()) + static_cast<std::uint8_t>(protocol));
        add_fields(length);
    }

    // The sum in the making.
    [[nodiscard]] std::uint64_t unfolded() const noexcept { return sum_; }

    // The sum folded to 16 bits, in host order.
    [[nodiscard]] std::uint16_t sum() const noexcept { return detail::swap_unless_big_endian(detail::fold(sum_)); }

    // Its complement: the value of the checksum field.
    [[nodiscard]] std::uint16_t checksum() const noexcept { return static_cast<std::uint16_t>(~sum()); }

private:
    void add_piece(std::uint64_t sum, std::size_t length) noexcept;

    std::uint64_t sum_ = 0;  // of words in the machine's order: RFC 1071, 2 (B); wraps around its end
    bool is_odd_ = false;    // the pieces so far have an odd length
};

// The Internet checksum of a byte string (RFC 1071).
[[nodiscard]] std::uint16_t internet_checksum(std::span<const std::uint8_t> bytes) noexcept;

// The value for the checksum field of a TCP segment or a UDP datagram, computed over its bytes as they stand: clear the
// field first. For UDP a computed 0 is 0xffff (RFC 768).
[[nodiscard]] std::uint16_t transport_checksum(const Ipv4AddressPair& addresses, IpProtocol protocol,
                                               std::span<const std::uint8_t> bytes) noexcept;

// The checksum of a message, one 16-bit word of which changed (RFC 1624, equation 3).
[[nodiscard]] std::uint16_t update_checksum(std::uint16_t checksum, std::uint16_t old_word,
                                            std::uint16_t new_word) noexcept;

}  // namespace dumbo::inline v0
