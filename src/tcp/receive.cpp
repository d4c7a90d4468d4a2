// SPDX-License-Identifier: Apache-2.0
#include <dumbo/connection.hpp>

#include <cstring>
#include <limits>

// The segment-arrives side (RFC 9293, 3.10.7), in the order in which a segment is looked at: RST, SYN, ACK, payload,
// FIN.
namespace dumbo::inline v0 {

Result<Received> Connection::receive_segment(const TcpSegment& segment, std::span<std::uint8_t> buffer,
                                             std::uint64_t now) noexcept {
    const auto payload = segment.payload();
    // What will be delivered is known only after the ACK was taken. When it might not fit, rehearse on a copy: a call
    // that fails changes nothing.
    if (payload.size() > buffer.size()) {
        Connection rehearsal = *this;
        const auto received = rehearsal.receive_segment_in_place(segment, now);
        if (received && received->length > buffer.size()) {
            return Error::buffer_too_small;
        }
        *this = rehearsal;
        return received;
    }
    const auto received = receive_segment_in_place(segment, now);
    if (received && received->length > 0) {
        // memmove: a caller may lend overlapping memory, which is wrong but must not be undefined.
        std::memmove(buffer.data(), payload.data(), received->length);
    }
    return received;
}

Result<Received> Connection::receive_segment_in_place(const TcpSegment& segment, std::uint64_t now) noexcept {
    if (now < latest_now_) {
        return Error::timestamp_decreased;
    }
    if (rst_ != Rst::none) {
        return Error::connection_reset;
    }
    advance_clock(now);
    return process(segment, now);
}

Received Connection::process(const TcpSegment& segment, std::uint64_t now) noexcept {
    if (segment.has(tcp_flag::rst)) {
        return {.anomalies = process_rst(segment, now)};
    }
    if (const Step handshake = process_handshake(segment, now); handshake.ends) {
        return {.anomalies = handshake.anomalies};
    }
    if (const Step acceptance = check_acceptance(segment, now); acceptance.ends) {
        return {.anomalies = acceptance.anomalies};
    }
    const bool is_expected = is_in_rwnd(segment.sequence_number());
    const SeqNumber next = rcv_nxt_;
    const Received received = process_text(segment, now);
    const bool occupies_numbers = segment.payload_length() > 0 || segment.has(tcp_flag::fin);
    const bool is_acceptable = occupies_numbers ? rcv_nxt_ != next : is_expected;
    if (has(option::ack_unacceptable) && is_established() && !is_acceptable) {
        ack_due_ = true;  // RFC 9293, 3.10.7.4, first: "an acknowledgment should be sent in reply"
    }
    return received;
}

// RFC 9293, 3.10.7.4, first the sequence number: a RST counts inside the window, and at RCV.NXT also when the window is
// closed. RFC 5961, 3.2: at RCV.NXT only, and inside the window the peer is asked whether it means it.
std::uint32_t Connection::process_rst(const TcpSegment& segment, std::uint64_t now) noexcept {
    const SeqNumber seq = segment.sequence_number();
    if (!is_in_rwnd(seq)) {
        return anomaly::invalid_rst;
    }
    if (seq != rcv_nxt_ && has(option::rfc5961)) {
        return anomaly::invalid_rst | challenge(now);
    }
    rst_ = Rst::done;
    return anomaly::reset_received;
}

bool Connection::is_in_rwnd(SeqNumber seq) const noexcept {
    return seq == rcv_nxt_ || (seq.at_or_after(rcv_nxt_) && rcv_edge_.after(seq));
}

// RFC 5961, 7: challenge ACKs are limited, to one in an rto_period, or else they are a way to make us send.
std::uint32_t Connection::challenge(std::uint64_t now) noexcept {
    if (!is_established() || (challenged_ && now - latest_challenge_ < rto_period_)) {
        return 0;
    }
    challenged_ = true;
    latest_challenge_ = now;
    ack_due_ = true;
    return anomaly::challenge_ack;
}

// What may come before the connection is established, and that no SYN may come afterwards.
Connection::Step Connection::process_handshake(const TcpSegment& segment, std::uint64_t now) noexcept {
    constexpr Step go_on{};
    const bool is_syn = segment.has(tcp_flag::syn);
    switch (phase_) {
        case Phase::syn_received:
            if (is_same_syn(segment)) {
                return {.anomalies = 0, .ends = true};
            }
            if (has(option::tolerant_handshake) && synack_written_ && !is_syn) {
                return go_on;
            }
            break;
        case Phase::synack_sent:
            if (!is_syn) {
                return go_on;
            }
            if (is_same_syn(segment)) {
                phase_ = Phase::syn_received;  // our SYNACK was lost: it is due again
                return {.anomalies = 0, .ends = true};
            }
            break;
        case Phase::established:
            if (!is_syn) {
                return go_on;
            }
            if (has(option::rfc5961)) {
                // RFC 5961, 4.2: whatever its sequence number is
                return {.anomalies = anomaly::invalid_segment | challenge(now), .ends = true};
            }
            break;
    }
    return reset_because_of(segment, anomaly::invalid_segment);
}

Connection::Step Connection::reset_because_of(const TcpSegment& segment, std::uint32_t anomalies) noexcept {
    queue_rst(rst_config_for(segment));
    return {.anomalies = anomalies | anomaly::conn_resetting, .ends = true};
}

// What follows once RST, SYN and acceptance are looked at: ACK, payload, FIN.
Received Connection::process_text(const TcpSegment& segment, std::uint64_t now) noexcept {
    const Step ack = segment.has(tcp_flag::ack) ? process_ack(segment, now) : Step{};
    if (ack.ends || !is_established()) {
        return {.anomalies = ack.anomalies};
    }
    Received received = process_payload(segment);
    received.anomalies |= ack.anomalies;
    return received;
}

// RFC 9293, 3.10.7.4, and RFC 5961, 5.2, with option::strict_acceptance: a segment that fails here is dropped whole.
Connection::Step Connection::check_acceptance(const TcpSegment& segment, std::uint64_t now) noexcept {
    if (!has(option::strict_acceptance)) {
        return {};
    }
    if (!is_established()) {
        const bool is_outside = segment.has(tcp_flag::ack) && !is_in_rwnd(segment.sequence_number());
        return {.anomalies = is_outside ? anomaly::unexpected_seq : 0, .ends = is_outside};
    }
    if (!segment.has(tcp_flag::ack)) {
        return {.anomalies = anomaly::invalid_ack, .ends = true};
    }
    // The largest window that the peer can have announced: it does not scale.
    constexpr std::uint32_t snd_wnd_max = std::numeric_limits<std::uint16_t>::max();
    const SeqNumber ack = segment.ack_number();
    if (!ack.at_or_after(snd_una_ - snd_wnd_max) || !snd_nxt_.at_or_after(ack)) {
        return {.anomalies = anomaly::invalid_ack | challenge(now), .ends = true};
    }
    return {};
}

bool Connection::is_same_syn(const TcpSegment& segment) const noexcept {
    if (segment.flags() != tcp_flag::syn || segment.payload_length() != 0 ||
        segment.sequence_number() + 1 != rcv_nxt_) {
        return false;
    }
    const auto mss = segment.mss_option();
    return mss && mss->value_or(mss_default) == mss_;
}

// RFC 9293, 3.10.7.4, fifth: the ACK field.
Connection::Step Connection::process_ack(const TcpSegment& segment, std::uint64_t now) noexcept {
    const SeqNumber ack = segment.ack_number();
    const bool is_valid = ack.at_or_after(snd_una_) && snd_nxt_.at_or_after(ack);
    const bool is_repeated = ack == snd_una_ && anything_outstanding();
    if (!is_established() && (!is_valid || is_repeated)) {
        return reset_because_of(segment, anomaly::invalid_ack);
    }
    if (!is_valid) {
        return {.anomalies = anomaly::invalid_ack};
    }
    timeout_count_ = 0;
    if (is_repeated) {
        return {.anomalies = process_repeated_ack(segment)};
    }
    if (ack != snd_una_) {
        dup_ack_pending_ = false;  // what it asked for has arrived
        probe_ = Probe::none;
    }
    snd_una_ = ack;
    timeout_start_ = now;
    phase_ = Phase::established;
    return {.anomalies = update_remote_rwnd_edge(segment)};
}

// An ACK that moves nothing although something is outstanding: a duplicate, or the answer to a probe.
std::uint32_t Connection::process_repeated_ack(const TcpSegment& segment) noexcept {
    const bool is_duplicate = !is_probing() && counts_as_duplicate(segment);
    const std::uint32_t anomalies = update_remote_rwnd_edge(segment);
    if (is_duplicate) {
        dup_ack_pending_ = true;
        return anomalies | anomaly::dup_ack;
    }
    if (is_probing()) {
        const bool is_open = snd_edge_.after(snd_una_);
        probe_ = is_open ? Probe::opened : Probe::answered;
        dup_ack_pending_ = is_open;  // the probe's octet goes again at once, with what follows it
    }
    return anomalies;
}

// RFC 5681, 2, with option::strict_dup_ack. (The same window is the same edge, as the ACK is the same.)
bool Connection::counts_as_duplicate(const TcpSegment& segment) const noexcept {
    return !has(option::strict_dup_ack) || (segment.payload_length() == 0 && !segment.has(tcp_flag::fin) &&
                                            segment.ack_number() + segment.window() == snd_edge_);
}

std::uint32_t Connection::update_remote_rwnd_edge(const TcpSegment& segment) noexcept {
    const SeqNumber edge = segment.ack_number() + segment.window();
    if (edge.after(snd_edge_)) {
        snd_edge_ = edge;
        return 0;
    }
    return edge == snd_edge_ ? 0 : anomaly::remote_rwnd_edge;
}

// RFC 9293, 3.10.7.4, seventh: the segment text. In order or not at all; then the FIN that may end it.
Received Connection::process_payload(const TcpSegment& segment) noexcept {
    const std::uint32_t length = segment.payload_length();
    if (length == 0) {
        return {.anomalies = process_fin(segment)};
    }
    const SeqNumber seq = segment.sequence_number();
    const SeqNumber end = seq + length;
    const SeqNumber peer_fin = rcv_nxt_ - 1;
    if (fin_received_ && !peer_fin.at_or_after(end)) {
        return {.anomalies = anomaly::data_beyond_fin};
    }
    if (!rcv_edge_.at_or_after(end)) {
        return {.anomalies = anomaly::segment_beyond_rwnd};
    }
    if (seq != rcv_nxt_) {
        ack_due_ = true;
        return {.anomalies = anomaly::unexpected_seq};
    }
    rcv_nxt_ = end;
    ack_due_ = true;
    return {.length = length, .anomalies = process_fin(segment)};
}

// RFC 9293, 3.10.7.4, eighth: the FIN bit.
std::uint32_t Connection::process_fin(const TcpSegment& segment) noexcept {
    if (!segment.has(tcp_flag::fin) || fin_received_) {
        return 0;
    }
    if (segment.sequence_number() + segment.payload_length() != rcv_nxt_) {
        return anomaly::invalid_fin;
    }
    fin_received_ = true;
    rcv_nxt_ = rcv_nxt_ + 1;
    ack_due_ = true;
    return 0;
}

}  // namespace dumbo::inline v0
