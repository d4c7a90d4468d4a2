// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "support/catch.hpp"
#include "threads/at_once.hpp"
#include "unit/support/bytes.hpp"

using dumbo_test::at_once;
using dumbo_test::Bytes;

namespace {

std::string all_names() {
    std::string text = dumbo_version_string();
    for (std::uint32_t number = 0; number < 20; ++number) {
        for (const auto& name_of : {dumbo_cause_name, dumbo_next_segment_status_name, dumbo_state_name,
                                    dumbo_frame_verdict_name, dumbo_stack_event_name, dumbo_stack_reason_name}) {
            text += name_of(number);
        }
        text += dumbo_anomaly_name(1U << number);
    }
    for (std::int32_t code = -2000; code <= 0; ++code) {
        text += dumbo_error_name(code);
        text += dumbo_strerror(code);
    }
    return text;
}

std::string all_sums(const Bytes& bytes) {
    std::string text;
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        std::uint16_t sum = 0;
        dumbo_checksum(bytes.data(), length, &sum);
        text += std::to_string(sum) + ' ';
    }
    return text + dumbo_checksum_kernel();
}

}  // namespace

TEST_CASE("functions without an object are safe on any thread at any time", "[threads]") {
    const Bytes bytes = dumbo_test::random_bytes(500);
    const auto results = at_once([&](std::size_t) { return all_names() + all_sums(bytes); });
    const std::string alone = all_names() + all_sums(bytes);
    CHECK(alone.find("unknown") != std::string::npos);
    CHECK(std::ranges::all_of(results, [&](const std::string& text) { return text == alone; }));
}
