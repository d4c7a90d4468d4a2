// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/connection.hpp>

#include <algorithm>
#include <limits>

// The sending side.
namespace dumbo::inline v0 {

// One segment that leaves. It is decided what to send (plan), it is written, and only then does the state move on
// (commit), so that a call that fails has changed nothing. Most segments pass by here, hence a header: each entry to
// the library has the steps as one function with itself.
class Connection::Departure {
public:
    // Connection::write_next_segment_to().
    [[gnu::always_inline]] static std::optional<Error> write_next_segment(
        Connection& connection, Sent& sent, std::span<std::uint8_t> buffer, std::uint16_t mss_reserved,
        const PayloadSource* payload, std::uint64_t now, const Offload& offload) noexcept {
        sent.cause = Cause::none;
        if (now < connection.latest_now_) {
            return Error::timestamp_decreased;
        }
        if (connection.is_reset()) {
            return Error::connection_reset;
        }
        Departure departure(connection, payload, now);
        if (const auto error = departure.plan()) {
            if (departure.is_expired_ && *error == Error::payload_missing_seq) {
                departure.commit_timeout();  // or else a caller that dropped the bytes would keep a dead peer for ever
            }
            return error;
        }
        if (departure.cause_ != Cause::none) {
            if (const auto error = departure.write(sent.segment, buffer, mss_reserved, offload)) {
                return error;
            }
            sent.cause = departure.cause_;
        }
        departure.commit_timeout();
        if (sent.cause != Cause::none) {
            departure.commit(sent.segment);
        }
        departure.commit_persistence();
        return std::nullopt;
    }

private:
    Departure(Connection& connection, const PayloadSource* payload, std::uint64_t now) noexcept
        : connection_(connection), payload_(payload), now_(now), is_expired_(connection.timeout_expired(now)) {}

    // Without an error and without a cause there is nothing to send.
    [[gnu::always_inline]] std::optional<Error> plan() noexcept {
        const Connection& c = connection_;
        if (c.rst_ == Rst::queued) {
            return plan_rst(c.rst_config_, Cause::reset);
        }
        if (c.phase_ == Phase::syn_received) {
            return plan_synack(c.synack_written_ ? Cause::repeated_syn : Cause::syn);
        }
        if (c.is_established() && payload_ != nullptr && payload_->bytes.size() > max_window_size) {
            return Error::payload_too_large;
        }
        if (is_expired_ && c.timeout_counts() && c.timeout_count_ + 1U >= c.rto_count_max_) {
            return plan_rst(c.make_rst_config(), Cause::given_up);
        }
        if (!c.is_established()) {
            return is_expired_ ? plan_synack(Cause::timeout) : std::nullopt;
        }
        if (c.only_fin_outstanding() && (is_expired_ || c.dup_ack_pending_)) {
            return plan_control(repetition());
        }
        if (payload_ != nullptr) {
            if (const auto error = plan_data(); error || cause_ != Cause::none) {
                return error;
            }
        }
        return c.control_segment_due() ? plan_control(c.fin_is_next() ? Cause::fin : Cause::ack) : std::nullopt;
    }

    // Precondition: there is a cause.
    [[gnu::always_inline]] std::optional<Error> write(IncompleteTcpSegment& segment, std::span<std::uint8_t> buffer,
                                                      std::uint16_t mss_reserved,
                                                      const Offload& offload) const noexcept {
        const std::uint16_t mss = connection_.mss_;
        if (mss_reserved > mss) {
            return Error::mss_reserved;
        }
        constexpr std::uint16_t no_bound = std::numeric_limits<std::uint16_t>::max();
        const bool is_cut_later = offload.segmentation == Segmentation::by_device && carried_.source != nullptr;
        const std::uint16_t mss_remaining = is_cut_later ? no_bound : static_cast<std::uint16_t>(mss - mss_reserved);
        const auto error = segment.write_here(buffer, fields_, mss_remaining, carried_, offload.checksum);
        if (!error && carries_fin(segment.payload_length())) {
            segment.add_flags(tcp_flag::fin);
        }
        return error;
    }

    // What was sent says what it means.
    [[gnu::always_inline]] void commit(const IncompleteTcpSegment& segment) const noexcept {
        Connection& c = connection_;
        if (segment.has(tcp_flag::rst)) {
            c.rst_ = Rst::done;
            return;
        }
        c.ack_due_ = false;
        c.advertised_edge_ = c.rcv_nxt_ + fields_.window;
        if (segment.has(tcp_flag::syn)) {
            c.synack_written_ = true;
            if (c.phase_ == Phase::syn_received) {
                c.phase_ = Phase::synack_sent;
            }
            c.timeout_start_ = now_;
            return;
        }
        const auto length = static_cast<std::uint32_t>(segment.payload_length());
        if (const std::uint32_t octets = length + (segment.has(tcp_flag::fin) ? 1U : 0U); octets > 0) {
            commit_octets(octets, length > 0);
        }
    }

    [[gnu::always_inline]] void commit_timeout() const noexcept {
        Connection& c = connection_;
        c.advance_clock(now_);
        if (is_expired_) {
            c.timeout_count_ = static_cast<std::uint16_t>(c.timeout_count_ + (c.timeout_counts() ? 1U : 0U));
            c.timeout_start_ = now_;
        }
    }

    // Remembers that there was something to send and a closed window, so that a timeout leads to a probe.
    [[gnu::always_inline]] void commit_persistence() const noexcept {
        Connection& c = connection_;
        if (!c.has(option::zero_window_probe)) {
            return;
        }
        const bool before = c.persisting_;
        c.persisting_ = c.is_established() && c.rst_ == Rst::none && payload_ != nullptr && !c.anything_outstanding() &&
                        !c.snd_edge_.after(c.snd_nxt_) && holds(c.snd_nxt_);
        if (c.persisting_ && !before) {
            c.timeout_start_ = now_;
        }
    }

