// SPDX-License-Identifier: Apache-2.0
#include <dumbo/arp.hpp>
#include <dumbo/ethernet.hpp>
#include <dumbo/ipv4.hpp>

#include "stack/state.hpp"
#include "tcp/arrival.hpp"

#include <algorithm>

// What the guest sends: frames from the outside to the inside, until a connection has its segment. Most frames hold
// one, and so the compiler makes one function of these steps. The verdict is written where the caller wants it: a copy
// would be loaded in one from what was stored in pieces, and wait for them.
namespace dumbo::inline v0 {

using stack::Life;
using stack::no_slot;
using stack::Peer;
using stack::Slot;
using stack::SlotIndex;

namespace {

constexpr std::uint8_t protocol_tcp = 6;
constexpr std::uint8_t more_fragments = 1;
constexpr MacAddress broadcast = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

// Whether the device, or the guest by way of it, vouches for the TCP checksum.
bool is_vouched_for(const VirtioNetHeader* header) noexcept {
    constexpr std::uint32_t vouching = VirtioNetHeader::needs_checksum + VirtioNetHeader::data_valid;
    return header != nullptr && (header->flags & vouching) != 0;
}

}  // namespace

bool Stack::is_for_us(std::span<const std::uint8_t> frame) const noexcept {
    return is_ipv4_frame_for(frame, state_->config.address) || is_arp_frame_for(frame, state_->config.address);
}

Result<FrameVerdict> Stack::receive_frame(std::span<const std::uint8_t> bytes, std::uint64_t now,
                                          const VirtioNetHeader* header) noexcept {
    FrameVerdict verdict;
    const auto error = receive_frame_to(verdict, bytes, now, header);
    return error ? Result<FrameVerdict>(*error) : verdict;
}

[[gnu::flatten]] std::optional<Error> Stack::receive_frame_to(FrameVerdict& verdict,
                                                              std::span<const std::uint8_t> bytes, std::uint64_t now,
                                                              const VirtioNetHeader* header) noexcept {
    State& state = *state_;
    verdict = FrameVerdict{};
    if (now < state.latest_now) {
        return Error::timestamp_decreased;
    }
    state.latest_now = now;
    ++state.counters.frames_in;
    state.receive_ethernet(verdict, bytes, is_vouched_for(header), now);
    return std::nullopt;
}

void Stack::State::receive_ethernet(FrameVerdict& verdict, std::span<const std::uint8_t> bytes, bool is_tcp_vouched_for,
                                    std::uint64_t now) noexcept {
    const auto frame = EthernetFrame::parse(bytes);
    if (!frame) {
        verdict = malformed(frame.error());
        return;
    }
    const MacAddress to = frame->destination();
    const bool is_arp = frame->ethertype() == ethertype_arp;
    if (!stack::is_group(frame->source()) && (to == config.mac || (is_arp && to == broadcast))) {
        if (is_arp) {
            verdict = receive_arp(frame->payload());
            return;
        }
        if (frame->ethertype() == ethertype_ipv4) {
            const bool is_tcp_trusted = !config.verifies_checksums || is_tcp_vouched_for;
            receive_ipv4(verdict, frame->payload(), frame->source(), is_tcp_trusted, now);
            return;
        }
    }
    ++counters.foreign;
}

void Stack::State::receive_ipv4(FrameVerdict& verdict, std::span<const std::uint8_t> bytes, const MacAddress& from,
                                bool is_tcp_trusted, std::uint64_t now) noexcept {
    // A link pads short packets.
    const std::size_t length = std::min<std::size_t>(bytes.size(), ipv4_total_length(bytes));
    const auto check = config.verifies_checksums ? ChecksumCheck::verify : ChecksumCheck::skip;
    const auto packet = Ipv4Packet::parse(bytes.first(length), check);
    if (!packet) {
        verdict = malformed(packet.error());
        return;
    }
    if (packet->destination() != config.address || !can_be_answered(packet->source()) ||
        packet->protocol() != protocol_tcp) {
        ++counters.foreign;
        return;
    }
    if (packet->fragment_offset() != 0 || (packet->flags() & more_fragments) != 0) {
        ++counters.fragments;
        verdict.kind = FrameVerdict::Kind::fragment;
        return;
    }
    const auto segment = TcpSegment::parse(packet->payload());
    if (!segment) {
        verdict = malformed(segment.error());
        return;
    }
    const Peer peer{.mac = from,
                    .address = packet->source(),
                    .port = segment->source_port(),
                    .our_port = segment->destination_port()};
    constexpr std::uint32_t ecn_setup = tcp_flag::syn + tcp_flag::ece + tcp_flag::cwr;
    const auto tcp_check = is_tcp_trusted ? ChecksumCheck::skip : ChecksumCheck::verify;
    if (segment->flags() == ecn_setup && segment->payload_length() == 0) [[unlikely]] {
        verdict = receive_ecn_syn(*segment, peer, tcp_check, now);
        return;
    }
    receive_tcp(verdict, *segment, peer, tcp_check, now);
}

void Stack::State::receive_tcp(FrameVerdict& verdict, const TcpSegment& segment, const Peer& peer, ChecksumCheck check,
                               std::uint64_t now) noexcept {
    const SlotIndex index = peers.find(buckets, slots, peer);
    if (index == no_slot) [[unlikely]] {
        verdict = receive_stranger(segment, peer, check, now);
        return;
    }
    receive_segment(verdict, index, segment, check, now);
}

// A payload that can be delivered is copied in the pass that sums it: what the application gets is what the checksum
// covers, even if the guest goes on writing to the frame. Until the segment is taken the copy lies where nothing is.
void Stack::State::receive_segment(FrameVerdict& verdict, SlotIndex index, const TcpSegment& segment,
                                   ChecksumCheck check, std::uint64_t now) noexcept {
    Slot& slot = slots[index];
    Connection::Arrival arrival(*slot.core, segment, now);
    if (check == ChecksumCheck::verify) {
        ChecksumAccumulator sum = header_sum(segment, slot.peer.address);
        if (arrival.may_be_delivered()) {
            put_behind(index, segment.payload(), [&sum](auto piece, std::uint8_t* to) { sum.add_copying(piece, to); });
        } else {
            sum.add(segment.payload());
        }
        if (sum.checksum() != 0) {
            verdict = malformed(Error::checksum);
            return;
        }
    }
    verdict.kind = FrameVerdict::Kind::received;
    verdict.connection = slot.id;
    const auto received = arrival.take_if_alive();
    if (!received) {
        verdict.error = received.error();
        return;
    }
    if (check == ChecksumCheck::skip && received->length > 0) {
        put_behind(index, segment.payload().first(received->length),
                   [](auto piece, std::uint8_t* to) { std::copy(piece.begin(), piece.end(), to); });
    }
    verdict.anomalies = received->anomalies;
    verdict.delivered = static_cast<std::uint32_t>(received->length);
    slot.last_heard = now;
    if (slot.life == Life::open) {
        open.move_to_end(slots, index);
    }
    settle(index, *received);
}

// Copies payload behind what is in the ring, in one piece or, around the ring's end, in two. There is room: the window
// is never larger than what is free.
template <typename Copy>
void Stack::State::put_behind(SlotIndex index, std::span<const std::uint8_t> payload, const Copy& copy) const noexcept {
    const auto buffer = in_buffer(index);
    const stack::RingPosition in = slots[index].in;
    const std::size_t end = stack::wrapped(in.first + in.length, config.receive_buffer);
    const std::size_t until_end = std::min(payload.size(), buffer.size() - end);
    copy(payload.first(until_end), buffer.data() + end);
    if (until_end < payload.size()) {
        copy(payload.subspan(until_end), buffer.data());
    }
}

// What a segment changed, for the application to hear of.
void Stack::State::settle(SlotIndex index, const Received& received) noexcept {
    Slot& slot = slots[index];
    if ((received.anomalies & anomaly::reset_received) != 0) {
        finish(index, StackEvent::Reason::reset_by_peer);
        return;
    }
    if ((received.anomalies & anomaly::conn_resetting) != 0) {
        slot.close_reason = static_cast<std::uint8_t>(StackEvent::Reason::reset);
        slot.is_closing = true;
    }
    if (slot.life == Life::half_open && slot.core->is_established()) {
        ++counters.established;
        half_open.remove(slots, index);
        open.append(slots, index);
        slot.life = Life::open;
        tell(index, stack::opened_bit);
    }
    if (received.length > 0) {
        slot.in.length += static_cast<std::uint32_t>(received.length);
        tell(index, stack::readable_bit);
    }
    if (slot.core->fin_received() && !slot.fin_told) {
        slot.fin_told = true;
        tell(index, stack::peer_closed_bit);
    }
    settle_acknowledged(index);
    may_send(index);
    finish_if_over(index);
}

// What the guest has need not be kept.
void Stack::State::settle_acknowledged(SlotIndex index) noexcept {
    Slot& slot = slots[index];
    if (slot.life != Life::open) {
        return;
    }
    std::uint64_t octets = slot.core->highest_ack_received().distance_from(slot.out_first);
    if (octets == 0) {
        return;
    }
    const auto queued = static_cast<std::uint32_t>(std::min<std::uint64_t>(octets, slot.out.length));
    slot.out.first = stack::wrapped(slot.out.first + queued, config.send_buffer);
    slot.out.length -= queued;
    // Our FIN is acknowledged too, and is no byte of anything.
    const std::uint64_t lent = std::min<std::uint64_t>(octets - queued, slot.lent_length);
    slot.lent = slot.lent != nullptr ? slot.lent + lent : nullptr;
    slot.lent_length -= lent;
    octets = queued + lent;
    slot.out_first = slot.out_first + static_cast<std::uint32_t>(octets);
    const bool has_returned = lent > 0 && slot.lent_length == 0;
    if (has_returned || (queued > 0 && slot.wants_room && slot.lent_length == 0)) {
        slot.wants_room = false;
        tell(index, stack::writable_bit);
    }
}

}  // namespace dumbo::inline v0
