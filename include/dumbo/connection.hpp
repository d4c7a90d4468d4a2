// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/byte_source.hpp>
#include <dumbo/result.hpp>
#include <dumbo/seq_number.hpp>
#include <dumbo/tcp_segment.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <type_traits>

namespace dumbo::inline v0 {

// What a connection can do beyond its base, each for itself and in any combination; off by default. A set of bits. The
// exact rules: docs/behaviour.md, section 8.
namespace option {
// Every unacceptable segment is answered with an ACK: old data, repeated FINs, keep-alives, window probes.
inline constexpr std::uint8_t ack_unacceptable = 0x01;
// Only what RFC 5681 calls a duplicate ACK counts as one.
inline constexpr std::uint8_t strict_dup_ack = 0x02;
// A closed window of the peer's is probed, one byte every rto_period.
inline constexpr std::uint8_t zero_window_probe = 0x04;
// An ACK tells the peer that our window has grown by enough, not only that it is no longer closed.
inline constexpr std::uint8_t window_update = 0x08;
// An ACK of our SYNACK establishes the connection also when a repeated SYN asked for another SYNACK.
inline constexpr std::uint8_t tolerant_handshake = 0x10;
// Once established, a segment without ACK or with an unacceptable one is dropped whole.
inline constexpr std::uint8_t strict_acceptance = 0x20;
// RSTs and SYNs that are not exactly right draw a challenge ACK.
inline constexpr std::uint8_t rfc5961 = 0x40;
// The connection is done only when our FIN is acknowledged.
inline constexpr std::uint8_t linger = 0x80;

inline constexpr std::uint8_t none = 0;
// What a service that faces real guests wants: all of them.
inline constexpr std::uint8_t guest_facing = 0xff;
}  // namespace option

struct ConnectionConfig {
    std::uint32_t local_rwnd_size = 65535;        // initial receive window, 0 ... max_window_size
    std::uint64_t rto_period = 0;                 // retransmission timeout, in the unit of `now`; must be set
    std::uint16_t rto_count_max = 15;             // this many consecutive timeouts reset the connection; not 0
    std::optional<SeqNumber> isn = std::nullopt;  // the initial send sequence number; chosen at random unless given
    std::uint8_t options = option::none;          // bits of namespace option
};

// Bytes to send, and the sequence number of the first one.
struct PayloadSource {
    ByteSource bytes;
    SeqNumber first;

    // One past the last, modulo 2^32.
    [[nodiscard]] SeqNumber end() const noexcept { return first + static_cast<std::uint32_t>(bytes.size()); }
};

// Oddities of a received segment, none of which is an error. A set of bits.
namespace anomaly {
inline constexpr std::uint32_t invalid_ack = 0x001;
inline constexpr std::uint32_t dup_ack = 0x002;
inline constexpr std::uint32_t segment_beyond_rwnd = 0x004;
inline constexpr std::uint32_t unexpected_seq = 0x008;
inline constexpr std::uint32_t remote_rwnd_edge = 0x010;
inline constexpr std::uint32_t data_beyond_fin = 0x020;
inline constexpr std::uint32_t reset_received = 0x040;
inline constexpr std::uint32_t invalid_rst = 0x080;
inline constexpr std::uint32_t invalid_segment = 0x100;
inline constexpr std::uint32_t conn_resetting = 0x200;
inline constexpr std::uint32_t invalid_fin = 0x400;
inline constexpr std::uint32_t challenge_ack = 0x800;  // a challenge ACK is due because of it
}  // namespace anomaly

struct Received {
    std::size_t length = 0;       // payload bytes delivered
    std::uint32_t anomalies = 0;  // bits of namespace anomaly
};

// Why a segment is sent.
enum class Cause : std::uint8_t {
    none,           // nothing is sent
    syn,            // the SYNACK that answers the SYN
    repeated_syn,   // the SYNACK again, as the SYN came again
    data,           // payload that was not sent before, perhaps with the FIN
    ack,            // an ACK was due
    fin,            // our FIN, which no payload carries
    timeout,        // SYNACK, payload or FIN again: no ACK in time
    dup_ack,        // payload or FIN again: a duplicate ACK asked for it
    window_opened,  // the probe's octet again: the peer's window has opened
    probe,          // one octet into a closed window
    reset,          // a RST was queued, by reset() or because of a segment
    given_up,       // a RST, after as many timeouts as are allowed
};

struct Sent {
    IncompleteTcpSegment segment;
    Cause cause = Cause::none;
};

// Who cuts payload into segments of the MSS.
enum class Segmentation : std::uint8_t {
    ours,       // each segment that is written is at most an MSS
    by_device,  // what is written may be longer, up to what an IPv4 packet holds: the device cuts it (TSO)
};

// What is left to the device that sends a segment.
struct Offload {
    ChecksumPolicy checksum = ChecksumPolicy::full;
    Segmentation segmentation = Segmentation::ours;
};

// Moves the times inside of a snapshot to another clock: what was `old_now` is `new_now` from now on.
struct ClockRebase {
    std::uint64_t old_now = 0;  // the old clock when the snapshot was taken, or later
    std::uint64_t new_now = 0;  // the new clock at the same moment
};

struct NextSegmentStatus {
    enum class Kind : std::uint8_t { nothing, available, timeout };

