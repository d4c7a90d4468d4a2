// SPDX-License-Identifier: Apache-2.0
#include <dumbo/connection.hpp>

#include "wire/crc_32.hpp"
#include "wire/snapshot_bytes.hpp"

#include <algorithm>
#include <limits>

// A connection as bytes, and back. docs/snapshot.md describes the format, and the states that are refused.
namespace dumbo::inline v0 {

namespace {

constexpr std::uint32_t magic = 0x50435464;  // "dTCP"
constexpr std::uint16_t version = 1;

}  // namespace

template <typename Self, typename Visitor>
void Connection::visit_fields(Self& self, Visitor& visitor) noexcept {
    visitor.number(self.rto_period_);
    visitor.number(self.latest_now_);
    visitor.number(self.timeout_start_);
    visitor.number(self.latest_challenge_);

    visitor.number(self.snd_una_);
    visitor.number(self.snd_nxt_);
    visitor.number(self.snd_edge_);
    visitor.number(self.rcv_nxt_);
    visitor.number(self.rcv_edge_);
    visitor.number(self.advertised_edge_);
    visitor.number(self.fin_);
    visitor.number(self.rst_config_.number);

    visitor.number(self.mss_);
    visitor.number(self.timeout_count_);
    visitor.number(self.rto_count_max_);
    visitor.number(self.update_threshold_);

    visitor.number(self.options_);
    visitor.code(self.phase_, Phase::established);
    visitor.code(self.rst_, Rst::done);
    visitor.code(self.rst_config_.kind, RstConfig::Kind::ack);
    visitor.code(self.probe_, Probe::opened);
    visitor.flag(self.fin_recorded_);
    visitor.flag(self.fin_received_);
    visitor.flag(self.ack_due_);
    visitor.flag(self.dup_ack_pending_);
    visitor.flag(self.persisting_);
    visitor.flag(self.synack_written_);
    visitor.flag(self.challenged_);
}

Connection::Snapshot Connection::snapshot() const noexcept {
    Snapshot bytes{};
    SnapshotWriter writer(bytes);
    writer.number(magic);
    writer.number(version);
    writer.number(static_cast<std::uint16_t>(bytes.size()));
    visit_fields(*this, writer);
    writer.number(crc_32(std::span(bytes).first<snapshot_length - crc_length>()));
    return bytes;
}

Result<Connection> Connection::restore(std::span<const std::uint8_t> bytes,
                                       const std::optional<ClockRebase>& rebase) noexcept {
    constexpr std::size_t header_length = sizeof magic + sizeof version + sizeof(std::uint16_t);
    if (bytes.size() < header_length) {
        return Error::snapshot_length;
    }
    SnapshotReader reader(bytes);
    if (reader.read<std::uint32_t>() != magic) {
        return Error::snapshot_format;
    }
    if (reader.read<std::uint16_t>() != version) {
        return Error::snapshot_version;
    }
    if (reader.read<std::uint16_t>() != snapshot_length || bytes.size() != snapshot_length) {
        return Error::snapshot_length;
    }
    if (SnapshotReader(bytes.last<crc_length>()).read<std::uint32_t>() !=
        crc_32(bytes.first(snapshot_length - crc_length))) {
        return Error::snapshot_checksum;
    }
    Connection connection;
    visit_fields(connection, reader);
    if (!reader.is_valid()) {
        return Error::snapshot_value;
    }
    if (const auto error = connection.impossibility()) {
        return *error;
    }
    if (rebase) {
        if (rebase->old_now < connection.latest_now_) {
            return Error::timestamp_decreased;
        }
        connection.rebase_clock(*rebase);
    }
    return connection;
}

// What happened some time ago on the old clock happened as long ago on the new one, be it before the new one's 0.
void Connection::rebase_clock(const ClockRebase& rebase) noexcept {
    const auto moved = [&](std::uint64_t time) {
        const std::uint64_t age = latest_now_ - time;
        const std::uint64_t since = rebase.old_now - latest_now_;
        return rebase.new_now - (age + std::min(since, std::numeric_limits<std::uint64_t>::max() - age));
    };
    if (synack_written_) {
        timeout_start_ = moved(timeout_start_);
    }
    if (challenged_) {
        latest_challenge_ = moved(latest_challenge_);
    }
    latest_now_ = rebase.new_now;
}

// The first thing that no sequence of calls could have led to.
std::optional<Error> Connection::impossibility() const noexcept {
    if (!has_possible_values()) {
        return Error::snapshot_value;
    }
    if (!has_possible_options()) {
        return Error::snapshot_option;
    }
    if (!has_possible_handshake()) {
        return Error::snapshot_handshake;
    }
    if (!has_possible_send_side() || !has_possible_probe()) {
        return Error::snapshot_send;
    }
    if (!has_possible_receive_side()) {
        return Error::snapshot_receive;
    }
    if (!has_possible_timeouts()) {
        return Error::snapshot_timeout;
    }
    if (!has_possible_reset()) {
        return Error::snapshot_reset;
    }
    return std::nullopt;
}

bool Connection::has_possible_values() const noexcept {
    return rto_period_ != 0 && rto_count_max_ != 0 && mss_ >= mss_min && mss_ <= mss_max && update_threshold_ >= 1 &&
           update_threshold_ <= mss_;
}

bool Connection::has_possible_options() const noexcept {
    const bool may_probe = has(option::zero_window_probe);
    const bool may_challenge = has(option::rfc5961) || has(option::strict_acceptance);
    return (may_probe || (probe_ == Probe::none && !persisting_)) && (may_challenge || !challenged_);
}

// Before it is established, a connection has its SYNACK to be acknowledged and nothing else.
bool Connection::has_possible_handshake() const noexcept {
    if (is_established()) {
        return synack_written_;
    }
    if (fin_received_ || dup_ack_pending_ || persisting_ || challenged_ || probe_ != Probe::none) {
        return false;
    }
    // Since the opening our window can only have grown, and no SYNACK said less. An ACK is due only if it was closed
    // then.
    const std::uint32_t announced = synack_written_ ? advertised_edge_.distance_from(rcv_nxt_) : window_field_max;
    const bool has_grown =
        update_threshold_ == 1 || (local_rwnd() / 2 >= update_threshold_ &&
                                   (announced / 2 >= update_threshold_ || announced == window_field_max));
    const bool may_owe_ack = update_threshold_ == 1;
    return has_grown && (may_owe_ack || !ack_due_) && (synack_written_ || phase_ == Phase::syn_received) &&
           (synack_written_ || advertised_edge_ == rcv_nxt_) && snd_nxt_.distance_from(snd_una_) == 1;
}

// SND.UNA <= SND.NXT <= the edge, but for a FIN or a probe at the edge, in the order of the window that the peer
// announced.
bool Connection::has_possible_send_side() const noexcept {
    constexpr std::uint32_t snd_wnd_max = std::numeric_limits<std::uint16_t>::max();
    const std::uint32_t outstanding = snd_nxt_.distance_from(snd_una_);
    const std::uint32_t window = snd_edge_.distance_from(is_established() ? snd_una_ : snd_nxt_);
    const bool may_pass_edge = fin_sent() || is_probing() || !is_established();
    if (window > snd_wnd_max || outstanding > window + (may_pass_edge ? 1 : 0)) {
        return false;
    }
    return has_possible_fin() && (!dup_ack_pending_ || outstanding > 0);
}

// Sent, next, or behind what is still to be sent.
bool Connection::has_possible_fin() const noexcept {
    if (!fin_recorded_) {
        return fin_ == SeqNumber();
    }
    return fin_.distance_from(snd_nxt_) <= max_window_size || (fin_sent() && is_established());
}

// What is outstanding while probing is the probe's octet, and the window says whether its answer has come.
bool Connection::has_possible_probe() const noexcept {
    if (persisting_ && (anything_outstanding() || fin_sent())) {
        return false;
    }
    if (probe_ == Probe::none) {
        return true;
    }
    const bool is_open = snd_edge_ != snd_una_;
    return snd_nxt_.distance_from(snd_una_) == 1 && !fin_sent() && is_open == (probe_ == Probe::opened) &&
           dup_ack_pending_ == is_open;
}

// A window that is not too large, and one past it for the peer's FIN. What was announced last moves only with an ACK.
bool Connection::has_possible_receive_side() const noexcept {
    const bool fin_past_edge = fin_received_ && rcv_nxt_ == rcv_edge_ + 1;
    if (!fin_past_edge && rcv_edge_.distance_from(rcv_nxt_) > max_window_size) {
        return false;
    }
    if (is_established() && ack_due_) {
        return true;  // RCV.NXT may have moved anywhere since
    }
    const std::uint32_t announced = advertised_edge_.distance_from(rcv_nxt_);
    if (announced > advertised_window()) {
        return false;
    }
    // A peer that knows of a closed window is owed an ACK once it is open. During the handshake nobody else is.
    const bool knows_closed = announced == 0;
    return !synack_written_ || (knows_closed ? ack_due_ || local_rwnd() == 0 : !ack_due_);
}

// No timeout runs before the SYNACK, and only what is outstanding can be late. The last one resets.
bool Connection::has_possible_timeouts() const noexcept {
    if (!synack_written_ && (timeout_start_ != 0 || timeout_count_ != 0)) {
        return false;
    }
    if (!challenged_ && latest_challenge_ != 0) {
        return false;
    }
    if (timeout_count_ > 0 && (!anything_outstanding() || probe_ == Probe::answered)) {
        return false;
    }
    const bool has_given_up = is_reset() && rst_config_ == RstConfig{};
    return timeout_count_ < rto_count_max_ || (timeout_count_ == rto_count_max_ && has_given_up);
}

// A RST has a config while it waits, and keeps it. One of the peer's, or of the timeouts, has none.
bool Connection::has_possible_reset() const noexcept {
    if (rst_config_ == RstConfig{}) {
        return rst_ != Rst::queued || !is_established() || make_rst_config() == RstConfig{} || !has(option::rfc5961);
    }
    const bool is_callers = is_established() && has(option::rfc5961);  // then no segment of the peer's leads to a RST
    return rst_ != Rst::none && (!is_callers || rst_config_ == make_rst_config()) && !(is_reset() && persisting_);
}

}  // namespace dumbo::inline v0
