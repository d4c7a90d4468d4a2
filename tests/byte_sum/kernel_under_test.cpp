// SPDX-License-Identifier: Apache-2.0
//
// The program: which kernel it tests is said by the environment, so that each of them is a test that can be skipped by
// itself.
#include "byte_sum/kernel_under_test.hpp"

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "support/catch_session.hpp"
#include "wire/byte_sum.hpp"
#include "wire/byte_sum_kernel.hpp"

namespace byte_sum = dumbo::byte_sum;

namespace {

using dumbo_test::KernelUnderTest;

constexpr int skipped = 77;
KernelUnderTest chosen{};

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

// 0, or how the program ends.
int choose(std::string_view name) {
    if (name == "wide") {
        chosen = {.sum = sum_wide, .copy_and_sum = copy_and_sum_wide};
        return 0;
    }
    for (const byte_sum::Kernel kernel : byte_sum::kernels) {
        if (name != byte_sum::name_of(kernel)) {
            continue;
        }
        if (!byte_sum::is_available(kernel)) {
            std::printf("NOT TESTED: this machine cannot run %s\n", byte_sum::name_of(kernel));
            return skipped;
        }
        chosen = kernel_of(kernel);
        return 0;
    }
    std::printf("DUMBO_KERNEL names no kernel\n");
    return 2;
}

}  // namespace

const KernelUnderTest& dumbo_test::kernel() {
    return chosen;
}

int main(int argc, char** argv) {
    const char* name = std::getenv("DUMBO_KERNEL");
    if (const int status = choose(name != nullptr ? name : ""); status != 0) {
        return status;
    }
    return Catch::Session().run(argc, argv);
}
