// SPDX-License-Identifier: Apache-2.0
#include "fuzz/stacks.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "fuzz/support/entropy.hpp"
#include "fuzz/support/lent_struct.hpp"
#include "fuzz/support/pattern.hpp"
#include "fuzz/support/require.hpp"
#include "fuzz/support/wire.hpp"

namespace fuzz {

namespace {

constexpr std::size_t longest_frame = 66000;
constexpr std::size_t longest_snapshot = 1U << 20U;
constexpr std::size_t ethernet_header = DUMBO_ETHERNET_HEADER_LENGTH;
constexpr std::size_t ipv4_header = DUMBO_IPV4_HEADER_LENGTH;
constexpr std::size_t tcp_header = DUMBO_TCP_HEADER_LENGTH;
constexpr std::size_t headers = ethernet_header + ipv4_header + tcp_header;
constexpr std::uint16_t first_peer_port = 1000;
constexpr std::uint16_t ports[] = {80, 8080};
constexpr std::uint8_t our_mac[6] = {6, 1, 0x23, 0x45, 0x67, 1};
constexpr std::uint8_t peer_mac[6] = {6, 1, 0x23, 0x45, 0x67, 2};
constexpr std::uint8_t our_ip[4] = {169, 254, 169, 254};
constexpr std::uint8_t peer_ip[4] = {172, 16, 0, 2};

std::uint8_t snapshots[2][longest_snapshot];
std::uint8_t carried[longest_snapshot];

void* allocate(void* user_data, std::size_t size, std::size_t alignment) {
    auto& allocated = *static_cast<std::uint64_t*>(user_data);
    allocated += size;
    return std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

void* allocate_nothing(void* /*user_data*/, std::size_t /*size*/, std::size_t /*alignment*/) {
    return nullptr;
}

void release(void* user_data, void* memory, std::size_t size) {
    *static_cast<std::uint64_t*>(user_data) -= size;
    std::free(memory);
}

void write_ethernet(std::uint8_t* frame, std::uint16_t ethertype) {
    std::copy_n(our_mac, 6, frame);
    std::copy_n(peer_mac, 6, frame + 6);
    put_16(frame + 12, ethertype);
}

/** Makes both checksums of a frame right, as far as it has any. */
void repair_checksums(std::uint8_t* frame, std::size_t size) {
    if (size < headers) {
        return;
    }
    auto* const packet = frame + ethernet_header;
    const std::size_t header = (packet[0] & 15U) * std::size_t{4};
    const std::size_t total = get_16(packet + 2);
    if (header < ipv4_header || total < header || total > size - ethernet_header) {
        return;
    }
    put_16(packet + 10, 0);
    put_16(packet + 10, static_cast<std::uint16_t>(~sum_of(packet, header)));
    dumbo_address_pair addresses;
    std::copy_n(packet + 12, 8, addresses.source);
    repair_checksum(packet + header, total - header, addresses);
}

/** Has the payload of a frame be what belongs at its number, whatever was done to its headers. */
void refill_payload(std::uint8_t* frame, std::size_t size) {
    if (size < headers) {
        return;
    }
    auto* const packet = frame + ethernet_header;
    const std::size_t segment_at = (packet[0] & 15U) * std::size_t{4};
    const std::size_t total = std::min<std::size_t>(get_16(packet + 2), size - ethernet_header);
    if (segment_at + tcp_header > total) {
        return;
    }
    auto* const segment = packet + segment_at;
    const std::size_t payload_at = segment_at + segment[12] / 16 * std::size_t{4};
    if (payload_at < total) {
        std::copy_n(octets_at(get_32(segment + 4)), total - payload_at, packet + payload_at);
    }
}

}  // namespace

Stacks::Stacks()
    : frame_(longest_frame + 64),
      outgoing_(longest_frame + 64),
      structs_{GuardedMemory(8192), GuardedMemory(8192)},
      snapshot_(longest_snapshot) {}

void Stacks::run(Decisions& in) {
    if (stack_ == nullptr) {
        create(in);
    }
    while (!in.are_over() && stack_ != nullptr) {
        step(in);
    }
    free();
}

void Stacks::free() {
    dumbo_stack_free(stack_);
    stack_ = nullptr;
    require(allocated_ == 0, "memory was not given back");
}

/* ------------------------------------------------------------------------------------------------ beginning ---- */

void Stacks::configure(Decisions& in) {
    constexpr std::uint32_t buffers[] = {1000, 1, 2, 100, 1460, 4096, 16384, 65535, 65536, 70000};
    constexpr std::uint16_t mtus[] = {1500, 68, 69, 100, 576, 1499, 9000, 65535};
    constexpr std::uint64_t thresholds[] = {0, 1, 100, UINT64_MAX};
    constexpr std::uint64_t periods[] = {100, 1, 1000, UINT64_MAX};
    config_ = {};
    require(dumbo_stack_config_init(&config_, sizeof config_) == DUMBO_OK, "there are no defaults");
    const std::uint8_t usual = in.byte();
    std::copy_n(our_mac, 6, config_.mac);
    std::copy_n(our_ip, 4, config_.ipv4);
    config_.ports[2] = ports[0];
    config_.ports[5] = ports[1];
    config_.options = (usual & 1U) == 0 ? std::uint32_t{DUMBO_OPTIONS_GUEST_FACING} : in.byte();
    config_.max_connections = 1 + (usual & 2U) / 2 + in.below(apps - 1);
    config_.max_half_open = 1 + in.below(config_.max_connections);
    config_.max_replies = 1 + in.below(4);
    config_.receive_buffer = (usual & 4U) == 0 ? 1000 : in.one_of(buffers);
    config_.send_buffer = (usual & 8U) == 0 ? 1500 : in.one_of(buffers);
    config_.checksum = (usual & 16U) == 0 ? std::uint32_t{DUMBO_CHECKSUM_FULL} : in.below(3);
    config_.flags = (usual & 16U) == 0 ? 0U : in.below(2);
    config_.mtu = (usual & 32U) == 0 ? std::uint16_t{1500} : in.one_of(mtus);
    config_.ttl = (usual & 32U) == 0 ? std::uint8_t{64} : std::uint8_t{1};
    config_.rto_period = (usual & 64U) == 0 ? 100 : in.one_of(periods);
    config_.rto_count_max = (usual & 64U) == 0 ? std::uint16_t{3} : std::uint16_t{1};
    config_.idle_threshold = (usual & 128U) == 0 ? 0 : in.one_of(thresholds);
    config_.offloads = (usual & 128U) == 0 ? 0U : (3U >> in.below(3)) & 3U;
    config_.hash_key = in.byte();
    offloads_ = config_.offloads;
}

void Stacks::create(Decisions& in) {
    constexpr std::int32_t documented[] = {DUMBO_OK, DUMBO_ERR_INVALID_ARGUMENT, DUMBO_ERR_OUT_OF_MEMORY};
    for (auto& peer : peers_) {
        peer = {};
    }
    for (auto& app : apps_) {
        app = {};
    }
    now_ = 0;
    steps_ = 0;
    contents_known_ = true;
    seed_entropy(in.byte());
    configure(in);
    const dumbo_allocator allocator{sizeof allocator, 0, allocate, release, &allocated_};
    fuzz::require_code(dumbo_stack_create(&stack_, &config_, &allocator), documented,
                       "stack_create has an undocumented result");
}

/** What every call may return once there is a stack. */
void Stacks::require_code(std::int32_t code) {
    constexpr std::int32_t documented[] = {DUMBO_OK,
                                           DUMBO_ERR_INVALID_ARGUMENT,
                                           DUMBO_ERR_BUFFER_TOO_SMALL,
                                           DUMBO_ERR_TIMESTAMP_DECREASED,
                                           DUMBO_ERR_NO_CONNECTION,
                                           DUMBO_ERR_CONNECTION_CLOSING,
                                           DUMBO_ERR_LENT};
    fuzz::require_code(code, documented, "a call on a stack has an undocumented result");
    succeeded_ = succeeded_ || code == DUMBO_OK;
}

/* ----------------------------------------------------------------------------------------------------- steps --- */

void Stacks::step(Decisions& in) {
    const std::uint8_t what = in.byte();
    in.set_careless((what & 0x80U) != 0);
    const bool compared = (what & 0x80U) != 0 && ++steps_ % 4 == 0;
    const std::size_t before = compared ? snapshot_into(snapshots[0]) : 0;
    succeeded_ = false;
    step(in, what & 31U);
    if (compared && !succeeded_) {
        const std::size_t after = snapshot_into(snapshots[1]);
        require(before == after && std::memcmp(snapshots[0], snapshots[1], after) == 0,
                "a call failed and changed the stack");
    }
    if (++steps_ % 32 == 0) {
        require_restorable();
    }
}

void Stacks::step(Decisions& in, unsigned what) {
    switch (what) {
        case 16:
        case 17:
        case 18:
        case 19:
            return hear(in);
        case 20:
        case 21:
        case 22:
        case 23:
        case 24:
        case 25:
            return use(in);
        case 26:
        case 27:
            return pass_time(in);
        case 28:
            return look(in);
        case 29:
            return carry(in);
        case 30:
            return tamper(in);
        default:
            return what < 8 ? receive(in) : send(in);
    }
}

/* ------------------------------------------------------------------------------------------------- frames in --- */

std::size_t Stacks::build_tcp(Decisions& in, std::uint8_t* frame, Peer& peer, std::uint16_t port) {
    constexpr std::uint8_t flags[] = {DUMBO_TCP_ACK | DUMBO_TCP_FIN,
                                      DUMBO_TCP_SYN,
                                      DUMBO_TCP_RST,
                                      DUMBO_TCP_ACK | DUMBO_TCP_PSH,
                                      DUMBO_TCP_ACK | DUMBO_TCP_RST,
                                      DUMBO_TCP_ACK | DUMBO_TCP_SYN,
                                      DUMBO_TCP_ECE | DUMBO_TCP_SYN,
                                      0};
    constexpr std::uint16_t sizes[] = {1460, 536, 100, 101, 1000, 9000, 65495, 99, 0};
    constexpr std::uint16_t windows[] = {0, 1, 2, 100, 536, 1000, 1460, 65534};
    const std::uint8_t shape = in.byte();
    const bool opens = !peer.open && (shape & 4U) == 0;
    Header header;
    header.source_port = port;
    header.destination_port = ports[(shape & 128U) / 128];
    header.seq = (shape & 1U) == 0 ? peer.seq : in.near(peer.seq);
    header.ack = opens ? 0 : (shape & 2U) == 0 ? peer.expected : in.near(peer.expected);
    header.flags = opens ? std::uint8_t{DUMBO_TCP_SYN} : std::uint8_t{DUMBO_TCP_ACK};
    if ((shape & 4U) != 0) {
        header.flags = in.one_in(16) ? in.byte() : in.one_of(flags);
    }
    header.window = (shape & 8U) == 0 ? 65535 : in.one_in(4) ? in.number_16() : in.one_of(windows);
    header.options = (shape & 32U) == 0 ? 0 : 4;
    auto* const packet = frame + ethernet_header;
    auto* const segment = packet + ipv4_header;
    write_ethernet(frame, DUMBO_ETHERTYPE_IPV4);
    std::memset(packet, 0, ipv4_header);
    packet[0] = 0x45;
    packet[8] = 64;
    packet[9] = DUMBO_IPV4_PROTOCOL_TCP;
    std::copy_n(peer_ip, 4, packet + 12);
    std::copy_n(our_ip, 4, packet + 16);
    write_header(segment, header);
    if (header.options > 0) {
        write_mss_option(segment + tcp_header, in.one_of(sizes));
    }
    std::size_t size = headers + header.options;
    if ((shape & 16U) != 0) {
        std::size_t length = in.byte();
        length = length < 128 ? length : length < 250 ? (length - 127) * 24 : in.number_16() % 65400;
        std::memcpy(frame + size, octets_at(header.seq), length);
        size += length;
    }
    put_16(packet + 2, static_cast<std::uint32_t>(size - ethernet_header));
    const bool damaged = (shape & 64U) != 0;
    if (damaged) {
        frame[in.below(64) % size] = in.byte();
        refill_payload(frame, size);
    }
    if (!damaged || in.one_in(2)) {
        repair_checksums(frame, size);
    }
    if (damaged && in.one_in(4)) {
        size = in.one_in(2) ? size + in.below(32) : in.number_16() % (size + 1);
    }
    return size;
}

std::size_t Stacks::build_arp(Decisions& in, std::uint8_t* frame) {
    constexpr std::uint8_t request[] = {0, 1, 8, 0, 6, 4, 0, 1};
    constexpr std::size_t packet = ethernet_header;
    write_ethernet(frame, DUMBO_ETHERTYPE_ARP);
    std::copy_n(request, sizeof request, frame + packet);
    std::copy_n(peer_mac, 6, frame + packet + 8);
    std::copy_n(peer_ip, 4, frame + packet + 14);
    std::memset(frame + packet + 18, 0, 6);
    std::copy_n(our_ip, 4, frame + packet + 24);
    if (in.one_in(4)) {
        frame[in.below(42)] = in.byte();
    }
    return ethernet_header + DUMBO_ARP_LENGTH + (in.one_in(8) ? in.below(32) : 0);
}

void Stacks::receive(Decisions& in) {
    static std::uint8_t built[longest_frame];
    const std::uint8_t who = in.byte();
    if (who == 255) {
        const auto raw = in.bytes(in.byte());
        std::copy_n(raw.data, raw.size, built);
        refill_payload(built, raw.size);
        return deliver(in, built, raw.size, nullptr);
    }
    if (who >= 248) {
        return deliver(in, built, build_arp(in, built), nullptr);
    }
    const std::size_t which = who % peers;
    Peer& peer = peers_[which];
    const std::size_t size = build_tcp(in, built, peer, static_cast<std::uint16_t>(first_peer_port + which));
    deliver(in, built, size, &peer);
}

void Stacks::deliver(Decisions& in, const std::uint8_t* built, std::size_t size, Peer* peer) {
    const auto* const frame = in.maybe_null(frame_.copy(built, size));
    const std::uint64_t now = in.is_careless(8) ? now_ - in.byte() : now_;
    const dumbo_virtio_net_header* header = nullptr;
    if (in.is_careless(2)) {
        dumbo_virtio_net_header device{};
        device.flags = in.byte();
        device.gso_type = in.byte();
        device.gso_size = in.number_16();
        device.csum_start = in.number_16();
        header = lend(in, structs_[0], device);
    }
    auto* const verdict = lend(in, structs_[1], dumbo_frame_verdict{});
    const std::uint64_t opened = openings();
    const bool for_us = dumbo_stack_frame_is_for_us(stack_, frame, frame == nullptr ? 0 : size);
    const auto code = dumbo_stack_receive_frame(in.maybe_null(stack_), frame, size, now, header, verdict);
    require_code(code);
    if (code != DUMBO_OK || verdict == nullptr) {
        // Who does not hear of a connection does not know where its octets begin.
        contents_known_ = contents_known_ && opened == openings();
        return;
    }
    require(verdict->kind <= DUMBO_FRAME_RECEIVED && verdict->reserved == 0 && verdict->anomalies <= 0xfff,
            "a verdict is none");
    require(for_us || verdict->kind == DUMBO_FRAME_FOREIGN || verdict->kind == DUMBO_FRAME_MALFORMED,
            "a frame is for us that was not");
    const bool of_connection = verdict->kind == DUMBO_FRAME_OPENING || verdict->kind == DUMBO_FRAME_RECEIVED;
    require(of_connection == (verdict->connection != 0), "a verdict and its connection contradict each other");
    if (verdict->kind == DUMBO_FRAME_OPENING) {
        note_opening(frame, verdict->connection);
    }
    require(verdict->delivered <= size, "more was delivered than there was");
    if (peer != nullptr) {
        peer->seq += verdict->delivered;
    }
}

std::uint64_t Stacks::openings() const {
    dumbo_interface_counters counters{};
    counters.struct_size = sizeof counters;
    require(dumbo_stack_counters(stack_, &counters) == DUMBO_OK, "a stack has no counters");
    return counters.opened;
}

void Stacks::note_opening(const std::uint8_t* frame, std::uint64_t id) {
    const std::size_t place = id & 0xfffffU;
    require(place < config_.max_connections, "a connection has an impossible place");
    const auto* const packet = frame + ethernet_header;
    const auto* const segment = packet + (packet[0] & 15U) * std::size_t{4};
    apps_[place] = {id, get_32(segment + 4) + 1, 0, false, false};
}

/* ------------------------------------------------------------------------------------------------ frames out --- */

void Stacks::send(Decisions& in) {
    constexpr std::size_t rooms[] = {58, 59, 100, 500, 57, 0, 1514, longest_frame};
    const std::uint8_t how = in.byte();
    const std::size_t room = (how & 1U) == 0 ? longest_frame : in.one_of(rooms);
    const bool with_header = (how & 2U) != 0;
    const std::size_t most = (how & 4U) == 0 ? 1 : 16;
    std::size_t sent = 0;
    while (sent < most && send_once(in, room, with_header) > 0) {
        ++sent;
    }
}

std::size_t Stacks::send_once(Decisions& in, std::size_t room, bool with_header) {
    const std::uint64_t now = in.is_careless(8) ? now_ - in.byte() : now_;
    std::uint32_t status = DUMBO_NEXT_SEGMENT_NOTHING;
    std::uint64_t deadline = 0;
    const bool asked = dumbo_stack_next_status(stack_, now, &status, &deadline) == DUMBO_OK;
    succeeded_ = succeeded_ || asked;  // and the stack knows the time
    require(!asked || (status == DUMBO_NEXT_SEGMENT_AVAILABLE ? deadline == 0
                       : status == DUMBO_NEXT_SEGMENT_TIMEOUT ? deadline > now
                                                              : deadline == UINT64_MAX),
            "a status and its deadline contradict each other");
    auto* const buffer = outgoing_.piece(room);
    auto* const header = with_header ? lend(in, structs_[0], dumbo_virtio_net_header{}) : nullptr;
    std::size_t written = 0;
    const auto code = dumbo_stack_next_frame(in.maybe_null(stack_), in.maybe_null(buffer), room, now,
                                             in.maybe_null(&written), header);
    require_code(code);
    if (code != DUMBO_OK) {
        return 0;
    }
    require(asked && (status == DUMBO_NEXT_SEGMENT_AVAILABLE) == (written > 0), "a status and a frame do not agree");
    if (written > 0) {
        require(written <= room, "a frame does not fit");
        check_frame(buffer, written, header);
    }
    return written;
}

void Stacks::check_frame(const std::uint8_t* frame, std::size_t size, const dumbo_virtio_net_header* header) {
    require(size >= ethernet_header + DUMBO_ARP_LENGTH, "a frame is too short");
    require(std::memcmp(frame + 6, our_mac, 6) == 0 && (frame[0] & 1U) == 0, "a frame has wrong addresses");
    const auto* const packet = frame + ethernet_header;
    if (get_16(frame + 12) == DUMBO_ETHERTYPE_ARP) {
        require(size == ethernet_header + DUMBO_ARP_LENGTH && get_16(packet + 6) == DUMBO_ARP_REPLY &&
                    std::memcmp(packet + 8, our_mac, 6) == 0 && std::memcmp(packet + 14, our_ip, 4) == 0,
                "an ARP reply says something else");
        return;
    }
    require(get_16(frame + 12) == DUMBO_ETHERTYPE_IPV4 && size >= headers, "a frame is neither ARP nor IPv4");
    const bool cut = header != nullptr && (offloads_ & DUMBO_STACK_OFFLOAD_TSO4) != 0;
    require(size <= (cut ? 65549U : config_.mtu + ethernet_header), "a frame is too long");
    require(packet[0] == 0x45 && get_16(packet + 2) == size - ethernet_header && packet[8] > 0 &&
                packet[9] == DUMBO_IPV4_PROTOCOL_TCP && sum_of(packet, ipv4_header) == 0xffff &&
                std::memcmp(packet + 12, our_ip, 4) == 0,
            "a packet's header is wrong");
    check_tcp(packet, size - ethernet_header, header);
}

void Stacks::check_offload(const std::uint8_t* segment, std::size_t size, const dumbo_virtio_net_header* header) const {
    const bool completes =
        (offloads_ & DUMBO_STACK_OFFLOAD_CHECKSUM) != 0 || config_.checksum == DUMBO_CHECKSUM_PSEUDO_HEADER;
    const std::size_t header_length = segment[12] / 16 * std::size_t{4};
    require(header->flags == (completes ? DUMBO_VIRTIO_NET_NEEDS_CHECKSUM : 0), "a frame's flags are wrong");
    require(!completes || (header->csum_start == 34 && header->csum_offset == 16), "a checksum is put elsewhere");
    const bool cut = header->gso_type == DUMBO_VIRTIO_NET_GSO_TCPV4;
    require(cut == (header->gso_size > 0) && (cut || header->gso_type == DUMBO_VIRTIO_NET_GSO_NONE),
            "a frame's type is wrong");
    require(!cut || ((offloads_ & DUMBO_STACK_OFFLOAD_TSO4) != 0 && header->gso_size < size - header_length &&
                     header->header_length == ethernet_header + ipv4_header + header_length),
            "a frame cannot be cut");
}

void Stacks::check_tcp(const std::uint8_t* packet, std::size_t size, const dumbo_virtio_net_header* header) {
    const auto* const segment = packet + ipv4_header;
    const std::size_t length = size - ipv4_header;
    const std::size_t header_length = segment[12] / 16 * std::size_t{4};
    require((header_length == tcp_header || header_length == tcp_header + 4) && header_length <= length,
            "a segment's header has a wrong length");
    std::uint32_t policy = config_.checksum;
    if (header != nullptr) {
        check_offload(segment, length, header);
        policy = (offloads_ & DUMBO_STACK_OFFLOAD_CHECKSUM) != 0 ? std::uint32_t{DUMBO_CHECKSUM_PSEUDO_HEADER} : policy;
    }
    const auto pseudo = pseudo_sum(packet + 12, packet + 16, length);
    require(policy == DUMBO_CHECKSUM_FULL   ? sum_of(segment, length, pseudo) == 0xffff
            : policy == DUMBO_CHECKSUM_NONE ? get_16(segment + 16) == 0
                                            : get_16(segment + 16) == pseudo,
            "a segment's checksum is wrong");
    Peer* const peer = peer_at(packet);
    if (peer == nullptr) {
        return;
    }
    const std::uint32_t seq = get_32(segment + 4);
    const std::uint8_t flags = segment[13];
    const std::size_t payload = length - header_length;
    if ((flags & DUMBO_TCP_RST) != 0) {
        require(payload == 0, "a RST carries payload");
        peer->open = false;
        peer->seq += 100000;
        return;
    }
    require((flags & DUMBO_TCP_ACK) != 0, "a segment acknowledges nothing");
    if ((flags & DUMBO_TCP_SYN) != 0) {
        peer->open = true;
        peer->stream_at = seq + 1;
    }
    require(payload == 0 || !contents_known_ || !peer->open ||
                std::memcmp(segment + header_length, octets_at(seq - peer->stream_at), payload) == 0,
            "other bytes were sent than written");
    peer->seq = get_32(segment + 8);
    peer->expected = seq + static_cast<std::uint32_t>(payload) + ((flags & DUMBO_TCP_SYN) != 0 ? 1U : 0U) +
                     ((flags & DUMBO_TCP_FIN) != 0 ? 1U : 0U);
}

/** Whom a packet goes to, if that is one of those that are followed. */
Stacks::Peer* Stacks::peer_at(const std::uint8_t* packet) {
    const auto* const segment = packet + ipv4_header;
    const std::size_t which = static_cast<std::size_t>(get_16(segment + 2)) - first_peer_port;
    const bool known = which < peers && std::memcmp(packet + 16, peer_ip, 4) == 0 && get_16(segment) == ports[0];
    return known ? &peers_[which] : nullptr;
}

/* --------------------------------------------------------------------------------------------- application ----- */

void Stacks::hear(Decisions& in) {
    auto* const event = lend(in, structs_[0], dumbo_stack_event{});
    const auto code = dumbo_stack_next_event(in.maybe_null(stack_), event);
    require_code(code);
    if (code != DUMBO_OK || event->kind == DUMBO_STACK_EVENT_NONE) {
        require(code != DUMBO_OK || event->connection == 0, "nothing has happened to somebody");
        return;
    }
    require(event->kind <= DUMBO_STACK_EVENT_CLOSED && event->reason <= DUMBO_STACK_REASON_EVICTED &&
                (event->kind == DUMBO_STACK_EVENT_CLOSED) == (event->reason != DUMBO_STACK_REASON_NONE),
            "an event is none");
    App& app = apps_[event->connection % apps];
    require(!contents_known_ || app.id == event->connection, "something happened to nobody");
    require(!contents_known_ || app.heard_of == (event->kind != DUMBO_STACK_EVENT_OPENED),
            "a connection was opened twice, or not before something else happened to it");
    app.id = event->connection;
    app.heard_of = true;
    if (event->kind == DUMBO_STACK_EVENT_CLOSED) {
        app = {};
    }
}

void Stacks::use(Decisions& in) {
    const std::uint8_t what = in.byte();
    App& app = apps_[what % apps];
    const std::uint64_t id = in.is_careless(8) ? in.number_64() : app.id;
    switch (what / 16) {
        case 0:
        case 1:
        case 2:
        case 3:
        case 4:
            return read(in, app, id);
        case 5:
        case 6:
        case 7:
        case 8:
            return write(in, app, id);
        case 9:
        case 10:
        case 11:
            return lend_bytes(in, app, id);
        case 12:
        case 13:
            return require_code(dumbo_stack_close(in.maybe_null(stack_), id));
        case 14:
            return require_code(dumbo_stack_abort(in.maybe_null(stack_), id));
        default:
            return require_code(dumbo_stack_set_ttl(stack_, id, in.byte()));
    }
}

void Stacks::read(Decisions& in, App& app, std::uint64_t id) {
    const std::uint8_t* data = nullptr;
    std::size_t size = 0;
    auto code = dumbo_stack_read(in.maybe_null(stack_), id, in.maybe_null(&data), &size);
    require_code(code);
    require(size <= config_.receive_buffer && (size == 0) == (data == nullptr),
            "what can be read is not what there is");
    require(
        data == nullptr || id != app.id || !contents_known_ || std::memcmp(data, octets_at(app.next_read), size) == 0,
        "other bytes can be read than were received");
    const std::uint8_t how = in.byte();
    const std::size_t wanted = how < 128 ? size : how < 250 ? how - 128U : in.number_16();
    const std::size_t before = readable(id);
    std::size_t consumed = 0;
    auto* const told = in.maybe_null(&consumed);
    code = dumbo_stack_consume(stack_, id, wanted, told);
    require_code(code);
    const std::size_t gone = before - readable(id);
    require(gone == (code == DUMBO_OK ? std::min(wanted, before) : 0) && (told == nullptr || consumed == gone),
            "something else was consumed than was wanted");
    if (id == app.id) {
        app.next_read += static_cast<std::uint32_t>(gone);
    }
}

/** How many bytes there are to be read; of a connection that is over there are none. */
std::size_t Stacks::readable(std::uint64_t id) const {
    dumbo_connection_info info{};
    info.struct_size = sizeof info;
    const bool known = dumbo_stack_connection_info(stack_, id, &info) == DUMBO_OK;
    return known ? info.readable : 0;
}

void Stacks::write(Decisions& in, App& app, std::uint64_t id) {
    const std::uint8_t how = in.byte();
    const std::size_t size = how < 200 ? how * std::size_t{8} : in.number_16();
    std::size_t accepted = 0;
    const auto* const bytes = frame_.copy(octets_at(app.written), size);
    const auto code =
        dumbo_stack_write(in.maybe_null(stack_), id, in.maybe_null(bytes), size, in.maybe_null(&accepted));
    require_code(code);
    require(accepted <= size && accepted <= config_.send_buffer && (code == DUMBO_OK || accepted == 0),
            "more was taken than there was, or room for it");
    if (id == app.id) {
        app.written += static_cast<std::uint32_t>(accepted);
    }
}

/** New bytes, or those again that a restored stack lacks. */
void Stacks::lend_bytes(Decisions& in, App& app, std::uint64_t id) {
    const std::uint8_t how = in.byte();
    std::size_t size = how < 200 ? how * std::size_t{16} : in.number_16();
    std::size_t lent = 0;
    require_code(dumbo_stack_lent(stack_, id, &lent));
    if (id != app.id) {
        return;
    }
    std::uint32_t from = app.written;
    if (lent > 0) {
        from -= static_cast<std::uint32_t>(lent);
        size = in.is_careless(4) || lent > longest_source ? size : lent;
    }
    const auto code = dumbo_stack_lend(in.maybe_null(stack_), id, octets_at(from), size);
    require_code(code);
    if (code == DUMBO_OK && lent == 0) {
        app.written += static_cast<std::uint32_t>(size);
    }
}

/* ---------------------------------------------------------------------------------------------- what else ------ */

void Stacks::look(Decisions& in) {
    constexpr std::uint32_t offloads[] = {0, DUMBO_STACK_OFFLOAD_CHECKSUM,
                                          DUMBO_STACK_OFFLOAD_CHECKSUM | DUMBO_STACK_OFFLOAD_TSO4,
                                          DUMBO_STACK_OFFLOAD_TSO4, 4};
    const std::uint8_t what = in.byte();
    if (what < 64) {
        const std::uint32_t wanted = in.one_of(offloads);
        const auto code = dumbo_stack_set_offloads(in.maybe_null(stack_), wanted);
        require_code(code);
        offloads_ = code == DUMBO_OK ? wanted : offloads_;
        return;
    }
    if (what < 128) {
        auto* const counters = lend(in, structs_[0], dumbo_interface_counters{});
        return require_code(dumbo_stack_counters(in.maybe_null(stack_), counters));
    }
    auto* const info = lend(in, structs_[0], dumbo_connection_info{});
    const App& app = apps_[what % apps];
    const auto code = dumbo_stack_connection_info(in.maybe_null(stack_), app.id, info);
    require_code(code);
    require(code != DUMBO_OK || (info->state <= DUMBO_STATE_LAST_ACK && info->queued <= config_.send_buffer &&
                                 info->room <= config_.send_buffer && info->readable <= config_.receive_buffer),
            "what is told of a connection is impossible");
    require(dumbo_stack_connection_count(stack_) <= config_.max_connections, "there are too many connections");
}

void Stacks::pass_time(Decisions& in) {
    std::uint32_t status = 0;
    std::uint64_t deadline = 0;
    require_code(dumbo_stack_next_status(stack_, now_, &status, &deadline));
    const std::uint8_t how = in.byte();
    std::uint64_t then = now_ + how;
    if (how < 64) {
        then = status == DUMBO_NEXT_SEGMENT_TIMEOUT ? deadline : now_ + 1;
    } else if (how == 255) {
        then = now_ + in.number_64();
    }
    now_ = std::max(now_, then);
}

std::size_t Stacks::snapshot_into(std::uint8_t* bytes) const {
    std::size_t size = 0;
    require(dumbo_stack_snapshot(stack_, bytes, longest_snapshot, &size) == DUMBO_OK, "a stack has no snapshot");
    return size;
}

void Stacks::require_restorable() {
    const std::size_t size = snapshot_into(snapshots[0]);
    const dumbo_allocator allocator{sizeof allocator, 0, allocate, release, &allocated_};
    dumbo_stack* again = nullptr;
    require(dumbo_stack_restore(&again, snapshots[0], size, &config_, nullptr, &allocator) == DUMBO_OK,
            "a stack cannot be restored");
    std::size_t copied = 0;
    require(dumbo_stack_snapshot(again, snapshots[1], longest_snapshot, &copied) == DUMBO_OK && copied == size &&
                std::memcmp(snapshots[0], snapshots[1], size) == 0,
            "a restored stack is another one");
    dumbo_stack_free(again);
    std::uint64_t state = size < 2000 ? dumbo_stack_connection_count(stack_) : 100;
    for (std::size_t i = 42; i < 60 && i < size; ++i) {
        state = state * 31 + snapshots[0][i];
    }
    reached(state);
}

void Stacks::restore_from(Decisions& in, const std::uint8_t* snapshot, std::size_t size) {
    create(in);
    restore(in, snapshot, size);
    contents_known_ = false;
}

void Stacks::restore(Decisions& in, const std::uint8_t* snapshot, std::size_t size) {
    constexpr std::int32_t documented[] = {
        DUMBO_OK,
        DUMBO_ERR_INVALID_ARGUMENT,
        DUMBO_ERR_TIMESTAMP_DECREASED,
        DUMBO_ERR_OUT_OF_MEMORY,
        DUMBO_ERR_SNAPSHOT_LENGTH,
        DUMBO_ERR_SNAPSHOT_FORMAT,
        DUMBO_ERR_SNAPSHOT_VERSION,
        DUMBO_ERR_SNAPSHOT_CHECKSUM,
        DUMBO_ERR_SNAPSHOT_VALUE,
        DUMBO_ERR_SNAPSHOT_OPTION,
        DUMBO_ERR_SNAPSHOT_HANDSHAKE,
        DUMBO_ERR_SNAPSHOT_SEND,
        DUMBO_ERR_SNAPSHOT_RECEIVE,
        DUMBO_ERR_SNAPSHOT_TIMEOUT,
        DUMBO_ERR_SNAPSHOT_RESET,
        DUMBO_ERR_SNAPSHOT_STACK,
        DUMBO_ERR_SNAPSHOT_CONFIG,
    };
    constexpr std::size_t at_latest_now = 14;
    const std::uint8_t how = in.byte();
    std::uint64_t latest = size >= at_latest_now + 8 ? get_little<std::uint64_t>(snapshot + at_latest_now) : 0;
    dumbo_restore_config clock{sizeof clock, 0, 0, 0};
    if ((how & 1U) != 0) {
        clock.flags = DUMBO_RESTORE_REBASE;
        clock.old_now = std::max(latest, now_) + ((how & 2U) != 0 ? in.byte() : 0U);
        clock.new_now = (how & 4U) != 0 ? in.number_64() : in.byte();
        latest = clock.new_now;
    }
    const dumbo_allocator allocator{sizeof allocator, 0, in.is_careless(8) ? allocate_nothing : allocate, release,
                                    &allocated_};
    const auto* const bytes = snapshot_.copy(snapshot, size);
    dumbo_stack* restored = nullptr;
    const auto code = dumbo_stack_restore(in.maybe_null(&restored), in.maybe_null(bytes), size, in.maybe_null(&config_),
                                          lend(in, structs_[0], clock), &allocator);
    fuzz::require_code(code, documented, "stack_restore has an undocumented result");
    require((code == DUMBO_OK) == (restored != nullptr), "stack_restore and its stack contradict each other");
    succeeded_ = succeeded_ || code == DUMBO_OK;
    if (restored != nullptr) {
        dumbo_stack_free(stack_);
        stack_ = restored;
        now_ = std::max((how & 1U) != 0 ? 0 : now_, latest);
        offloads_ = config_.offloads;
    }
}

void Stacks::carry(Decisions& in) {
    const std::size_t size = snapshot_into(carried);
    const std::size_t room = in.is_careless(4) ? in.number_16() : size;
    std::size_t written = 0;
    auto* const buffer = snapshot_.piece(room);
    const auto code = dumbo_stack_snapshot(in.maybe_null(stack_), in.maybe_null(buffer), room, in.maybe_null(&written));
    require_code(code);
    require(code != DUMBO_OK || written == size, "two snapshots differ");
    restore(in, carried, size);
}

void Stacks::tamper(Decisions& in) {
    const std::size_t size = snapshot_into(carried);
    const std::size_t changes = 1 + in.below(4);
    for (std::size_t i = 0; i < changes; ++i) {
        auto& byte = carried[in.number_16() % size];
        const std::uint8_t value = in.byte();
        byte = value < 16 ? value : value < 128 ? static_cast<std::uint8_t>(byte + value - 72) : in.byte();
    }
    if (!in.one_in(8)) {
        seal(carried, size);
    }
    const auto* const before = stack_;
    restore(in, carried, size);
    contents_known_ = contents_known_ && stack_ == before;
}

}  // namespace fuzz
