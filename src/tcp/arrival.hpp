// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/checksum.hpp>
#include <dumbo/connection.hpp>

#include "tcp/usual_segments.hpp"

#include <cstring>
#include <limits>

// The segment-arrives side (RFC 9293, 3.10.7).
namespace dumbo::inline v0 {

// One segment that arrives: the steps of taking it, in the order in which it is looked at: RST, SYN, ACK, payload, FIN.
// Its header is read once, as its sender may go on writing to it. Most segments pass by here, hence a header: each
// entry to the library has the steps as one function with itself.
class Connection::Arrival {
public:
    // Takes a segment. The payload, if it is accepted, stays where it is.
    [[gnu::always_inline]] static Result<Received> receive_in_place(Connection& connection, const TcpSegment& segment,
                                                                    std::uint64_t now) noexcept {
        return Usual::take(connection, segment, now) ? Received{.length = segment.payload_length()}
                                                     : Arrival(connection, segment, now).take_if_alive();
    }

    // Copies it to where there is room.
    [[gnu::always_inline]] static Result<Received> receive(Connection& connection, const TcpSegment& segment,
                                                           std::span<std::uint8_t> buffer, std::uint64_t now) noexcept {
        return segment.payload_length() <= buffer.size() ? receive_copying(connection, segment, buffer.data(), now)
                                                         : connection.receive_rehearsed(segment, buffer.size(), now);
    }

    // Looks at the bytes before that, and verifies the checksum, if there are addresses.
    [[gnu::always_inline]] static Result<Received> receive(Connection& connection, std::span<const std::uint8_t> bytes,
                                                           const Ipv4AddressPair* verify,
                                                           std::span<std::uint8_t> buffer, std::uint64_t now) noexcept {
        const auto segment = TcpSegment::parse(bytes);
        if (!segment) {
            return segment.error();
        }
        return verify == nullptr ? receive(connection, *segment, buffer, now)
                                 : receive_verified(connection, *segment, bytes, *verify, buffer, now);
    }

    Arrival(Connection& connection, const TcpSegment& segment, std::uint64_t now) noexcept
        : connection_(connection),
          segment_(segment),
          now_(now),
          seq_(segment.sequence_number()),
          ack_(segment.ack_number()),
          length_(segment.payload_length()),
          window_(segment.window()),
          flags_(segment.flags()) {}

    // True of every payload that will be delivered, and of few others.
    [[nodiscard, gnu::always_inline]] bool may_be_delivered() const noexcept {
        const Connection& c = connection_;
        return length_ > 0 && seq_ == c.rcv_nxt_ && c.rcv_edge_.at_or_after(seq_ + length_) && !c.fin_received_ &&
               c.rst_ == Rst::none && now_ >= c.latest_now_ && !has(tcp_flag::rst | tcp_flag::syn);
    }

    // The steps alone: all of them, whatever the segment is. For who keeps payload in a place of its own, it is copied
    // before.
    [[gnu::always_inline]] Result<Received> take_if_alive() noexcept {
        if (now_ < connection_.latest_now_) {
            return Error::timestamp_decreased;
        }
        if (connection_.rst_ != Rst::none) {
            return Error::connection_reset;
        }
        return take();
    }

private:
    // Those steps that return a number return anomaly bits; the others can end the call.
    struct Step {
        std::uint32_t anomalies = 0;
        bool ends = false;
    };

    [[gnu::always_inline]] static Result<Received> receive_copying(Connection& connection, const TcpSegment& segment,
                                                                   std::uint8_t* to, std::uint64_t now) noexcept {
        const Result<Received> received = receive_in_place(connection, segment, now);
        if (received && received->length > 0) {
            // memmove: a caller may lend overlapping memory, which is wrong but must not be undefined.
            std::memmove(to, segment.payload().data(), received->length);
        }
        return received;
    }

