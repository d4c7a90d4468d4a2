// SPDX-License-Identifier: Apache-2.0
#include "bench/checksum_cases.hpp"

#include <fmt/format.h>

#include "bench/naive_checksum.h"
#include "bench/ways.hpp"

namespace bench {

namespace {

struct Naive {
    static std::uint16_t checksum(Bytes bytes) { return bench_naive_checksum(bytes.data(), bytes.size()); }
};

constexpr std::size_t longest = 65535;

struct alignas(64) Message {
    std::array<std::uint8_t, longest> bytes;
};

template <typename Way>
class ChecksumOf : public Scenario {
public:
    explicit ChecksumOf(std::size_t length) : length_(length) { fill(message_.bytes); }

    void run(std::uint64_t times) override {
        const Bytes bytes = Bytes(message_.bytes).first(length_);
        for (std::uint64_t i = 0; i < times; ++i) {
            checksum_ = Way::checksum(bytes);
        }
    }

    void check() override {
        run(1);
        require(checksum_ == bench_naive_checksum(message_.bytes.data(), length_), "checksum");
    }

private:
    std::size_t length_;
    std::uint16_t checksum_ = 0;
    Message message_{};
};

}  // namespace

void add_checksum_cases(Suite& suite) {
    for (const std::size_t length : {20U, 64U, 576U, 1480U, 9000U, 65535U}) {
        const auto subject = fmt::format("checksum of {} B", length);
        add_way<ChecksumOf<Naive>>(suite, subject, naive_way, length);
        add_ways<ChecksumOf>(suite, subject, length);
    }
}

}  // namespace bench
