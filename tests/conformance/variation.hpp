// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace conformance {

// The library offers several ways to the same result: kinds of payload sources, with and without a copy, allocated or
// not, cloned or not. A replay takes turns by line number, so that a difference can be had again; another shift deals
// the turns out differently.
class Variation {
public:
    explicit Variation(std::uint64_t shift, bool restores = false) : shift_(shift), restores_(restores) {}

    // Whether a connection is restored from its snapshot before each event.
    [[nodiscard]] bool restores() const { return restores_; }

    // One of 0 ... choices - 1. Different aspects of one line vary independently.
    [[nodiscard]] unsigned pick(std::size_t line, unsigned aspect, unsigned choices) const {
        std::uint64_t mix = (line + shift_ * 1000003U) * 31U + aspect;
        mix = (mix ^ (mix >> 29U)) * 0x9e3779b97f4a7c15U;
        mix = (mix ^ (mix >> 32U)) * 0xd6e8feb86659fd93U;
        return static_cast<unsigned>((mix >> 33U) % choices);
    }

private:
    std::uint64_t shift_;
    bool restores_;
};

}  // namespace conformance
