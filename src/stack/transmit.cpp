// SPDX-License-Identifier: Apache-2.0
#include <dumbo/arp.hpp>
#include <dumbo/ethernet.hpp>
#include <dumbo/ipv4.hpp>

#include <dumbo/detail/tcp_offsets.hpp>

#include "stack/state.hpp"
#include "tcp/departure.hpp"

#include <algorithm>
#include <array>
#include <limits>

// What the guest gets: answers of no connection, and the connections' segments, by turns.
namespace dumbo::inline v0 {

using stack::Life;
using stack::Peer;
using stack::Slot;
using stack::SlotIndex;

namespace {

constexpr std::size_t packet_at = EthernetFrame::header_length;
constexpr std::size_t segment_at = packet_at + Ipv4Packet::header_length_without_options;
constexpr std::uint8_t protocol_tcp = 6;
constexpr std::uint16_t checksum_in_segment = detail::tcp_offset::checksum;

// What a connection has to send, from its first byte that is not acknowledged on. Its source refers to it.
class Outgoing {
public:
    Outgoing(const Slot& slot, std::span<const std::uint8_t> buffer) noexcept : first_(slot.out_first) {
        const std::size_t until_end = std::min<std::size_t>(slot.out.length, buffer.size() - slot.out.first);
        add(buffer.subspan(slot.out.first, until_end));
        add(buffer.first(slot.out.length - until_end));
        const std::uint64_t lent = slot.lent != nullptr ? slot.lent_length : 0;
        add({slot.lent, static_cast<std::size_t>(std::min<std::uint64_t>(lent, max_window_size - size_))});
    }
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] PayloadSource source() const noexcept {
        const auto pieces = std::span(pieces_).first(count_);
        return {count_ == 1 ? ByteSource::of_bytes(pieces[0]) : ByteSource::of_pieces(pieces), first_};
    }

private:
    void add(std::span<const std::uint8_t> piece) noexcept {
        if (!piece.empty()) {
            pieces_[count_] = piece;
            ++count_;
            size_ += piece.size();
        }
    }

    SeqNumber first_;
    std::array<ByteSource::Piece, 3> pieces_{};
    std::size_t count_ = 0;
    std::size_t size_ = 0;
};

}  // namespace

void Stack::set_offloads(const StackOffloads& offloads) noexcept {
    state_->offloads = {.checksum = offloads.checksum, .tso4 = offloads.checksum && offloads.tso4};
}

Result<std::size_t> Stack::next_frame(std::span<std::uint8_t> buffer, std::uint64_t now,
                                      VirtioNetHeader* header) noexcept {
    State& state = *state_;
    if (header != nullptr) {
        *header = VirtioNetHeader{};
    }
    if (now < state.latest_now) {
        return Error::timestamp_decreased;
    }
    if (buffer.size() < frame_minimum) {
        return Error::buffer_too_small;
    }
    state.latest_now = now;
    state.expire_some(now);
    const stack::Frame frame{.bytes = buffer, .header = header};
    // Whoever had its turn last comes last now.
    constexpr std::uint8_t last_kind = 2;
    std::uint8_t kind = state.whose_turn;
    std::size_t length = 0;
    for (std::uint8_t tries = 0; tries <= last_kind && length == 0; ++tries) {
        kind = kind == last_kind ? std::uint8_t{0} : static_cast<std::uint8_t>(kind + 1U);
        switch (kind) {
            case 0:
                length = state.write_arp_reply(buffer);
                break;
            case 1:
                length = state.write_rst(frame);
                break;
            default:
                length = state.write_by_turns(frame, now);
                break;
        }
    }
    state.whose_turn = kind;
    state.counters.frames_out += length > 0 ? 1U : 0U;
    return length;
}

Result<NextSegmentStatus> Stack::next(std::uint64_t now) noexcept {
    State& state = *state_;
    if (now < state.latest_now) {
        return Error::timestamp_decreased;
    }
    state.latest_now = now;
    do {
        while (!state.turns.is_empty() && !state.would_write(state.turns.first(), now)) {
            // What it has to do instead of writing, such as to count a timeout.
            std::array<std::uint8_t, frame_minimum> nothing{};
            state.write_segment(state.turns.first(), {.bytes = nothing}, now);
        }
    } while (state.turns.is_empty() && state.expire_some(now));
    if (state.arp_replies.count > 0 || state.rsts.count > 0 || !state.turns.is_empty()) {
        return NextSegmentStatus{.kind = NextSegmentStatus::Kind::available};
    }
    if (state.deadlines.is_empty()) {
        return NextSegmentStatus{};
    }
    return NextSegmentStatus{.kind = NextSegmentStatus::Kind::timeout,
                             .deadline = state.slots[stack::DeadlineHeap::earliest(state.heap)].deadline};
}

