// SPDX-License-Identifier: Apache-2.0
#include "line.hpp"

#include <algorithm>

namespace mmds {

namespace {

// So many frames go out before the next look at what came in: an ACK that waits may make the rest unnecessary.
constexpr int batch = 64;

}  // namespace

std::uint64_t Line::transmit(Time now) {
    std::array<std::uint8_t, frame_max> buffer;  // NOLINT(*-member-init): large, and written before it is read
    std::uint64_t lost = 0;
    guest_->expire(now);
    for (int i = 0; i < batch && !unplugged_; ++i) {
        const bool again = is_blocked();
        const Frame frame = again ? Frame(waiting_) : next_frame(buffer, now);
        if (frame.empty()) {
            break;
        }
        const auto result = cable_->send(frame, header_);
        if (result == Cable::Sending::blocked) {
            if (!again) {
                waiting_.assign(frame.begin(), frame.end());
            }
            retry_ = cable_->retry_time(now);
            break;
        }
        waiting_.clear();
        lost += result == Cable::Sending::lost ? 1 : 0;
        unplugged_ = result == Cable::Sending::unplugged;
    }
    return lost;
}

Frame Line::next_frame(std::span<std::uint8_t> buffer, Time now) {
    header_ = {};
    header_.struct_size = sizeof(header_);
    return Frame(buffer).first(guest_->next_frame(buffer, now, cable_->offloads() != 0 ? &header_ : nullptr));
}

Time Line::deadline(Time now) const {
    return is_blocked() ? std::min(retry_, guest_->http_deadline()) : guest_->deadline(now);
}

}  // namespace mmds
