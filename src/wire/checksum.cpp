// SPDX-License-Identifier: Apache-2.0
#include <dumbo/checksum.hpp>
#include <dumbo/detail/byte_order.hpp>

#include "wire/byte_sum.hpp"

#include <bit>
#include <cstring>

// The sum is taken over words in the machine's own byte order: RFC 1071, section 2 (B) shows that a one's complement
// sum is the same up to a final swap. Words wider than 16 bits sum to the same after folding, section 2 (C).
namespace dumbo::inline v0 {

namespace {

// One's complement addition: the carry comes back in at the lower end.
[[nodiscard]] std::uint64_t add_with_carry(std::uint64_t a, std::uint64_t b) noexcept {
    const std::uint64_t sum = a + b;
    return sum + (sum < a ? 1U : 0U);
}

[[nodiscard]] std::uint16_t fold(std::uint64_t sum) noexcept {
    sum = (sum & 0xffffffffU) + (sum >> 32U);
    sum = (sum & 0xffffU) + ((sum >> 16U) & 0xffffU) + (sum >> 32U);
    sum = (sum & 0xffffU) + (sum >> 16U);
    sum = (sum & 0xffffU) + (sum >> 16U);
    return static_cast<std::uint16_t>(sum);
}

}  // namespace

void ChecksumAccumulator::add(std::span<const std::uint8_t> bytes) noexcept {
    while (bytes.size() > byte_sum::max_length) {
        add_sum(byte_sum::sum(bytes.data(), byte_sum::max_length), byte_sum::max_length);
        bytes = bytes.subspan(byte_sum::max_length);
    }
    add_sum(byte_sum::sum(bytes.data(), bytes.size()), bytes.size());
}

void ChecksumAccumulator::add_copying(std::span<const std::uint8_t> bytes, std::uint8_t* to) noexcept {
    while (bytes.size() > byte_sum::max_length) {
        add_sum(byte_sum::copy_and_sum(to, bytes.data(), byte_sum::max_length), byte_sum::max_length);
        bytes = bytes.subspan(byte_sum::max_length);
        to += byte_sum::max_length;
    }
    add_sum(byte_sum::copy_and_sum(to, bytes.data(), bytes.size()), bytes.size());
}

// At an odd offset every byte stands in the other half of its 16-bit word: the sum is the one with its bytes turned.
void ChecksumAccumulator::add_sum(std::uint64_t sum, std::size_t length) noexcept {
    constexpr int byte = 8;
    add_word(is_odd_ ? std::rotl(sum, byte) : sum);
    is_odd_ = is_odd_ != (length % 2 != 0);
}

void ChecksumAccumulator::add_pseudo_header(const Ipv4AddressPair& addresses, IpProtocol protocol,
                                            std::size_t length) noexcept {
    std::uint64_t both = 0;
    std::memcpy(&both, addresses.source.data(), addresses.source.size());
    add_word(both);
    std::memcpy(&both, addresses.destination.data(), addresses.destination.size());
    add_word(both);
    // Numbers are added as the words that they would be on the wire, up to their order, which does not matter.
    const std::uint16_t length_sum = fold(length);
    add_word(detail::swap_unless_big_endian(length_sum));
    add_word(detail::swap_unless_big_endian(std::uint16_t{static_cast<std::uint8_t>(protocol)}));
}

void ChecksumAccumulator::add_word(std::uint64_t word) noexcept {
    sum_ = add_with_carry(sum_, word);
}

std::uint16_t ChecksumAccumulator::sum() const noexcept {
    return detail::swap_unless_big_endian(fold(sum_));
}

std::uint16_t internet_checksum(std::span<const std::uint8_t> bytes) noexcept {
    ChecksumAccumulator accumulator;
    accumulator.add(bytes);
    return accumulator.checksum();
}

std::uint16_t transport_checksum(const Ipv4AddressPair& addresses, IpProtocol protocol,
                                 std::span<const std::uint8_t> bytes) noexcept {
    ChecksumAccumulator accumulator;
    accumulator.add_pseudo_header(addresses, protocol, bytes.size());
    accumulator.add(bytes);
    const std::uint16_t checksum = accumulator.checksum();
    return protocol == IpProtocol::udp && checksum == 0 ? std::uint16_t{0xffff} : checksum;
}

std::uint16_t update_checksum(std::uint16_t checksum, std::uint16_t old_word, std::uint16_t new_word) noexcept {
    const std::uint32_t sum =
        static_cast<std::uint16_t>(~checksum) + std::uint32_t{static_cast<std::uint16_t>(~old_word)} + new_word;
    return static_cast<std::uint16_t>(~fold(sum));
}

}  // namespace dumbo::inline v0
