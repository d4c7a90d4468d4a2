// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/dumbo.h>
#include <dumbo/connection.hpp>

#include "arguments.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace dumbo::capi {

// enum dumbo_checksum_policy has the core's numbers.
static_assert(static_cast<std::uint32_t>(ChecksumPolicy::full) == DUMBO_CHECKSUM_FULL);
static_assert(static_cast<std::uint32_t>(ChecksumPolicy::none) == DUMBO_CHECKSUM_NONE);
static_assert(static_cast<std::uint32_t>(ChecksumPolicy::pseudo_header) == DUMBO_CHECKSUM_PSEUDO_HEADER);

[[nodiscard]] inline bool is_checksum_policy(std::uint32_t number) noexcept {
    return number <= DUMBO_CHECKSUM_PSEUDO_HEADER;
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
        const auto policy = number<std::uint32_t>(offsetof(dumbo_addressing, checksum));
        const auto flags = number<std::uint32_t>(offsetof(dumbo_addressing, flags));
        is_valid_ = is_checksum_policy(policy) && (flags & ~std::uint32_t{DUMBO_ADDRESSING_TSO4}) == 0;
        if (is_valid_) {
            offload_.checksum = static_cast<ChecksumPolicy>(policy);
            offload_.segmentation = (flags & DUMBO_ADDRESSING_TSO4) != 0 ? Segmentation::by_device : Segmentation::ours;
        }
    }

    [[nodiscard]] bool is_valid() const noexcept { return is_valid_; }
    [[nodiscard]] const Offload& offload() const noexcept { return offload_; }
    // Whoever has segments cut must be told how.
    [[nodiscard]] bool needs_report() const noexcept { return offload_.segmentation == Segmentation::by_device; }

    [[gnu::always_inline]] std::size_t complete(IncompleteTcpSegment& segment) const noexcept {
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
