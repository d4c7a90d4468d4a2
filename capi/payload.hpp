// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/dumbo.h>
#include <dumbo/connection.hpp>

#include "arguments.hpp"

#include <cstdint>
#include <optional>

namespace dumbo::capi {

// A payload of the caller's as the core sees it. The core's view points into this object, hence no copies. Most
// payloads are contiguous and come by here once a segment, hence inline.
class Payload {
public:
    // NULL is valid: no payload. Precondition: otherwise it is of this release's size.
    explicit Payload(const dumbo_payload* payload) noexcept : is_valid_(payload == nullptr || read(payload)) {}

    Payload(const Payload&) = delete;
    Payload& operator=(const Payload&) = delete;
    Payload(Payload&&) = delete;
    Payload& operator=(Payload&&) = delete;
    ~Payload() = default;

    [[nodiscard]] bool is_valid() const noexcept { return is_valid_; }
    [[nodiscard]] const PayloadSource* source() const noexcept { return source_ ? &*source_ : nullptr; }

private:
    [[nodiscard]] bool read(const dumbo_payload* payload) noexcept {
        if (field_of<std::uint32_t>(payload, offsetof(dumbo_payload, reserved)) != 0 ||
            field_of<const void*>(payload, offsetof(dumbo_payload, reserved2)) != nullptr) {
            return false;
        }
        if (field_of<std::uint32_t>(payload, offsetof(dumbo_payload, kind)) != DUMBO_PAYLOAD_BYTES) [[unlikely]] {
            return read_other_kind(payload);
        }
        const auto length = field_of<std::uint64_t>(payload, offsetof(dumbo_payload, len));
        const auto* const bytes = field_of<const std::uint8_t*>(payload, offsetof(dumbo_payload, bytes));
        if (length > SIZE_MAX || (bytes == nullptr && length != 0)) {
            return false;
        }
        source_ = PayloadSource{.bytes = ByteSource::of_bytes({bytes, static_cast<std::size_t>(length)}),
                                .first = SeqNumber(field_of<std::uint32_t>(payload, offsetof(dumbo_payload, seq)))};
        return true;
    }
    [[nodiscard]] bool read_other_kind(const dumbo_payload* payload) noexcept;

    std::optional<PayloadSource> source_;
    std::optional<dumbo_payload> payload_;  // what a source refers to that is not contiguous
    bool is_valid_;
};

}  // namespace dumbo::capi
