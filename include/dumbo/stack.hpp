// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/address.hpp>
#include <dumbo/connection.hpp>
#include <dumbo/counters.hpp>
#include <dumbo/detail/byte_order.hpp>
#include <dumbo/error.hpp>
#include <dumbo/result.hpp>
#include <dumbo/virtio_net.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace dumbo::inline v0 {

// What the device on the guest's side does for us (Virtual I/O Device 1.2, 5.1.3).
struct StackOffloads {
    bool checksum = false;  // completes checksums: VIRTIO_NET_F_GUEST_CSUM
    bool tso4 = false;      // takes segments above the MSS, with `checksum` only: VIRTIO_NET_F_GUEST_TSO4
};

// One interface of a guest's, seen from the other end of the cable: frames of the guest go in, frames for the guest
// come out, and in between stand the connections that the guest has opened to one address.
struct StackConfig {
    static constexpr std::size_t max_ports = 8;
    static constexpr std::uint32_t connections_max = 1U << 20U;
    static constexpr std::uint32_t buffer_max = 1U << 26U;
    static constexpr std::uint16_t mtu_min = 68;  // RFC 791, 3.2
    static constexpr std::uint8_t default_ttl = 64;

    MacAddress mac{};
    Ipv4Address address{};
    std::array<std::uint16_t, max_ports> ports{};  // that are listened on; 0 stands for none
    std::uint32_t connections = 64;                // 1 ... connections_max
    std::uint32_t half_open = 16;                  // of them may be in their handshake, 1 ... connections
    std::uint32_t receive_buffer = 16384;  // bytes for each connection, 1 ... buffer_max; the window it begins with
    std::uint32_t send_buffer = 16384;     // the same
    std::uint32_t replies = 64;            // RSTs that can wait to be sent, 1 ... connections_max
    std::uint64_t idle_threshold = 0;      // who was silent for so long may give way to a new one; UINT64_MAX: nobody
    std::uint64_t rto_period = 0;          // as in ConnectionConfig
    std::uint16_t mtu = 1500;              // no IPv4 packet is longer, whatever MSS the guest states; mtu_min ...
    std::uint8_t ttl = default_ttl;        // of what is sent, not 0; set_ttl() changes it for one connection
    std::uint16_t rto_count_max = 15;
    std::uint8_t options = option::guest_facing;
    bool verifies_checksums = true;                   // of what comes in; not where a device has done so
    ChecksumPolicy checksums = ChecksumPolicy::full;  // of TCP in what goes out
    StackOffloads offloads{};                         // see Stack::set_offloads()
    std::uint64_t hash_key = 0;                       // a secret; chosen at random if it is 0
};

// Names one connection from the event opened to the event closed: a number that is never used again, and never 0.
using ConnectionId = std::uint64_t;

// Where the guest's end of a connection is, and which port of ours it came to.
struct StackPeer {
    MacAddress mac{};
    Ipv4Address address{};
    std::uint16_t port = 0;
    std::uint16_t our_port = 0;

    // The MAC address is no part of a connection's identity.
    [[nodiscard]] bool is_same_connection(const StackPeer& other) const noexcept {
        return port == other.port && our_port == other.our_port &&
               detail::load_be32(address.data()) == detail::load_be32(other.address.data());
    }
};

// A connection at a glance.
struct StackConnection {
    StackPeer peer;
    State state = State::closed;
    std::uint16_t mss = 0;         // of what is sent: the guest's, as far as the MTU allows
    std::uint32_t readable = 0;    // bytes that came in and were not consumed
    std::uint32_t queued = 0;      // bytes written and not acknowledged
    std::uint32_t room = 0;        // bytes that write() would take
    std::uint64_t lent = 0;        // bytes lent and not acknowledged
    bool lent_is_missing = false;  // they have to be lent again, as the stack was restored
    bool is_closing = false;       // close() or abort() was called, or the connection has ended
    std::uint64_t last_heard = 0;  // when the latest segment of the guest came in
};