// ------------------------------------------------------------------------------------------------------ answers ----

std::size_t Stack::State::write_arp_reply(std::span<std::uint8_t> buffer) noexcept {
    if (arp_replies.count == 0) {
        return 0;
    }
    const stack::ArpReply reply = arp_replies.pop();
    const auto packet = write_arp(buffer.subspan(packet_at, ArpPacket::length), {.operation = ArpOperation::reply,
                                                                                 .sender_mac = config.mac,
                                                                                 .sender_ip = config.address,
                                                                                 .target_mac = reply.mac,
                                                                                 .target_ip = reply.address});
    const auto frame = write_ethernet(
        buffer, {.destination = reply.mac, .source = config.mac, .ethertype = ethertype_arp}, ArpPacket::length);
    return packet && frame ? frame->size() : 0;
}

std::size_t Stack::State::write_rst(const stack::Frame& frame) noexcept {
    if (rsts.count == 0) {
        return 0;
    }
    const stack::RstReply reply = rsts.pop();
    auto segment = IncompleteTcpSegment::write(frame.bytes.subspan(segment_at),
                                               {.sequence_number = reply.config.sequence_number(),
                                                .ack_number = reply.config.ack_number(),
                                                .flags = reply.config.flags()},
                                               0, std::nullopt, checksum_policy(frame));
    return segment ? finish_frame(frame, *segment, reply.peer, config.ttl) : 0;
}

// A device that offers it gets the pseudo header's sum to go on from.
ChecksumPolicy Stack::State::checksum_policy(const stack::Frame& frame) const noexcept {
    const bool is_left_to_device = frame.header != nullptr && offloads.checksum;
    return is_left_to_device ? ChecksumPolicy::pseudo_header : config.checksums;
}

// Gives a segment that lies where it belongs its ports and its checksum, and the headers in front of it.
std::size_t Stack::State::finish_frame(const stack::Frame& frame, IncompleteTcpSegment& segment, const Peer& peer,
                                       std::uint8_t ttl) noexcept {
    if (frame.header != nullptr && checksum_policy(frame) == ChecksumPolicy::pseudo_header) {
        frame.header->flags = VirtioNetHeader::needs_checksum;
        frame.header->csum_start = segment_at;
        frame.header->csum_offset = checksum_in_segment;
    }
    const auto bytes = segment.complete({.source = peer.our_port, .destination = peer.port},
                                        {.source = config.address, .destination = peer.address});
    const auto packet = write_ipv4(frame.bytes.subspan(packet_at),
                                   {.protocol = protocol_tcp,
                                    .ttl = ttl,
                                    .identification = identification,
                                    .source = config.address,
                                    .destination = peer.address},
                                   bytes.size());
    identification = static_cast<std::uint16_t>(identification + 1U);
    if (!packet) {
        return 0;
    }
    const auto whole = write_ethernet(
        frame.bytes, {.destination = peer.mac, .source = config.mac, .ethertype = ethertype_ipv4}, packet->size());
    return whole ? whole->size() : 0;
}

// -------------------------------------------------------------------------------------------------- connections ----

// Those whose timeout has struck have something to do: a few at a time, so that no call has to look at all of them. As
// a call writes one frame at most, two are enough for all to have their turn; who has one already does not count.
// False: there was none.
bool Stack::State::expire_some(std::uint64_t now) noexcept {
    constexpr int few = 2;
    int expired = 0;
    while (expired < few && !deadlines.is_empty()) {
        const SlotIndex index = stack::DeadlineHeap::earliest(heap);
        if (slots[index].deadline > now) {
            break;
        }
        expired += slots[index].turn.is_linked ? 0 : 1;
        deadlines.remove(heap, slots, index);
        may_send(index);
    }
    return expired != 0;
}

std::size_t Stack::State::write_by_turns(const stack::Frame& frame, std::uint64_t now) noexcept {
    do {
        while (!turns.is_empty()) {
            const std::size_t length = write_segment(turns.first(), frame, now);
            if (length > 0) {
                return length;
            }
        }
    } while (expire_some(now));
    return 0;
}

