// SPDX-License-Identifier: Apache-2.0
#include "frame_stream.hpp"

#include <algorithm>

namespace mmds {

namespace {

std::size_t length_in(std::span<const std::uint8_t> prefix) {
    std::size_t length = 0;
    for (const auto byte : prefix) {
        length = length << 8U | byte;
    }
    return length;
}

}  // namespace

Frame FrameStream::next() {
    while (!broken_ && end_ - begin_ >= frame_prefix) {
        const Frame bytes = Frame(buffer_).first(end_).subspan(begin_);
        const std::size_t length = length_in(bytes.first(frame_prefix));
        if (length > buffer_.size() - frame_prefix) {
            broken_ = true;
            break;
        }
        if (bytes.size() - frame_prefix < length) {
            break;
        }
        begin_ += frame_prefix + length;
        if (length > 0) {
            return bytes.subspan(frame_prefix, length);
        }
    }
    close_up();
    return {};
}

void FrameStream::close_up() {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
}

}  // namespace mmds
