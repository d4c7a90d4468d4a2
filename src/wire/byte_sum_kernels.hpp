// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

// The kernels, a file each. What each expects of the machine: byte_sum.cpp.
namespace dumbo::inline v0::byte_sum {

[[nodiscard]] std::uint64_t sum_portable(const std::uint8_t* from, std::size_t length) noexcept;
[[nodiscard]] std::uint64_t copy_and_sum_portable(std::uint8_t* to, const std::uint8_t* from,
                                                  std::size_t length) noexcept;

#if defined(__x86_64__) || defined(__aarch64__)
[[nodiscard]] std::uint64_t sum_vector_16(const std::uint8_t* from, std::size_t length) noexcept;
[[nodiscard]] std::uint64_t copy_and_sum_vector_16(std::uint8_t* to, const std::uint8_t* from,
                                                   std::size_t length) noexcept;
#endif

#ifdef __x86_64__
[[nodiscard]] std::uint64_t sum_avx2(const std::uint8_t* from, std::size_t length) noexcept;
[[nodiscard]] std::uint64_t copy_and_sum_avx2(std::uint8_t* to, const std::uint8_t* from, std::size_t length) noexcept;

[[nodiscard]] std::uint64_t sum_avx_512(const std::uint8_t* from, std::size_t length) noexcept;
[[nodiscard]] std::uint64_t copy_and_sum_avx_512(std::uint8_t* to, const std::uint8_t* from,
                                                 std::size_t length) noexcept;
#endif

}  // namespace dumbo::inline v0::byte_sum
