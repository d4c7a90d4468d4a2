// SPDX-License-Identifier: Apache-2.0
#include <dumbo/connection.hpp>

#include <cstring>

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
    latest_now_ = now;
    return process(segment, now);
}

Received Connection::process(const TcpSegment& segment, std::uint64_t now) noexcept {
    if (segment.has(tcp_flag::rst)) {
        return {.anomalies = process_rst(segment)};
    }
    std::uint32_t anomalies = process_handshake(segment);
    if (rst_ == Rst::none && segment.has(tcp_flag::ack)) {
        anomalies |= process_ack(segment, now);
    }
    if (rst_ != Rst::none || !is_established()) {
        return {.anomalies = anomalies};
    }
    Received received = process_payload(segment);
    received.anomalies |= anomalies;
    return received;
}

// RFC 9293, 3.10.7.4, first the sequence number: a RST counts inside the window, and at RCV.NXT also when the window is
// closed.
std::uint32_t Connection::process_rst(const TcpSegment& segment) noexcept {
    const SeqNumber seq = segment.sequence_number();
    if (seq == rcv_nxt_ || (seq.at_or_after(rcv_nxt_) && rcv_edge_.after(seq))) {
        rst_ = Rst::done;
        return anomaly::reset_received;
    }
    return anomaly::invalid_rst;
}

// What may come before the connection is established, and that no SYN may come afterwards.
std::uint32_t Connection::process_handshake(const TcpSegment& segment) noexcept {
    switch (phase_) {
        case Phase::syn_received:
            if (is_same_syn(segment)) {
                return 0;
            }
            break;
        case Phase::synack_sent:
            if (!segment.has(tcp_flag::syn)) {
                return 0;
            }
            if (is_same_syn(segment)) {
                phase_ = Phase::syn_received;  // our SYNACK was lost: it is due again
                return 0;
            }
            break;
        case Phase::established:
            if (!segment.has(tcp_flag::syn)) {
                return 0;
            }
            break;
    }
    queue_rst(rst_config_for(segment));
    return anomaly::invalid_segment | anomaly::conn_resetting;
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
std::uint32_t Connection::process_ack(const TcpSegment& segment, std::uint64_t now) noexcept {
    const SeqNumber ack = segment.ack_number();
    if (!ack.at_or_after(snd_una_) || !snd_nxt_.at_or_after(ack)) {
        if (is_established()) {
            return anomaly::invalid_ack;
        }
        queue_rst(rst_config_for(segment));
        return anomaly::invalid_ack | anomaly::conn_resetting;
    }
    if (ack == snd_una_ && anything_outstanding()) {
        if (!is_established()) {
            queue_rst(rst_config_for(segment));
            return anomaly::invalid_ack | anomaly::conn_resetting;
        }
        timeout_count_ = 0;
        dup_ack_pending_ = true;
        return anomaly::dup_ack | update_remote_rwnd_edge(segment);
    }
    if (ack != snd_una_) {
        dup_ack_pending_ = false;  // what it asked for has arrived
    }
    snd_una_ = ack;
    timeout_count_ = 0;
    timeout_start_ = now;
    phase_ = Phase::established;
    return update_remote_rwnd_edge(segment);
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