    // A payload that can be delivered is copied in the pass that sums it. Where it is not copied it is not delivered
    // either, or does not fit.
    [[gnu::always_inline]] static Result<Received> receive_verified(Connection& connection, const TcpSegment& segment,
                                                                    std::span<const std::uint8_t> bytes,
                                                                    const Ipv4AddressPair& addresses,
                                                                    std::span<std::uint8_t> buffer,
                                                                    std::uint64_t now) noexcept {
        Arrival arrival(connection, segment, now);
        const auto payload = segment.payload();
        const bool fits = payload.size() <= buffer.size();
        ChecksumAccumulator sum;
        sum.add_pseudo_header(addresses, IpProtocol::tcp, bytes.size());
        sum.add_header(segment.header());
        if (fits && arrival.may_be_delivered()) {
            sum.add_copying(payload, buffer.data());
        } else {
            sum.add(payload);
        }
        sum.add(bytes.subspan(segment.length()));  // what is too long counts all the same
        if (sum.checksum() != 0) {
            return Error::checksum;
        }
        return fits ? arrival.take_if_alive() : connection.receive_rehearsed(segment, buffer.size(), now);
    }

    [[gnu::always_inline]] Received take() noexcept {
        connection_.advance_clock(now_);
        if (has(tcp_flag::rst)) [[unlikely]] {
            return {.anomalies = take_rst()};
        }
        if (const Step handshake = take_handshake(); handshake.ends) [[unlikely]] {
            return {.anomalies = handshake.anomalies};
        }
        if (const Step acceptance = check_acceptance(); acceptance.ends) [[unlikely]] {
            return {.anomalies = acceptance.anomalies};
        }
        const SeqNumber next = connection_.rcv_nxt_;
        const Received received = take_text();
        const bool occupies_numbers = length_ > 0 || has(tcp_flag::fin);
        if (connection_.has(option::ack_unacceptable) && connection_.is_established() &&
            !(occupies_numbers ? connection_.rcv_nxt_ != next : is_in_rwnd())) {
            connection_.ack_due_ = true;  // RFC 9293, 3.10.7.4, first: "an acknowledgment should be sent in reply"
        }
        return received;
    }

    [[nodiscard, gnu::always_inline]] bool has(std::uint8_t flag) const noexcept { return (flags_ & flag) != 0; }

    // RFC 9293, 3.10.7.4, first the sequence number: a RST counts inside the window, and at RCV.NXT also when the
    // window is closed. RFC 5961, 3.2: at RCV.NXT only, and inside the window the peer is asked whether it means it.
    [[gnu::always_inline]] std::uint32_t take_rst() noexcept {
        if (!is_in_rwnd()) {
            return anomaly::invalid_rst;
        }
        if (seq_ != connection_.rcv_nxt_ && connection_.has(option::rfc5961)) {
            return anomaly::invalid_rst | challenge();
        }
        connection_.rst_ = Rst::done;
        return anomaly::reset_received;
    }

    [[nodiscard, gnu::always_inline]] bool is_in_rwnd() const noexcept {
        return seq_ == connection_.rcv_nxt_ ||
               (seq_.at_or_after(connection_.rcv_nxt_) && connection_.rcv_edge_.after(seq_));
    }

    // RFC 5961, 7: challenge ACKs are limited, to one in an rto_period, or else they are a way to make us send.
    [[gnu::always_inline]] std::uint32_t challenge() noexcept {
        Connection& c = connection_;
        if (!c.is_established() || (c.challenged_ && now_ - c.latest_challenge_ < c.rto_period_)) {
            return 0;
        }
        c.challenged_ = true;
        c.latest_challenge_ = now_;
        c.ack_due_ = true;
        return anomaly::challenge_ack;
    }

