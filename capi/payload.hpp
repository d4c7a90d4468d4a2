// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/dumbo.h>
#include <dumbo/connection.hpp>

#include "arguments.hpp"

#include <cstdint>
#include <optional>

namespace dumbo::capi {

// A contiguous payload of this release, as most are.
[[nodiscard]] inline bool is_contiguous(const dumbo_payload* payload) noexcept {
    return has_this_size(payload) &&
           field_of<std::uint32_t>(payload, offsetof(dumbo_payload, kind)) == DUMBO_PAYLOAD_BYTES &&
           field_of<std::uint32_t>(payload, offsetof(dumbo_payload, reserved)) == 0 &&
           field_of<const void*>(payload, offsetof(dumbo_payload, reserved2)) == nullptr &&
           field_of<const void*>(payload, offsetof(dumbo_payload, bytes)) != nullptr &&
           field_of<std::uint64_t>(payload, offsetof(dumbo_payload, len)) <= SIZE_MAX;
}

// Precondition: is_contiguous().
[[nodiscard]] inline PayloadSource to_contiguous_source(const dumbo_payload* payload) noexcept {
    const auto* const bytes = field_of<const std::uint8_t*>(payload, offsetof(dumbo_payload, bytes));
    const auto length = static_cast<std::size_t>(field_of<std::uint64_t>(payload, offsetof(dumbo_payload, len)));
    return {.bytes = ByteSource::of_bytes({bytes, length}),
            .first = SeqNumber(field_of<std::uint32_t>(payload, offsetof(dumbo_payload, seq)))};
}

// A payload of the caller's, of whatever release and kind, as the core sees it. The core's view points into this
// object, hence no copies.
class Payload {
public:
    // NULL is valid: no payload.
    explicit Payload(const dumbo_payload* payload) noexcept
        : is_valid_(payload == nullptr || (read_struct_to(payload_, payload) && read())) {}

    Payload(const Payload&) = delete;
    Payload& operator=(const Payload&) = delete;
    Payload(Payload&&) = delete;
    Payload& operator=(Payload&&) = delete;
    ~Payload() = default;

    [[nodiscard]] bool is_valid() const noexcept { return is_valid_; }
    [[nodiscard]] const PayloadSource* source() const noexcept { return source_ ? &*source_ : nullptr; }

private:
    [[nodiscard]] bool read() noexcept;

    dumbo_payload payload_{};
    std::optional<PayloadSource> source_;
    bool is_valid_;
};

}  // namespace dumbo::capi
