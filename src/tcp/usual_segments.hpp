// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/connection.hpp>

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>

// Header prediction (Van Jacobson, 1990): most segments of a connection are of a few kinds. A few comparisons recognize
// one, and what is left to do for it is little. Nothing is decided here that Arrival and Departure would decide
// otherwise: whatever is not as usual is theirs, and tests/unit has them do the same work to compare.
namespace dumbo::inline v0 {

class Connection::Usual {
public:
    // Takes a segment whose payload, if there is any, is the next and fits our window, and whose ACK acknowledges what
    // was not acknowledged, or finds nothing outstanding, and moves no window to the left. False: it is not one, and
    // nothing has happened.
    [[gnu::always_inline]] static bool take(Connection& c, const TcpSegment& segment, std::uint64_t now) noexcept {
        const Heading heading(segment);
        if (!is_usual(c, heading, now)) {
            return false;
        }
        commit(c, heading, now);
        return true;
    }

    // Takes one of those with the payload in it, and with its checksum verified if there are addresses; the length of
    // the payload. Empty: it is not one, or does not fit, or something is wrong with it. Nothing has happened, but
    // `buffer` may have been written to.
    [[gnu::always_inline]] static std::optional<std::size_t> receive(Connection& c, std::span<const std::uint8_t> bytes,
                                                                     const Ipv4AddressPair* verify,
                                                                     std::span<std::uint8_t> buffer,
                                                                     std::uint64_t now) noexcept {
        // Each for itself, as the compiler then has less to keep.
        return verify == nullptr
                   ? receive(c, bytes, buffer, now, [&](const TcpSegment& segment) { return copy(segment, buffer); })
                   : receive(c, bytes, buffer, now,
                             [&](const TcpSegment& segment) { return copy_and_verify(segment, *verify, buffer); });
    }

    // Writes contiguous payload that was not sent before, or the ACK that is due, or finds that there is nothing to
    // send (Cause::none). Empty: it is something else, or an error, which Departure will tell; nothing has happened.
    [[gnu::always_inline]] static std::optional<Cause> write(Connection& c, IncompleteTcpSegment& segment,
                                                             std::span<std::uint8_t> buffer, std::uint16_t mss_reserved,
                                                             const PayloadSource* payload, std::uint64_t now,
                                                             const Offload& offload) noexcept {
        if (c.phase_ != Phase::established || !is_alive(c, now) || !is_before_timeout(c, now) || c.fin_recorded_ ||
            c.dup_ack_pending_ || mss_reserved > c.mss_) {
            return std::nullopt;
        }
        TcpPayload carried;
        if (payload != nullptr) {
            if (!take_unsent(c, *payload, carried) || (carried.length == 0 && c.ack_due_)) {
                return std::nullopt;
            }
            if (carried.length == 0) {
                return write_nothing(c, now);
            }
        } else if (!c.ack_due_) {
            return write_nothing(c, now);
        }
        const bool is_cut_later = payload != nullptr && offload.segmentation == Segmentation::by_device;
        const auto mss = static_cast<std::uint16_t>(c.mss_ - mss_reserved);
        const TcpFields fields{.sequence_number = c.snd_nxt_,
                               .ack_number = c.rcv_nxt_,
                               .flags = tcp_flag::ack,
                               .window = c.advertised_window()};
        if (segment.write_here(buffer, fields, is_cut_later ? std::numeric_limits<std::uint16_t>::max() : mss, carried,
                               offload.checksum)) {
            return std::nullopt;
        }
        commit(c, segment, fields, now);
        return payload != nullptr ? Cause::data : Cause::ack;
    }

    // Writes the first SYNACK.
    [[gnu::always_inline]] static std::optional<Cause> write_synack(Connection& c, IncompleteTcpSegment& segment,
                                                                    std::span<std::uint8_t> buffer,
                                                                    std::uint16_t mss_reserved, std::uint64_t now,
                                                                    const Offload& offload) noexcept {
        if (c.phase_ != Phase::syn_received || c.synack_written_ || !is_alive(c, now) ||
            mss_reserved + IncompleteTcpSegment::mss_option_length > c.mss_) {
            return std::nullopt;
        }
        const TcpFields fields{.sequence_number = c.snd_nxt_ - 1,
                               .ack_number = c.rcv_nxt_,
                               .flags = tcp_flag::syn | tcp_flag::ack,
                               .window = c.advertised_window(),
                               .mss_option = c.mss_};
        if (segment.write_here(buffer, fields, IncompleteTcpSegment::mss_option_length, {}, offload.checksum)) {
            return std::nullopt;
        }
        c.advance_clock_only(now);
        c.timeout_start_ = now;
        c.ack_due_ = false;
        c.advertised_edge_ = c.rcv_nxt_ + fields.window;
        c.synack_written_ = true;
        c.phase_ = Phase::synack_sent;
        return Cause::syn;
    }

private:
    // What counts of a header. It is read once, as its sender may go on writing to it.
    struct Heading {
        explicit Heading(const TcpSegment& segment) noexcept
            : seq(segment.sequence_number()),
              ack(segment.ack_number()),
              edge(ack + segment.window()),
              length(segment.payload_length()),
              flags(segment.flags()) {}

