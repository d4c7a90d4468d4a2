// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

// What every checksum is made of: the one's complement sum of bytes (RFC 1071), as fast as the machine loads them.
//
// A sum is one of the bytes as 16-bit words in the machine's own byte order, with a zero behind an odd last one. It is
// not folded: it is congruent, modulo 0xffff, to the sum that RFC 1071 wants, and 0 only if all the bytes are.
namespace dumbo::inline v0::byte_sum {

// The ways to compute it. They all give the same checksum.
enum class Kernel : std::uint8_t {
    portable = 1,  // in words of 64 bits, on any machine
    vector_16,     // in vectors of 16 bytes: SSE2, NEON
    avx2,          // of 32
    avx_512,       // of 64
};

inline constexpr std::array kernels = {Kernel::portable, Kernel::vector_16, Kernel::avx2, Kernel::avx_512};

[[nodiscard]] const char* name_of(Kernel kernel) noexcept;

// Whether the library has it and the machine has what it takes.
[[nodiscard]] bool is_available(Kernel kernel) noexcept;

// The one that the functions below use. Chosen once.
[[nodiscard]] Kernel kernel_in_use() noexcept;

// The most bytes that a call takes. The sum of so many is below 2^60: a few sums may be added without looking at a
// carry.
inline constexpr std::size_t max_length = std::size_t{1} << 30U;

[[nodiscard]] std::uint64_t sum(const std::uint8_t* from, std::size_t length) noexcept;

// Copies, and returns the sum of what was copied: every byte is read once, whoever may be writing to it meanwhile. The
// two areas should not overlap. If they do, the copy is damaged, and the sum is that of the damaged copy.
[[nodiscard]] std::uint64_t copy_and_sum(std::uint8_t* to, const std::uint8_t* from, std::size_t length) noexcept;

// The same by a kernel of the caller's choice. Precondition: it is available.
[[nodiscard]] std::uint64_t sum_by(Kernel kernel, const std::uint8_t* from, std::size_t length) noexcept;
[[nodiscard]] std::uint64_t copy_and_sum_by(Kernel kernel, std::uint8_t* to, const std::uint8_t* from,
                                            std::size_t length) noexcept;

}  // namespace dumbo::inline v0::byte_sum
