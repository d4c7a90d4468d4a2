// SPDX-License-Identifier: Apache-2.0
//
// Which kernel the program tests is said by the environment, so that each of them is a test that can be skipped by
// itself.
#include "byte_sum/kernel_under_test.hpp"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "wire/byte_sum.hpp"
#include "wire/byte_sum_kernel.hpp"

namespace byte_sum = dumbo::byte_sum;

namespace {

using dumbo_test::KernelUnderTest;

constexpr int skipped = 77;
constexpr int misused = 2;

[[noreturn]] void end(int status, const std::string& why) {
    std::puts(why.c_str());
    std::fflush(stdout);
    std::_Exit(status);
}

template <byte_sum::Kernel kernel>
constexpr KernelUnderTest of_library = {
    .sum = [](const std::uint8_t* from, std::size_t length) { return byte_sum::sum_by(kernel, from, length); },
    .copy_and_sum = [](std::uint8_t* to, const std::uint8_t* from,
                       std::size_t length) { return byte_sum::copy_and_sum_by(kernel, to, from, length); },
};

std::uint64_t sum_wide(const std::uint8_t* from, std::size_t length) {
    byte_sum::Cursor<false> bytes{.to = nullptr, .from = from, .left = length};
    return byte_sum::sum_all<64>(bytes);
}

std::uint64_t copy_and_sum_wide(std::uint8_t* to, const std::uint8_t* from, std::size_t length) {
    byte_sum::Cursor<true> bytes{.to = to, .from = from, .left = length};
    return byte_sum::sum_all<64>(bytes);
}

KernelUnderTest kernel_of(byte_sum::Kernel kernel) {
    switch (kernel) {
        case byte_sum::Kernel::portable:
            return of_library<byte_sum::Kernel::portable>;
        case byte_sum::Kernel::vector_16:
            return of_library<byte_sum::Kernel::vector_16>;
        case byte_sum::Kernel::avx2:
            return of_library<byte_sum::Kernel::avx2>;
        case byte_sum::Kernel::avx_512:
            return of_library<byte_sum::Kernel::avx_512>;
    }
    return {};
}

// Ends the program at the first use of a kernel that cannot be tested.
KernelUnderTest choose(std::string_view name) {
    if (name == "wide") {
        return {.sum = sum_wide, .copy_and_sum = copy_and_sum_wide};
    }
    for (const byte_sum::Kernel kernel : byte_sum::kernels) {
        if (name != byte_sum::name_of(kernel)) {
            continue;
        }
        if (byte_sum::is_available(kernel)) {
            return kernel_of(kernel);
        }
        end(skipped, "SKIPPED: this machine cannot run " + std::string(name));
    }
    end(misused, "DUMBO_KERNEL names no kernel");
}

}  // namespace

const KernelUnderTest& dumbo_test::kernel() {
    static const KernelUnderTest chosen = [] {
        const char* const name = std::getenv("DUMBO_KERNEL");
        return choose(name != nullptr ? name : "");
    }();
    return chosen;
}
