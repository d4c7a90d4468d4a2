// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace dumbo_test {

// The kernel that this run of the program is about.
struct KernelUnderTest {
    std::uint64_t (*sum)(const std::uint8_t* from, std::size_t length);
    std::uint64_t (*copy_and_sum)(std::uint8_t* to, const std::uint8_t* from, std::size_t length);
};

[[nodiscard]] const KernelUnderTest& kernel();

}  // namespace dumbo_test