        SeqNumber seq;
        SeqNumber ack;
        SeqNumber edge;
        std::uint32_t length;  // of the payload
        std::uint8_t flags;
    };

    template <typename Deliver>
    [[gnu::always_inline]] static std::optional<std::size_t> receive(Connection& c, std::span<const std::uint8_t> bytes,
                                                                     std::span<std::uint8_t> buffer, std::uint64_t now,
                                                                     Deliver deliver) noexcept {
        const auto segment = TcpSegment::parse(bytes);
        if (!segment || bytes.size() > TcpSegment::length_max || segment->payload_length() > buffer.size()) {
            return std::nullopt;
        }
        const Heading heading(*segment);
        if (!is_usual(c, heading, now) || !deliver(*segment)) {
            return std::nullopt;
        }
        commit(c, heading, now);
        return heading.length;
    }

    [[gnu::always_inline]] static bool is_usual(const Connection& c, const Heading& heading,
                                                std::uint64_t now) noexcept {
        constexpr std::uint32_t deciding = tcp_flag::fin + tcp_flag::syn + tcp_flag::rst + tcp_flag::ack;
        const std::uint32_t outstanding = c.snd_nxt_.distance_from(c.snd_una_);
        const std::uint32_t acknowledged = heading.ack.distance_from(c.snd_una_);
        return (heading.flags & deciding) == tcp_flag::ack && is_alive(c, now) && c.phase_ != Phase::syn_received &&
               heading.seq == c.rcv_nxt_ && outstanding <= window_field_max && acknowledged <= outstanding &&
               (acknowledged != 0 || outstanding == 0) && heading.edge.at_or_after(c.snd_edge_) &&
               (heading.length == 0 || (!c.fin_received_ && c.rcv_edge_.at_or_after(c.rcv_nxt_ + heading.length)));
    }

    [[gnu::always_inline]] static void commit(Connection& c, const Heading& heading, std::uint64_t now) noexcept {
        c.advance_clock_only(now);
        if (heading.ack != c.snd_una_) {
            c.dup_ack_pending_ = false;
            c.probe_ = Probe::none;
        }
        c.timeout_count_ = 0;
        c.timeout_start_ = now;
        c.snd_una_ = heading.ack;
        c.snd_edge_ = heading.edge;
        c.phase_ = Phase::established;  // it was, or this is the ACK of our SYNACK
        if (heading.length != 0) {
            c.rcv_nxt_ = c.rcv_nxt_ + heading.length;
            c.ack_due_ = true;
        }
    }

    [[gnu::always_inline]] static bool copy(const TcpSegment& segment, std::span<std::uint8_t> to) noexcept {
        if (const auto payload = segment.payload(); !payload.empty()) {
            // memmove: a caller may lend overlapping memory, which is wrong but must not be undefined.
            std::memmove(to.data(), payload.data(), payload.size());
        }
        return true;
    }

    [[gnu::always_inline]] static bool copy_and_verify(const TcpSegment& segment, const Ipv4AddressPair& addresses,
                                                       std::span<std::uint8_t> to) noexcept {
        ChecksumAccumulator sum;
        sum.add_pseudo_header(addresses, IpProtocol::tcp, segment.length());
        sum.add_header(segment.header());
        if (const auto payload = segment.payload(); !payload.empty()) {
            sum.add_copying(payload, to.data());
        }
        return sum.checksum() == 0;
    }

    [[gnu::always_inline]] static bool is_alive(const Connection& c, std::uint64_t now) noexcept {
        return c.rst_ == Rst::none && now >= c.latest_now_;
    }

    // No timeout has expired, and the latest began after the clock's 0. True of a timeout that does not run, too,
    // unless that is long ago.
    [[gnu::always_inline]] static bool is_before_timeout(const Connection& c, std::uint64_t now) noexcept {
        return c.timeout_start_ <= c.latest_now_ && now - c.timeout_start_ < c.rto_period_;
    }

    [[gnu::always_inline]] static Cause write_nothing(Connection& c, std::uint64_t now) noexcept {
        c.advance_clock_only(now);
        c.persisting_ = false;
        return Cause::none;
    }

    // What of a source can be sent now, and was not sent before: nothing, too, when it has no more than was sent, or
    // when the window is used up. False: it is not contiguous, or does not go with the numbers, or a closed window may
    // have to be probed.
    [[gnu::always_inline]] static bool take_unsent(const Connection& c, const PayloadSource& payload,
                                                   TcpPayload& carried) noexcept {
        const std::uint64_t size = payload.bytes.size();
        const std::uint32_t offset = c.snd_nxt_.distance_from(payload.first);
        const std::uint32_t window = c.snd_edge_.distance_from(c.snd_nxt_);
        if (size >= max_window_size || offset > size || window >= max_window_size || !payload.bytes.is_contiguous()) {
            return false;
        }
        const std::uint64_t length = std::min<std::uint64_t>(size - offset, window);
        if (length == 0) {
            return offset == size || c.anything_outstanding();
        }
        carried.source = &payload.bytes;
        carried.offset = offset;
        carried.length = length;
        return true;
    }

    [[gnu::always_inline]] static void commit(Connection& c, const IncompleteTcpSegment& segment,
                                              const TcpFields& fields, std::uint64_t now) noexcept {
        c.advance_clock_only(now);
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
