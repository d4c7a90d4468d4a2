// SPDX-License-Identifier: Apache-2.0
#include "stack/state.hpp"
#include "wire/crc_32.hpp"
#include "wire/snapshot_bytes.hpp"

#include <algorithm>
#include <limits>

// A stack as bytes, and back. docs/snapshot.md describes the format.
namespace dumbo::inline v0 {

using stack::Life;
using stack::Slot;
using stack::SlotIndex;

namespace {

constexpr std::uint32_t magic = 0x4b545364;  // "dSTK"
constexpr std::uint16_t version = 1;
constexpr std::size_t preface_length = sizeof magic + sizeof version + sizeof(std::uint64_t);

// Far from where numbers would begin anew.
constexpr std::uint64_t connections_begun_max = std::uint64_t{1} << (63U - stack::index_bits);
constexpr std::uint8_t last_turn = 2;
constexpr std::uint8_t every_event =
    stack::opened_bit + stack::readable_bit + stack::writable_bit + stack::peer_closed_bit + stack::closed_bit;

// What stands once, behind the preface.
struct Header {
    std::uint64_t latest_now = 0;
    std::uint64_t connections_begun = 0;
    MacAddress mac{};
    Ipv4Address address{};
    std::uint16_t identification = 0;
    std::uint8_t whose_turn = 0;
    std::uint8_t arp_replies = 0;
    std::uint32_t rsts = 0;
    std::uint32_t connections = 0;
    std::uint32_t turns = 0;
    std::uint32_t events = 0;
};
constexpr std::size_t header_length = 8 + 8 + 6 + 4 + 2 + 1 + 1 + 4 + 4 + 4 + 4;

template <typename Self, typename Visitor>
void visit_header(Self& header, Visitor& visitor) noexcept {
    visitor.number(header.latest_now);
    visitor.number(header.connections_begun);
    visitor.bytes(header.mac);
    visitor.bytes(header.address);
    visitor.number(header.identification);
    visitor.code(header.whose_turn, last_turn);
    visitor.number(header.arp_replies);
    visitor.number(header.rsts);
    visitor.number(header.connections);
    visitor.number(header.turns);
    visitor.number(header.events);
}

constexpr std::size_t arp_reply_length = 6 + 4;

template <typename Self, typename Visitor>
void visit_arp_reply(Self& reply, Visitor& visitor) noexcept {
    visitor.bytes(reply.mac);
    visitor.bytes(reply.address);
}

constexpr std::size_t peer_length = 6 + 4 + 2 + 2;

template <typename Self, typename Visitor>
void visit_peer(Self& peer, Visitor& visitor) noexcept {
    visitor.bytes(peer.mac);
    visitor.bytes(peer.address);
    visitor.number(peer.port);
    visitor.number(peer.our_port);
}

constexpr std::size_t rst_reply_length = peer_length + 1 + 4;

template <typename Self, typename Visitor>
void visit_rst_reply(Self& reply, Visitor& visitor) noexcept {
    visit_peer(reply.peer, visitor);
    visitor.code(reply.config.kind, RstConfig::Kind::ack);
    visitor.number(reply.config.number);
}

// Each connection: this, the snapshot of its core, and the bytes of both rings.
constexpr std::size_t slot_length = 8 + 8 + 8 + 4 + 4 + peer_length + 7;
constexpr std::size_t connection_length = slot_length + Connection::snapshot_length;

template <typename Self, typename Visitor>
void visit_slot(Self& slot, Visitor& visitor) noexcept {
    visitor.number(slot.id);
    visitor.number(slot.last_heard);
    visitor.number(slot.lent_length);
    visitor.number(slot.in.length);
    visitor.number(slot.out.length);
    visit_peer(slot.peer, visitor);
    visitor.code(slot.life, Life::closed);
    visitor.number(slot.ttl);
    visitor.flag(slot.is_closing);
    visitor.flag(slot.wants_room);
    visitor.flag(slot.fin_told);
    visitor.code(slot.close_reason, static_cast<std::uint8_t>(StackEvent::Reason::evicted));
    visitor.code(slot.events, every_event);
}

void write_ring(SnapshotWriter& writer, std::span<const std::uint8_t> buffer, stack::RingPosition ring) noexcept {
    const std::size_t until_end = std::min<std::size_t>(ring.length, buffer.size() - ring.first);
    writer.bytes(buffer.subspan(ring.first, until_end));
    writer.bytes(buffer.first(ring.length - until_end));
}

// Neither free nor over: it may send.
bool is_alive(const Slot& slot) noexcept {
    return slot.life == Life::half_open || slot.life == Life::open;
}

// The number of the first byte that is queued, which is the first that is not acknowledged.
SeqNumber first_queued(const Connection& core) noexcept {
    if (!core.is_established()) {
        return core.first_not_sent();
    }
    return core.fin_acknowledged() ? core.highest_ack_received() - 1 : core.highest_ack_received();
}

}  // namespace

std::size_t Stack::snapshot_size() const noexcept {
    return state_->snapshot_size();
}

Result<std::size_t> Stack::snapshot(std::span<std::uint8_t> buffer) const noexcept {
    const std::size_t size = state_->snapshot_size();
    if (buffer.size() < size) {
        return Error::buffer_too_small;
    }
    state_->write_snapshot(buffer.first(size));
    return size;
}

Result<Stack> Stack::restore(std::span<std::byte> memory, const StackConfig& config,
                             std::span<const std::uint8_t> bytes, const std::optional<ClockRebase>& rebase) noexcept {
    const auto stack = create(memory, config);
    if (!stack) {
        return stack.error();
    }
    if (const auto error = stack->state_->read_snapshot(bytes, rebase)) {
        return *error;
    }
    return stack;
}

// ------------------------------------------------------------------------------------------------------ writing ----

// The longest silent ones first, as they stand in their lists.
template <typename Visit>
void Stack::State::for_each_connection(const Visit& visit) const noexcept {
    half_open.for_each(slots, visit);
    open.for_each(slots, visit);
    events.for_each(slots, [&](SlotIndex index) {
        if (slots[index].life == Life::closed) {
            visit(index);
        }
    });
}

std::size_t Stack::State::snapshot_size() const noexcept {
    std::size_t size = preface_length + header_length + arp_replies.count * arp_reply_length +
                       rsts.count * rst_reply_length + crc_length;
    for_each_connection([&](SlotIndex index) {
        size += connection_length + std::size_t{slots[index].in.length} + slots[index].out.length;
    });
    return size + sizeof(SlotIndex) * (std::size_t{turns.count()} + events.count());
}

// Precondition: exactly as many bytes as snapshot_size() says.
void Stack::State::write_snapshot(std::span<std::uint8_t> bytes) const noexcept {
    SnapshotWriter writer(bytes);
    writer.number(magic);
    writer.number(version);
    writer.number(std::uint64_t{bytes.size()});
    const Header header{.latest_now = latest_now,
                        .connections_begun = connections_begun,
                        .mac = config.mac,
                        .address = config.address,
                        .identification = identification,
                        .whose_turn = whose_turn,
                        .arp_replies = static_cast<std::uint8_t>(arp_replies.count),
                        .rsts = static_cast<std::uint32_t>(rsts.count),
                        .connections = half_open.count() + open.count() + closed_count,
                        .turns = turns.count(),
                        .events = events.count()};
    visit_header(header, writer);
    arp_replies.for_each([&](const stack::ArpReply& reply) { visit_arp_reply(reply, writer); });
    rsts.for_each([&](const stack::RstReply& reply) { visit_rst_reply(reply, writer); });
    for_each_connection([&](SlotIndex index) {
        const Slot& slot = slots[index];
        visit_slot(slot, writer);
        writer.bytes(slot.core->snapshot());
        write_ring(writer, in_buffer(index), slot.in);
        write_ring(writer, out_buffer(index), slot.out);
    });
    const auto write_index = [&](SlotIndex index) { writer.number(index); };
    turns.for_each(slots, write_index);
    events.for_each(slots, write_index);
    writer.number(crc_32(bytes.first(bytes.size() - crc_length)));
}

// ------------------------------------------------------------------------------------------------------ reading ----

// Precondition: the stack has just been created. After an error it is of no use.
std::optional<Error> Stack::State::read_snapshot(std::span<const std::uint8_t> bytes,
                                                 const std::optional<ClockRebase>& rebase) noexcept {
    if (bytes.size() < preface_length) {
        return Error::snapshot_length;
    }
    SnapshotReader preface(bytes);
    if (preface.read<std::uint32_t>() != magic) {
        return Error::snapshot_format;
    }
    if (preface.read<std::uint16_t>() != version) {
        return Error::snapshot_version;
    }
    if (preface.read<std::uint64_t>() != bytes.size() || preface.left() < header_length + crc_length) {
        return Error::snapshot_length;
    }
    const auto content = bytes.first(bytes.size() - crc_length);
    if (SnapshotReader(bytes.last(crc_length)).read<std::uint32_t>() != crc_32(content)) {
        return Error::snapshot_checksum;
    }
    SnapshotReader reader(content.subspan(preface_length));
    Header header;
    visit_header(header, reader);
    if (!reader.is_valid() || header.connections_begun > connections_begun_max) {
        return Error::snapshot_value;
    }
    if (header.mac != config.mac || header.address != config.address || header.connections > slots.size() ||
        header.arp_replies > arp_places || header.rsts > rsts.places.size()) {
        return Error::snapshot_config;
    }
    if (rebase && rebase->old_now < header.latest_now) {
        return Error::timestamp_decreased;
    }
    latest_now = header.latest_now;
    connections_begun = header.connections_begun;
    identification = header.identification;
    whose_turn = header.whose_turn;
    if (const auto error = read_answers(reader, header.arp_replies, header.rsts)) {
        return error;
    }
    for (std::uint32_t i = 0; i < header.connections; ++i) {
        if (const auto error = read_connection(reader, rebase)) {
            return error;
        }
    }
    latest_now = rebase ? rebase->new_now : header.latest_now;
    return read_queues(reader, header.turns, header.events);
}

// What belongs to no connection. Precondition: there is room for as many.
std::optional<Error> Stack::State::read_answers(SnapshotReader& reader, std::uint32_t arp_count,
                                                std::uint32_t rst_count) noexcept {
    if (reader.left() < arp_count * arp_reply_length + rst_count * rst_reply_length) {
        return Error::snapshot_length;
    }
    bool is_possible = true;
    for (std::uint32_t i = 0; i < arp_count; ++i) {
        stack::ArpReply reply;
        visit_arp_reply(reply, reader);
        const bool is_probe = reply.address == Ipv4Address{};
        is_possible = is_possible && !stack::is_group(reply.mac) && (is_probe || can_be_answered(reply.address)) &&
                      arp_replies.push(reply);
    }
    for (std::uint32_t i = 0; i < rst_count; ++i) {
        stack::RstReply reply;
        visit_rst_reply(reply, reader);
        is_possible = is_possible && can_be_answered(reply.peer) && rsts.push(reply);
    }
    if (!reader.is_valid()) {
        return Error::snapshot_value;
    }
    return is_possible ? std::nullopt : std::optional(Error::snapshot_stack);
}

std::optional<Error> Stack::State::read_connection(SnapshotReader& reader,
                                                   const std::optional<ClockRebase>& rebase) noexcept {
    if (reader.left() < connection_length) {
        return Error::snapshot_length;
    }
    Slot slot;
    visit_slot(slot, reader);
    if (!reader.is_valid() || slot.ttl == 0) {
        return Error::snapshot_value;
    }
    const auto core_bytes = reader.take(Connection::snapshot_length);
    const auto core = Connection::restore(core_bytes);
    if (!core) {
        return core.error();
    }
    slot.core = *core;
    slot.out_first = first_queued(*core);
    if (const auto error = misplacement(slot)) {
        return error;
    }
    if (reader.left() < std::size_t{slot.in.length} + slot.out.length) {
        return Error::snapshot_length;
    }
    const SlotIndex index = stack::index_in(slot.id);
    const auto received = reader.take(slot.in.length);
    const auto queued = reader.take(slot.out.length);
    std::copy(received.begin(), received.end(), in_buffer(index).begin());
    std::copy(queued.begin(), queued.end(), out_buffer(index).begin());
    if (rebase) {
        const auto moved = Connection::restore(core_bytes, rebase);
        if (!moved) {
            return moved.error();
        }
        slot.core = *moved;
        slot.last_heard = rebase->new_now - std::min(rebase->new_now, rebase->old_now - slot.last_heard);
    }
    if (!is_in_order(slot)) {
        return Error::snapshot_stack;
    }
    take_place(index, slot);
    return std::nullopt;
}

void Stack::State::take_place(SlotIndex index, const Slot& slot) noexcept {
    free.remove(slots, index);
    slots[index] = slot;
    if (slot.life == Life::closed) {
        ++closed_count;
        return;
    }
    peers.insert(buckets, slots, index);
    (slot.life == Life::open ? open : half_open).append(slots, index);
}

// Who may have something to send, and who has something to tell, each in its order. Who does not send has a timeout.
std::optional<Error> Stack::State::read_queues(SnapshotReader& reader, std::uint64_t turn_count,
                                               std::uint64_t event_count) noexcept {
    if (reader.left() != sizeof(SlotIndex) * (turn_count + event_count)) {
        return Error::snapshot_length;
    }
    for (std::uint64_t i = 0; i < turn_count; ++i) {
        const auto index = reader.read<SlotIndex>();
        if (index >= slots.size() || !is_alive(slots[index]) || slots[index].turn.is_linked) {
            return Error::snapshot_stack;
        }
        turns.append(slots, index);
    }
    for (std::uint64_t i = 0; i < event_count; ++i) {
        const auto index = reader.read<SlotIndex>();
        if (index >= slots.size() || slots[index].events == 0 || slots[index].event.is_linked) {
            return Error::snapshot_stack;
        }
        events.append(slots, index);
    }
    for (SlotIndex index = 0; index < slots.size(); ++index) {
        if (slots[index].events != 0 && !slots[index].event.is_linked) {
            return Error::snapshot_stack;
        }
        if (!is_alive(slots[index])) {
            continue;
        }
        if (!has_possible_turn(index)) {
            return Error::snapshot_stack;
        }
        if (!slots[index].turn.is_linked) {
            set_deadline(index);
        }
    }
    return std::nullopt;
}

}  // namespace dumbo::inline v0
