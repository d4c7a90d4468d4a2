// SPDX-License-Identifier: Apache-2.0
#include <dumbo/arp.hpp>
#include <dumbo/ethernet.hpp>
#include <dumbo/ipv4.hpp>

#include <dumbo/detail/tcp_offsets.hpp>

#include "stack/state.hpp"
#include "tcp/arrival.hpp"

#include <algorithm>
#include <array>
#include <limits>

// What the guest sends: frames from the outside to the inside, until a connection has its segment.
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
    State& state = *state_;
    if (now < state.latest_now) {
        return Error::timestamp_decreased;
    }
    state.latest_now = now;
    ++state.counters.frames_in;
    const auto frame = EthernetFrame::parse(bytes);
    if (!frame) {
        return state.malformed(frame.error());
    }
    const MacAddress to = frame->destination();
    const bool is_arp = frame->ethertype() == ethertype_arp;
    if (!stack::is_group(frame->source()) && (to == state.config.mac || (is_arp && to == broadcast))) {
        if (is_arp) {
            return state.receive_arp(frame->payload());
        }
        if (frame->ethertype() == ethertype_ipv4) {
            const bool is_tcp_trusted = !state.config.verifies_checksums || is_vouched_for(header);
            return state.receive_ipv4(frame->payload(), frame->source(), is_tcp_trusted, now);
        }
    }
    ++state.counters.foreign;
    return FrameVerdict{};
}

FrameVerdict Stack::State::malformed(Error error) noexcept {
    ++(error == Error::checksum ? counters.checksum_errors : counters.malformed);
    return {.kind = FrameVerdict::Kind::malformed, .error = error};
}

FrameVerdict Stack::State::receive_arp(std::span<const std::uint8_t> packet) noexcept {
    const auto request = parse_arp_request(packet.first(std::min(packet.size(), ArpPacket::length)));
    if (!request) {
        return malformed(request.error());
    }
    // A sender without an address asks whether ours is taken (RFC 5227).
    const bool is_probe = request->sender_ip == Ipv4Address{};
    if (request->target_ip != config.address || stack::is_group(request->sender_mac) ||
        (!is_probe && !can_be_answered(request->sender_ip))) {
        ++counters.foreign;
        return {};
    }
    ++counters.arp_requests;
    counters.arp_replies_lost +=
        arp_replies.push({.mac = request->sender_mac, .address = request->sender_ip}) ? 0U : 1U;
    return {.kind = FrameVerdict::Kind::arp_request};
}

FrameVerdict Stack::State::receive_ipv4(std::span<const std::uint8_t> bytes, const MacAddress& from,
                                        bool is_tcp_trusted, std::uint64_t now) noexcept {
    // A link pads short packets.
    const std::size_t length = std::min<std::size_t>(bytes.size(), ipv4_total_length(bytes));
    const auto check = config.verifies_checksums ? ChecksumCheck::verify : ChecksumCheck::skip;
    const auto packet = Ipv4Packet::parse(bytes.first(length), check);
    if (!packet) {
        return malformed(packet.error());
    }
    if (packet->destination() != config.address || !can_be_answered(packet->source()) ||
        packet->protocol() != protocol_tcp) {
        ++counters.foreign;
        return {};
    }
    if (packet->fragment_offset() != 0 || (packet->flags() & more_fragments) != 0) {
        ++counters.fragments;
        return {.kind = FrameVerdict::Kind::fragment};
    }
    const auto segment = TcpSegment::parse(packet->payload());
    if (!segment) {
        return malformed(segment.error());
    }
    const Peer peer{.mac = from,
                    .address = packet->source(),
                    .port = segment->source_port(),
                    .our_port = segment->destination_port()};
    constexpr std::uint32_t ecn_setup = tcp_flag::syn + tcp_flag::ece + tcp_flag::cwr;
    const bool offers_ecn = segment->flags() == ecn_setup && segment->payload_length() == 0;
    const auto tcp_check = is_tcp_trusted ? ChecksumCheck::skip : ChecksumCheck::verify;
    return offers_ecn ? receive_ecn_syn(*segment, peer, tcp_check, now) : receive_tcp(*segment, peer, tcp_check, now);
}

// RFC 3168, 6.1.1: to who does not know ECN, a SYN that offers it is a SYN.
FrameVerdict Stack::State::receive_ecn_syn(const TcpSegment& segment, const Peer& peer, ChecksumCheck check,
                                           std::uint64_t now) noexcept {
    std::array<std::uint8_t, TcpSegment::header_length_max> copy{};
    const auto syn = std::span(copy).first(segment.header_length());
    ChecksumAccumulator sum;
    sum.add_pseudo_header({.source = peer.address, .destination = config.address}, IpProtocol::tcp, syn.size());
    sum.add_copying(segment.header(), syn.data());
    if (check == ChecksumCheck::verify && sum.checksum() != 0) {
        return malformed(Error::checksum);
    }
    syn[detail::tcp_offset::flags] = tcp_flag::syn;
    const auto plain = TcpSegment::parse(syn);
    return plain ? receive_tcp(*plain, peer, ChecksumCheck::skip, now) : malformed(plain.error());
}

FrameVerdict Stack::State::receive_tcp(const TcpSegment& segment, const Peer& peer, ChecksumCheck check,
                                       std::uint64_t now) noexcept {
    if (const SlotIndex index = peers.find(buckets, slots, peer); index != no_slot) {
        return receive_segment(index, segment, check, now);
    }
    if (check == ChecksumCheck::verify) {
        ChecksumAccumulator sum = header_sum(segment, peer.address);
        sum.add(segment.payload());
        if (sum.checksum() != 0) {
            return malformed(Error::checksum);
        }
    }
    const bool begins = segment.has(tcp_flag::syn) && !segment.has(tcp_flag::ack) && !segment.has(tcp_flag::rst);
    if (begins && listens_on(peer.our_port)) {
        return accept(segment, peer, now);
    }
    return refuse(segment, peer);
}

