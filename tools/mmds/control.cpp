// SPDX-License-Identifier: Apache-2.0
#include "control.hpp"

#include <algorithm>
#include <charconv>

namespace mmds {

namespace {

constexpr std::size_t head_max = 32;

}  // namespace

std::string to_text(const ControlMessage& message) {
    return message.word + ' ' + std::to_string(message.body.size()) + '\n' + message.body;
}

void ControlReader::take(std::string_view bytes) {
    if (state_ == State::incomplete && !length_) {
        bytes = take_head(bytes);
    }
    if (state_ != State::incomplete || !length_) {
        return;
    }
    message_.body += bytes.substr(0, *length_ - message_.body.size());
    if (message_.body.size() == *length_) {
        state_ = State::complete;
    }
}

/** Returns what is behind the head. */
std::string_view ControlReader::take_head(std::string_view bytes) {
    const auto end = bytes.find('\n');
    head_ += bytes.substr(0, std::min(end, head_max + 1));
    if (head_.size() > head_max) {
        state_ = State::malformed;
        return {};
    }
    if (end == std::string_view::npos) {
        return {};
    }
    parse_head();
    return bytes.substr(end + 1);
}

void ControlReader::parse_head() {
    const auto space = head_.find(' ');
    message_.word = head_.substr(0, space);
    std::size_t length = 0;
    if (space != std::string::npos) {
        const char* const last = head_.data() + head_.size();
        const auto [end, error] = std::from_chars(head_.data() + space + 1, last, length);
        if (error != std::errc() || end != last) {
            state_ = error == std::errc::result_out_of_range ? State::too_large : State::malformed;
            return;
        }
    }
    if (length > body_max_) {
        state_ = State::too_large;
        return;
    }
    length_ = length;
}

}  // namespace mmds
