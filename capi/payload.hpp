// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/dumbo.h>
#include <dumbo/connection.hpp>

#include <optional>

namespace dumbo::capi {

// A payload of the caller's as the core sees it. The core's view points into this object, hence no copies.
class Payload {
public:
    // NULL is valid: no payload.
    explicit Payload(const dumbo_payload* payload) noexcept;

    Payload(const Payload&) = delete;
    Payload& operator=(const Payload&) = delete;
    Payload(Payload&&) = delete;
    Payload& operator=(Payload&&) = delete;
    ~Payload() = default;

    [[nodiscard]] bool is_valid() const noexcept { return is_valid_; }
    [[nodiscard]] const PayloadSource* source() const noexcept { return source_ ? &*source_ : nullptr; }

private:
    [[nodiscard]] std::optional<ByteSource> to_byte_source() const noexcept;

    dumbo_payload payload_{};
    std::optional<PayloadSource> source_;
    bool is_valid_ = false;
};

}  // namespace dumbo::capi
