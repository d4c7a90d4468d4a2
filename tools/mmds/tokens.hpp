// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "time.hpp"

namespace mmds {

/** Tells guests apart: a token is worth something to the guest that asked for it alone. */
using GuestId = std::uint64_t;

/** The same name, the same number, in every run. */
GuestId guest_id(std::string_view name);

/**
 * Session tokens that carry all that is to be known of them, under a MAC: a guest may ask for as many as it likes, and
 * nothing is used up. Token: base64url, without padding, of
 *
 *     expiry (8 bytes, big-endian nanoseconds) | guest (8 bytes) | nonce (8 bytes) | HMAC-SHA-512-256 (32 bytes)
 */
class Tokens {
public:
    static constexpr std::uint32_t ttl_max = 21600;  // seconds
    using Key = std::array<unsigned char, 32>;

    /** With a random key. */
    Tokens();
    explicit Tokens(const Key& key) : key_(key) {}

    [[nodiscard]] std::string issue(GuestId guest, std::uint32_t ttl_seconds, Time now) const;

    /** Takes the same time for every token that is none. */
    [[nodiscard]] bool is_valid(std::string_view token, GuestId guest, Time now) const;

    [[nodiscard]] const Key& key() const { return key_; }

private:
    Key key_{};
};

}  // namespace mmds