    Kind kind = Kind::nothing;
    std::uint64_t deadline = 0;  // of a timeout

    friend bool operator==(const NextSegmentStatus&, const NextSegmentStatus&) noexcept = default;
};

// The states of RFC 9293, 3.3.2, as far as a passively opened connection without TIME-WAIT has them.
enum class State : std::uint8_t {
    closed,
    syn_received,
    established,
    fin_wait_1,
    fin_wait_2,
    close_wait,
    last_ack,  // CLOSING included: they differ only in the TIME-WAIT that follows
};

// One TCP connection, opened passively.
//
// It is not a general TCP: segments must arrive in order, there is no congestion control and no window scaling, the
// first duplicate ACK triggers a retransmission, and there is no TIME-WAIT. That is sound between a VMM and its guest,
// where nothing is lost on purpose. No payload is kept: the caller lends a buffer to receive into, and lends outgoing
// bytes together with the sequence number of the first.
//
// A connection is a plain value: a copy is a clone. `now` is opaque, in the unit of rto_period, and never decreases. A
// call that returns an error changes nothing, with the one exception at write_next_segment().
class Connection {
public:
    // Whether the numbers of a config are in their ranges.
    [[nodiscard]] static bool accepts(const ConnectionConfig& config) noexcept {
        return config.local_rwnd_size <= max_window_size && config.rto_period != 0 && config.rto_count_max != 0;
    }

    // Errors: invalid_argument, invalid_syn, mss_option, no_entropy.
    static Result<Connection> passive_open(const TcpSegment& syn, const ConnectionConfig& config) noexcept;

    // The whole connection as bytes, which restore() turns into the same connection again, in any process on any
    // machine. The format: docs/snapshot.md.
    static constexpr std::size_t snapshot_length = 96;
    using Snapshot = std::array<std::uint8_t, snapshot_length>;
    [[nodiscard]] Snapshot snapshot() const noexcept;

    // Any bytes are allowed: what is not a snapshot of a state that a connection can be in is an error.
    // Errors: the snapshot_* ones, and timestamp_decreased if old_now is before the snapshot's latest `now`.
    static Result<Connection> restore(std::span<const std::uint8_t> bytes,
                                      const std::optional<ClockRebase>& rebase = std::nullopt) noexcept;

    // Takes a segment. Its payload, if accepted, is copied into `buffer`.
    // Errors: connection_reset, timestamp_decreased, buffer_too_small (for a payload that would be accepted).
    Result<Received> receive_segment(const TcpSegment& segment, std::span<std::uint8_t> buffer,
                                     std::uint64_t now) noexcept;

