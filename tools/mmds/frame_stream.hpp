// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "observer.hpp"

namespace mmds {

inline constexpr std::size_t frame_prefix = 4;

/** Cuts a stream of bytes into the frames that it is made of, each behind its length. */
class FrameStream {
public:
    explicit FrameStream(std::size_t longest) : buffer_(frame_prefix + longest) {}

    /** Where the next bytes belong; there is always room, once next() has taken what was complete. */
    std::span<std::uint8_t> room() { return std::span(buffer_).subspan(end_); }
    void filled(std::size_t n) { end_ += n; }

    /** The next complete frame, valid until room() is filled; empty if there is none. */
    Frame next();

    /** Whether a frame was announced that is longer than there are any: nothing behind that makes sense. */
    [[nodiscard]] bool is_broken() const { return broken_; }

private:
    void close_up();

    std::vector<std::uint8_t> buffer_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
    bool broken_ = false;
};

}  // namespace mmds
