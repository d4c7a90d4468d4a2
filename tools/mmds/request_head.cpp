// SPDX-License-Identifier: Apache-2.0
#include "request_head.hpp"

namespace mmds {

namespace {

bool is_control(char c) {
    return (static_cast<unsigned char>(c) < ' ' && c != '\t') || c == '\x7f';
}

}  // namespace

std::size_t RequestHead::take(std::string_view bytes) {
    std::size_t taken = 0;
    while (taken < bytes.size() && state_ == State::incomplete) {
        take(bytes[taken++]);
    }
    return taken;
}

void RequestHead::take(char c) {
    if (text_.empty() && (c == '\r' || c == '\n')) {
        return;
    }
    const bool behind_cr = text_.ends_with('\r');
    if (behind_cr != (c == '\n') || (is_control(c) && c != '\r' && c != '\n')) {
        state_ = State::malformed;
        return;
    }
    if (text_.size() == size_max_) {
        state_ = State::too_large;
        return;
    }
    text_ += c;
    if (text_.ends_with("\r\n\r\n")) {
        state_ = State::complete;
    }
}

void RequestHead::clear() {
    text_ = std::string();  // and its memory: most connections are idle
    state_ = State::incomplete;
}

}  // namespace mmds
