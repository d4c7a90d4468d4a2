// SPDX-License-Identifier: Apache-2.0
#include "wire/byte_sum.hpp"

#include "wire/byte_sum_kernels.hpp"

#include <atomic>

#ifdef __x86_64__
#include <cpuid.h>
#endif

namespace dumbo::inline v0::byte_sum {

namespace {

#ifdef __x86_64__

// What CPUID says. It takes a microsecond, and many in a virtual machine.
struct Processor {
    bool avx2 = false;
    bool avx_512 = false;
    bool slows_down_for_avx_512 = true;
};

// Which registers the operating system keeps for us when it gives the processor to somebody else.
[[nodiscard]] std::uint32_t kept_registers() noexcept {
    std::uint32_t low = 0;
    std::uint32_t high = 0;
    asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return low;
}

[[nodiscard]] bool has_all(std::uint32_t bits, std::uint32_t wanted) noexcept {
    return (bits & wanted) == wanted;
}

[[nodiscard]] Processor inspect_processor() noexcept {
    constexpr std::uint32_t osxsave = 1U << 27U;       // of leaf 1, ecx
    constexpr std::uint32_t avx2 = 1U << 5U;           // of leaf 7, ebx
    constexpr std::uint32_t avx_512f = 1U << 16U;      // of leaf 7, ebx
    constexpr std::uint32_t avx_512_vbmi2 = 1U << 6U;  // of leaf 7, ecx
    constexpr std::uint32_t ymm = 0x06;                // with the xmm that they contain
    constexpr std::uint32_t zmm = ymm + 0xe0;          // with the masks
    unsigned eax = 0;
    unsigned ebx = 0;
    unsigned ecx = 0;
    unsigned edx = 0;
    if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0 || !has_all(ecx, osxsave) ||
        __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0) {
        return {};
    }
    const std::uint32_t kept = kept_registers();
    // The first processors with AVX-512 lower their clock for it, and with it the guests'. VBMI2 came with the next.
    return {.avx2 = has_all(ebx, avx2) && has_all(kept, ymm),
            .avx_512 = has_all(ebx, avx_512f) && has_all(kept, zmm),
            .slows_down_for_avx_512 = !has_all(ecx, avx_512_vbmi2)};
}

[[nodiscard]] Kernel choose() noexcept {
    const Processor processor = inspect_processor();
    if (processor.avx_512 && !processor.slows_down_for_avx_512) {
        return Kernel::avx_512;
    }
    return processor.avx2 ? Kernel::avx2 : Kernel::vector_16;
}

#elif defined(__aarch64__)

[[nodiscard]] Kernel choose() noexcept {
    return Kernel::vector_16;
}

#else

[[nodiscard]] Kernel choose() noexcept {
    return Kernel::portable;
}

#endif

// The library's one variable: a note of what never changes. Threads that find it empty at the same time write the same.
constexpr std::uint8_t nothing_yet = 0;
constinit std::atomic<std::uint8_t> chosen = nothing_yet;  // NOLINT(cppcoreguidelines-avoid-non-const-global-variables)

}  // namespace

const char* name_of(Kernel kernel) noexcept {
    switch (kernel) {
        case Kernel::portable:
            return "portable";
        case Kernel::vector_16:
            return "vector16";
        case Kernel::avx2:
            return "avx2";
        case Kernel::avx_512:
            return "avx512";
    }
    return "";
}

bool is_available(Kernel kernel) noexcept {
#ifdef __x86_64__
    switch (kernel) {
        case Kernel::portable:
        case Kernel::vector_16:
            return true;
        case Kernel::avx2:
            return inspect_processor().avx2;
        case Kernel::avx_512:
            return inspect_processor().avx_512;
    }
    return false;
#else
    return kernel == Kernel::portable || kernel == choose();
#endif
}

Kernel kernel_in_use() noexcept {
    std::uint8_t number = chosen.load(std::memory_order_relaxed);
    if (number == nothing_yet) [[unlikely]] {
        number = static_cast<std::uint8_t>(choose());
        chosen.store(number, std::memory_order_relaxed);
    }
    return static_cast<Kernel>(number);
}

// Branches, not pointers: they cost nothing once they are predicted, and cannot be bent to call anything else.
std::uint64_t sum_by(Kernel kernel, const std::uint8_t* from, std::size_t length) noexcept {
    switch (kernel) {
#ifdef __x86_64__
        case Kernel::avx_512:
            return sum_avx_512(from, length);
        case Kernel::avx2:
            return sum_avx2(from, length);
#endif
#if defined(__x86_64__) || defined(__aarch64__)
        case Kernel::vector_16:
            return sum_vector_16(from, length);
#endif
        default:
            return sum_portable(from, length);
    }
}

std::uint64_t copy_and_sum_by(Kernel kernel, std::uint8_t* to, const std::uint8_t* from, std::size_t length) noexcept {
    switch (kernel) {
#ifdef __x86_64__
        case Kernel::avx_512:
            return copy_and_sum_avx_512(to, from, length);
        case Kernel::avx2:
            return copy_and_sum_avx2(to, from, length);
#endif
#if defined(__x86_64__) || defined(__aarch64__)
        case Kernel::vector_16:
            return copy_and_sum_vector_16(to, from, length);
#endif
        default:
            return copy_and_sum_portable(to, from, length);
    }
}

std::uint64_t sum(const std::uint8_t* from, std::size_t length) noexcept {
    return sum_by(kernel_in_use(), from, length);
}

std::uint64_t copy_and_sum(std::uint8_t* to, const std::uint8_t* from, std::size_t length) noexcept {
    return copy_and_sum_by(kernel_in_use(), to, from, length);
}

}  // namespace dumbo::inline v0::byte_sum
