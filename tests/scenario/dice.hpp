// SPDX-License-Identifier: Apache-2.0
// Chance that can be repeated: the same seed throws the same dice on every platform.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace scenario {

class Dice {
public:
    explicit Dice(std::uint32_t seed) : engine_(seed) {}

    [[nodiscard]] std::uint64_t any() { return engine_(); }
    [[nodiscard]] std::uint32_t any32() { return static_cast<std::uint32_t>(engine_() >> 32); }

    // A number below limit, which is not 0.
    [[nodiscard]] std::uint64_t below(std::uint64_t limit) { return engine_() % limit; }
    [[nodiscard]] std::size_t size_below(std::size_t limit) { return static_cast<std::size_t>(below(limit)); }

    [[nodiscard]] bool one_in(std::uint64_t times) { return below(times) == 0; }

    template <class T, std::size_t size>
    [[nodiscard]] T one_of(const T (&values)[size]) {
        return values[size_below(size)];
    }

    // A pointer, or now and then NULL.
    template <class T>
    [[nodiscard]] T* maybe_null(T* pointer) {
        return one_in(60) ? nullptr : pointer;
    }

    // A number at or close to value, or now and then any.
    [[nodiscard]] std::uint32_t near(std::uint32_t value) {
        switch (below(12)) {
            case 0:
                return value + 1;
            case 1:
                return value - 1;
            case 2:
                return value + static_cast<std::uint32_t>(below(3000)) - 1500;
            case 3:
                return one_in(4) ? any32() : value;
            default:
                return value;
        }
    }

    [[nodiscard]] std::vector<std::uint8_t> bytes(std::size_t length) {
        std::vector<std::uint8_t> bytes(length);
        for (auto& byte : bytes) {
            byte = static_cast<std::uint8_t>(any());
        }
        return bytes;
    }

private:
    std::mt19937_64 engine_;
};

}  // namespace scenario
