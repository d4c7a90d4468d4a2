// SPDX-License-Identifier: Apache-2.0
#include <dumbo/tcp_segment.hpp>

#include <cstdint>
#include <optional>

#include "support/catch.hpp"
#include "unit/support/bytes.hpp"
#include "unit/support/result.hpp"
#include "unit/support/segment.hpp"

using dumbo::Error;
using dumbo::TcpSegment;
using dumbo_test::Bytes;
using dumbo_test::concat;
using dumbo_test::error_of;
using dumbo_test::mss_option;
using dumbo_test::segment_bytes;

// Looking for the MSS option among the others (RFC 9293, 3.2, and the walk of the behaviour document, section 2).
namespace {

constexpr std::uint8_t eol = 0;
constexpr std::uint8_t nop = 1;

dumbo::Result<std::optional<std::uint16_t>> walk(const Bytes& options, const Bytes& payload = {}) {
    REQUIRE(options.size() % 4 == 0);
    const Bytes bytes = segment_bytes({.options = options, .payload = payload});
    const auto segment = TcpSegment::parse(bytes);
    REQUIRE(segment);
    return segment->mss_option();
}

std::uint16_t found(const Bytes& options) {
    const auto mss = walk(options);
    REQUIRE(mss);
    REQUIRE(*mss);
    return **mss;
}

bool is_absent(const Bytes& options) {
    const auto mss = walk(options);
    REQUIRE(mss);
    return !mss->has_value();
}

}  // namespace

TEST_CASE("a header without options has no MSS option", "[tcp_options]") {
    CHECK(is_absent({}));
}

TEST_CASE("a payload that looks like an MSS option is none", "[tcp_options]") {
    const auto mss = walk({}, mss_option(1460));
    REQUIRE(mss);
    CHECK_FALSE(mss->has_value());
}

TEST_CASE("an MSS is accepted from 100 to 65495", "[tcp_options]") {
    for (const std::uint16_t value : {std::uint16_t{100}, std::uint16_t{101}, std::uint16_t{536}, std::uint16_t{1460},
                                      std::uint16_t{65494}, std::uint16_t{65495}}) {
        CHECK(found(mss_option(value)) == value);
    }
    for (const std::uint16_t value :
         {std::uint16_t{0}, std::uint16_t{1}, std::uint16_t{99}, std::uint16_t{65496}, std::uint16_t{65535}}) {
        CAPTURE(value);
        CHECK(error_of(walk(mss_option(value))) == Error::mss_option);
    }
}

TEST_CASE("the length byte of an MSS option is not looked at", "[tcp_options]") {
    for (unsigned length = 0; length < 256; ++length) {
        CHECK(found({2, static_cast<std::uint8_t>(length), 0x05, 0xb4}) == 1460);
    }
}

TEST_CASE("the first MSS option counts", "[tcp_options]") {
    CHECK(found(concat({mss_option(1000), mss_option(2000)})) == 1000);
    CHECK(found(concat({mss_option(1000), mss_option(1)})) == 1000);
    CHECK(error_of(walk(concat({mss_option(1), mss_option(1000)}))) == Error::mss_option);
}

TEST_CASE("an MSS option is found behind any number of NOPs, up to the very end of the longest header",
          "[tcp_options]") {
    for (std::size_t nops = 0; nops <= 36; nops += 4) {
        CAPTURE(nops);
        CHECK(found(concat({Bytes(nops, nop), mss_option(777)})) == 777);
    }
    CHECK(found({nop, 2, 4, 3, 9, nop, nop, nop}) == 0x0309);
    CHECK(found({nop, nop, 2, 4, 3, 9, nop, nop}) == 0x0309);
    CHECK(found({nop, nop, nop, 2, 4, 3, 9, eol}) == 0x0309);
}

TEST_CASE("fewer than 4 bytes left hold nothing worth a look, whatever they are", "[tcp_options]") {
    CHECK(is_absent({nop, 2, 4, 5}));
    CHECK(is_absent({nop, nop, 2, 4}));
    CHECK(is_absent({nop, nop, nop, 2}));
    CHECK(is_absent({nop, 77, 0, 0}));
    CHECK(is_absent({5, 5, 0, 0, 0, 2, 4, 9}));
}

TEST_CASE("the end of the list ends it", "[tcp_options]") {
    CHECK(is_absent(concat({Bytes{eol, 0, 0, 0}, mss_option(1460)})));
    CHECK(is_absent(concat({Bytes{nop, eol, nop, nop}, mss_option(1)})));
}

TEST_CASE("every other kind is skipped by its length", "[tcp_options]") {
    for (unsigned kind = 3; kind < 256; ++kind) {
        const auto value = static_cast<std::uint8_t>(kind);
        CAPTURE(kind);
        CHECK(found(concat({Bytes{value, 2}, mss_option(500), Bytes{nop, nop}})) == 500);
        CHECK(found(concat({Bytes{value, 3, 9}, mss_option(501), Bytes{nop}})) == 501);
        CHECK(found(concat({Bytes{value, 8, 2, 4, 0, 0, 2, 4}, mss_option(502)})) == 502);
    }
}

TEST_CASE("a kind with a length below 2 makes the options malformed", "[tcp_options]") {
    for (unsigned kind = 3; kind < 256; ++kind) {
        for (const std::uint8_t length : {std::uint8_t{0}, std::uint8_t{1}}) {
            const auto value = static_cast<std::uint8_t>(kind);
            CAPTURE(kind, length);
            CHECK(error_of(walk(concat({Bytes{value, length, 0, 0}, mss_option(1460)}))) == Error::mss_option);
            CHECK(error_of(walk(concat({Bytes{nop, nop, nop, nop}, Bytes{value, length, 0, 0}}))) == Error::mss_option);
        }
    }
}

TEST_CASE("a length that reaches to the end of the options or past it leaves nothing to find", "[tcp_options]") {
    for (unsigned length = 8; length < 256; ++length) {
        CAPTURE(length);
        CHECK(is_absent(concat({Bytes{3, static_cast<std::uint8_t>(length), 0, 0}, mss_option(1460)})));
    }
    CHECK(is_absent(concat({Bytes{3, 5, 0, 0}, mss_option(1460)})));
}

TEST_CASE("any options of any length can be walked to an end", "[tcp_options]") {
    dumbo_test::Random random(23);
    int present = 0;
    int absent = 0;
    int malformed = 0;
    for (int round = 0; round < 20000; ++round) {
        Bytes options = random.bytes(4 * random.below(11));
        for (std::uint8_t& byte : options) {
            byte = random.below(2) == 0 ? static_cast<std::uint8_t>(byte % 6) : byte;  // many short walks get nowhere
        }
        const auto mss = walk(options);
        if (!mss) {
            ++malformed;
        } else if (*mss) {
            REQUIRE(**mss >= 100);
            REQUIRE(**mss <= 65495);
            ++present;
        } else {
            ++absent;
        }
    }
    CHECK(present > 100);
    CHECK(absent > 100);
    CHECK(malformed > 100);
}
