// SPDX-License-Identifier: Apache-2.0
#include "bench/machine.hpp"

#include <fstream>

namespace bench {

namespace {

std::string cpu_model() {
    std::ifstream file("/proc/cpuinfo");
    for (std::string line; std::getline(file, line);) {
        const auto colon = line.find(": ");
        if (line.rfind("model name", 0) == 0 && colon != std::string::npos) {
            return line.substr(colon + 2);
        }
    }
    return "unknown";
}

}  // namespace

Machine this_machine() {
    return {.cpu = cpu_model(), .compiler = BENCH_COMPILER, .build_type = BENCH_BUILD_TYPE};
}

}  // namespace bench
