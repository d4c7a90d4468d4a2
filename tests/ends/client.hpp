// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "ends/segment.hpp"

namespace ends {

// What one client is like.
struct Habits {
    std::uint32_t isn = 0;
    std::optional<std::uint16_t> mss{};  // that it announces
    std::uint32_t buffer = 65535;        // what it receives into: the largest window that it announces
    bool keeps_out_of_order = true;
    bool avoids_silly_windows = true;  // RFC 9293, 3.8.6.2.2
    bool probes_with_data = true;      // or else with an old sequence number
    bool closes_first = true;          // or else once the server has
    Time rto = 200;
    Time rto_max = 1600;
    Time ack_delay = 40;  // 0: every segment is acknowledged at once
    Time pause = 0;       // of its application, at most, before it reads again
    std::uint32_t read_max = 65535;
};

// A well-behaved TCP client (RFC 9293, RFC 5681, RFC 6298), written for these tests and without the library: it opens a
// connection, sends what it has, reads what comes, and never gives up.
class Client {
public:
    Client(const Habits& habits, Bytes outgoing, std::uint64_t seed);

    void open(Time now);
    void take(const Segment& segment, Time now);
    // Does what is due: timers, and its application.
    void wake(Time now);
    [[nodiscard]] Time deadline() const;
    [[nodiscard]] std::vector<Segment> take_outbox() { return std::exchange(outbox_, {}); }

    [[nodiscard]] bool is_established() const { return phase_ == Phase::synchronized; }
    [[nodiscard]] bool is_reset() const { return phase_ == Phase::reset; }
    [[nodiscard]] bool is_fin_received() const { return fin_received_; }
    [[nodiscard]] const Bytes& received() const { return received_; }
    // What it would tell now, compared with what the server may have heard: for who judges a standstill.
    [[nodiscard]] bool has_room() const { return after(edge_, rcv_nxt_); }
    [[nodiscard]] bool waits_for_nothing() const { return una_ == end_of_stream() && rto_at_ == never; }

private:
    enum class Phase : std::uint8_t { closed, syn_sent, synchronized, reset };

    void take_synack(const Segment& segment);
    [[nodiscard]] bool is_acceptable(const Segment& segment) const;
    void take_ack(const Segment& segment, Time now);
    void acknowledge_up_to(std::uint32_t ack, Time now);
    void take_text(const Segment& segment, Time now);
    void accept(View bytes);
    void take_kept();
    void read(Time now);
    void owe_ack(Time now);
    void advance_edge(bool is_news);
    void transmit(Time now);
    void transmit_new(Time now);
    void time_out(Time now);
    void probe(Time now);
    void send_octets(std::uint32_t from, std::size_t length, Time now);
    void send_ack();
    void emit(Segment segment);
    [[nodiscard]] std::uint32_t end_of_data() const { return first_ + static_cast<std::uint32_t>(outgoing_.size()); }
    [[nodiscard]] std::uint32_t end_of_stream() const { return end_of_data() + 1; }  // behind the FIN
    [[nodiscard]] bool may_close() const { return habits_.closes_first || fin_received_; }
    [[nodiscard]] std::uint32_t window() const { return after(edge_, rcv_nxt_) ? edge_ - rcv_nxt_ : 0; }

    Habits habits_;
    Bytes outgoing_;
    Random random_;
    Phase phase_ = Phase::closed;
    std::vector<Segment> outbox_;

    // Sending. `furthest_` is behind all that was ever sent, less a probe's octet; `nxt_` goes back to `una_` on a
    // timeout.
    std::uint32_t first_;
    std::uint32_t una_;
    std::uint32_t nxt_;
    std::uint32_t furthest_;
    std::uint32_t probe_end_;
    std::uint32_t snd_wnd_ = 0;
    std::uint32_t wl1_ = 0;
    std::uint32_t wl2_ = 0;
    std::uint32_t mss_ = 536;
    std::uint32_t cwnd_ = 0;
    std::uint32_t duplicates_ = 0;
    Time backed_off_ = 0;
    Time rto_at_ = never;
    Time persist_at_ = never;

    // Receiving.
    std::uint32_t rcv_nxt_ = 0;
    std::uint32_t edge_ = 0;     // told to the server
    std::uint32_t unread_ = 0;   // in the buffer
    std::uint32_t unacked_ = 0;  // segments
    bool ack_now_ = false;
    bool fin_received_ = false;
    std::map<std::uint32_t, std::pair<Bytes, bool>> kept_;  // by distance from the first; and whether a FIN follows
    std::uint32_t irs_ = 0;
    Bytes received_;
    Time ack_at_ = never;
    Time read_at_ = never;
};

}  // namespace ends
