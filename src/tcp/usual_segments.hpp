// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/connection.hpp>

#include <algorithm>
#include <limits>
#include <optional>

// Header prediction (Van Jacobson, 1990): most segments of an established connection are of three kinds. A few
// comparisons recognize one, and what is left to do for it is little. Nothing is decided here that Arrival and
// Departure would decide otherwise: whatever is not as usual is theirs, and tests/unit has them do the same work to
// compare.
namespace dumbo::inline v0 {

class Connection::Usual {
public:
    // Takes a segment whose payload, if there is any, is the next and fits our window, and whose ACK acknowledges what
    // was not acknowledged, or finds nothing outstanding, and moves no window to the left. False: it is not one, and
    // nothing has happened.
    [[gnu::always_inline]] static bool take(Connection& c, const TcpSegment& segment, std::uint64_t now) noexcept {
        constexpr std::uint32_t deciding = tcp_flag::fin + tcp_flag::syn + tcp_flag::rst + tcp_flag::ack;
        const SeqNumber ack = segment.ack_number();
        const SeqNumber edge = ack + segment.window();
        const std::uint32_t outstanding = c.snd_nxt_.distance_from(c.snd_una_);
        const std::uint32_t acknowledged = ack.distance_from(c.snd_una_);
        const std::uint32_t length = segment.payload_length();
        if ((segment.flags() & deciding) != tcp_flag::ack || !is_alive(c, now) || c.phase_ == Phase::syn_received ||
            segment.sequence_number() != c.rcv_nxt_ || outstanding > window_field_max || acknowledged > outstanding ||
            (acknowledged == 0 && outstanding != 0) || !edge.at_or_after(c.snd_edge_) ||
            (length != 0 && (c.fin_received_ || !c.rcv_edge_.at_or_after(c.rcv_nxt_ + length)))) {
            return false;
        }
        c.advance_clock(now);
        if (acknowledged != 0) {
            c.dup_ack_pending_ = false;
            c.probe_ = Probe::none;
        }
        c.timeout_count_ = 0;
        c.timeout_start_ = now;
        c.snd_una_ = ack;
        c.snd_edge_ = edge;
        c.phase_ = Phase::established;  // it was, or this is the ACK of our SYNACK
        if (length != 0) {
            c.rcv_nxt_ = c.rcv_nxt_ + length;
            c.ack_due_ = true;
        }
        return true;
    }

    // Writes the ACK that is due, if there is no payload, or contiguous payload that was not sent before.
    // Cause::none: it is neither, or an error, which Departure will tell; nothing has happened to the connection.
    [[gnu::always_inline]] static Cause write(Connection& c, IncompleteTcpSegment& segment,
                                              std::span<std::uint8_t> buffer, std::uint16_t mss_reserved,
                                              const PayloadSource* payload, std::uint64_t now,
                                              const Offload& offload) noexcept {
        if (c.phase_ != Phase::established || !is_alive(c, now) || c.timeout_expired(now) || c.fin_recorded_ ||
            c.dup_ack_pending_ || mss_reserved > c.mss_) {
            return Cause::none;
        }
        TcpPayload carried;
        if (payload != nullptr) {
            carried = unsent(c, *payload);
            if (carried.length == 0) {
                return Cause::none;
            }
        } else if (!c.ack_due_) {
            return Cause::none;
        }
        const bool is_cut_later = offload.segmentation == Segmentation::by_device;
        const auto mss = static_cast<std::uint16_t>(c.mss_ - mss_reserved);
        const TcpFields fields{.sequence_number = c.snd_nxt_,
                               .ack_number = c.rcv_nxt_,
                               .flags = tcp_flag::ack,
                               .window = c.advertised_window()};
        if (segment.write_here(buffer, fields, is_cut_later ? std::numeric_limits<std::uint16_t>::max() : mss, carried,
                               offload.checksum)) {
            return Cause::none;
        }
        commit(c, segment, fields, now);
        return payload != nullptr ? Cause::data : Cause::ack;
    }

private:
    [[gnu::always_inline]] static bool is_alive(const Connection& c, std::uint64_t now) noexcept {
        return c.rst_ == Rst::none && now >= c.latest_now_;
    }

    // What of a source can be sent now, and was not sent before.
    [[gnu::always_inline]] static TcpPayload unsent(const Connection& c, const PayloadSource& payload) noexcept {
        const std::uint64_t size = payload.bytes.size();
        const std::uint32_t offset = c.snd_nxt_.distance_from(payload.first);
        if (size > max_window_size || offset >= size || !c.snd_edge_.after(c.snd_nxt_) ||
            !payload.bytes.is_contiguous()) {
            return {};
        }
        return {.source = &payload.bytes,
                .offset = offset,
                .length = std::min<std::uint64_t>(size - offset, c.snd_edge_.distance_from(c.snd_nxt_))};
    }

    [[gnu::always_inline]] static void commit(Connection& c, const IncompleteTcpSegment& segment,
                                              const TcpFields& fields, std::uint64_t now) noexcept {
        c.advance_clock(now);
        c.ack_due_ = false;
        c.persisting_ = false;
        c.advertised_edge_ = c.rcv_nxt_ + fields.window;
        if (const auto length = static_cast<std::uint32_t>(segment.payload_length()); length > 0) {
            c.probe_ = Probe::none;
            if (!c.anything_outstanding()) {
                c.timeout_start_ = now;
            }
            c.snd_nxt_ = c.snd_nxt_ + length;
        }
    }
};

}  // namespace dumbo::inline v0
