// SPDX-License-Identifier: Apache-2.0
#include "frame_stream.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "support/catch.hpp"

namespace {

using Bytes = std::vector<std::uint8_t>;
using mmds::FrameStream;

constexpr std::size_t longest = 8;

void feed(FrameStream& stream, const Bytes& bytes) {
    REQUIRE(stream.room().size() >= bytes.size());
    std::ranges::copy(bytes, stream.room().begin());
    stream.filled(bytes.size());
}

std::vector<Bytes> frames_in(FrameStream& stream) {
    std::vector<Bytes> frames;
    for (auto frame = stream.next(); !frame.empty(); frame = stream.next()) {
        frames.emplace_back(frame.begin(), frame.end());
    }
    return frames;
}

}  // namespace

TEST_CASE("Frames come out whatever pieces they came in", "[mmds][frame_stream]") {
    const Bytes bytes = {0, 0, 0, 2, 'a', 'b', 0, 0, 0, 0, 0, 0, 0, 1, 'c', 0, 0};
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        FrameStream stream(32);
        const auto middle = bytes.begin() + static_cast<std::ptrdiff_t>(cut);
        feed(stream, Bytes(bytes.begin(), middle));
        auto frames = frames_in(stream);
        feed(stream, Bytes(middle, bytes.end()));
        for (auto& frame : frames_in(stream)) {
            frames.push_back(std::move(frame));
        }
        CHECK(frames == std::vector<Bytes>{{'a', 'b'}, {'c'}});
        CHECK_FALSE(stream.is_broken());
    }
}

TEST_CASE("There is room for the longest frame behind the beginning of any", "[mmds][frame_stream]") {
    FrameStream stream(longest);
    for (int i = 0; i < 100; ++i) {
        feed(stream, {0, 0, 0, longest, 1, 2, 3});
        CHECK(frames_in(stream).empty());
        feed(stream, {4, 5, 6, 7, 8});
        CHECK(frames_in(stream) == std::vector<Bytes>{{1, 2, 3, 4, 5, 6, 7, 8}});
    }
}

TEST_CASE("A frame that is too long breaks the stream", "[mmds][frame_stream]") {
    for (const Bytes& prefix : {Bytes{0, 0, 0, longest + 1}, Bytes{0xff, 0xff, 0xff, 0xff}, Bytes{1, 0, 0, 1}}) {
        FrameStream stream(longest);
        feed(stream, prefix);
        CHECK(stream.next().empty());
        CHECK(stream.is_broken());
        CHECK(stream.next().empty());
    }
}
