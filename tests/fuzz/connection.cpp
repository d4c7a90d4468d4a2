// SPDX-License-Identifier: Apache-2.0
// The target `connection`: any calls in any order, with any arguments.
#include <cstddef>
#include <cstdint>

#include "fuzz/connections.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static fuzz::Connections connections;
    fuzz::Decisions in(data, size);
    connections.run(in);
    return 0;
}