// Of all that a segment's checksum covers but the payload.
ChecksumAccumulator Stack::State::header_sum(const TcpSegment& segment, const Ipv4Address& from) const noexcept {
    ChecksumAccumulator sum;
    sum.add_pseudo_header({.source = from, .destination = config.address}, IpProtocol::tcp, segment.length());
    sum.add(segment.header());
    return sum;
}

bool Stack::State::can_be_answered(const Ipv4Address& from) const noexcept {
    return stack::is_single_host(from) && from != config.address;
}

bool Stack::State::can_be_answered(const Peer& from) const noexcept {
    return !stack::is_group(from.mac) && can_be_answered(from.address);
}

bool Stack::State::listens_on(std::uint16_t port) const noexcept {
    return port != 0 && std::find(config.ports.begin(), config.ports.end(), port) != config.ports.end();
}

// RFC 9293, 3.10.7.1. A RST is never answered.
FrameVerdict Stack::State::refuse(const TcpSegment& segment, const Peer& peer) noexcept {
    ++counters.refused;
    if (!segment.has(tcp_flag::rst)) {
        counters.rsts_lost += rsts.push({.peer = peer, .config = rst_config_for(segment)}) ? 0U : 1U;
    }
    return {.kind = FrameVerdict::Kind::refused};
}

// ------------------------------------------------------------------------------------------------------ opening ----

FrameVerdict Stack::State::accept(const TcpSegment& syn, const Peer& peer, std::uint64_t now) noexcept {
    const auto core = Connection::passive_open(syn, {.local_rwnd_size = config.receive_buffer,
                                                     .rto_period = config.rto_period,
                                                     .rto_count_max = config.rto_count_max,
                                                     .options = config.options});
    if (!core) {
        FrameVerdict verdict = refuse(syn, peer);
        verdict.error = core.error();
        return verdict;
    }
    const SlotIndex index = place_for_new(now);
    if (index == no_slot) {
        ++counters.syns_dropped;
        return {.kind = FrameVerdict::Kind::dropped};
    }
    ++counters.opened;
    free.remove(slots, index);
    Slot& slot = slots[index];
    slot.core = *core;
    slot.peer = peer;
    slot.last_heard = now;
    ++connections_begun;  // the first number's upper part is 1, so that none is 0
    slot.id = connections_begun << stack::index_bits | index;
    slot.ttl = config.ttl;
    slot.out_first = core->first_not_sent();
    slot.life = Life::half_open;
    peers.insert(buckets, slots, index);
    half_open.append(slots, index);
    may_send(index);
    return {.kind = FrameVerdict::Kind::opening, .connection = slot.id};
}

// A handshake takes no time here: of those that have not finished theirs the oldest gives way, so that a flood of SYNs
// only drives out itself. An open connection gives way if it was silent for long enough, once the application has heard
// of it: this SYN goes unanswered, and a later one finds the place.
SlotIndex Stack::State::place_for_new(std::uint64_t now) noexcept {
    if (half_open.count() == config.half_open || (free.is_empty() && !half_open.is_empty())) {
        const SlotIndex oldest = half_open.first();
        ++counters.half_open_evicted;
        peers.remove(buckets, slots, oldest);
        deadlines.remove(heap, slots, oldest);
        turns.remove(slots, oldest);
        half_open.remove(slots, oldest);
        release(oldest);
        return oldest;
    }
    if (!free.is_empty()) {
        return free.first();
    }
    // One at a time: whoever gives way for a SYN that is repeated drives out one connection, not all.
    constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();
    if (closed_count == 0 && !open.is_empty() && config.idle_threshold != never &&
        now - slots[open.first()].last_heard >= config.idle_threshold) {
        const SlotIndex idle = open.first();
        counters.rsts_lost +=
            rsts.push({.peer = slots[idle].peer, .config = slots[idle].core->make_rst_config()}) ? 0U : 1U;
        finish(idle, StackEvent::Reason::evicted);
    }
    return no_slot;
}

// ---------------------------------------------------------------------------------------------------- receiving ----

// A payload that can be delivered is copied in the pass that sums it: what the application gets is what the checksum
// covers, even if the guest goes on writing to the frame. Until the segment is taken the copy lies where nothing is.
FrameVerdict Stack::State::receive_segment(SlotIndex index, const TcpSegment& segment, ChecksumCheck check,
                                           std::uint64_t now) noexcept {
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
            return malformed(Error::checksum);
        }
    }
    FrameVerdict verdict{.kind = FrameVerdict::Kind::received, .connection = slot.id};
    const auto received = arrival.take_if_alive();
    if (!received) {
        verdict.error = received.error();
        return verdict;
    }
    if (check == ChecksumCheck::skip) {
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
    return verdict;
}

// Copies payload behind what is in the ring, in one piece or, around the ring's end, in two. There is room: the window
// is never larger than what is free.
template <typename Copy>
void Stack::State::put_behind(SlotIndex index, std::span<const std::uint8_t> payload, const Copy& copy) const noexcept {
    const auto buffer = in_buffer(index);
    const stack::RingPosition in = slots[index].in;
    const std::size_t end = (in.first + in.length) % buffer.size();
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
    const auto queued = static_cast<std::uint32_t>(std::min<std::uint64_t>(octets, slot.out.length));
    slot.out.first = (slot.out.first + queued) % config.send_buffer;
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