    // The same for bytes that are yet to be looked at. With addresses their checksum is verified, in the pass that
    // copies the payload: what is delivered is what the checksum covers, even if the peer goes on writing to `bytes`;
    // `buffer` may have been written to whatever comes of the call. Errors: those, and those of TcpSegment::parse() and
    // parse_verified().
    Result<Received> receive_segment(std::span<const std::uint8_t> bytes, const Ipv4AddressPair* verify,
                                     std::span<std::uint8_t> buffer, std::uint64_t now) noexcept;

    // The same without a copy: Received::length bytes of segment.payload() count as delivered (all of them, or none).
    // Errors: connection_reset, timestamp_decreased.
    Result<Received> receive_segment_in_place(const TcpSegment& segment, std::uint64_t now) noexcept;

    // Writes the next segment, if there is one: at most one a call.
    // Errors: connection_reset, timestamp_decreased, payload_too_large, payload_missing_seq, data_after_fin,
    // mss_reserved, and those of IncompleteTcpSegment::write(). On a timeout payload_missing_seq counts it and starts
    // the next, so that a vanished peer is given up whatever the caller supplies.
    Result<std::optional<Sent>> write_next_segment(std::span<std::uint8_t> buffer, std::uint16_t mss_reserved,
                                                   const PayloadSource* payload, std::uint64_t now,
                                                   const Offload& offload = {}) noexcept;

    // The same into `sent`, without a result to be copied: Cause::none if there is nothing to send, and on an error.
    std::optional<Error> write_next_segment_to(Sent& sent, std::span<std::uint8_t> buffer, std::uint16_t mss_reserved,
                                               const PayloadSource* payload, std::uint64_t now,
                                               const Offload& offload = {}) noexcept;

    // Whether a control segment can be written now, or when a timeout strikes. Data is not considered: the connection
    // does not know what the caller has to send.
    [[nodiscard]] NextSegmentStatus control_segment_or_timeout_status() const noexcept;

    // Records the FIN at SND.NXT. Later calls have no effect.
    void close() noexcept;
    // Records it so many octets behind SND.NXT: they are still to be sent, and the segment with the last of them
    // carries the FIN. Later calls have no effect. Errors: invalid_argument, for more than max_window_size.
    std::optional<Error> close_after(std::uint32_t octets) noexcept;
    // Queues a RST, unless one is queued: the next write sends it and ends the connection.
    void reset() noexcept;
    // The RST that reset() would queue now.
    [[nodiscard]] RstConfig make_rst_config() const noexcept;
    // Opens the receive window by `octets`, at most to max_window_size.
    void advance_local_rwnd_edge(std::uint32_t octets) noexcept;

    [[nodiscard]] bool is_established() const noexcept { return phase_ == Phase::established; }
    [[nodiscard]] bool fin_received() const noexcept { return fin_received_; }
    // Our FIN is acknowledged: the peer has everything.
    [[nodiscard]] bool fin_acknowledged() const noexcept { return fin_sent() && snd_una_ == snd_nxt_; }
    // Reset, or FIN received and FIN sent (acknowledged, with option::linger).
    [[nodiscard]] bool is_done() const noexcept {
        return is_reset() || (fin_received_ && (has(option::linger) ? fin_acknowledged() : fin_sent()));
    }
    [[nodiscard]] bool is_reset() const noexcept { return rst_ == Rst::done; }
    // A RST waits to be written.
    [[nodiscard]] bool is_resetting() const noexcept { return rst_ == Rst::queued; }
    [[nodiscard]] bool dup_ack_pending() const noexcept { return dup_ack_pending_; }
    [[nodiscard]] SeqNumber first_not_sent() const noexcept { return snd_nxt_; }
    [[nodiscard]] SeqNumber highest_ack_received() const noexcept { return snd_una_; }
    [[nodiscard]] SeqNumber remote_rwnd_edge() const noexcept { return snd_edge_; }
    [[nodiscard]] SeqNumber next_expected() const noexcept { return rcv_nxt_; }
    // A FIN takes one sequence number even of a closed window.
    [[nodiscard]] std::uint32_t local_rwnd() const noexcept {
        return rcv_nxt_.after(rcv_edge_) ? 0 : rcv_edge_.distance_from(rcv_nxt_);
    }
    // The number of our FIN, sent or not.
    [[nodiscard]] std::optional<SeqNumber> recorded_fin() const noexcept {
        return fin_recorded_ ? std::optional(fin_) : std::nullopt;
    }
    // The largest `now` so far.
    [[nodiscard]] std::uint64_t latest_now() const noexcept { return latest_now_; }
    [[nodiscard]] std::uint16_t mss() const noexcept { return mss_; }
    [[nodiscard]] State state() const noexcept;

