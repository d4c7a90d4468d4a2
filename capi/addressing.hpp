// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/dumbo.h>
#include <dumbo/connection.hpp>

#include "arguments.hpp"

#include <cstddef>
#include <cstdint>
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
    // Precondition: NULL, or of this release's size.
    explicit Addressing(const dumbo_addressing* addressing) noexcept : from_(addressing) {
        if (addressing == nullptr) {
            return;
        }
        const auto policy = to_policy(number<std::uint32_t>(offsetof(dumbo_addressing, checksum)));
        const auto flags = number<std::uint32_t>(offsetof(dumbo_addressing, flags));
        if (policy && (flags & ~std::uint32_t{DUMBO_ADDRESSING_TSO4}) == 0) {
            offload_.checksum = *policy;
            offload_.segmentation = (flags & DUMBO_ADDRESSING_TSO4) != 0 ? Segmentation::by_device : Segmentation::ours;
            is_valid_ = true;
        }
    }

    [[nodiscard]] bool is_valid() const noexcept { return is_valid_; }
    [[nodiscard]] const Offload& offload() const noexcept { return offload_; }

    std::size_t complete(IncompleteTcpSegment& segment) const noexcept {
        const TcpPorts ports{.source = number<std::uint16_t>(offsetof(dumbo_addressing, source_port)),
                             .destination = number<std::uint16_t>(offsetof(dumbo_addressing, destination_port))};
        return segment
            .complete(ports, {.source = number<Ipv4Address>(offsetof(dumbo_addressing, source)),
                              .destination = number<Ipv4Address>(offsetof(dumbo_addressing, destination))})
            .size();
    }

private:
    template <typename Number>
    [[nodiscard]] Number number(std::size_t offset) const noexcept {
        return field_of<Number>(from_, offset);
    }

    const dumbo_addressing* from_;
    Offload offload_;
    bool is_valid_ = false;
};

}  // namespace dumbo::capi
