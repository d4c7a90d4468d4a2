// SPDX-License-Identifier: Apache-2.0
#include "wire/byte_sum_kernel.hpp"
#include "wire/byte_sum_kernels.hpp"

#if defined(__x86_64__) || defined(__aarch64__)

namespace dumbo::inline v0::byte_sum {

std::uint64_t sum_vector_16(const std::uint8_t* from, std::size_t length) noexcept {
    Cursor<false> bytes{.to = nullptr, .from = from, .left = length};
    return sum_all<16>(bytes);
}

// NOLINTNEXTLINE(readability-non-const-parameter): it is written to, by way of the cursor
std::uint64_t copy_and_sum_vector_16(std::uint8_t* to, const std::uint8_t* from, std::size_t length) noexcept {
    Cursor<true> bytes{.to = to, .from = from, .left = length};
    return sum_all<16>(bytes);
}

}  // namespace dumbo::inline v0::byte_sum

#endif
