// SPDX-License-Identifier: Apache-2.0
// A payload source as a caller who is not quite awake would lend it: its memory is what it says, and little else.
#pragma once

#include "scenario/dice.hpp"
#include "scenario/padded.hpp"

#include <dumbo/dumbo.h>

#include <cstdint>
#include <vector>

namespace scenario {

class StormyPayload {
public:
    // Starts near the first unacknowledged or the first unsent byte.
    StormyPayload(Dice& dice, std::uint32_t una, std::uint32_t nxt);
    StormyPayload(const StormyPayload&) = delete;
    StormyPayload& operator=(const StormyPayload&) = delete;

    [[nodiscard]] const dumbo_payload* get() const { return &payload_.value; }

private:
    void lend_bytes(Dice& dice);
    void lend_pieces(Dice& dice);
    void lend_callback(Dice& dice);

    Padded<dumbo_payload> payload_;
    std::vector<std::uint8_t> bytes_;
    std::vector<dumbo_iovec> pieces_;
};

}  // namespace scenario
