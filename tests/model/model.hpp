// SPDX-License-Identifier: Apache-2.0
// A connection as docs/behaviour.md describes it, sentence by sentence, and slow. Written from that document alone: it
// is what the library is held against. Sections and steps are those of the document.
#pragma once

#include <dumbo/dumbo.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace model {

using Bytes = std::vector<std::uint8_t>;

struct Config {
    std::uint32_t window = 0;
    std::uint64_t rto_period = 1;
    std::uint16_t rto_count_max = 1;
    std::uint32_t isn = 0;
    std::uint32_t options = 0;
};

// A segment of the peer's, as section 2 reads it.
struct Segment {
    std::uint32_t seq = 0;
    std::uint32_t ack = 0;
    std::uint8_t flags = 0;
    std::uint16_t window = 0;
    bool is_mss_valid = true;
    std::uint16_t mss = DUMBO_MSS_DEFAULT;  // of the option, or what goes without one
    Bytes payload;

    [[nodiscard]] bool has(std::uint8_t flag) const { return (flags & flag) != 0; }
    [[nodiscard]] std::uint32_t length() const { return static_cast<std::uint32_t>(payload.size()); }
    [[nodiscard]] std::uint32_t end() const { return seq + length(); }
};

// Reads a segment of well-formed lengths.
[[nodiscard]] Segment read_segment(const Bytes& bytes);

struct Received {
    std::int32_t code = DUMBO_OK;
    std::size_t length = 0;  // needed, with BUFFER_TOO_SMALL
    Bytes payload;
    std::uint32_t anomalies = 0;

    friend bool operator==(const Received&, const Received&) = default;
};

// What the caller has to send.
struct Source {
    std::uint32_t first = 0;
    std::uint64_t length = 0;
    bool fails = false;
};

// The byte that every source has at a number.
[[nodiscard]] std::uint8_t content(std::uint32_t number);

struct WriteArguments {
    std::size_t room = 0;
    std::uint16_t reserved = 0;
    std::optional<Source> source;
    bool device_cuts = false;
    std::uint64_t now = 0;
};

// A segment of ours, without what the caller's addressing makes of it.
struct Written {
    std::int32_t code = DUMBO_OK;
    std::size_t needed = 0;  // with BUFFER_TOO_SMALL
    bool is_segment = false;
    std::uint32_t seq = 0;
    std::uint32_t ack = 0;
    std::uint8_t flags = 0;
    std::uint16_t window = 0;
    std::optional<std::uint16_t> mss;
    Bytes payload;
    std::uint32_t cause = DUMBO_CAUSE_NONE;
    std::uint16_t gso_size = 0;
};

struct Rst {
    std::uint8_t flags = 0;
    std::uint32_t seq = 0;
    std::uint32_t ack = 0;

    friend bool operator==(const Rst&, const Rst&) = default;
};

struct Status {
    std::uint32_t kind = DUMBO_NEXT_SEGMENT_NOTHING;
    std::uint64_t deadline = UINT64_MAX;
};

// Section 3: whether there is a connection, or why not.
[[nodiscard]] std::int32_t opening(const Config& config, const Segment& syn);

class Connection {
public:
    // For an opening that succeeds.
    Connection(const Config& config, const Segment& syn);

    [[nodiscard]] Received receive(const Segment& segment, std::optional<std::size_t> room, std::uint64_t now);
    [[nodiscard]] Written write(const WriteArguments& arguments);
    [[nodiscard]] std::int32_t close_after(std::uint32_t octets);
    void reset();
    void advance(std::uint32_t octets);