// What happened to a connection, for the application to hear of.
struct StackEvent {
    enum class Kind : std::uint8_t {
        opened,       // the handshake is over
        readable,     // payload has come in since the last of these
        writable,     // there is room again after a write that fell short, or what was lent is acknowledged
        peer_closed,  // the guest will send no more: when all is read, that was all
        closed,  // the connection is no more, its number means nothing from now on; what was not read of a reset one is
                 // lost
    };
    enum class Reason : std::uint8_t {
        none,
        finished,       // both sides have closed, and everything arrived
        reset_by_peer,  // the guest sent a RST
        reset,          // a RST was sent: abort() was called, or a segment led to it
        timed_out,      // the guest has fallen silent
        evicted,        // it was idle, and gave way to a new one
    };

    Kind kind = Kind::opened;
    Reason reason = Reason::none;  // of closed
    ConnectionId connection = 0;
};

// What became of a frame.
struct FrameVerdict {
    enum class Kind : std::uint8_t {
        foreign,      // not for us, not of a kind that is handled here, or from nobody who could be answered
        malformed,    // it lies about its own format, or a checksum is wrong: `error` says more
        fragment,     // of an IPv4 packet; nothing puts them together
        arp_request,  // answered, unless there was no room for the answer
        refused,      // a segment that nobody wants: answered with a RST, unless it is one or there was no room
        dropped,      // a SYN that finds no room, and may be repeated
        opening,      // a SYN that begins a connection
        received,     // a segment of a connection
    };

    Kind kind = Kind::foreign;
    std::optional<Error> error = std::nullopt;  // of the codec, or of the connection
    std::uint32_t anomalies = 0;                // of received
    std::uint32_t delivered = 0;                // bytes of payload
    ConnectionId connection = 0;                // of opening and received
};

struct StackCounters {
    std::uint64_t frames_in = 0;
    std::uint64_t frames_out = 0;
    std::uint64_t foreign = 0;
    std::uint64_t malformed = 0;
    std::uint64_t checksum_errors = 0;
    std::uint64_t fragments = 0;
    std::uint64_t arp_requests = 0;
    std::uint64_t arp_replies_lost = 0;  // there was no room for the answer
    std::uint64_t refused = 0;
    std::uint64_t rsts_lost = 0;  // there was no room for the answer
    std::uint64_t syns_dropped = 0;
    std::uint64_t opened = 0;  // SYNs that began a connection
    std::uint64_t established = 0;
    std::uint64_t half_open_evicted = 0;
    std::uint64_t evicted = 0;
    std::uint64_t finished = 0;
    std::uint64_t reset_by_peer = 0;
    std::uint64_t reset = 0;
    std::uint64_t timed_out = 0;
};

// A stack lives in memory that its owner lends, all of it from the beginning: nothing is allocated later, whatever the
// guest does. This is a handle; copies of it mean the same stack, which is no more when the memory is used otherwise.
// `now` is as for a Connection, and common to all of them.
class Stack {
public:
    static constexpr std::size_t memory_alignment = 64;

    // The bytes that a stack needs, to the byte. Errors: invalid_argument.
    static Result<std::size_t> memory_size(const StackConfig& config) noexcept;

    // Errors: invalid_argument (the config, or memory that is not aligned), buffer_too_small, no_entropy.
    static Result<Stack> create(std::span<std::byte> memory, const StackConfig& config) noexcept;

    // Whether a frame might be for us: a cheap first test without false negatives.
    [[nodiscard]] bool is_for_us(std::span<const std::uint8_t> frame) const noexcept;

    // Takes a frame of the guest's. With a header that says so, its TCP checksum is taken for right; a frame may be
    // longer than the MTU, as one with TSO is. A checksum that is verified is that of the copy that becomes readable,
    // even if the guest goes on writing to `bytes`. Errors: timestamp_decreased.
    Result<FrameVerdict> receive_frame(std::span<const std::uint8_t> bytes, std::uint64_t now,
                                       const VirtioNetHeader* header = nullptr) noexcept;
    // The same into `verdict`, without a result to be copied: foreign on an error.
    std::optional<Error> receive_frame_to(FrameVerdict& verdict, std::span<const std::uint8_t> bytes, std::uint64_t now,
                                          const VirtioNetHeader* header = nullptr) noexcept;

    // What the guest's device takes over, as negotiated; nothing in the beginning. It holds for those frames that are
    // asked for together with a header.
    void set_offloads(const StackOffloads& offloads) noexcept;

