// SPDX-License-Identifier: Apache-2.0
#include "bench/copy_cases.hpp"

#include <array>
#include <cstring>

#include "bench/require.hpp"
#include "bench/wire.hpp"

namespace bench {

namespace {

// Half a page apart: loads that follow a store at the same place of another page would wait for it.
struct alignas(4096) Places {
    std::array<std::uint8_t, 2048> from;
    std::array<std::uint8_t, 2048> to;
};

class Copy : public Scenario {
public:
    Copy() { fill(places_.from); }

    void run(std::uint64_t times) override {
        // A length that the compiler knows would have it write a loop of its own in memcpy's place.
        const std::size_t length = opaque(payload_length);
        for (std::uint64_t i = 0; i < times; ++i) {
            std::memcpy(places_.to.data(), places_.from.data(), length);
            escape(places_.to.data());
        }
    }

    void check() override {
        run(1);
        require(std::memcmp(places_.to.data(), places_.from.data(), payload_length) == 0, "memcpy");
    }

private:
    Places places_{};
};

}  // namespace

Case copy_case() {
    return {"memcpy of 1460 B", "", [] { return std::make_unique<Copy>(); }};
}

}  // namespace bench