    // What may come before the connection is established, and that no SYN may come afterwards.
    [[gnu::always_inline]] Step take_handshake() noexcept {
        constexpr Step go_on{};
        const bool is_syn = has(tcp_flag::syn);
        if (connection_.is_established() && !is_syn) [[likely]] {
            return go_on;
        }
        switch (connection_.phase_) {
            case Phase::syn_received:
                if (is_same_syn()) {
                    return {.anomalies = 0, .ends = true};
                }
                if (connection_.has(option::tolerant_handshake) && connection_.synack_written_ && !is_syn) {
                    return go_on;
                }
                break;
            case Phase::synack_sent:
                if (!is_syn) {
                    return go_on;
                }
                if (is_same_syn()) {
                    connection_.phase_ = Phase::syn_received;  // our SYNACK was lost: it is due again
                    return {.anomalies = 0, .ends = true};
                }
                break;
            case Phase::established:
                if (connection_.has(option::rfc5961)) {
                    // RFC 5961, 4.2: whatever its sequence number is
                    return {.anomalies = anomaly::invalid_segment | challenge(), .ends = true};
                }
                break;
        }
        return reset_because_of(anomaly::invalid_segment);
    }

    [[nodiscard, gnu::always_inline]] bool is_same_syn() const noexcept {
        if (flags_ != tcp_flag::syn || length_ != 0 || seq_ + 1 != connection_.rcv_nxt_) {
            return false;
        }
        const TcpSegment copy = segment_;  // lets the compiler keep the original in registers
        const auto mss = copy.mss_option();
        return mss && mss->value_or(mss_default) == connection_.mss_;
    }

    [[gnu::always_inline]] Step reset_because_of(std::uint32_t anomalies) noexcept {
        const TcpSegment copy = segment_;
        connection_.queue_rst(rst_config_for(copy));
        return {.anomalies = anomalies | anomaly::conn_resetting, .ends = true};
    }

    // RFC 9293, 3.10.7.4, and RFC 5961, 5.2, with option::strict_acceptance: a segment that fails here is dropped
    // whole.
    [[gnu::always_inline]] Step check_acceptance() noexcept {
        if (!connection_.has(option::strict_acceptance)) {
            return {};
        }
        if (!connection_.is_established()) {
            const bool is_outside = has(tcp_flag::ack) && !is_in_rwnd();
            return {.anomalies = is_outside ? anomaly::unexpected_seq : 0, .ends = is_outside};
        }
        if (!has(tcp_flag::ack)) {
            return {.anomalies = anomaly::invalid_ack, .ends = true};
        }
        // The largest window that the peer can have announced: it does not scale.
        constexpr std::uint32_t snd_wnd_max = std::numeric_limits<std::uint16_t>::max();
        if (!ack_.at_or_after(connection_.snd_una_ - snd_wnd_max) || !connection_.snd_nxt_.at_or_after(ack_)) {
            return {.anomalies = anomaly::invalid_ack | challenge(), .ends = true};
        }
        return {};
    }

    // What follows once RST, SYN and acceptance are looked at: ACK, payload, FIN.
    [[gnu::always_inline]] Received take_text() noexcept {
        const Step ack = has(tcp_flag::ack) ? take_ack() : Step{};
        if (ack.ends || !connection_.is_established()) {
            return {.anomalies = ack.anomalies};
        }
        Received received = take_payload();
        received.anomalies |= ack.anomalies;
        return received;
    }

    // RFC 9293, 3.10.7.4, fifth: the ACK field.
    [[gnu::always_inline]] Step take_ack() noexcept {
        Connection& c = connection_;
        const bool is_valid = ack_.at_or_after(c.snd_una_) && c.snd_nxt_.at_or_after(ack_);
        const bool is_repeated = ack_ == c.snd_una_ && c.anything_outstanding();
        if (!c.is_established() && (!is_valid || is_repeated)) {
            return reset_because_of(anomaly::invalid_ack);
        }
        if (!is_valid) {
            return {.anomalies = anomaly::invalid_ack};
        }
        c.timeout_count_ = 0;
        if (is_repeated) {
            return {.anomalies = take_repeated_ack()};
        }
        if (ack_ != c.snd_una_) {
            c.dup_ack_pending_ = false;  // what it asked for has arrived
            c.probe_ = Probe::none;
        }
        c.snd_una_ = ack_;
        c.timeout_start_ = now_;
        c.phase_ = Phase::established;
        return {.anomalies = update_remote_rwnd_edge()};
    }

