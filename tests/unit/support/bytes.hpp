// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

// Byte strings for the tests. A vector of exactly n bytes lies on the heap with nothing behind it that belongs to it,
// so a sanitizer sees an access one byte past its end.
namespace dumbo_test {

using Bytes = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;

// A small generator (splitmix64) with a seed of its own: the same test sees the same bytes everywhere.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}

    std::uint64_t next() {
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t mixed = state_;
        mixed = (mixed ^ (mixed >> 30U)) * 0xbf58476d1ce4e5b9U;
        mixed = (mixed ^ (mixed >> 27U)) * 0x94d049bb133111ebU;
        return mixed ^ (mixed >> 31U);
    }

    // Bounds may be times; none is larger than a size can be.
    std::size_t below(std::uint64_t bound) { return static_cast<std::size_t>(next() % bound); }
    std::uint8_t byte() { return static_cast<std::uint8_t>(next()); }
    std::uint16_t word() { return static_cast<std::uint16_t>(next()); }

    Bytes bytes(std::size_t size) {
        Bytes result(size);
        std::ranges::generate(result, [this] { return byte(); });
        return result;
    }

private:
    std::uint64_t state_;
};

inline Bytes random_bytes(std::size_t size, std::uint64_t seed = 1) {
    return Random(seed).bytes(size);
}

inline bool same_bytes(View a, View b) {
    return std::ranges::equal(a, b);
}

inline Bytes copy_of(View bytes) {
    return {bytes.begin(), bytes.end()};
}

inline Bytes concat(std::initializer_list<View> parts) {
    Bytes result;
    for (const View part : parts) {
        result.insert(result.end(), part.begin(), part.end());
    }
    return result;
}

inline void put16(std::span<std::uint8_t> bytes, std::size_t at, std::uint16_t value) {
    bytes[at] = static_cast<std::uint8_t>(value >> 8U);
    bytes[at + 1] = static_cast<std::uint8_t>(value & 0xffU);
}

inline void put32(std::span<std::uint8_t> bytes, std::size_t at, std::uint32_t value) {
    put16(bytes, at, static_cast<std::uint16_t>(value >> 16U));
    put16(bytes, at + 2, static_cast<std::uint16_t>(value & 0xffffU));
}

inline std::uint16_t get16(View bytes, std::size_t at) {
    return static_cast<std::uint16_t>(bytes[at] << 8U | bytes[at + 1]);
}

inline std::uint32_t get32(View bytes, std::size_t at) {
    return static_cast<std::uint32_t>(get16(bytes, at)) << 16U | get16(bytes, at + 2);
}

}  // namespace dumbo_test
