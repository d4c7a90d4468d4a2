// SPDX-License-Identifier: Apache-2.0
#include <dumbo/connection.hpp>

#include "tcp/initial_sequence_number.hpp"

#include <algorithm>

// Opening, closing, and what a connection tells about itself. receive.cpp and transmit.cpp hold the rest.
namespace dumbo::inline v0 {

namespace {

// RFC 9293, 3.8.6.2.2: an MSS, or half of the buffer. Not 0, or else nothing would be news.
std::uint16_t update_threshold(std::uint16_t mss, std::uint32_t rwnd_size) noexcept {
    return static_cast<std::uint16_t>(std::clamp<std::uint32_t>(rwnd_size / 2, 1, mss));
}

}  // namespace

bool Connection::accepts(const ConnectionConfig& config) noexcept {
    return config.local_rwnd_size <= max_window_size && config.rto_period != 0 && config.rto_count_max != 0;
}

Result<Connection> Connection::passive_open(const TcpSegment& syn, const ConnectionConfig& config) noexcept {
    if (!accepts(config)) {
        return Error::invalid_argument;
    }
    if (syn.flags() != tcp_flag::syn || syn.payload_length() != 0) {
        return Error::invalid_syn;
    }
    const auto mss = syn.mss_option();
    if (!mss) {
        return mss.error();
    }
    const auto isn = config.isn ? Result(*config.isn) : choose_initial_sequence_number();
    if (!isn) {
        return isn.error();
    }
    Connection connection;
    connection.rto_period_ = config.rto_period;
    connection.rto_count_max_ = config.rto_count_max;
    connection.mss_ = mss->value_or(mss_default);
    connection.options_ = config.options;
    connection.rcv_nxt_ = syn.sequence_number() + 1;
    connection.rcv_edge_ = connection.rcv_nxt_ + config.local_rwnd_size;
    connection.advertised_edge_ = connection.rcv_nxt_;
    connection.update_threshold_ = update_threshold(connection.mss_, config.local_rwnd_size);
    connection.snd_una_ = *isn;
    connection.snd_nxt_ = *isn + 1;
    connection.snd_edge_ = connection.snd_nxt_ + syn.window();
    return connection;
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