    // An ACK that moves nothing although something is outstanding: a duplicate, or the answer to a probe.
    [[gnu::always_inline]] std::uint32_t take_repeated_ack() noexcept {
        Connection& c = connection_;
        const bool is_duplicate = !c.is_probing() && counts_as_duplicate();
        const std::uint32_t anomalies = update_remote_rwnd_edge();
        if (is_duplicate) {
            c.dup_ack_pending_ = true;
            return anomalies | anomaly::dup_ack;
        }
        if (c.is_probing()) {
            const bool is_open = c.snd_edge_.after(c.snd_una_);
            c.probe_ = is_open ? Probe::opened : Probe::answered;
            c.dup_ack_pending_ = is_open;  // the probe's octet goes again at once, with what follows it
        }
        return anomalies;
    }

    // RFC 5681, 2, with option::strict_dup_ack. (The same window is the same edge, as the ACK is the same.) An ACK that
    // announces a closed window answers a FIN before it, and would do so for ever if each had the FIN go again.
    [[nodiscard, gnu::always_inline]] bool counts_as_duplicate() const noexcept {
        return !connection_.has(option::strict_dup_ack) ||
               (length_ == 0 && !has(tcp_flag::fin) && window_ != 0 && ack_ + window_ == connection_.snd_edge_);
    }

    [[gnu::always_inline]] std::uint32_t update_remote_rwnd_edge() noexcept {
        const SeqNumber edge = ack_ + window_;
        if (edge.after(connection_.snd_edge_)) {
            connection_.snd_edge_ = edge;
            return 0;
        }
        return edge == connection_.snd_edge_ ? 0 : anomaly::remote_rwnd_edge;
    }

    // RFC 9293, 3.10.7.4, seventh: the segment text. In order or not at all; then the FIN that may end it.
    [[gnu::always_inline]] Received take_payload() noexcept {
        Connection& c = connection_;
        if (length_ == 0) {
            return {.anomalies = take_fin()};
        }
        const SeqNumber end = seq_ + length_;
        const SeqNumber peer_fin = c.rcv_nxt_ - 1;
        if (c.fin_received_ && !peer_fin.at_or_after(end)) {
            return {.anomalies = anomaly::data_beyond_fin};
        }
        if (!c.rcv_edge_.at_or_after(end)) {
            return {.anomalies = anomaly::segment_beyond_rwnd};
        }
        c.ack_due_ = true;
        if (seq_ != c.rcv_nxt_) {
            return {.anomalies = anomaly::unexpected_seq};
        }
        c.rcv_nxt_ = end;
        return {.length = length_, .anomalies = take_fin()};
    }

    // RFC 9293, 3.10.7.4, eighth: the FIN bit.
    [[gnu::always_inline]] std::uint32_t take_fin() noexcept {
        Connection& c = connection_;
        if (!has(tcp_flag::fin) || c.fin_received_) {
            return 0;
        }
        if (seq_ + length_ != c.rcv_nxt_) {
            return anomaly::invalid_fin;
        }
        c.fin_received_ = true;
        c.rcv_nxt_ = c.rcv_nxt_ + 1;
        c.ack_due_ = true;
        return 0;
    }

    Connection& connection_;
    const TcpSegment& segment_;
    std::uint64_t now_;
    SeqNumber seq_;
    SeqNumber ack_;
    std::uint16_t length_;  // of the payload
    std::uint16_t window_;
    std::uint8_t flags_;
};

}  // namespace dumbo::inline v0
