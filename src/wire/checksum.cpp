// SPDX-License-Identifier: Apache-2.0
#include <dumbo/checksum.hpp>

#include "wire/byte_sum.hpp"
#include "wire/byte_sum_kernel.hpp"

#include <bit>

namespace dumbo::inline v0 {

namespace {

// Headers and keystrokes are summed before the best kernel is found.
constexpr std::size_t few = 64;

template <bool copies>
[[gnu::always_inline]] inline std::uint64_t sum_few(byte_sum::Cursor<copies> bytes) noexcept {
    return byte_sum::sum_all<sizeof(std::uint64_t)>(bytes);
}

}  // namespace

void ChecksumAccumulator::add(std::span<const std::uint8_t> bytes) noexcept {
    while (bytes.size() > byte_sum::max_length) {
        add_piece(byte_sum::sum(bytes.data(), byte_sum::max_length), byte_sum::max_length);
        bytes = bytes.subspan(byte_sum::max_length);
    }
    add_piece(bytes.size() <= few
                  ? sum_few(byte_sum::Cursor<false>{.to = nullptr, .from = bytes.data(), .left = bytes.size()})
                  : byte_sum::sum(bytes.data(), bytes.size()),
              bytes.size());
}

void ChecksumAccumulator::add_copying(std::span<const std::uint8_t> bytes, std::uint8_t* to) noexcept {
    while (bytes.size() > byte_sum::max_length) {
        add_piece(byte_sum::copy_and_sum(to, bytes.data(), byte_sum::max_length), byte_sum::max_length);
        bytes = bytes.subspan(byte_sum::max_length);
        to += byte_sum::max_length;
    }
    add_piece(bytes.size() <= few
                  ? sum_few(byte_sum::Cursor<true>{.to = to, .from = bytes.data(), .left = bytes.size()})
                  : byte_sum::copy_and_sum(to, bytes.data(), bytes.size()),
              bytes.size());
}

// At an odd offset every byte stands in the other half of its 16-bit word: the sum is the same, turned by a byte.
void ChecksumAccumulator::add_piece(std::uint64_t sum, std::size_t length) noexcept {
    constexpr int byte = 8;
    sum_ = detail::add_with_carry(sum_, is_odd_ ? std::rotl(sum, byte) : sum);
    is_odd_ = is_odd_ != (length % 2 != 0);
}

[[gnu::flatten]] std::uint16_t internet_checksum(std::span<const std::uint8_t> bytes) noexcept {
    ChecksumAccumulator accumulator;
    accumulator.add(bytes);
    return accumulator.checksum();
}

[[gnu::flatten]] std::uint16_t transport_checksum(const Ipv4AddressPair& addresses, IpProtocol protocol,
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
    return static_cast<std::uint16_t>(~detail::fold(sum));
}

}  // namespace dumbo::inline v0