// Has one connection write, and puts it at the end of the queue; with nothing to say it leaves the queue.
[[gnu::flatten]] std::size_t Stack::State::write_segment(SlotIndex index, const stack::Frame& frame,
                                                         std::uint64_t now) noexcept {
    Slot& slot = slots[index];
    const Outgoing outgoing(slot, out_buffer(index));
    const PayloadSource source = outgoing.source();
    const auto room = frame.bytes.subspan(segment_at);
    const std::uint16_t reserved = mss_reserved(*slot.core);
    const bool is_cut_by_device = frame.header != nullptr && offloads.tso4;
    const Offload offload{.checksum = checksum_policy(frame),
                          .segmentation = is_cut_by_device ? Segmentation::by_device : Segmentation::ours};
    Sent sent;
    const PayloadSource* payload = outgoing.size() > 0 ? &source : nullptr;
    const auto error =
        Connection::Departure::write_next_segment(*slot.core, sent, room, reserved, payload, now, offload);
    if (error) [[unlikely]] {  // none is possible here; if one is, such a connection will not get better
        slot.close_reason = static_cast<std::uint8_t>(StackEvent::Reason::reset);
        slot.core->reset();
        static_cast<void>(slot.core->write_next_segment_to(sent, room, reserved, nullptr, now, offload));
    }
    if (sent.cause == Cause::none) {
        rest(index);
        return 0;
    }
    if (sent.cause == Cause::given_up) {
        slot.close_reason = static_cast<std::uint8_t>(StackEvent::Reason::timed_out);
    }
    IncompleteTcpSegment& segment = sent.segment;
    if (const auto mss = static_cast<std::uint16_t>(slot.core->mss() - reserved);
        is_cut_by_device && segment.payload_length() > mss) {
        frame.header->gso_type = VirtioNetHeader::gso_tcpv4;
        frame.header->gso_size = mss;
        frame.header->header_length =
            static_cast<std::uint16_t>(segment_at + segment.length() - segment.payload_length());
    }
    const std::size_t length = finish_frame(frame, segment, slot.peer, slot.ttl);
    turns.move_to_end(slots, index);
    close_behind_queue(index);
    finish_if_over(index);
    return length;
}

// It has nothing to say until a segment comes in, the application does something, or a timeout strikes.
void Stack::State::rest(SlotIndex index) noexcept {
    turns.remove(slots, index);
    set_deadline(index);
    finish_if_over(index);
}

void Stack::State::set_deadline(SlotIndex index) noexcept {
    const NextSegmentStatus status = slots[index].core->control_segment_or_timeout_status();
    constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();
    if (status.kind == NextSegmentStatus::Kind::timeout && status.deadline != never) {
        deadlines.set(heap, slots, index, status.deadline);
    } else {
        deadlines.remove(heap, slots, index);
    }
}

// What of the guest's MSS does not fit our link.
std::uint16_t Stack::State::mss_reserved(const Connection& core) const noexcept {
    const std::size_t largest = config.mtu - (segment_at - packet_at) - TcpSegment::header_length_without_options;
    return static_cast<std::uint16_t>(core.mss() - std::min<std::size_t>(core.mss(), largest));
}

// The last byte's segment carries the FIN. Behind more bytes than sequence numbers can tell apart it is recorded later.
void Stack::State::close_behind_queue(SlotIndex index) const noexcept {
    Slot& slot = slots[index];
    if (slot.life != Life::open || !slot.is_closing || slot.core->recorded_fin()) {
        return;
    }
    const std::uint64_t queued = std::uint64_t{slot.out.length} + slot.lent_length;
    const std::uint64_t unsent = queued - slot.core->first_not_sent().distance_from(slot.out_first);
    if (unsent <= max_window_size) {
        static_cast<void>(slot.core->close_after(static_cast<std::uint32_t>(unsent)));
    }
}

// Rehearses on a copy: by the very function that will write.
bool Stack::State::would_write(SlotIndex index, std::uint64_t now) const noexcept {
    const Slot& slot = slots[index];
    const Outgoing outgoing(slot, out_buffer(index));
    const PayloadSource source = outgoing.source();
    Connection copy = *slot.core;
    std::array<std::uint8_t, frame_minimum - segment_at> scratch{};
    const auto sent =
        copy.write_next_segment(scratch, mss_reserved(copy), outgoing.size() > 0 ? &source : nullptr, now);
    return !sent || sent->has_value();
}

}  // namespace dumbo::inline v0
