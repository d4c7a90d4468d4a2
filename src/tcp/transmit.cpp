// SPDX-License-Identifier: Apache-2.0
#include "tcp/departure.hpp"
#include "tcp/usual_segments.hpp"

namespace dumbo::inline v0 {

Result<std::optional<Sent>> Connection::write_next_segment(std::span<std::uint8_t> buffer, std::uint16_t mss_reserved,
                                                           const PayloadSource* payload, std::uint64_t now,
                                                           const Offload& offload) noexcept {
    Sent sent;
    if (const auto error = write_next_segment_to(sent, buffer, mss_reserved, payload, now, offload)) {
        return *error;
    }
    return sent.cause != Cause::none ? std::optional(sent) : std::nullopt;
}

std::optional<Error> Connection::write_next_segment_to(Sent& sent, std::span<std::uint8_t> buffer,
                                                       std::uint16_t mss_reserved, const PayloadSource* payload,
                                                       std::uint64_t now, const Offload& offload) noexcept {
    const auto cause = is_established() ? Usual::write(*this, sent.segment, buffer, mss_reserved, payload, now, offload)
                                        : Usual::write_synack(*this, sent.segment, buffer, mss_reserved, now, offload);
    sent.cause = cause.value_or(Cause::none);
    return cause ? std::nullopt : write_unusual_segment(sent, buffer, mss_reserved, payload, now, offload);
}

[[gnu::flatten]] std::optional<Error> Connection::write_unusual_segment(Sent& sent, std::span<std::uint8_t> buffer,
                                                                        std::uint16_t mss_reserved,
                                                                        const PayloadSource* payload, std::uint64_t now,
                                                                        const Offload& offload) noexcept {
    return Departure::write_next_segment(*this, sent, buffer, mss_reserved, payload, now, offload);
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

}  // namespace dumbo::inline v0
