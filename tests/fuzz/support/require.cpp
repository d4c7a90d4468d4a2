// SPDX-License-Identifier: Apache-2.0
#include "fuzz/support/require.hpp"

#include <cinttypes>
#include <cstdio>
#include <cstdlib>

namespace fuzz {

namespace {

// Counters of libFuzzer's, as if each were an edge of the program.
constexpr std::uint64_t states = 1024;
[[gnu::section("__libfuzzer_extra_counters"), gnu::used]] std::uint8_t reached_states[states];

struct Tally {
    Tally() = default;
    Tally(const Tally&) = delete;
    Tally& operator=(const Tally&) = delete;
    ~Tally() { std::fprintf(stderr, "events: %" PRIu64 "\n", events); }
} tally;

}  // namespace

void fail(const char* what) {
    std::fprintf(stderr, "fuzz: %s\n", what);
    std::abort();
}

void reached(std::uint64_t state) {
    reached_states[(state * 0x9e3779b97f4a7c15U) >> 54U] = 1;
}

}  // namespace fuzz