    // Writes the next frame for the guest, and returns its length: 0 if there is none. ARP replies, RSTs and
    // connections take turns, and so do the connections among each other. The header, if there is one, becomes that of
    // the frame. Errors: timestamp_decreased, buffer_too_small (for the longest frame without payload, frame_minimum).
    static constexpr std::size_t frame_minimum = 14 + 20 + 24;
    Result<std::size_t> next_frame(std::span<std::uint8_t> buffer, std::uint64_t now,
                                   VirtioNetHeader* header = nullptr) noexcept;

    // Whether next_frame() would write one now, or when it will, or neither. Errors: timestamp_decreased.
    Result<NextSegmentStatus> next(std::uint64_t now) noexcept;

    // The oldest event that the application has not heard of. Events of one kind that follow each other are one.
    std::optional<StackEvent> next_event() noexcept;

    // Errors of each of these: no_connection, for a number that means none.

    // The payload that came in and was not consumed, as far as it lies in one piece; valid until consume().
    [[nodiscard]] Result<std::span<const std::uint8_t>> readable(ConnectionId connection) const noexcept;
    // Gives up the first bytes of that, at most what there is, and opens the window by as much. Returns how many.
    Result<std::size_t> consume(ConnectionId connection, std::size_t octets) noexcept;
    // Queues bytes to be sent, and returns how many there was room for. None behind lent bytes, until these are
    // acknowledged. Errors: also connection_closing, behind close().
    Result<std::size_t> write(ConnectionId connection, std::span<const std::uint8_t> bytes) noexcept;
    // Has bytes sent behind what is queued, without a copy: they must stay as they are until they are acknowledged
    // (writable, with lent() 0) or the connection is closed. In a restored stack, bytes that were lent must be lent
    // again: exactly those that lent() tells of. Errors: also connection_closing; lent, for more than one at a time.
    std::optional<Error> lend(ConnectionId connection, std::span<const std::uint8_t> bytes) noexcept;
    // How many of the lent bytes are still needed; they are the last ones.
    [[nodiscard]] Result<std::size_t> lent(ConnectionId connection) const noexcept;
    // Our FIN goes out with the last byte that is queued or lent. Later calls have no effect.
    std::optional<Error> close(ConnectionId connection) noexcept;
    // A RST follows, and then the event closed.
    std::optional<Error> abort(ConnectionId connection) noexcept;
    // The time to live of what the connection sends from now on. Errors: also invalid_argument, for 0.
    std::optional<Error> set_ttl(ConnectionId connection, std::uint8_t ttl) noexcept;
    [[nodiscard]] Result<StackConnection> info(ConnectionId connection) const noexcept;
    // Its core, to be asked; NULL for a number that means none. Valid until the next call that is not const.
    [[nodiscard]] const Connection* connection(ConnectionId connection) const noexcept;

    // How many connections there are, half-open ones included.
    [[nodiscard]] std::uint32_t connection_count() const noexcept;
    [[nodiscard]] const StackCounters& counters() const noexcept;

    // The whole stack as bytes, which restore() turns into the same stack again, in any process on any machine: every
    // connection under its number, with what it had received and what it had to send, except for lent bytes, of which
    // only the number is kept. Counters are not kept, and offloads are the config's. The format: docs/snapshot.md.
    [[nodiscard]] std::size_t snapshot_size() const noexcept;
    // Returns how many bytes it wrote. Errors: buffer_too_small.
    [[nodiscard]] Result<std::size_t> snapshot(std::span<std::uint8_t> buffer) const noexcept;
    // The config may be another one, if everything finds its place in it. Any bytes are allowed: what is not a snapshot
    // of a state that a stack can be in is an error. Errors: those of create(), the snapshot_* ones, and
    // timestamp_decreased if old_now is before the snapshot's latest `now`.
    static Result<Stack> restore(std::span<std::byte> memory, const StackConfig& config,
                                 std::span<const std::uint8_t> bytes,
                                 const std::optional<ClockRebase>& rebase = std::nullopt) noexcept;

private:
    struct State;
    explicit Stack(State& state) noexcept : state_(&state) {}
    State* state_ = nullptr;
};

}  // namespace dumbo::inline v0