    // The steps of opening, of receiving and of writing, which are the library's own.
    struct Opening;
    class Usual;
    class Arrival;
    class Departure;
    Connection(const Opening& opening, const ConnectionConfig& config) noexcept;

    // A byte for the owner: no part of the connection's state, nor of a snapshot, but near what every segment touches.
    [[nodiscard]] std::uint8_t tag() const noexcept { return tag_; }
    void set_tag(std::uint8_t tag) noexcept { tag_ = tag; }

private:
    // How far the handshake has come; it goes back from synack_sent when the SYN is repeated.
    enum class Phase : std::uint8_t { syn_received, synack_sent, established };
    // The life of a RST of ours. A RST of the peer goes straight to done.
    enum class Rst : std::uint8_t { none, queued, done };
    // The octet that was sent although the peer's window is closed. `answered`: the peer is alive and keeps it closed.
    // `opened`: it has opened the window, and waits for the octet again.
    enum class Probe : std::uint8_t { none, sent, answered, opened };

    static constexpr std::uint32_t window_field_max = 65535;

    Connection() noexcept = default;

    [[nodiscard]] bool has(std::uint8_t option) const noexcept { return (options_ & option) != 0; }

    // By value: nothing else asks for the segment to be in memory.
    Result<Received> receive_rehearsed(TcpSegment segment, std::size_t room, std::uint64_t now) noexcept;
    [[gnu::noinline]] Result<Received> receive_unusual_segment(std::span<const std::uint8_t> bytes,
                                                               const Ipv4AddressPair* verify,
                                                               std::span<std::uint8_t> buffer,
                                                               std::uint64_t now) noexcept;
    [[gnu::noinline]] std::optional<Error> write_unusual_segment(Sent& sent, std::span<std::uint8_t> buffer,
                                                                 std::uint16_t mss_reserved,
                                                                 const PayloadSource* payload, std::uint64_t now,
                                                                 const Offload& offload) noexcept;
    void queue_rst(const RstConfig& config) noexcept;
    void advance_clock(std::uint64_t now) noexcept {
        keep_before(timeout_start_, now);
        advance_clock_only(now);
    }
    // For who starts a timeout, or knows that the latest began after the clock's 0.
    void advance_clock_only(std::uint64_t now) noexcept {
        if (challenged_) {
            keep_before(latest_challenge_, now);
        }
        latest_now_ = now;
    }
    // A time before the clock's 0 looks like one near its end. When that end is reached, it must not become one: then
    // it is as long ago as anything can be.
    void keep_before(std::uint64_t& time, std::uint64_t now) const noexcept {
        if (time > latest_now_ && now >= time) {
            time = now + 1;
        }
    }
    [[nodiscard]] bool control_segment_due() const noexcept {
        return ack_due_ || fin_is_next() || (dup_ack_pending_ && only_fin_outstanding());
    }
    [[nodiscard]] std::uint16_t advertised_window() const noexcept {
        const std::uint32_t window = rcv_edge_.distance_from(rcv_nxt_);
        return static_cast<std::uint16_t>(window <= window_field_max ? window
                                                                     : std::min(local_rwnd(), window_field_max));
    }
    [[nodiscard]] bool timeout_runs() const noexcept { return anything_outstanding() || persisting_; }
    // A peer that answers probes is alive, however long its window stays closed.
    [[nodiscard]] bool timeout_counts() const noexcept { return anything_outstanding() && probe_ != Probe::answered; }
    [[nodiscard]] bool timeout_expired(std::uint64_t now) const noexcept {
        if (rst_ != Rst::none || phase_ == Phase::syn_received || !timeout_runs()) {
            return false;
        }
        const std::uint64_t elapsed = latest_now_ - timeout_start_;
        return elapsed >= rto_period_ || now - latest_now_ >= rto_period_ - elapsed;
    }
    [[nodiscard]] std::uint64_t timeout_deadline() const noexcept;

