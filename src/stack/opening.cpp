// SPDX-License-Identifier: Apache-2.0
#include <dumbo/arp.hpp>

#include <dumbo/detail/tcp_offsets.hpp>

#include "stack/state.hpp"

#include <algorithm>
#include <array>
#include <limits>

// What the guest sends to no connection: ARP requests, SYNs, segments that nobody wants, and nonsense.
namespace dumbo::inline v0 {

using stack::Life;
using stack::no_slot;
using stack::Peer;
using stack::Slot;
using stack::SlotIndex;

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
    if (!plain) {
        return malformed(plain.error());
    }
    FrameVerdict verdict;
    receive_tcp(verdict, *plain, peer, ChecksumCheck::skip, now);
    return verdict;
}

FrameVerdict Stack::State::receive_stranger(const TcpSegment& segment, const Peer& peer, ChecksumCheck check,
                                            std::uint64_t now) noexcept {
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

}  // namespace dumbo::inline v0
