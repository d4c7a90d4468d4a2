// SPDX-License-Identifier: Apache-2.0
#include "stack/checked_stack.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <new>
#include <stdexcept>

namespace stack_test {

using dumbo::ConnectionId;
using dumbo::FrameVerdict;
using dumbo::NextSegmentStatus;
using dumbo::Stack;
using dumbo::StackConfig;
using dumbo::StackEvent;

namespace {

constexpr std::uint64_t end_of_time = std::numeric_limits<std::uint64_t>::max();

void expect(bool condition, const char* rule) {
    if (!condition) {
        throw std::runtime_error(std::string("broken: ") + rule);
    }
}

Stack created(const Memory& memory, const StackConfig& config) {
    const auto stack = Stack::create(memory.span(), config);
    expect(stack.has_value(), "a stack can be created in as much memory as it asked for");
    return *stack;
}

std::size_t size_for(const StackConfig& config) {
    const auto size = Stack::memory_size(config);
    expect(size.has_value(), "the config is acceptable");
    return *size;
}

}  // namespace

Bytes snapshot_of(const Stack& stack) {
    Bytes bytes(stack.snapshot_size());
    const auto length = stack.snapshot(bytes);
    expect(length && *length == bytes.size(), "a snapshot is as long as it said");
    return bytes;
}

RestoredStack restored(const StackConfig& config, std::span<const std::uint8_t> snapshot,
                       const std::optional<dumbo::ClockRebase>& rebase) {
    Memory memory(size_for(config));
    const auto stack = Stack::restore(memory.span(), config, snapshot, rebase);
    return {.memory = std::move(memory), .stack = stack};
}

StackConfig small_config() {
    return {.mac = our_mac,
            .address = our_ip,
            .ports = {our_port, 8080},
            .connections = 4,
            .half_open = 2,
            .receive_buffer = 1000,
            .send_buffer = 1000,
            .replies = 4,
            .idle_threshold = 1'000'000,
            .rto_period = 100,
            .rto_count_max = 3,
            .hash_key = 7};
}

CheckedStack::CheckedStack(const StackConfig& config, std::uint32_t period)
    : config_(config), memory_(size_for(config)), stack_(created(memory_, config)), scratch_(65549), period_(period) {}

void CheckedStack::save() {
    const auto memory = memory_.span();
    saved_.assign(memory.begin(), memory.end());
}

void CheckedStack::restore() {
    std::memcpy(memory_.span().data(), saved_.data(), saved_.size());
}

std::size_t CheckedStack::try_frame(std::uint64_t when) {
    const auto length = stack_.next_frame(scratch_, when);
    expect(length.has_value(), "next_frame() fails for its arguments only");
    return *length;
}

void CheckedStack::examined_call() {
    ++calls_;
    if (calls_ % period_ == 0) {
        examine();
    }
}

// A stack lies in one piece of memory, so that what it would do can be tried and be undone.
void CheckedStack::examine() {
    save();
    examine_next();
    if (calls_ % 64 == 0) {
        examine_silence();
    }
    examine_counters();
    restore();
    examine_snapshot();
    restore();
}

// A stack that was restored does what the original does, to the byte.
void CheckedStack::examine_snapshot() {
    const Bytes snapshot = snapshot_of(stack_);
    const RestoredStack twin = restored(config_, snapshot);
    expect(twin.stack.has_value(), "a snapshot can be restored");
    Stack other = *twin.stack;
    expect(snapshot_of(other) == snapshot, "the snapshot of what was restored is that snapshot");
    expect(other.connection_count() == stack_.connection_count(), "as many connections");
    // Who was lent something again has a turn for that, so that the order of frames may be another one.
    const int rounds = lend_again(other) ? 0 : 3;
    std::uint64_t when = now;
    for (int round = 0; round < rounds; ++round) {
        const auto status = stack_.next(when);
        const auto same_status = other.next(when);
        expect(status && same_status && *status == *same_status, "the same is next");
        const std::size_t length = try_frame(when);
        Bytes frame(scratch_.begin(), scratch_.begin() + static_cast<std::ptrdiff_t>(length));
        Bytes same_frame(scratch_.size());
        const auto same_length = other.next_frame(same_frame, when);
        same_frame.resize(same_length ? *same_length : 0);
        expect(frame == same_frame, "the same frame is sent");
        when = status->kind == NextSegmentStatus::Kind::timeout ? status->deadline : when;
    }
    for (auto event = stack_.next_event(); event; event = stack_.next_event()) {
        const auto same = other.next_event();
        expect(
            same && same->kind == event->kind && same->connection == event->connection && same->reason == event->reason,
            "the same events are told");
    }
    expect(!other.next_event(), "no more events are told");
}

// What is still needed of a loan is its end.
bool CheckedStack::lend_again(Stack& to) const {
    bool was_lent = false;
    for (const auto& [id, bytes] : loans_) {
        const auto info = to.info(id);
        if (info && info->lent_is_missing) {
            expect(to.lend(id, bytes.last(static_cast<std::size_t>(info->lent))) == std::nullopt,
                   "what was lent can be lent again");
            was_lent = true;
        }
    }
    return was_lent;
}

void CheckedStack::move_by_snapshot(const StackConfig& config) {
    RestoredStack twin = restored(config, snapshot_of(stack_));
    expect(twin.stack.has_value(), "a snapshot can be restored");
    lend_again(*twin.stack);
    config_ = config;
    memory_ = std::move(twin.memory);
    stack_ = *twin.stack;
    segments_ = 0;  // counters begin anew, and so does what they are compared with
    save();
    while (stack_.next_event()) {
    }
    inherited_ = stack_.connection_count();
    restore();
    examine();
}

void CheckedStack::examine_next() {
    const std::size_t length = try_frame(now);
    restore();
    const auto status = stack_.next(now);
    expect(status.has_value(), "next() fails for its arguments only");
    expect(stack_.next(now).has_value() && *stack_.next(now) == *status, "next() says the same again");
    expect((status->kind == NextSegmentStatus::Kind::available) == (length > 0), "next() foretells next_frame()");
    switch (status->kind) {
        case NextSegmentStatus::Kind::available:
            expect(try_frame(now) > 0, "what is available stays so");
            break;
        case NextSegmentStatus::Kind::nothing:
            expect(try_frame(end_of_time) == 0, "nothing is nothing for ever");
            break;
        case NextSegmentStatus::Kind::timeout:
            expect(status->deadline > now, "a timeout is in the future");
            expect(try_frame(status->deadline - 1) == 0, "nothing is sent before a timeout");
            expect(status->deadline == end_of_time || try_frame(status->deadline) > 0, "a timeout has a frame sent");
            break;
    }
    restore();
}

void CheckedStack::examine_silence() {
    constexpr int enough = 100'000;
    int frames = 0;
    while (frames < enough && try_frame(now) > 0) {
        ++frames;
    }
    expect(frames < enough, "at a fixed time the stack falls silent");
    restore();
}

void CheckedStack::examine_counters() {
    const dumbo::StackCounters& sums = stack_.counters();
    expect(sums.frames_in == sums.foreign + sums.malformed + sums.checksum_errors + sums.fragments + sums.arp_requests +
                                 sums.refused + sums.syns_dropped + sums.opened + segments_,
           "every frame is counted as one thing");
    // Those that are over in the application's eyes as well.
    while (stack_.next_event()) {
    }
    expect(inherited_ + sums.opened == sums.finished + sums.reset_by_peer + sums.reset + sums.timed_out + sums.evicted +
                                           sums.half_open_evicted + stack_.connection_count(),
           "every connection that began is there or has ended once");
    restore();
}

FrameVerdict CheckedStack::receive(std::span<const std::uint8_t> frame, const dumbo::VirtioNetHeader* with) {
    // In a place of exactly its size, gone right afterwards: whoever steps outside of it or keeps it is seen.
    const auto copy = std::make_unique<Bytes>(frame.begin(), frame.end());
    const auto verdict = stack_.receive_frame(*copy, now, with);
    expect(verdict.has_value(), "receive_frame() fails for its arguments only");
    segments_ += verdict->kind == FrameVerdict::Kind::received ? 1U : 0U;
    const bool may_be_missed =
        verdict->kind == FrameVerdict::Kind::foreign || verdict->kind == FrameVerdict::Kind::malformed;
    expect(may_be_missed || stack_.is_for_us(*copy), "is_for_us() has no false negatives");
    examined_call();
    return *verdict;
}

Bytes CheckedStack::next_bytes(std::size_t room) {
    auto buffer = std::make_unique<Bytes>(room, std::uint8_t{0xa5});
    const auto length = stack_.next_frame(*buffer, now, takes_headers ? &header : nullptr);
    expect(length.has_value() && *length <= room, "next_frame() fails for its arguments only");
    examined_call();
    buffer->resize(*length);
    examine_frame(*buffer);
    return *buffer;
}

// Only a device can do something about a frame that is too long.
void CheckedStack::examine_frame(const Bytes& frame) const {
    const bool is_cut = takes_headers && header.gso_type == dumbo::VirtioNetHeader::gso_tcpv4;
    expect(is_cut || frame.size() <= std::size_t{14} + config_.mtu, "a frame fits the link");
    if (takes_headers) {
        const bool is_tcp = !frame.empty() && frame[12] == 8 && frame[13] == 0;
        const bool needs_checksum = is_tcp && (config_.offloads.checksum || checksum == TcpChecksum::pseudo_header);
        expect(header.flags == (needs_checksum ? 1 : 0), "a device completes checksums where it was asked to");
        expect(!is_cut || (config_.offloads.tso4 && header.header_length == 54 && header.gso_size > 0 &&
                           frame.size() > std::size_t{54} + header.gso_size && header.gso_size <= config_.mtu - 40),
               "what is cut fits the link then");
        expect(is_cut || header.gso_size == 0, "nothing else is cut");
    }
}

ReadFrame CheckedStack::next_frame(std::size_t room) {
    const Bytes bytes = next_bytes(room);
    const bool is_partial = takes_headers && config_.offloads.checksum;
    return bytes.empty() ? ReadFrame{} : read_frame(bytes, is_partial ? TcpChecksum::pseudo_header : checksum);
}

NextSegmentStatus CheckedStack::next() {
    const auto status = stack_.next(now);
    expect(status.has_value(), "next() fails for its arguments only");
    examined_call();
    return *status;
}

std::optional<StackEvent> CheckedStack::event() {
    const auto event = stack_.next_event();
    if (!event) {
        return event;
    }
    const ConnectionId id = event->connection;
    expect(id != 0, "no connection has the number 0");
    const bool is_new = !histories_.contains(id);
    History& history = histories_[id];
    expect(is_new == (event->kind == StackEvent::Kind::opened), "opened comes first, and once");
    expect(!history.closed, "nothing comes behind closed");
    expect(!history.peer_closed || event->kind != StackEvent::Kind::peer_closed, "the peer closes once");
    history.peer_closed = history.peer_closed || event->kind == StackEvent::Kind::peer_closed;
    history.closed = event->kind == StackEvent::Kind::closed;
    expect(history.closed == (event->reason != StackEvent::Reason::none), "the end has a reason, and nothing else has");
    expect(history.closed == (stack_.connection(id) == nullptr), "a number means something until the event closed");
    examined_call();
    return event;
}

Bytes CheckedStack::read(ConnectionId id, std::size_t at_most) {
    Bytes bytes;
    while (bytes.size() < at_most) {
        const auto piece = stack_.readable(id);
        expect(piece.has_value(), "a connection can be read from");
        if (piece->empty()) {
            break;
        }
        const auto wanted = piece->first(std::min(piece->size(), at_most - bytes.size()));
        bytes.insert(bytes.end(), wanted.begin(), wanted.end());
        const auto consumed = stack_.consume(id, wanted.size());
        expect(consumed && *consumed == wanted.size(), "what is readable can be consumed");
        examined_call();
    }
    return bytes;
}

std::size_t CheckedStack::write(ConnectionId id, std::span<const std::uint8_t> bytes) {
    const Bytes copy(bytes.begin(), bytes.end());
    const auto taken = stack_.write(id, copy);
    expect(taken && *taken <= bytes.size(), "a connection can be written to");
    examined_call();
    return *taken;
}

std::optional<dumbo::Error> CheckedStack::lend(ConnectionId id, std::span<const std::uint8_t> bytes) {
    const auto error = stack_.lend(id, bytes);
    if (!error) {
        loans_[id] = bytes;
    }
    examined_call();
    return error;
}

void CheckedStack::close(ConnectionId id) {
    expect(!stack_.close(id).has_value(), "a connection can be closed");
    examined_call();
}

void CheckedStack::abort(ConnectionId id) {
    expect(!stack_.abort(id).has_value(), "a connection can be aborted");
    examined_call();
}

bool CheckedStack::is_over(ConnectionId id) const {
    const auto found = histories_.find(id);
    return found != histories_.end() && found->second.closed;
}

std::vector<ReadFrame> talk(CheckedStack& stack, std::span<Client* const> clients,
                            const std::function<bool()>& application) {
    std::vector<ReadFrame> others;
    for (bool again = true; again;) {
        again = application && application();
        for (Client* client : clients) {
            while (const auto frame = client->next()) {
                stack.receive(*frame);
                again = true;
            }
        }
        for (ReadFrame frame = stack.next_frame(); frame.tcp || frame.arp; frame = stack.next_frame()) {
            again = true;
            const auto owner = std::find_if(clients.begin(), clients.end(), [&frame](const Client* client) {
                return frame.tcp && frame.tcp->destination_port == client->port();
            });
            if (owner != clients.end()) {
                (*owner)->take(*frame.tcp);
            } else {
                others.push_back(frame);
            }
        }
    }
    return others;
}

ConnectionId open(CheckedStack& stack, Client& client) {
    Client* const clients[] = {&client};
    talk(stack, clients);
    const auto event = stack.event();
    expect(event && event->kind == StackEvent::Kind::opened, "a handshake opens a connection");
    return event->connection;
}

std::string events_of(CheckedStack& stack) {
    constexpr const char* kinds[] = {"opened", "readable", "writable", "peer_closed", "closed"};
    constexpr const char* reasons[] = {"", ": finished", ": reset_by_peer", ": reset", ": timed_out", ": evicted"};
    std::string text;
    while (const auto event = stack.event()) {
        text += text.empty() ? "" : ", ";
        text += kinds[static_cast<std::size_t>(event->kind)];
        text += reasons[static_cast<std::size_t>(event->reason)];
    }
    return text;
}

}  // namespace stack_test