    // snapshot.cpp: what each part of a state must be like to be one that can come about.
    template <typename Self, typename Visitor>
    static void visit_fields(Self& self, Visitor& visitor) noexcept;
    [[nodiscard]] std::optional<Error> impossibility() const noexcept;
    [[nodiscard]] bool has_possible_values() const noexcept;
    [[nodiscard]] bool has_possible_options() const noexcept;
    [[nodiscard]] bool has_possible_handshake() const noexcept;
    [[nodiscard]] bool has_possible_send_side() const noexcept;
    [[nodiscard]] bool has_possible_fin() const noexcept;
    [[nodiscard]] bool has_possible_probe() const noexcept;
    [[nodiscard]] bool has_possible_receive_side() const noexcept;
    [[nodiscard]] bool has_possible_timeouts() const noexcept;
    [[nodiscard]] bool has_possible_reset() const noexcept;
    void rebase_clock(const ClockRebase& rebase) noexcept;

    // What the state says about our FIN. Once recorded, nothing past it is sent, so SND.NXT tells whether it went out.
    [[nodiscard]] bool fin_sent() const noexcept { return fin_recorded_ && snd_nxt_ == fin_ + 1; }
    [[nodiscard]] bool only_fin_outstanding() const noexcept { return fin_sent() && snd_una_ == fin_; }
    [[nodiscard]] bool fin_is_next() const noexcept { return fin_recorded_ && !fin_sent() && snd_una_ == fin_; }
    [[nodiscard]] bool anything_outstanding() const noexcept { return snd_una_ != snd_nxt_; }
    // The peer's window was closed when it was last heard of, and what is outstanding is the probe.
    [[nodiscard]] bool is_probing() const noexcept { return probe_ == Probe::sent || probe_ == Probe::answered; }

    // The fields that every segment touches come first and share a cache line.

    // Times are modulo 2^64 and never after latest_now_: those that seem to be lie before the 0 of a clock that a
    // restored connection was moved to.
    std::uint64_t latest_now_ = 0;     // the largest `now` so far
    std::uint64_t timeout_start_ = 0;  // when the running retransmission timeout began
    std::uint64_t rto_period_ = 0;

    SeqNumber snd_una_;
    SeqNumber snd_nxt_;
    SeqNumber snd_edge_;  // right edge of the peer's window
    SeqNumber rcv_nxt_;
    SeqNumber rcv_edge_;         // right edge of ours; RCV.NXT is one past it when a FIN came in while it was closed
    SeqNumber advertised_edge_;  // the right edge that the peer knows

    std::uint16_t mss_ = mss_default;
    std::uint8_t options_ = option::none;
    std::uint8_t tag_ = 0;

    std::uint16_t timeout_count_ = 0;  // consecutive ones
    Phase phase_ = Phase::syn_received;
    Rst rst_ = Rst::none;
    Probe probe_ = Probe::none;
    bool fin_recorded_ = false;
    bool fin_received_ = false;
    bool ack_due_ = false;
    bool dup_ack_pending_ = false;
    bool persisting_ = false;      // the latest write had data to send, nothing outstanding, and a closed window
    bool synack_written_ = false;  // once, at least
    bool challenged_ = false;      // there is a latest challenge ACK

    // Fields of what is rare.
    SeqNumber fin_;         // of our FIN, once recorded
    RstConfig rst_config_;  // of the queued RST
    std::uint16_t rto_count_max_ = 0;
    std::uint16_t update_threshold_ = 0;  // by how much our window must grow to be worth an ACK
    std::uint64_t latest_challenge_ = 0;
};

static_assert(sizeof(Connection) <= 128);
static_assert(std::is_trivially_copyable_v<Connection>);

}  // namespace dumbo::inline v0
