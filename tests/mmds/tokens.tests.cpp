// SPDX-License-Identifier: Apache-2.0
#include "tokens.hpp"

#include <algorithm>
#include <set>
#include <string>

#include "support/catch.hpp"

namespace {

using mmds::guest_id;
using mmds::second;
using mmds::Time;
using mmds::Tokens;

constexpr Time noon = 1'000'000 * second;
constexpr std::uint32_t minute = 60;
const std::string base64url =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";  // NOLINT(cert-err58-cpp)

}  // namespace

TEST_CASE("A token is valid until it expires, for the guest that asked for it", "[mmds][tokens]") {
    const Tokens tokens;
    const auto guest = guest_id("tap0");
    const auto token = tokens.issue(guest, minute, noon);
    CHECK(tokens.is_valid(token, guest, noon));
    CHECK(tokens.is_valid(token, guest, noon + minute * second - 1));
    CHECK_FALSE(tokens.is_valid(token, guest, noon + minute * second));
    CHECK_FALSE(tokens.is_valid(token, guest, mmds::never));
    CHECK_FALSE(tokens.is_valid(token, guest_id("tap1"), noon));
}

TEST_CASE("A token of another process is worth nothing, one of the same key is", "[mmds][tokens]") {
    const Tokens ours;
    const Tokens theirs;
    const Tokens restored(ours.key());
    const auto token = ours.issue(1, minute, noon);
    CHECK_FALSE(theirs.is_valid(token, 1, noon));
    CHECK(restored.is_valid(token, 1, noon));
}

TEST_CASE("A token fits a header line as it is", "[mmds][tokens]") {
    const Tokens tokens;
    const auto token = tokens.issue(1, Tokens::ttl_max, noon);
    CHECK(token.size() == 75);
    CHECK(token.find_first_not_of(base64url) == std::string::npos);
}

TEST_CASE("No two tokens are the same", "[mmds][tokens]") {
    const Tokens tokens;
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        seen.insert(tokens.issue(1, minute, noon));
    }
    CHECK(seen.size() == 1000);
}

TEST_CASE("A token with any other character anywhere is none", "[mmds][tokens]") {
    const Tokens tokens;
    const auto token = tokens.issue(1, minute, noon);
    std::size_t accepted = 0;
    std::size_t tried = 0;
    for (std::size_t i = 0; i < token.size(); ++i) {
        for (const char c : base64url) {
            auto forged = token;
            forged[i] = c;
            if (forged != token) {
                ++tried;
                accepted += tokens.is_valid(forged, 1, noon) ? 1 : 0;
            }
        }
    }
    CHECK(tried == token.size() * 63);
    CHECK(accepted == 0);
}

TEST_CASE("A token of any other length is none", "[mmds][tokens]") {
    const Tokens tokens;
    const auto token = tokens.issue(1, minute, noon);
    for (std::size_t length = 0; length < token.size(); ++length) {
        CHECK_FALSE(tokens.is_valid(token.substr(0, length), 1, noon));
    }
    for (const auto* more : {"A", "AA", "=", "==", "\n", " "}) {
        CHECK_FALSE(tokens.is_valid(token + more, 1, noon));
        CHECK_FALSE(tokens.is_valid(more + token, 1, noon));
    }
    CHECK_FALSE(tokens.is_valid(std::string(8192, 'A'), 1, noon));
}

TEST_CASE("Guests have numbers by name", "[mmds][tokens]") {
    CHECK(guest_id("tap0") == guest_id("tap0"));
    CHECK(guest_id("tap0") != guest_id("tap1"));
    CHECK(guest_id("") != guest_id(std::string(1, '\0')));
}
