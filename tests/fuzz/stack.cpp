// SPDX-License-Identifier: Apache-2.0
// The target `stack`: frames, an application and time, in any order.
#include <cstddef>
#include <cstdint>

#include "fuzz/stacks.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static fuzz::Stacks stacks;
    fuzz::Decisions in(data, size);
    stacks.run(in);
    return 0;
}
