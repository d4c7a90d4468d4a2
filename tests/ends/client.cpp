// SPDX-License-Identifier: Apache-2.0
#include "ends/client.hpp"

#include <algorithm>

namespace ends {

Client::Client(const Habits& habits, Bytes outgoing, std::uint64_t seed)
    : habits_(habits),
      outgoing_(std::move(outgoing)),
      random_(seed),
      first_(habits.isn + 1),
      una_(habits.isn),
      nxt_(habits.isn),
      furthest_(habits.isn),
      probe_end_(habits.isn),
      backed_off_(habits.rto) {}

void Client::open(Time now) {
    phase_ = Phase::syn_sent;
    nxt_ = furthest_ = habits_.isn + 1;
    rto_at_ = now + backed_off_;
    emit({.seq = habits_.isn, .flags = syn_bit, .mss = habits_.mss});
}

Time Client::deadline() const {
    return phase_ == Phase::reset ? never : std::min({rto_at_, persist_at_, ack_at_, read_at_});
}

void Client::wake(Time now) {
    if (read_at_ <= now) {
        read(now);
    }
    if (ack_at_ <= now) {
        ack_now_ = true;
    }
    if (rto_at_ <= now) {
        time_out(now);
    }
    if (persist_at_ <= now) {
        probe(now);
    }
    transmit(now);
}

// ------------------------------------------------------------------------------------------------- receiving ----

void Client::take(const Segment& segment, Time now) {
    if (phase_ == Phase::syn_sent) {
        take_synack(segment);
    } else if (phase_ == Phase::synchronized) {
        // RFC 9293, 3.10.7.4. A RST counts at RCV.NXT (RFC 5961, 3.2); a SYN is answered, as our ACK was lost.
        if (!is_acceptable(segment)) {
            ack_now_ = !segment.has(rst_bit);
            if (!segment.has(rst_bit | syn_bit) && segment.seq == rcv_nxt_) {
                take_ack(segment, now);  // "special allowance should be made" when the window is closed
            }
        } else if (segment.has(rst_bit)) {
            if (segment.seq == rcv_nxt_) {
                phase_ = Phase::reset;
                return;
            }
            ack_now_ = true;
        } else if (segment.has(syn_bit) || !segment.has(ack_bit)) {
            ack_now_ = segment.has(syn_bit);
        } else {
            take_ack(segment, now);
            take_text(segment, now);
        }
    }
    transmit(now);
}

void Client::take_synack(const Segment& segment) {
    if (!segment.has(ack_bit) || segment.ack != first_) {
        return;
    }
    if (segment.has(rst_bit)) {
        phase_ = Phase::reset;
        return;
    }
    if (!segment.has(syn_bit)) {
        return;
    }
    phase_ = Phase::synchronized;
    irs_ = segment.seq;
    rcv_nxt_ = edge_ = segment.seq + 1;
    advance_edge(false);
    mss_ = std::min<std::uint32_t>(segment.mss.value_or(536), habits_.mss.value_or(536));
    cwnd_ = mss_ * static_cast<std::uint32_t>(1 + random_.below(10));
    una_ = first_;
    snd_wnd_ = segment.window;
    wl1_ = segment.seq;
    wl2_ = segment.ack;
    backed_off_ = habits_.rto;
    rto_at_ = never;
    ack_now_ = true;
}

bool Client::is_acceptable(const Segment& segment) const {
    const std::uint32_t wnd = window();
    const std::uint32_t length = segment.length();
    const auto is_inside = [&](std::uint32_t seq) { return seq - rcv_nxt_ < wnd; };
    if (length == 0) {
        return segment.seq == rcv_nxt_ || is_inside(segment.seq);
    }
    return is_inside(segment.seq) || is_inside(segment.seq + length - 1);
}

void Client::take_ack(const Segment& segment, Time now) {
    const std::uint32_t ack = segment.ack;
    if (after(ack, furthest_) && ack != probe_end_) {
        ack_now_ = true;
        return;
    }
    if (!at_or_after(ack, una_)) {
        return;
    }
    const bool same_window = segment.window == snd_wnd_;
    if (after(segment.seq, wl1_) || (segment.seq == wl1_ && at_or_after(ack, wl2_))) {
        snd_wnd_ = segment.window;
        wl1_ = segment.seq;
        wl2_ = ack;
    }
    if (ack != una_) {
        acknowledge_up_to(ack, now);
    } else if (una_ != nxt_ && segment.length() == 0 && same_window) {
        ++duplicates_;
        if (duplicates_ == 3) {  // RFC 5681, 3.2
            send_octets(una_, std::min<std::size_t>(mss_, nxt_ - una_), now);
        }
    }
}

void Client::acknowledge_up_to(std::uint32_t ack, Time now) {
    una_ = ack;
    nxt_ = after(ack, nxt_) ? ack : nxt_;
    furthest_ = after(ack, furthest_) ? ack : furthest_;
    duplicates_ = 0;
    cwnd_ += mss_;
    backed_off_ = habits_.rto;
    rto_at_ = una_ == nxt_ ? never : now + backed_off_;
    persist_at_ = never;
}

void Client::take_text(const Segment& segment, Time now) {
    if (segment.length() == 0) {
        return;
    }
    // What lies outside of the window on either side is cut off.
    View bytes = segment.payload;
    std::uint32_t seq = segment.seq;
    bool has_fin = segment.has(fin_bit);
    if (after(rcv_nxt_, seq)) {
        const std::size_t old = std::min<std::size_t>(rcv_nxt_ - seq, bytes.size());
        bytes = bytes.subspan(old);
        seq += static_cast<std::uint32_t>(old);
    }
    if (const std::uint32_t room = after(edge_, seq) ? edge_ - seq : 0; bytes.size() > room) {
        bytes = bytes.first(room);
        has_fin = false;
    }
    if (seq != rcv_nxt_) {
        ack_now_ = true;  // RFC 5681, 4.2
        if (habits_.keeps_out_of_order && after(seq, rcv_nxt_) && !fin_received_) {
            kept_[seq - irs_] = {dumbo_test::copy_of(bytes), has_fin};
        }
        return;
    }
    if (fin_received_) {
        ack_now_ = true;
        return;
    }
    accept(bytes);
    if (has_fin) {
        fin_received_ = true;
        ++rcv_nxt_;
    }
    ack_now_ = ack_now_ || !kept_.empty() || has_fin;
    take_kept();
    owe_ack(now);
    if (habits_.pause == 0) {
        read(now);
    } else if (read_at_ == never) {
        read_at_ = now + 1 + random_.below(habits_.pause);
    }
}

void Client::accept(View bytes) {
    received_.insert(received_.end(), bytes.begin(), bytes.end());
    rcv_nxt_ += static_cast<std::uint32_t>(bytes.size());
    unread_ += static_cast<std::uint32_t>(bytes.size());
}

void Client::take_kept() {
    while (!kept_.empty() && !fin_received_ && kept_.begin()->first <= rcv_nxt_ - irs_) {
        const auto& [at, text] = *kept_.begin();
        const std::size_t old = (rcv_nxt_ - irs_) - at;
        const View bytes = text.first;
        if (old <= bytes.size()) {
            accept(bytes.subspan(old));
            fin_received_ = text.second;
            rcv_nxt_ += fin_received_ ? 1U : 0U;
        }
        kept_.erase(kept_.begin());
    }
}

// RFC 9293, 3.8.6.3: at least every second segment, and none for long.
void Client::owe_ack(Time now) {
    ++unacked_;
    if (unacked_ >= 2 || habits_.ack_delay == 0) {
        ack_now_ = true;
    } else if (ack_at_ == never) {
        ack_at_ = now + habits_.ack_delay;
    }
}

void Client::read(Time now) {
    const auto most = static_cast<std::uint32_t>(1 + random_.below(habits_.read_max));
    unread_ -= habits_.pause == 0 ? unread_ : std::min(unread_, most);
    read_at_ = habits_.pause == 0 || unread_ == 0 ? never : now + 1 + random_.below(habits_.pause);
    advance_edge(true);
}

// RFC 9293, 3.8.6.2.2: the edge moves by what is worth it. The server hears of it.
void Client::advance_edge(bool is_news) {
    const std::uint32_t furthest = rcv_nxt_ + habits_.buffer - unread_;
    const std::uint32_t worth =
        habits_.avoids_silly_windows ? std::clamp<std::uint32_t>(habits_.buffer / 2, 1, mss_) : 1;
    if (!fin_received_ && after(furthest, edge_) && furthest - edge_ >= worth) {
        edge_ = furthest;
        ack_now_ = ack_now_ || is_news;
    }
}

// --------------------------------------------------------------------------------------------------- sending ----

void Client::transmit(Time now) {
    if (phase_ != Phase::synchronized) {
        return;
    }
    transmit_new(now);
    if (ack_now_) {
        send_ack();
    }
    const bool waits_for_window = una_ == nxt_ && snd_wnd_ == 0 && after(end_of_data(), nxt_);
    if (waits_for_window && persist_at_ == never) {
        persist_at_ = now + backed_off_;
    } else if (!waits_for_window) {
        persist_at_ = never;
    }
}

void Client::transmit_new(Time now) {
    while (after(end_of_data(), nxt_)) {
        const std::uint32_t flying = nxt_ - una_;
        const std::uint32_t allowed = std::min(snd_wnd_, cwnd_);
        if (allowed <= flying) {
            return;
        }
        send_octets(nxt_, std::min({allowed - flying, mss_, end_of_data() - nxt_}), now);
    }
    if (nxt_ == end_of_data() && may_close()) {
        send_octets(nxt_, 0, now);
    }
}

// RFC 6298, 5.4 to 5.6: the first segment again, and then what the congestion window allows.
void Client::time_out(Time now) {
    backed_off_ = std::min(backed_off_ * 2, habits_.rto_max);
    rto_at_ = now + backed_off_;
    if (phase_ == Phase::syn_sent) {
        emit({.seq = habits_.isn, .flags = syn_bit, .mss = habits_.mss});
        return;
    }
    nxt_ = una_;
    cwnd_ = mss_;
    duplicates_ = 0;
    if (snd_wnd_ == 0 && after(end_of_data(), nxt_)) {
        rto_at_ = never;
        probe(now);
    }
}

// RFC 9293, 3.8.6.1.
void Client::probe(Time now) {
    backed_off_ = std::min(backed_off_ * 2, habits_.rto_max);
    persist_at_ = now + backed_off_;
    if (habits_.probes_with_data) {
        const std::size_t at = nxt_ - first_;
        emit({.seq = nxt_, .payload = {outgoing_[at]}});
        probe_end_ = nxt_ + 1;
    } else {
        emit({.seq = una_ - 1});
    }
}

// From a number on, with the FIN behind the last byte if it is time for it.
void Client::send_octets(std::uint32_t from, std::size_t length, Time now) {
    const std::size_t at = from - first_;
    const std::size_t until = std::min(at + length, outgoing_.size());
    Segment segment{.seq = from, .payload = {}};
    if (at < until) {
        segment.payload.assign(outgoing_.begin() + static_cast<std::ptrdiff_t>(at),
                               outgoing_.begin() + static_cast<std::ptrdiff_t>(until));
    }
    if (until == outgoing_.size() && may_close()) {
        segment.flags |= fin_bit;
    }
    const std::uint32_t end = from + segment.length();
    nxt_ = after(end, nxt_) ? end : nxt_;
    furthest_ = after(end, furthest_) ? end : furthest_;
    rto_at_ = rto_at_ == never ? now + backed_off_ : rto_at_;
    emit(std::move(segment));
}

void Client::send_ack() {
    emit({.seq = furthest_});
}

void Client::emit(Segment segment) {
    if (phase_ == Phase::synchronized) {
        segment.ack = rcv_nxt_;
        segment.window = static_cast<std::uint16_t>(window());
        ack_now_ = false;
        ack_at_ = never;
        unacked_ = 0;
    } else {
        segment.window = static_cast<std::uint16_t>(habits_.buffer);
    }
    outbox_.push_back(std::move(segment));
}

}  // namespace ends
