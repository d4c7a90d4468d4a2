// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/dumbo.h>
#include <dumbo/connection.hpp>

#include "arguments.hpp"

#include <cstring>
#include <optional>

namespace dumbo::capi {

// Empty for a number that is none. (enum dumbo_checksum_policy)
[[nodiscard]] inline std::optional<ChecksumPolicy> to_policy(std::uint32_t policy) noexcept {
    switch (policy) {
        case DUMBO_CHECKSUM_FULL:
            return ChecksumPolicy::full;
        case DUMBO_CHECKSUM_NONE:
            return ChecksumPolicy::none;
        case DUMBO_CHECKSUM_PSEUDO_HEADER:
            return ChecksumPolicy::pseudo_header;
        default:
            return std::nullopt;
    }
}

// What an IncompleteTcpSegment needs to be complete, as a caller states it. Every segment that is written comes by
// here, hence inline.
class Addressing {
public:
    explicit Addressing(const dumbo_addressing* addressing) noexcept {
        if (!read_struct_to(known_, addressing) || (known_.flags & ~std::uint32_t{DUMBO_ADDRESSING_TSO4}) != 0) {
            return;
        }
        if (const auto policy = to_policy(known_.checksum)) {
            offload_.checksum = *policy;
            offload_.segmentation =
                (known_.flags & DUMBO_ADDRESSING_TSO4) != 0 ? Segmentation::by_device : Segmentation::ours;
            is_valid_ = true;
        }
    }

    [[nodiscard]] bool is_valid() const noexcept { return is_valid_; }
    [[nodiscard]] const Offload& offload() const noexcept { return offload_; }

    std::size_t complete(IncompleteTcpSegment& segment) const noexcept {
        return segment
            .complete({.source = known_.source_port, .destination = known_.destination_port},
                      {.source = to_array<4>(known_.source), .destination = to_array<4>(known_.destination)})
            .size();
    }

private:
    dumbo_addressing known_{};
    Offload offload_;
    bool is_valid_ = false;
};

}  // namespace dumbo::capi
