// SPDX-License-Identifier: Apache-2.0
#include "bench/lwip_cases.hpp"

namespace bench {

void add_lwip_cases(Suite& suite) {
    suite.missing.push_back("stream from lwIP: it was not installed when this was built");
}

}  // namespace bench
