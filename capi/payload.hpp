// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/dumbo.h>
#include <dumbo/connection.hpp>

#include "arguments.hpp"

#include <cstdint>

namespace dumbo::capi {

// A payload of the caller's as the core sees it. The core's view points into this object, hence no copies. Most
// payloads are contiguous and come by here once a segment, hence inline.
class Payload {
public:
    // NULL is valid: no payload.
    explicit Payload(const dumbo_payload* payload) noexcept {
        if (payload == nullptr) {
            is_valid_ = true;
        } else if (read_struct_to(payload_, payload) && payload_.reserved == 0 && payload_.reserved2 == nullptr) {
            is_valid_ = read_source();
        }
    }

    Payload(const Payload&) = delete;
    Payload& operator=(const Payload&) = delete;
    Payload(Payload&&) = delete;
    Payload& operator=(Payload&&) = delete;
    ~Payload() = default;

    [[nodiscard]] bool is_valid() const noexcept { return is_valid_; }
    [[nodiscard]] const PayloadSource* source() const noexcept { return has_source_ ? &source_ : nullptr; }

private:
    [[nodiscard]] bool read_source() noexcept {
        if (payload_.kind != DUMBO_PAYLOAD_BYTES) {
            return read_other_source();
        }
        if (payload_.len > SIZE_MAX || (payload_.bytes == nullptr && payload_.len != 0)) {
            return false;
        }
        set_source(ByteSource::of_bytes({payload_.bytes, static_cast<std::size_t>(payload_.len)}));
        return true;
    }
    [[nodiscard]] bool read_other_source() noexcept;
    void set_source(const ByteSource& bytes) noexcept {
        source_.bytes = bytes;
        source_.first = SeqNumber(payload_.seq);
        has_source_ = true;
    }

    dumbo_payload payload_{};
    PayloadSource source_{.bytes = ByteSource::of_bytes({}), .first = SeqNumber()};
    bool has_source_ = false;
    bool is_valid_ = false;
};

}  // namespace dumbo::capi
