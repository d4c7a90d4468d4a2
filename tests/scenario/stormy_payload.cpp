// SPDX-License-Identifier: Apache-2.0
#include "scenario/stormy_payload.hpp"

#include <cstring>

namespace scenario {

StormyPayload::StormyPayload(Dice& dice, std::uint32_t una, std::uint32_t nxt) : bytes_(3000, 0x5a) {
    payload_.sized(dice);
    payload_.value.seq = dice.near(dice.one_in(2) ? una : nxt);
    payload_.value.reserved = dice.one_in(100) ? 1 : 0;
    switch (dice.below(4)) {
        case 0:
            lend_pieces(dice);
            break;
        case 1:
            lend_callback(dice);
            break;
        default:
            lend_bytes(dice);
            break;
    }
    if (dice.one_in(100)) {
        // Only a kind that there is not: under the name of another, lengths would lie about memory.
        payload_.value.kind = 3 + dice.any32() % 1000;
    }
}

void StormyPayload::lend_bytes(Dice& dice) {
    payload_.value.kind = DUMBO_PAYLOAD_BYTES;
    payload_.value.len = dice.one_in(4) ? 0 : dice.below(bytes_.size() + 1);
    payload_.value.bytes = dice.maybe_null(bytes_.data());
}

void StormyPayload::lend_pieces(Dice& dice) {
    payload_.value.kind = DUMBO_PAYLOAD_IOVEC;
    payload_.value.len = dice.any();
    for (auto left = dice.below(6); left > 0; --left) {
        pieces_.push_back({dice.maybe_null(bytes_.data()), dice.size_below(bytes_.size() + 1)});
    }
    if (dice.one_in(30)) {
        pieces_.push_back({nullptr, ~std::size_t{0} - dice.size_below(5000)});
    }
    payload_.value.iovecs = dice.maybe_null(pieces_.data());
    payload_.value.iovec_count = pieces_.size();
}

// Any length: there is always one more byte to give, unless reading fails.
void StormyPayload::lend_callback(Dice& dice) {
    payload_.value.kind = DUMBO_PAYLOAD_CALLBACK;
    payload_.value.len = dice.one_in(10) ? dice.any() : dice.below(5000);
    payload_.value.read = [](void*, std::uint64_t, std::uint8_t* dst, std::size_t length) -> std::int32_t {
        std::memset(dst, 0x5a, length);
        return 0;
    };
    if (dice.one_in(20)) {
        payload_.value.read = [](void*, std::uint64_t, std::uint8_t*, std::size_t) -> std::int32_t { return -7; };
    } else if (dice.one_in(50)) {
        payload_.value.read = nullptr;
    }
}

}  // namespace scenario
