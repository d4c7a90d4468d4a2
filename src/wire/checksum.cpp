// SPDX-License-Identifier: Apache-2.0
#include <dumbo/checksum.hpp>
#include <dumbo/detail/byte_order.hpp>

#include <cstring>

// The sum is taken over words in the machine's own byte order: RFC 1071, section 2 (B) shows that a one's complement
// sum is the same up to a final swap. Words wider than 16 bits sum to the same after folding, section 2 (C).
namespace dumbo::inline v0 {

namespace {

[[nodiscard]] std::uint64_t load_word(const std::uint8_t* from) noexcept {
    std::uint64_t word = 0;
    std::memcpy(&word, from, sizeof word);
    return word;
}

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

[[nodiscard]] std::uint16_t swap_halves(std::uint32_t word) noexcept {
    return static_cast<std::uint16_t>((word >> 8U) | (word << 8U));
}

// Bytes from an even offset on, zero behind the last.
[[nodiscard]] std::uint64_t sum_of(std::span<const std::uint8_t> bytes) noexcept {
    std::uint64_t sum = 0;
    const std::uint8_t* at = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= sizeof sum; left -= sizeof sum, at += sizeof sum) {
        sum = add_with_carry(sum, load_word(at));
    }
    if (left > 0) {
        std::uint64_t last = 0;
        std::memcpy(&last, at, left);
        sum = add_with_carry(sum, last);
    }
    return sum;
}

}  // namespace

void ChecksumAccumulator::add(std::span<const std::uint8_t> bytes) noexcept {
    const std::uint64_t sum = sum_of(bytes);
    // At an odd offset every byte stands in the other half of its 16-bit word.
    add_word(odd_ ? std::uint64_t{swap_halves(fold(sum))} : sum);
    odd_ = odd_ != (bytes.size() % 2 != 0);
}

void ChecksumAccumulator::add_pseudo_header(const Ipv4AddressPair& addresses, IpProtocol protocol,
                                            std::size_t length) noexcept {
    std::array<std::uint8_t, 2 * sizeof(Ipv4Address)> both{};
    std::memcpy(both.data(), addresses.source.data(), addresses.source.size());
    std::memcpy(both.data() + addresses.source.size(), addresses.destination.data(), addresses.destination.size());
    add_word(sum_of(both));
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
