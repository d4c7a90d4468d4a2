// SPDX-License-Identifier: Apache-2.0
#include <dumbo/connection.hpp>

#include <algorithm>
#include <limits>

// The sending side. A call decides what to send (Plan), writes it, and only then lets the state move on (commit), so
// that a call that fails has changed nothing.
namespace dumbo::inline v0 {

Result<std::optional<Sent>> Connection::write_next_segment(std::span<std::uint8_t> buffer, std::uint16_t mss_reserved,
                                                           const PayloadSource* payload, std::uint64_t now,
                                                           Segmentation segmentation) noexcept {
    if (now < latest_now_) {
        return Error::timestamp_decreased;
    }
    if (is_reset()) {
        return Error::connection_reset;
    }
    const bool expired = timeout_expired(now);
    const auto plan = plan_next(payload, expired);
    if (!plan) {
        if (expired && plan.error() == Error::payload_missing_seq) {
            commit_timeout(expired, now);  // or else a caller that dropped the bytes would keep a dead peer for ever
        }
        return plan.error();
    }
    std::optional<Sent> sent;
    if (*plan) {
        const auto written = write(**plan, buffer, mss_reserved, segmentation);
        if (!written) {
            return written.error();
        }
        sent = Sent{.segment = *written, .cause = (*plan)->cause};
    }
    commit_timeout(expired, now);
    if (sent) {
        commit(**plan, sent->segment, expired, now);
    }
    commit_persistence(payload, now);
    return sent;
}

bool Connection::timeout_expired(std::uint64_t now) const noexcept {
    if (rst_ != Rst::none || phase_ == Phase::syn_received || !timeout_runs()) {
        return false;
    }
    const std::uint64_t elapsed = latest_now_ - timeout_start_;
    return elapsed >= rto_period_ || now - latest_now_ >= rto_period_ - elapsed;
}

// Saturates at both ends: a period that reaches past the end of time never ends, which is what the largest number
// means; one that was over before the clock's 0 is over at once.
std::uint64_t Connection::timeout_deadline() const noexcept {
    constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();
    const std::uint64_t elapsed = latest_now_ - timeout_start_;
    if (elapsed > rto_period_) {
        return latest_now_ - std::min(latest_now_, elapsed - rto_period_);
    }
    return latest_now_ + std::min(never - latest_now_, rto_period_ - elapsed);
}

Result<std::optional<Connection::Plan>> Connection::plan_next(const PayloadSource* payload,
                                                              bool expired) const noexcept {
    if (rst_ == Rst::queued) {
        return plan_rst(rst_config_, Cause::reset);
    }
    if (phase_ == Phase::syn_received) {
        return plan_synack(synack_written_ ? Cause::repeated_syn : Cause::syn);
    }
    if (is_established() && payload != nullptr && payload->bytes.size() > max_window_size) {
        return Error::payload_too_large;
    }
    if (expired && timeout_counts() && timeout_count_ + 1U >= rto_count_max_) {
        return plan_rst(make_rst_config(), Cause::given_up);
    }
    if (!is_established()) {
        return expired ? plan_synack(Cause::timeout) : std::optional<Plan>();
    }
    if (only_fin_outstanding() && (expired || dup_ack_pending_)) {
        return plan_control(repetition(expired));
    }
    if (payload != nullptr) {
        const auto data = plan_data(*payload, expired);
        if (!data || *data) {
            return data;
        }
    }
    return control_segment_due() ? plan_control(fin_is_next() ? Cause::fin : Cause::ack) : std::optional<Plan>();
}

// Why something goes again.
Cause Connection::repetition(bool expired) const noexcept {
    if (expired) {
        return Cause::timeout;
    }
    return probe_ == Probe::opened ? Cause::window_opened : Cause::dup_ack;
}

std::optional<Connection::Plan> Connection::plan_rst(const RstConfig& config, Cause cause) const noexcept {
    return Plan{.fields = {.sequence_number = config.sequence_number(),
                           .ack_number = config.ack_number(),
                           .flags = config.flags(),
                           .window = advertised_window()},
                .cause = cause};
}

std::optional<Connection::Plan> Connection::plan_synack(Cause cause) const noexcept {
    return Plan{.fields = {.sequence_number = snd_nxt_ - 1,
                           .ack_number = rcv_nxt_,
                           .flags = tcp_flag::syn | tcp_flag::ack,
                           .window = advertised_window(),
                           .mss_option = mss_},
                .cause = cause};
}

// Data from SND.NXT on, or again from SND.UNA on, as far as the source and the peer's window reach.
Result<std::optional<Connection::Plan>> Connection::plan_data(const PayloadSource& payload,
                                                              bool expired) const noexcept {
    const SeqNumber from = expired || dup_ack_pending_ ? snd_una_ : snd_nxt_;
    if (!from.at_or_after(payload.first)) {
        return Error::payload_missing_seq;
    }
    const SeqNumber source_end = payload.end();
    const SeqNumber end = snd_edge_.after(source_end) ? source_end : snd_edge_;
    if (fin_recorded_ && end.after(fin_)) {
        return Error::data_after_fin;
    }
    const bool is_probe = !end.after(from) && expired && wants_probe(from, source_end);
    if (!end.after(from) && !is_probe) {
        return std::optional<Plan>();
    }
    // A source far from the window has no order with it, and the step above may then reach past the source's end.
    const std::uint64_t offset = from.distance_from(payload.first);
    const std::uint64_t size = payload.bytes.size();
    const std::uint64_t available = offset < size ? size - offset : 0;
    return std::optional(Plan{
        .fields =
            {.sequence_number = from, .ack_number = rcv_nxt_, .flags = tcp_flag::ack, .window = advertised_window()},
        .cause = is_probe ? Cause::probe : (from == snd_nxt_ ? Cause::data : repetition(expired)),
        .payload = TcpPayload{.source = &payload.bytes,
                              .offset = offset,
                              .length = std::min<std::uint64_t>(available, is_probe ? 1 : end.distance_from(from))}});
}

// RFC 9293, 3.8.6.1, with option::zero_window_probe: the window is closed, and all that may be outstanding is a probe.
// What a source holds at a recorded FIN's number or past it is not for sending.
bool Connection::wants_probe(SeqNumber from, SeqNumber source_end) const noexcept {
    const bool is_past_data = fin_recorded_ && from == fin_;
    return has(option::zero_window_probe) && source_end.after(from) && !is_past_data &&
           (is_probing() || !anything_outstanding());
}

// An ACK without payload. It carries our FIN as long as that is the next octet that the peer waits for.
std::optional<Connection::Plan> Connection::plan_control(Cause cause) const noexcept {
    const bool with_fin = fin_recorded_ && snd_una_ == fin_;
    const auto fin_flag = with_fin ? tcp_flag::fin : std::uint8_t{0};
    return Plan{.fields = {.sequence_number = with_fin ? fin_ : snd_nxt_,
                           .ack_number = rcv_nxt_,
                           .flags = static_cast<std::uint8_t>(tcp_flag::ack | fin_flag),
                           .window = advertised_window()},
                .cause = cause};
}

std::uint16_t Connection::advertised_window() const noexcept {
    constexpr std::uint32_t window_field_max = std::numeric_limits<std::uint16_t>::max();
    return static_cast<std::uint16_t>(std::min(local_rwnd(), window_field_max));
}

Result<IncompleteTcpSegment> Connection::write(const Plan& plan, std::span<std::uint8_t> buffer,
                                               std::uint16_t mss_reserved, Segmentation segmentation) const noexcept {
    if (mss_reserved > mss_) {
        return Error::mss_reserved;
    }
    constexpr std::uint16_t no_bound = std::numeric_limits<std::uint16_t>::max();
    const bool is_cut_later = segmentation == Segmentation::by_device && plan.payload.has_value();
    const std::uint16_t mss_remaining = is_cut_later ? no_bound : static_cast<std::uint16_t>(mss_ - mss_reserved);
    auto segment = IncompleteTcpSegment::write(buffer, plan.fields, mss_remaining, plan.payload);
    if (segment && plan.payload && fin_recorded_ && plan.cause != Cause::probe) {
        const auto payload_length = static_cast<std::uint32_t>(segment->payload_length());
        if (plan.fields.sequence_number + payload_length == fin_) {
            segment->add_flags(tcp_flag::fin);
        }
    }
    return segment;
}

// What was sent says what it means.
void Connection::commit(const Plan& plan, const IncompleteTcpSegment& segment, bool expired,
                        std::uint64_t now) noexcept {
    if (segment.has(tcp_flag::rst)) {
        rst_ = Rst::done;
        return;
    }
    ack_due_ = false;
    advertised_edge_ = rcv_nxt_ + plan.fields.window;
    if (segment.has(tcp_flag::syn)) {
        synack_written_ = true;
        if (phase_ == Phase::syn_received) {
            phase_ = Phase::synack_sent;
        }
        timeout_start_ = now;
        return;
    }
    const auto octets = static_cast<std::uint32_t>(segment.payload_length()) + (segment.has(tcp_flag::fin) ? 1U : 0U);
    if (octets == 0) {
        return;
    }
    // Data settles a duplicate ACK, whatever made it go; a FIN that a timeout repeats does not.
    if (segment.payload_length() > 0) {
        dup_ack_pending_ = false;
        probe_ = plan.cause == Cause::probe ? Probe::sent : Probe::none;
    } else if (!expired) {
        dup_ack_pending_ = false;
    }
    if (!anything_outstanding()) {
        timeout_start_ = now;
    }
    const SeqNumber end = plan.fields.sequence_number + octets;
    if (end.after(snd_nxt_)) {
        snd_nxt_ = end;
    }
}

void Connection::commit_timeout(bool expired, std::uint64_t now) noexcept {
    advance_clock(now);
    if (expired) {
        timeout_count_ = static_cast<std::uint16_t>(timeout_count_ + (timeout_counts() ? 1U : 0U));
        timeout_start_ = now;
    }
}

// Remembers that there was something to send and a closed window, so that a timeout leads to a probe.
void Connection::commit_persistence(const PayloadSource* payload, std::uint64_t now) noexcept {
    if (!has(option::zero_window_probe)) {
        return;
    }
    const bool before = persisting_;
    persisting_ = is_established() && rst_ == Rst::none && payload != nullptr && !anything_outstanding() &&
                  !snd_edge_.after(snd_nxt_) && payload->end().after(snd_nxt_);
    if (persisting_ && !before) {
        timeout_start_ = now;
    }
}

bool Connection::timeout_runs() const noexcept {
    return anything_outstanding() || persisting_;
}

// A peer that answers probes is alive, however long its window stays closed.
bool Connection::timeout_counts() const noexcept {
    return anything_outstanding() && probe_ != Probe::answered;
}

NextSegmentStatus Connection::control_segment_or_timeout_status() const noexcept {
    if (is_reset()) {
        return {.kind = NextSegmentStatus::Kind::nothing};
    }
    if (rst_ == Rst::queued || phase_ == Phase::syn_received || control_segment_due()) {
        return {.kind = NextSegmentStatus::Kind::available};
    }
    if (timeout_runs()) {
        return {.kind = NextSegmentStatus::Kind::timeout, .deadline = timeout_deadline()};
    }
    return {.kind = NextSegmentStatus::Kind::nothing};
}

bool Connection::control_segment_due() const noexcept {
    return ack_due_ || fin_is_next() || (dup_ack_pending_ && only_fin_outstanding());
}

}  // namespace dumbo::inline v0
