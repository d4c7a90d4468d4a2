// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

// What every benchmark is made of.
namespace bench {

constexpr std::uint64_t calls = 200'000;

inline void require(bool condition, const char* what) {
    if (!condition) {
        fmt::print(stderr, "bench: {}\n", what);
        std::exit(1);
    }
}

// Keeps the optimizer from knowing what a pointer points to.
inline void escape(void* pointer) {
    asm volatile("" : : "g"(pointer) : "memory");
}

inline void store16(std::uint8_t* to, std::uint32_t value) {
    to[0] = static_cast<std::uint8_t>(value >> 8U);
    to[1] = static_cast<std::uint8_t>(value);
}

inline void store32(std::uint8_t* to, std::uint32_t value) {
    store16(to, value >> 16U);
    store16(to + 2, value);
}

struct Case {
    std::string name;
    std::function<void(std::uint64_t)> run;
    std::vector<double> nanoseconds = {};

    void measure() {
        const auto begin = std::chrono::steady_clock::now();
        run(calls);
        const std::chrono::duration<double, std::nano> elapsed = std::chrono::steady_clock::now() - begin;
        nanoseconds.push_back(elapsed.count() / static_cast<double>(calls));
    }

    [[nodiscard]] double median() const {
        auto sorted = nanoseconds;
        std::sort(sorted.begin(), sorted.end());
        return sorted[sorted.size() / 2];
    }
    [[nodiscard]] double minimum() const { return *std::min_element(nanoseconds.begin(), nanoseconds.end()); }
};

}  // namespace bench
