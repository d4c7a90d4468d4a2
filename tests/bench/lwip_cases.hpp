// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench/case.hpp"

namespace bench {

constexpr const char* lwip_way = "lwIP";

// The same download from lwIP, IPv4 packets in and IPv4 packets out. Where lwIP is not installed, the suite says so.
void add_lwip_cases(Suite& suite);

}  // namespace bench
