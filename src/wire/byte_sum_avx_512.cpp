// SPDX-License-Identifier: Apache-2.0
#include "wire/byte_sum_kernel.hpp"
#include "wire/byte_sum_kernels.hpp"

namespace dumbo::inline v0::byte_sum {

std::uint64_t sum_avx_512(const std::uint8_t* from, std::size_t length) noexcept {
    Cursor<false> bytes{.to = nullptr, .from = from, .left = length};
    return sum_all<64>(bytes);
}

// NOLINTNEXTLINE(readability-non-const-parameter): it is written to, by way of the cursor
std::uint64_t copy_and_sum_avx_512(std::uint8_t* to, const std::uint8_t* from, std::size_t length) noexcept {
    Cursor<true> bytes{.to = to, .from = from, .left = length};
    return sum_all<64>(bytes);
}

}  // namespace dumbo::inline v0::byte_sum
