// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "conformance/subject.hpp"

namespace conformance_test {

// What to get wrong of a delivery, once it succeeds: things that no recorded result shows.
enum class Spoil : std::uint8_t {
    nothing,
    payload_byte,     // of the copied payload
    byte_behind,      // of the receive buffer, past the payload
    byte_when_none,   // of the receive buffer, although nothing is delivered
    offset_in_place,  // of the payload in the segment
    promise,          // of the documentation
    snapshot,         // a bit of it
    damage_accepted,  // of a snapshot
};

// The subject that this program is linked with, spoiled.
[[nodiscard]] std::unique_ptr<conformance::Subject> make_spoiling_subject(Spoil spoil);

}  // namespace conformance_test
