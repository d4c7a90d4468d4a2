// SPDX-License-Identifier: Apache-2.0
#include <dumbo/byte_source.hpp>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "support/catch.hpp"
#include "unit/support/bytes.hpp"

using dumbo::ByteSource;
using dumbo_test::Bytes;
using dumbo_test::Random;
using dumbo_test::random_bytes;
using dumbo_test::View;

namespace {

// A function to pull from that counts what it was asked, and checks that it was asked for bytes that exist.
struct Puller {
    Bytes bytes;
    bool gives_up = false;
    mutable int calls = 0;
    mutable bool asked_outside = false;

    static bool pull(const void* context, std::uint64_t offset, std::span<std::uint8_t> to) {
        const auto& self = *static_cast<const Puller*>(context);
        ++self.calls;
        if (offset > self.bytes.size() || to.size() > self.bytes.size() - offset) {
            self.asked_outside = true;
            return false;
        }
        std::ranges::copy(View(self.bytes).subspan(static_cast<std::size_t>(offset), to.size()), to.begin());
        return !self.gives_up;
    }

    [[nodiscard]] ByteSource source() const { return ByteSource::of_pull(pull, this, bytes.size()); }
};

// Every piece in memory of its own, so that reading past one is noticed.
struct Scattered {
    std::vector<Bytes> pieces;
    std::vector<ByteSource::Piece> list;

    Scattered(View bytes, std::span<const std::size_t> lengths) {
        for (const std::size_t length : lengths) {
            pieces.push_back(dumbo_test::copy_of(bytes.first(length)));
            bytes = bytes.subspan(length);
        }
        REQUIRE(bytes.empty());
        list.assign(pieces.begin(), pieces.end());
    }

    [[nodiscard]] ByteSource source() const { return ByteSource::of_pieces(list); }
};

// Copies every range there is and compares it with the bytes themselves.
void check_every_range(const ByteSource& source, View bytes) {
    REQUIRE(source.size() == bytes.size());
    for (std::size_t offset = 0; offset <= bytes.size(); ++offset) {
        for (std::size_t length = 0; offset + length <= bytes.size(); ++length) {
            Bytes to(length);
            const bool copied = source.copy(offset, to);
            if (!copied || !dumbo_test::same_bytes(to, bytes.subspan(offset, length))) {
                CAPTURE(offset, length, copied);
                FAIL("not the bytes of the source");
            }
        }
    }
}

}  // namespace

TEST_CASE("contiguous, scattered and pulled bytes agree at every offset and every length", "[byte_source]") {
    const Bytes bytes = random_bytes(60);
    SECTION("contiguous") {
        check_every_range(ByteSource::of_bytes(bytes), bytes);
    }
    SECTION("pulled") {
        const Puller puller{bytes};
        check_every_range(puller.source(), bytes);
        CHECK_FALSE(puller.asked_outside);
    }
    SECTION("in one piece") {
        const std::vector<std::size_t> lengths = {60};
        check_every_range(Scattered(bytes, lengths).source(), bytes);
    }
    SECTION("in pieces of one byte") {
        const std::vector<std::size_t> lengths(60, 1);
        check_every_range(Scattered(bytes, lengths).source(), bytes);
    }
    SECTION("with empty pieces at the beginning, in between and at the end") {
        const std::vector<std::size_t> lengths = {0, 0, 13, 0, 1, 0, 0, 46, 0};
        check_every_range(Scattered(bytes, lengths).source(), bytes);
    }
    SECTION("in random pieces") {
        Random random(17);
        for (int round = 0; round < 20; ++round) {
            std::vector<std::size_t> lengths;
            for (std::size_t left = bytes.size(); left > 0; left -= lengths.back()) {
                lengths.push_back(std::min(left, random.below(25)));
            }
            check_every_range(Scattered(bytes, lengths).source(), bytes);
        }
    }
}

TEST_CASE("a source without bytes has size 0, and nothing can be copied from it", "[byte_source]") {
    const std::vector<ByteSource::Piece> empty_pieces(3);
    const Puller puller{};
    for (const ByteSource& source :
         {ByteSource::of_bytes({}), ByteSource::of_pieces({}), ByteSource::of_pieces(empty_pieces), puller.source()}) {
        CHECK(source.size() == 0);
        CHECK(source.copy(0, {}));
    }
}

TEST_CASE("copying nothing pulls nothing", "[byte_source]") {
    const Puller puller{random_bytes(5)};
    CHECK(puller.source().copy(3, {}));
    CHECK(puller.calls == 0);
}

TEST_CASE("a pull function is asked once for the whole range, and its refusal is passed on", "[byte_source]") {
    Puller puller{random_bytes(100)};
    Bytes to(70);
    CHECK(puller.source().copy(20, to));
    CHECK(puller.calls == 1);
    puller.gives_up = true;
    CHECK_FALSE(puller.source().copy(20, to));
    CHECK(puller.calls == 2);
}

TEST_CASE("a pulled source may be longer than any memory", "[byte_source]") {
    struct Request {
        std::uint64_t offset = 0;
        std::size_t length = 0;
    };
    static Request last;
    const auto source = ByteSource::of_pull(
        [](const void*, std::uint64_t offset, std::span<std::uint8_t> to) {
            last = {offset, to.size()};
            return true;
        },
        nullptr, std::numeric_limits<std::uint64_t>::max());
    CHECK(source.size() == std::numeric_limits<std::uint64_t>::max());
    Bytes to(16);
    CHECK(source.copy(std::numeric_limits<std::uint64_t>::max() - 16, to));
    CHECK(last.offset == std::numeric_limits<std::uint64_t>::max() - 16);
    CHECK(last.length == 16);
}

TEST_CASE("the size of a list of pieces saturates instead of wrapping round", "[byte_source]") {
    // The pieces name more bytes than there are; only their beginnings are ever read.
    const Bytes bytes = random_bytes(8);
    constexpr auto huge = std::numeric_limits<std::size_t>::max();
    const std::vector<ByteSource::Piece> list = {bytes, {bytes.data(), huge}, {bytes.data(), huge}, bytes};
    const ByteSource source = ByteSource::of_pieces(list);
    // Where a size has 32 bits, so few pieces do not get that far.
    constexpr auto most = std::numeric_limits<std::uint64_t>::max();
    CHECK(source.size() == (huge == most ? most : 2 * std::uint64_t{huge} + 16));
    Bytes to(12);
    CHECK(source.copy(2, to));
    CHECK(dumbo_test::same_bytes(View(to).first(6), View(bytes).subspan(2)));
    CHECK(dumbo_test::same_bytes(View(to).subspan(6), View(bytes).first(6)));
}

TEST_CASE("a copy of a source names the same bytes", "[byte_source]") {
    const Bytes bytes = random_bytes(30);
    const ByteSource original = ByteSource::of_bytes(bytes);
    const ByteSource copy = original;
    check_every_range(copy, bytes);
}
