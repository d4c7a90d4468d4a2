// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/connection.hpp>

#include "tcp/initial_sequence_number.hpp"

namespace dumbo::inline v0 {

// What a connection is made of: everything that can go wrong has gone right by then, so that a connection can be made
// where it is wanted. A header as Arrival is one.
struct Connection::Opening {
    SeqNumber peers_first;  // behind its SYN
    SeqNumber isn;
    std::uint16_t window = 0;  // of the peer's
    std::uint16_t mss = mss_default;

    [[gnu::always_inline]] std::optional<Error> choose_isn(const ConnectionConfig& config) noexcept {
        if (config.isn) {
            isn = *config.isn;
            return std::nullopt;
        }
        const auto chosen = choose_initial_sequence_number();
        if (!chosen) {
            return chosen.error();
        }
        isn = *chosen;
        return std::nullopt;
    }

    // Precondition: Connection::accepts() the config.
    [[gnu::always_inline]] std::optional<Error> examine(const TcpSegment& syn,
                                                        const ConnectionConfig& config) noexcept {
        if (syn.flags() != tcp_flag::syn || syn.payload_length() != 0) [[unlikely]] {
            return Error::invalid_syn;
        }
        if (const auto error = syn.mss_option_to(mss)) [[unlikely]] {
            return error;
        }
        peers_first = syn.sequence_number() + 1;
        window = syn.window();
        return choose_isn(config);
    }
};

// RFC 9293, 3.8.6.2.2: our window is worth an ACK when it has grown by an MSS, or half of the buffer. Not by 0, or else
// nothing would be news.
inline Connection::Connection(const Opening& opening, const ConnectionConfig& config) noexcept
    : rto_period_(config.rto_period),
      snd_una_(opening.isn),
      snd_nxt_(opening.isn + 1),
      snd_edge_(opening.isn + 1 + opening.window),
      rcv_nxt_(opening.peers_first),
      rcv_edge_(opening.peers_first + config.local_rwnd_size),
      advertised_edge_(opening.peers_first),
      mss_(opening.mss),
      options_(config.options),
      rto_count_max_(config.rto_count_max),
      update_threshold_(
          static_cast<std::uint16_t>(std::clamp<std::uint32_t>(config.local_rwnd_size / 2, 1, opening.mss))) {}

}  // namespace dumbo::inline v0