    [[gnu::always_inline]] std::optional<Error> plan_rst(const RstConfig& config, Cause cause) noexcept {
        return settle(cause, config.sequence_number(), config.flags(), config.ack_number());
    }

    [[gnu::always_inline]] std::optional<Error> plan_synack(Cause cause) noexcept {
        fields_.mss_option = connection_.mss_;
        return settle(cause, connection_.snd_nxt_ - 1, tcp_flag::syn | tcp_flag::ack, connection_.rcv_nxt_);
    }

    // An ACK without payload. It carries our FIN as long as that is the next octet that the peer waits for.
    [[gnu::always_inline]] std::optional<Error> plan_control(Cause cause) noexcept {
        const Connection& c = connection_;
        const bool with_fin = c.fin_recorded_ && c.snd_una_ == c.fin_;
        const auto fin_flag = with_fin ? tcp_flag::fin : std::uint8_t{0};
        return settle(cause, with_fin ? c.fin_ : c.snd_nxt_, static_cast<std::uint8_t>(tcp_flag::ack | fin_flag),
                      c.rcv_nxt_);
    }

    // Data from SND.NXT on, or again from SND.UNA on, as far as the source and the peer's window reach.
    [[gnu::always_inline]] std::optional<Error> plan_data() noexcept {
        const Connection& c = connection_;
        const SeqNumber from = is_expired_ || c.dup_ack_pending_ ? c.snd_una_ : c.snd_nxt_;
        if (!from.at_or_after(payload_->first)) {
            return Error::payload_missing_seq;
        }
        const SeqNumber source_end = payload_->end();
        const SeqNumber end = c.snd_edge_.after(source_end) ? source_end : c.snd_edge_;
        if (c.fin_recorded_ && end.after(c.fin_)) {
            return Error::data_after_fin;
        }
        const bool is_probe = !end.after(from) && is_expired_ && wants_probe(from);
        if (!end.after(from) && !is_probe) {
            return std::nullopt;
        }
        // A source far from the window has no order with it, and the step above may then reach past the source's end.
        const std::uint64_t offset = from.distance_from(payload_->first);
        const std::uint64_t size = payload_->bytes.size();
        const std::uint64_t available = offset < size ? size - offset : 0;
        carried_ = TcpPayload{.source = &payload_->bytes,
                              .offset = offset,
                              .length = std::min<std::uint64_t>(available, is_probe ? 1 : end.distance_from(from))};
        return settle(is_probe ? Cause::probe : (from == c.snd_nxt_ ? Cause::data : repetition()), from, tcp_flag::ack,
                      c.rcv_nxt_);
    }

    [[gnu::always_inline]] std::optional<Error> settle(Cause cause, SeqNumber seq, std::uint8_t flags,
                                                       SeqNumber ack) noexcept {
        cause_ = cause;
        fields_.sequence_number = seq;
        fields_.ack_number = ack;
        fields_.flags = flags;
        fields_.window = connection_.advertised_window();
        return std::nullopt;
    }

    // Why something goes again.
    [[nodiscard, gnu::always_inline]] Cause repetition() const noexcept {
        if (is_expired_) {
            return Cause::timeout;
        }
        return connection_.probe_ == Probe::opened ? Cause::window_opened : Cause::dup_ack;
    }

    // RFC 9293, 3.8.6.1, with option::zero_window_probe: the window is closed, and all that may be outstanding is a
    // probe. What a source holds at a recorded FIN's number or past it is not for sending.
    [[nodiscard, gnu::always_inline]] bool wants_probe(SeqNumber from) const noexcept {
        const Connection& c = connection_;
        const bool is_past_data = c.fin_recorded_ && from == c.fin_;
        return c.has(option::zero_window_probe) && holds(from) && !is_past_data &&
               (c.is_probing() || !c.anything_outstanding());
    }

    // Whether the source has an octet at a number that is not before its first. (Its end may be too far for an order.)
    [[nodiscard, gnu::always_inline]] bool holds(SeqNumber number) const noexcept {
        return number.distance_from(payload_->first) < payload_->bytes.size();
    }

    [[nodiscard, gnu::always_inline]] bool carries_fin(std::size_t payload_length) const noexcept {
        return carried_.source != nullptr && connection_.fin_recorded_ && cause_ != Cause::probe &&
               fields_.sequence_number + static_cast<std::uint32_t>(payload_length) == connection_.fin_;
    }

    // Data settles a duplicate ACK, whatever made it go; a FIN that a timeout repeats does not.
    [[gnu::always_inline]] void commit_octets(std::uint32_t octets, bool is_data) const noexcept {
        Connection& c = connection_;
        if (is_data) {
            c.dup_ack_pending_ = false;
            c.probe_ = cause_ == Cause::probe ? Probe::sent : Probe::none;
        } else if (!is_expired_) {
            c.dup_ack_pending_ = false;
        }
        if (!c.anything_outstanding()) {
            c.timeout_start_ = now_;
        }
        const SeqNumber end = fields_.sequence_number + octets;
        if (end.after(c.snd_nxt_)) {
            c.snd_nxt_ = end;
        }
    }

    Connection& connection_;
    const PayloadSource* payload_;
    std::uint64_t now_;
    bool is_expired_;
    Cause cause_ = Cause::none;
    TcpFields fields_;
    TcpPayload carried_;  // without a source: none
};

}  // namespace dumbo::inline v0
