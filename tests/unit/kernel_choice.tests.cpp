// SPDX-License-Identifier: Apache-2.0
#include "support/catch.hpp"
#include "wire/byte_sum.hpp"

// Which kernel computes checksums, against what the compiler's own runtime finds out about the processor.
using dumbo::byte_sum::Kernel;

#ifdef __x86_64__

TEST_CASE("a kernel is available where the processor has its vectors", "[checksum]") {
    __builtin_cpu_init();
    CHECK(is_available(Kernel::portable));
    CHECK(is_available(Kernel::vector_16));
    CHECK(is_available(Kernel::avx2) == static_cast<bool>(__builtin_cpu_supports("avx2")));
    CHECK(is_available(Kernel::avx_512) == static_cast<bool>(__builtin_cpu_supports("avx512f")));
}

TEST_CASE("the widest vectors are used that do not slow the processor down", "[checksum]") {
    __builtin_cpu_init();
    const bool has_fast_avx_512 = static_cast<bool>(__builtin_cpu_supports("avx512f")) &&
                                  static_cast<bool>(__builtin_cpu_supports("avx512vbmi2"));
    const Kernel widest = static_cast<bool>(__builtin_cpu_supports("avx2")) ? Kernel::avx2 : Kernel::vector_16;
    CHECK(dumbo::byte_sum::kernel_in_use() == (has_fast_avx_512 ? Kernel::avx_512 : widest));
    CHECK(dumbo::byte_sum::kernel_in_use() == (has_fast_avx_512 ? Kernel::avx_512 : widest));  // as noted
}

#endif