    [[nodiscard]] Status status() const;
    [[nodiscard]] std::uint32_t state() const;
    [[nodiscard]] bool is_established() const { return established; }
    [[nodiscard]] bool is_fin_received() const { return fin_received; }
    [[nodiscard]] bool is_fin_acknowledged() const { return fin_sent && snd_una == snd_nxt; }
    [[nodiscard]] bool is_done() const;
    [[nodiscard]] bool is_reset() const { return was_reset; }
    [[nodiscard]] bool is_retransmission_pending() const { return pending; }
    [[nodiscard]] std::uint32_t una() const { return snd_una; }
    [[nodiscard]] std::uint32_t nxt() const { return snd_nxt; }
    [[nodiscard]] std::uint32_t edge() const { return snd_edge; }
    [[nodiscard]] std::uint32_t next_expected() const { return rcv_nxt; }
    [[nodiscard]] std::uint32_t window() const;
    [[nodiscard]] std::uint16_t mss() const { return peer_mss; }
    [[nodiscard]] Rst rst() const;
    [[nodiscard]] std::uint64_t latest_now() const { return latest; }
    [[nodiscard]] std::optional<std::uint32_t> fin_number() const { return fin; }
    [[nodiscard]] std::uint64_t timeout_end() const;

    // Whether two connections are in the same state, but for what the numbers count from.
    [[nodiscard]] Bytes relative_state() const;

private:
    enum class Probe : std::uint8_t { none, sent, answered, opened };

    [[nodiscard]] bool has(std::uint32_t option) const { return (config.options & option) != 0; }
    [[nodiscard]] bool is_outstanding() const { return snd_una != snd_nxt; }
    [[nodiscard]] bool is_fin_alone_outstanding() const { return fin_sent && snd_una == *fin; }
    [[nodiscard]] bool is_inside_window(std::uint32_t number) const;
    [[nodiscard]] bool has_timeout_struck(std::uint64_t now) const;
    [[nodiscard]] bool is_control_segment_due() const;
    [[nodiscard]] std::uint16_t window_field() const;

    void take(const Segment& segment, std::optional<std::size_t> room, Received& result);
    void take_rst(const Segment& segment, Received& result);
    [[nodiscard]] bool take_syn(const Segment& segment, Received& result);
    [[nodiscard]] bool is_dropped(const Segment& segment, Received& result);
    void take_ack(const Segment& segment, Received& result);
    void take_payload_and_fin(const Segment& segment, std::optional<std::size_t> room, Received& result);
    void reset_because_of(const Segment& segment, std::uint32_t anomalies, Received& result);
    void challenge(Received& result);

    void make(const WriteArguments& arguments, Written& result);
    void make_with_source(const WriteArguments& arguments, Written& result);
    void make_synack(const WriteArguments& arguments, std::uint32_t cause, Written& result);
    void make_rst(const WriteArguments& arguments, std::uint32_t cause, Written& result);
    void make_control_segment(const WriteArguments& arguments, std::uint32_t cause, Written& result);
    void make_control_segment_if_due(const WriteArguments& arguments, Written& result);
    void make_data(const WriteArguments& arguments, std::uint32_t start, std::uint32_t limit, std::uint32_t cause,
                   Written& result);
    [[nodiscard]] bool act_on_timeout(const WriteArguments& arguments, Written& result);
    [[nodiscard]] bool fits(const WriteArguments& arguments, std::size_t header, Written& result) const;

    Config config;
    std::uint64_t latest = 0;

    std::uint32_t snd_una = 0;
    std::uint32_t snd_nxt = 0;
    std::uint32_t snd_edge = 0;
    std::uint32_t rcv_nxt = 0;
    std::uint32_t rcv_edge = 0;
    std::uint16_t peer_mss = 0;

    bool synack_due = true;
    bool synack_written = false;
    bool established = false;
    bool fin_received = false;
    bool ack_due = false;
    std::optional<std::uint32_t> fin;
    bool fin_sent = false;

    std::optional<Rst> queued;
    bool was_reset = false;

    bool pending = false;
    std::uint64_t timeout_start = 0;
    std::uint32_t timeouts = 0;

    bool persisting = false;
    Probe probe = Probe::none;
    std::uint32_t advertised_edge = 0;
    std::optional<std::uint64_t> latest_challenge;
};

// Section 1.
[[nodiscard]] bool is_after(std::uint32_t a, std::uint32_t b);
[[nodiscard]] bool is_at_or_after(std::uint32_t a, std::uint32_t b);

}  // namespace model
