// SPDX-License-Identifier: Apache-2.0
#include "tcp/opening.hpp"

#include <algorithm>

// Opening, closing, and what a connection tells about itself. receive.cpp and transmit.cpp hold the rest.
namespace dumbo::inline v0 {

Result<Connection> Connection::passive_open(const TcpSegment& syn, const ConnectionConfig& config) noexcept {
    if (!accepts(config)) {
        return Error::invalid_argument;
    }
    Opening opening;
    if (const auto error = opening.examine(syn, config)) {
        return *error;
    }
    return Connection(opening, config);
}

void Connection::close() noexcept {
    static_cast<void>(close_after(0));
}

std::optional<Error> Connection::close_after(std::uint32_t octets) noexcept {
    if (octets > max_window_size) {
        return Error::invalid_argument;
    }
    if (!fin_recorded_) {
        fin_recorded_ = true;
        fin_ = snd_nxt_ + octets;
    }
    return std::nullopt;
}

void Connection::reset() noexcept {
    queue_rst(make_rst_config());
}

// The first one queued stays.
void Connection::queue_rst(const RstConfig& config) noexcept {
    if (rst_ == Rst::none) {
        rst_ = Rst::queued;
        rst_config_ = config;
    }
}

RstConfig Connection::make_rst_config() const noexcept {
    return is_established() ? RstConfig{.kind = RstConfig::Kind::seq, .number = snd_nxt_}
                            : RstConfig{.kind = RstConfig::Kind::ack, .number = rcv_nxt_};
}

void Connection::advance_local_rwnd_edge(std::uint32_t octets) noexcept {
    const std::uint32_t window = local_rwnd();
    if (window == 0) {
        ack_due_ = true;  // the peer cannot know otherwise (RFC 9293, 3.8.6.2.2)
    }
    rcv_edge_ = rcv_nxt_ + (window + std::min(octets, max_window_size - window));
    if (has(option::window_update) && is_established()) {
        const std::uint32_t news = (rcv_nxt_ + advertised_window()).distance_from(advertised_edge_);
        ack_due_ = ack_due_ || news >= update_threshold_;
    }
}

State Connection::state() const noexcept {
    if (is_reset()) {
        return State::closed;
    }
    if (!is_established()) {
        return State::syn_received;
    }
    if (!fin_sent()) {
        return fin_received_ ? State::close_wait : State::established;
    }
    if (!fin_acknowledged()) {
        return fin_received_ ? State::last_ack : State::fin_wait_1;
    }
    return fin_received_ ? State::closed : State::fin_wait_2;
}

}  // namespace dumbo::inline v0
