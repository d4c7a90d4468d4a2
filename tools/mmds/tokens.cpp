// SPDX-License-Identifier: Apache-2.0
#include "tokens.hpp"

#include <sodium.h>

#include <cstddef>
#include <span>
#include <stdexcept>

namespace mmds {

namespace {

constexpr std::size_t word = sizeof(std::uint64_t);
constexpr std::size_t guest_offset = word;
constexpr std::size_t nonce_offset = 2 * word;
constexpr std::size_t mac_offset = 3 * word;
constexpr std::size_t token_size = mac_offset + crypto_auth_BYTES;
constexpr int variant = sodium_base64_VARIANT_URLSAFE_NO_PADDING;
constexpr std::size_t text_capacity = sodium_base64_ENCODED_LEN(token_size, variant);

using Raw = std::array<unsigned char, token_size>;

static_assert(std::tuple_size_v<Tokens::Key> == crypto_auth_KEYBYTES);

void put(std::span<unsigned char, word> to, std::uint64_t value) {
    for (std::size_t i = word; i > 0; --i) {
        to[i - 1] = static_cast<unsigned char>(value);
        value >>= 8U;
    }
}

std::uint64_t get(std::span<const unsigned char, word> from) {
    std::uint64_t value = 0;
    for (const unsigned char byte : from) {
        value = value << 8U | byte;
    }
    return value;
}

void start_sodium() {
    if (sodium_init() < 0) {
        throw std::runtime_error("libsodium does not start");
    }
}

bool decode(std::string_view text, Raw& raw) {
    std::size_t length = 0;
    return sodium_base642bin(raw.data(), raw.size(), text.data(), text.size(), nullptr, &length, nullptr, variant) ==
               0 &&
           length == raw.size();
}

}  // namespace

GuestId guest_id(std::string_view name) {
    std::array<unsigned char, crypto_generichash_BYTES> hash{};
    crypto_generichash(hash.data(), hash.size(), reinterpret_cast<const unsigned char*>(name.data()), name.size(),
                       nullptr, 0);
    return get(std::span(hash).first<word>());
}

Tokens::Tokens() {
    start_sodium();
    crypto_auth_keygen(key_.data());
}

std::string Tokens::issue(GuestId guest, std::uint32_t ttl_seconds, Time now) const {
    Raw raw{};
    const std::span bytes(raw);
    put(bytes.first<word>(), now + ttl_seconds * second);
    put(bytes.subspan<guest_offset, word>(), guest);
    randombytes_buf(&raw[nonce_offset], word);
    crypto_auth(&raw[mac_offset], raw.data(), mac_offset, key_.data());

    std::array<char, text_capacity> text{};
    return sodium_bin2base64(text.data(), text.size(), raw.data(), raw.size(), variant);
}

bool Tokens::is_valid(std::string_view token, GuestId guest, Time now) const {
    Raw raw{};
    if (!decode(token, raw) || crypto_auth_verify(&raw[mac_offset], raw.data(), mac_offset, key_.data()) != 0) {
        return false;
    }
    // Whoever gets here knows a token of ours, and may learn from the time it takes whose it is.
    const std::span<const unsigned char, token_size> bytes(raw);
    return get(bytes.subspan<guest_offset, word>()) == guest && now < get(bytes.first<word>());
}

}  // namespace mmds
