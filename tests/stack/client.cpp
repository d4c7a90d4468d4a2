// SPDX-License-Identifier: Apache-2.0
#include "stack/guest.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace stack_test {

Client::Client(std::uint16_t port, std::uint32_t isn, std::uint16_t to) : port_(port), to_(to), una_(isn), next_(isn) {}

void Client::take(const TcpFrame& frame) {
    if (frame.to != guest_mac || frame.from != our_mac || frame.source != our_ip || frame.destination != guest_ip) {
        throw std::runtime_error("a frame for somebody else");
    }
    if ((frame.flags & rst) != 0) {
        reset_ = true;
        return;
    }
    if ((frame.flags & syn) != 0) {
        ack_due_ = true;
        if (open_) {
            return;  // our ACK was lost
        }
        open_ = true;
        expected_ = frame.seq + 1;
        una_ = frame.ack;
        edge_ = frame.ack + frame.window;
        return;
    }
    const std::uint32_t newly = frame.ack - una_;
    if (newly <= next_ - una_) {
        acknowledged_ = std::min<std::size_t>(acknowledged_ + newly, outgoing_.size());
        una_ = frame.ack;
        edge_ = frame.ack + frame.window;
    }
    if (frame.length() == 0) {
        return;
    }
    ack_due_ = true;
    if (frame.seq == expected_) {  // anything else came before, or comes too early
        received_.insert(received_.end(), frame.payload.begin(), frame.payload.end());
        fin_taken_ = (frame.flags & fin) != 0;
        expected_ += frame.length();
    }
}

TcpFrame Client::segment(std::uint8_t flags, Bytes payload) const {
    return {.source_port = port_,
            .destination_port = to_,
            .seq = next_,
            .ack = (flags & stack_test::ack) != 0 ? expected_ : 0,
            .flags = flags,
            .window = window,
            .payload = std::move(payload)};
}

std::optional<TcpFrame> Client::next() {
    if (reset_) {
        return std::nullopt;
    }
    if (!syn_sent_) {
        syn_sent_ = true;
        TcpFrame frame = segment(syn);
        frame.options = {2, 4, static_cast<std::uint8_t>(mss >> 8U), static_cast<std::uint8_t>(mss)};
        ++next_;
        return frame;
    }
    if (!open_) {
        return std::nullopt;
    }
    if (auto frame = next_data()) {
        ack_due_ = false;
        return frame;
    }
    if (ack_due_ && acknowledges) {
        ack_due_ = false;
        return segment(ack);
    }
    return std::nullopt;
}

std::optional<TcpFrame> Client::next_data() {
    const std::uint32_t room = edge_ - next_;
    const std::size_t length = room > 65535 ? 0 : std::min({unsent(), largest, std::size_t{room}});
    if (length > 0) {
        const auto first = outgoing_.begin() + static_cast<std::ptrdiff_t>(sent_);
        TcpFrame frame = segment(ack | psh, Bytes(first, first + static_cast<std::ptrdiff_t>(length)));
        sent_ += length;
        next_ += static_cast<std::uint32_t>(length);
        return frame;
    }
    if (closing_ && !fin_sent_ && unsent() == 0) {
        TcpFrame frame = segment(fin | ack);
        fin_sent_ = true;
        ++next_;
        return frame;
    }
    return std::nullopt;
}

void Client::go_back() {
    syn_sent_ = open_;
    fin_sent_ = fin_sent_ && una_ == next_;
    next_ = una_;
    sent_ = acknowledged_;
}

void Client::send(const Bytes& bytes) {
    outgoing_.insert(outgoing_.end(), bytes.begin(), bytes.end());
}

}  // namespace stack_test
