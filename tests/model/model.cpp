// SPDX-License-Identifier: Apache-2.0
#include "model/model.hpp"

#include <algorithm>

namespace model {

namespace {

constexpr std::uint32_t largest_window = 65535U << 14U;
constexpr std::size_t header_length = 20;
constexpr std::size_t longest_segment = 65515;

[[nodiscard]] std::uint32_t number_at(const Bytes& bytes, std::size_t at, std::size_t size) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < size; ++i) {
        value = value << 8U | bytes[at + i];
    }
    return value;
}

// Section 2, the MSS option.
void read_mss(const Bytes& bytes, std::size_t end, Segment& segment) {
    std::size_t at = header_length;
    while (at + 4 <= end) {
        const std::uint8_t kind = bytes[at];
        if (kind == 0) {
            return;
        }
        if (kind == 1) {
            at += 1;
        } else if (kind == 2) {
            segment.mss = static_cast<std::uint16_t>(number_at(bytes, at + 2, 2));
            segment.is_mss_valid = segment.mss >= 100 && segment.mss <= 65495;
            return;
        } else if (bytes[at + 1] < 2) {
            segment.is_mss_valid = false;
            return;
        } else {
            at += bytes[at + 1];
        }
    }
}

// Section 2, a RST for a segment without a connection.
[[nodiscard]] Rst rst_for(const Segment& segment) {
    if (segment.has(DUMBO_TCP_ACK)) {
        return {DUMBO_TCP_RST, segment.ack, 0};
    }
    const std::uint32_t end =
        segment.end() + (segment.has(DUMBO_TCP_SYN) ? 1 : 0) + (segment.has(DUMBO_TCP_FIN) ? 1 : 0);
    return {DUMBO_TCP_RST | DUMBO_TCP_ACK, 0, end};
}

}  // namespace

bool is_after(std::uint32_t a, std::uint32_t b) {
    return a != b && a - b < largest_window;
}

bool is_at_or_after(std::uint32_t a, std::uint32_t b) {
    return a - b < largest_window;
}

std::uint8_t content(std::uint32_t number) {
    return static_cast<std::uint8_t>(number * 167 + (number >> 8U & 0xffU) * 13);
}

Segment read_segment(const Bytes& bytes) {
    Segment segment;
    segment.seq = number_at(bytes, 4, 4);
    segment.ack = number_at(bytes, 8, 4);
    segment.flags = bytes[13];
    segment.window = static_cast<std::uint16_t>(number_at(bytes, 14, 2));
    const std::size_t payload_at = std::size_t{bytes[12]} / 16 * 4;
    const std::size_t end = std::min<std::size_t>(bytes.size(), 65535);
    read_mss(bytes, payload_at, segment);
    segment.payload.assign(bytes.begin() + static_cast<std::ptrdiff_t>(payload_at),
                           bytes.begin() + static_cast<std::ptrdiff_t>(end));
    return segment;
}

// ----------------------------------------------------------------------------------------- 3. Opening ----

std::int32_t opening(const Config& config, const Segment& syn) {
    if (config.window > largest_window || config.rto_period == 0 || config.rto_count_max == 0) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    if (syn.flags != DUMBO_TCP_SYN || !syn.payload.empty()) {
        return DUMBO_ERR_INVALID_SYN;
    }
    return syn.is_mss_valid ? DUMBO_OK : DUMBO_ERR_MSS_OPTION;
}

Connection::Connection(const Config& how, const Segment& syn) : config(how) {
    snd_una = config.isn;
    snd_nxt = config.isn + 1;
    snd_edge = snd_nxt + syn.window;
    rcv_nxt = syn.seq + 1;
    rcv_edge = rcv_nxt + config.window;
    advertised_edge = rcv_nxt;
    peer_mss = syn.mss;
}

// --------------------------------------------------------------------------------------- 4. Receiving ----

Received Connection::receive(const Segment& segment, std::optional<std::size_t> room, std::uint64_t now) {
    Received result;
    if (now < latest) {
        result.code = DUMBO_ERR_TIMESTAMP_DECREASED;
        return result;
    }
    if (queued || was_reset) {
        result.code = DUMBO_ERR_CONNECTION_RESET;
        return result;
    }
    // A call that ends with an error has changed nothing.
    Connection next = *this;
    next.latest = now;
    next.take(segment, room, result);
    if (result.code == DUMBO_OK) {
        *this = next;
    } else {
        result.anomalies = 0;
    }
    return result;
}

void Connection::take(const Segment& segment, std::optional<std::size_t> room, Received& result) {
    if (segment.has(DUMBO_TCP_RST)) {
        return take_rst(segment, result);
    }
    if (take_syn(segment, result)) {
        return;
    }
    if (is_dropped(segment, result)) {
        return;
    }
    const std::uint32_t expected = rcv_nxt;
    if (segment.has(DUMBO_TCP_ACK)) {
        take_ack(segment, result);
    }
    if (!established) {
        return;
    }
    take_payload_and_fin(segment, room, result);
    // Section 8, ack_unacceptable.
    const bool takes_numbers = segment.length() != 0 || segment.has(DUMBO_TCP_FIN);
    const bool is_acceptable =
        takes_numbers ? rcv_nxt != expected : segment.seq == rcv_nxt || is_inside_window(segment.seq);
    if (has(DUMBO_OPTION_ACK_UNACCEPTABLE) && !is_acceptable) {
        ack_due = true;
    }
}

bool Connection::is_inside_window(std::uint32_t number) const {
    return is_at_or_after(number, rcv_nxt) && is_after(rcv_edge, number);
}

// Step 2.
void Connection::take_rst(const Segment& segment, Received& result) {
    const bool is_exact = segment.seq == rcv_nxt;
    if (is_exact || (!has(DUMBO_OPTION_RFC5961) && is_inside_window(segment.seq))) {
        was_reset = true;
        result.anomalies |= DUMBO_ANOMALY_RESET_RECEIVED;
        return;
    }
    result.anomalies |= DUMBO_ANOMALY_INVALID_RST;
    if (has(DUMBO_OPTION_RFC5961) && established && is_inside_window(segment.seq)) {
        challenge(result);
    }
}

// Step 3. Whether that was all.
bool Connection::take_syn(const Segment& segment, Received& result) {
    const bool is_syn = segment.has(DUMBO_TCP_SYN);
    const bool is_same_syn = segment.flags == DUMBO_TCP_SYN && segment.payload.empty() && segment.seq == rcv_nxt - 1 &&
                             segment.is_mss_valid && segment.mss == peer_mss;
    constexpr std::uint32_t resetting = DUMBO_ANOMALY_INVALID_SEGMENT | DUMBO_ANOMALY_CONN_RESETTING;
    if (established) {
        if (is_syn && has(DUMBO_OPTION_RFC5961)) {
            result.anomalies |= DUMBO_ANOMALY_INVALID_SEGMENT;
            challenge(result);
        } else if (is_syn) {
            reset_because_of(segment, resetting, result);
        }
        return is_syn;
    }
    if (is_same_syn) {
        synack_due = true;
        return true;
    }
    const bool crosses = synack_due && synack_written && !is_syn && has(DUMBO_OPTION_TOLERANT_HANDSHAKE);
    if (is_syn || (synack_due && !crosses)) {
        reset_because_of(segment, resetting, result);
        return true;
    }
    return false;
}

// Section 8, strict_acceptance.
bool Connection::is_dropped(const Segment& segment, Received& result) {
    if (!has(DUMBO_OPTION_STRICT_ACCEPTANCE)) {
        return false;
    }
    if (!established) {
        const bool is_outside = segment.seq != rcv_nxt && !is_inside_window(segment.seq);
        if (segment.has(DUMBO_TCP_ACK) && is_outside) {
            result.anomalies |= DUMBO_ANOMALY_UNEXPECTED_SEQ;
            return true;
        }
        return false;
    }
    if (!segment.has(DUMBO_TCP_ACK)) {
        result.anomalies |= DUMBO_ANOMALY_INVALID_ACK;
        return true;
    }
    if (!is_at_or_after(segment.ack, snd_una - 65535) || !is_at_or_after(snd_nxt, segment.ack)) {
        result.anomalies |= DUMBO_ANOMALY_INVALID_ACK;
        challenge(result);
        return true;
    }
    return false;
}

// Step 4.
void Connection::take_ack(const Segment& segment, Received& result) {
    if (!is_at_or_after(segment.ack, snd_una) || !is_at_or_after(snd_nxt, segment.ack)) {
        result.anomalies |= DUMBO_ANOMALY_INVALID_ACK;
        if (!established) {
            reset_because_of(segment, DUMBO_ANOMALY_CONN_RESETTING, result);
        }
        return;
    }
    timeouts = 0;
    const std::uint32_t new_edge = segment.ack + segment.window;
    const bool acknowledges_nothing = segment.ack == snd_una && is_outstanding();
    if (acknowledges_nothing && (probe == Probe::sent || probe == Probe::answered)) {
        // Section 8, zero_window_probe: an answer.
        const bool opens = is_after(new_edge, snd_una);
        probe = opens ? Probe::opened : Probe::answered;
        pending = opens;
    } else if (acknowledges_nothing) {
        const bool is_plain =
            segment.payload.empty() && !segment.has(DUMBO_TCP_FIN) && segment.window != 0 && new_edge == snd_edge;
        if (!established || !has(DUMBO_OPTION_STRICT_DUP_ACK) || is_plain) {
            if (!established) {
                result.anomalies |= DUMBO_ANOMALY_INVALID_ACK;
                return reset_because_of(segment, DUMBO_ANOMALY_CONN_RESETTING, result);
            }
            pending = true;
            result.anomalies |= DUMBO_ANOMALY_DUP_ACK;
        }
    } else {
        if (segment.ack != snd_una) {
            pending = false;
            probe = Probe::none;
        }
        snd_una = segment.ack;
        timeout_start = latest;
        established = true;
        synack_due = false;
    }
    if (established && is_after(new_edge, snd_edge)) {
        snd_edge = new_edge;
    } else if (established && new_edge != snd_edge) {
        result.anomalies |= DUMBO_ANOMALY_REMOTE_RWND_EDGE;
    }
}

// Steps 6 and 7.
void Connection::take_payload_and_fin(const Segment& segment, std::optional<std::size_t> room, Received& result) {
    if (segment.length() != 0) {
        if (fin_received && !is_at_or_after(rcv_nxt - 1, segment.end())) {
            result.anomalies |= DUMBO_ANOMALY_DATA_BEYOND_FIN;
            return;
        }
        if (!is_at_or_after(rcv_edge, segment.end())) {
            result.anomalies |= DUMBO_ANOMALY_SEGMENT_BEYOND_RWND;
            return;
        }
        if (segment.seq != rcv_nxt) {
            ack_due = true;
            result.anomalies |= DUMBO_ANOMALY_UNEXPECTED_SEQ;
            return;
        }
        if (room && segment.length() > *room) {
            result.code = DUMBO_ERR_BUFFER_TOO_SMALL;
            result.length = segment.length();
            return;
        }
        rcv_nxt = segment.end();
        ack_due = true;
        result.payload = segment.payload;
        result.length = segment.length();
    }
    if (segment.has(DUMBO_TCP_FIN) && !fin_received) {
        if (segment.end() == rcv_nxt) {
            fin_received = true;
            rcv_nxt += 1;
            ack_due = true;
        } else {
            result.anomalies |= DUMBO_ANOMALY_INVALID_FIN;
        }
    }
}

void Connection::reset_because_of(const Segment& segment, std::uint32_t anomalies, Received& result) {
    result.anomalies |= anomalies;
    queued = rst_for(segment);
}

// Section 8, rfc5961.
void Connection::challenge(Received& result) {
    if (!latest_challenge || latest - *latest_challenge >= config.rto_period) {
        latest_challenge = latest;
        ack_due = true;
        result.anomalies |= DUMBO_ANOMALY_CHALLENGE_ACK;
    }
}

// ----------------------------------------------------------------------------------------- 5. Sending ----

Written Connection::write(const WriteArguments& arguments) {
    Written result;
    if (arguments.now < latest) {
        result.code = DUMBO_ERR_TIMESTAMP_DECREASED;
        return result;
    }
    if (was_reset) {
        result.code = DUMBO_ERR_CONNECTION_RESET;
        return result;
    }
    // A call that ends with an error has changed nothing, except for payload_missing_seq on a timeout.
    const bool has_struck = established && !queued && has_timeout_struck(arguments.now);
    Connection next = *this;
    next.latest = arguments.now;
    next.make(arguments, result);
    if (result.code == DUMBO_OK || (result.code == DUMBO_ERR_PAYLOAD_MISSING_SEQ && has_struck)) {
        *this = next;
    }
    if (result.code == DUMBO_OK && result.is_segment) {
        result.window = window_field();
        advertised_edge = rcv_nxt + result.window;
    }
    return result;
}

std::uint16_t Connection::window_field() const {
    return static_cast<std::uint16_t>(std::min<std::uint32_t>(window(), 65535));
}

std::uint64_t Connection::timeout_end() const {
    const std::uint64_t end = timeout_start + config.rto_period;
    return end < timeout_start ? UINT64_MAX : end;
}

bool Connection::has_timeout_struck(std::uint64_t now) const {
    const bool runs = synack_written && (is_outstanding() || persisting);
    const bool never = timeout_start + config.rto_period < timeout_start;
    return runs && !never && now - timeout_start >= config.rto_period;
}

void Connection::make(const WriteArguments& arguments, Written& result) {
    if (queued) {
        return make_rst(arguments, DUMBO_CAUSE_RESET, result);
    }
    if (synack_due) {
        const auto cause = synack_written ? DUMBO_CAUSE_REPEATED_SYN : DUMBO_CAUSE_SYN;
        return make_synack(arguments, cause, result);
    }
    if (!established) {
        if (has_timeout_struck(latest) && act_on_timeout(arguments, result)) {
            make_synack(arguments, DUMBO_CAUSE_TIMEOUT, result);
        }
        return;
    }
    if (arguments.source) {
        return make_with_source(arguments, result);
    }
    persisting = false;
    if (has_timeout_struck(latest)) {
        if (!act_on_timeout(arguments, result)) {
            return;
        }
        if (is_fin_alone_outstanding()) {
            return make_control_segment(arguments, DUMBO_CAUSE_TIMEOUT, result);
        }
    }
    make_control_segment_if_due(arguments, result);
}

// Counts a timeout and starts the next one. False if that was the last, and the RST is the segment to be written.
bool Connection::act_on_timeout(const WriteArguments& arguments, Written& result) {
    timeout_start = latest;
    if (probe == Probe::answered) {
        // An answered probe's next timeout does not count.
        probe = Probe::sent;
        return true;
    }
    timeouts += 1;
    if (timeouts < config.rto_count_max) {
        return true;
    }
    make_rst(arguments, DUMBO_CAUSE_GIVEN_UP, result);
    return false;
}

// Step 6.
void Connection::make_with_source(const WriteArguments& arguments, Written& result) {
    const Source& source = *arguments.source;
    if (source.length > largest_window) {
        result.code = DUMBO_ERR_PAYLOAD_TOO_LARGE;
        return;
    }
    const std::uint32_t source_end = source.first + static_cast<std::uint32_t>(source.length);
    const bool persist_timeout = persisting && has_timeout_struck(latest);
    std::uint32_t start = snd_nxt;
    std::uint32_t cause = DUMBO_CAUSE_DATA;
    bool again = false;
    if (is_outstanding() && has_timeout_struck(latest)) {
        if (!act_on_timeout(arguments, result)) {
            return;
        }
        again = true;
        cause = DUMBO_CAUSE_TIMEOUT;
    } else if (pending) {
        again = true;
        cause = probe == Probe::opened ? DUMBO_CAUSE_WINDOW_OPENED : DUMBO_CAUSE_DUP_ACK;
    }
    if (again) {
        if (is_fin_alone_outstanding()) {
            return make_control_segment(arguments, cause, result);
        }
        start = snd_una;
    }
    if (!is_at_or_after(start, source.first)) {
        if (persist_timeout) {
            timeout_start = latest;
        }
        result.code = DUMBO_ERR_PAYLOAD_MISSING_SEQ;
        return;
    }
    const std::uint32_t limit = is_after(snd_edge, source_end) ? source_end : snd_edge;
    if (fin && is_after(limit, *fin)) {
        result.code = DUMBO_ERR_DATA_AFTER_FIN;
        return;
    }
    const bool has_persisted = persisting;
    persisting = false;
    if (is_after(limit, start)) {
        return make_data(arguments, start, limit, cause, result);
    }
    if (has(DUMBO_OPTION_ZERO_WINDOW_PROBE)) {
        const bool has_data = start - source.first < source.length && (!fin || !is_at_or_after(start, *fin));
        // The probe once more.
        if (again && (probe == Probe::sent || probe == Probe::answered) && has_data) {
            return make_data(arguments, start, start + 1, DUMBO_CAUSE_PROBE, result);
        }
        if (has_data && !is_outstanding() && !is_after(snd_edge, snd_nxt)) {
            if (persist_timeout) {
                make_data(arguments, start, start + 1, DUMBO_CAUSE_PROBE, result);
                probe = Probe::sent;
                return;
            }
            persisting = true;
            if (!has_persisted) {
                timeout_start = latest;
            }
        }
    }
    make_control_segment_if_due(arguments, result);
}

// Data from start, up to limit at most.
void Connection::make_data(const WriteArguments& arguments, std::uint32_t start, std::uint32_t limit,
                           std::uint32_t cause, Written& result) {
    if (!fits(arguments, header_length, result)) {
        return;
    }
    const Source& source = *arguments.source;
    const std::uint32_t offset = start - source.first;
    const std::uint64_t held = offset < source.length ? source.length - offset : 0;
    const std::uint64_t mss_left = std::uint64_t{peer_mss} - arguments.reserved;
    std::uint64_t length = std::min<std::uint64_t>(limit - start, held);
    length = std::min<std::uint64_t>(length, std::min(arguments.room, longest_segment) - header_length);
    if (!arguments.device_cuts) {
        length = std::min(length, mss_left);
    }
    if (length == 0 || mss_left == 0) {
        result.code = DUMBO_ERR_EMPTY_PAYLOAD;
        return;
    }
    if (source.fails) {
        result.code = DUMBO_ERR_CALLBACK;
        return;
    }
    const std::uint32_t end = start + static_cast<std::uint32_t>(length);
    const bool is_probe = !is_after(snd_edge, start);
    const bool carries_fin = fin && end == *fin && !is_probe;
    result.is_segment = true;
    result.seq = start;
    result.ack = rcv_nxt;
    result.flags = static_cast<std::uint8_t>(DUMBO_TCP_ACK | (carries_fin ? DUMBO_TCP_FIN : 0));
    for (std::uint32_t number = start; number != end; ++number) {
        result.payload.push_back(content(number));
    }
    result.cause = cause;
    result.gso_size = length > mss_left ? static_cast<std::uint16_t>(mss_left) : std::uint16_t{0};
    ack_due = false;
    pending = false;
    if (!is_probe) {
        probe = Probe::none;
    }
    if (!is_outstanding()) {
        timeout_start = latest;
    }
    fin_sent = fin_sent || carries_fin;
    const std::uint32_t sent_end = end + (carries_fin ? 1 : 0);
    if (is_after(sent_end, snd_nxt)) {
        snd_nxt = sent_end;
    }
}

// Step 7.
bool Connection::is_control_segment_due() const {
    const bool fin_is_next = fin && !fin_sent && snd_una == *fin;
    return ack_due || fin_is_next || (pending && is_fin_alone_outstanding());
}

void Connection::make_control_segment_if_due(const WriteArguments& arguments, Written& result) {
    if (!is_control_segment_due()) {
        return;
    }
    const bool first_fin = fin && !fin_sent && snd_una == *fin;
    const bool fin_again = pending && is_fin_alone_outstanding();
    const auto cause = first_fin ? DUMBO_CAUSE_FIN : fin_again ? DUMBO_CAUSE_DUP_ACK : DUMBO_CAUSE_ACK;
    make_control_segment(arguments, cause, result);
}

void Connection::make_control_segment(const WriteArguments& arguments, std::uint32_t cause, Written& result) {
    if (!fits(arguments, header_length, result)) {
        return;
    }
    const bool carries_fin = fin && !is_fin_acknowledged() && snd_una == *fin;
    result.is_segment = true;
    result.seq = carries_fin ? *fin : snd_nxt;
    result.ack = rcv_nxt;
    result.flags = static_cast<std::uint8_t>(DUMBO_TCP_ACK | (carries_fin ? DUMBO_TCP_FIN : 0));
    result.cause = cause;
    ack_due = false;
    if (carries_fin) {
        pending = pending && cause == DUMBO_CAUSE_TIMEOUT;
        if (!fin_sent) {
            fin_sent = true;
            persisting = false;
            snd_nxt = *fin + 1;
            timeout_start = latest;
        }
    }
}

// Step 3.
void Connection::make_synack(const WriteArguments& arguments, std::uint32_t cause, Written& result) {
    if (!fits(arguments, header_length + 4, result)) {
        return;
    }
    result.is_segment = true;
    result.seq = snd_una;
    result.ack = rcv_nxt;
    result.flags = DUMBO_TCP_SYN | DUMBO_TCP_ACK;
    result.mss = peer_mss;
    result.cause = cause;
    ack_due = false;
    synack_due = false;
    synack_written = true;
    timeout_start = latest;
}

void Connection::make_rst(const WriteArguments& arguments, std::uint32_t cause, Written& result) {
    if (!fits(arguments, header_length, result)) {
        return;
    }
    const Rst what = queued ? *queued : rst();
    result.is_segment = true;
    result.seq = what.seq;
    result.ack = what.ack;
    result.flags = what.flags;
    result.cause = cause;
    queued.reset();
    was_reset = true;
}

// Whether a header does.
bool Connection::fits(const WriteArguments& arguments, std::size_t header, Written& result) const {
    if (arguments.reserved > peer_mss) {
        result.code = DUMBO_ERR_MSS_RESERVED;
    } else if (header > header_length && peer_mss - arguments.reserved < 4) {
        result.code = DUMBO_ERR_MSS_OPTION_ROOM;
    } else if (arguments.room < header) {
        result.code = DUMBO_ERR_BUFFER_TOO_SMALL;
        result.needed = header;
    }
    return result.code == DUMBO_OK;
}

// ---------------------------------------------------------------------------------------- 6. The rest ----

std::int32_t Connection::close_after(std::uint32_t octets) {
    if (octets > largest_window) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    if (!fin) {
        fin = snd_nxt + octets;
    }
    return DUMBO_OK;
}

void Connection::reset() {
    if (!queued && !was_reset) {
        queued = rst();
    }
}

Rst Connection::rst() const {
    return established ? Rst{DUMBO_TCP_RST, snd_nxt, 0} : Rst{DUMBO_TCP_RST | DUMBO_TCP_ACK, 0, rcv_nxt};
}

// A FIN can take RCV.NXT one past the local edge.
std::uint32_t Connection::window() const {
    return rcv_edge == rcv_nxt - 1 ? 0 : rcv_edge - rcv_nxt;
}

void Connection::advance(std::uint32_t octets) {
    if (window() == 0) {
        ack_due = true;
    }
    const std::uint64_t grown = std::min<std::uint64_t>(std::uint64_t{window()} + octets, largest_window);
    rcv_edge = rcv_nxt + static_cast<std::uint32_t>(grown);
    // Section 8, window_update.
    if (has(DUMBO_OPTION_WINDOW_UPDATE) && established) {
        const std::uint32_t worth = std::max<std::uint32_t>(1, std::min<std::uint32_t>(peer_mss, config.window / 2));
        if (is_at_or_after(rcv_nxt + window_field(), advertised_edge + worth)) {
            ack_due = true;
        }
    }
}

bool Connection::is_done() const {
    const bool ours = has(DUMBO_OPTION_LINGER) ? is_fin_acknowledged() : fin_sent;
    return was_reset || (fin_received && ours);
}

std::uint32_t Connection::state() const {
    if (was_reset) {
        return DUMBO_STATE_CLOSED;
    }
    if (!established) {
        return DUMBO_STATE_SYN_RECEIVED;
    }
    if (fin_received) {
        return is_fin_acknowledged() ? DUMBO_STATE_CLOSED : fin_sent ? DUMBO_STATE_LAST_ACK : DUMBO_STATE_CLOSE_WAIT;
    }
    if (fin_sent) {
        return is_fin_acknowledged() ? DUMBO_STATE_FIN_WAIT_2 : DUMBO_STATE_FIN_WAIT_1;
    }
    return DUMBO_STATE_ESTABLISHED;
}

Status Connection::status() const {
    if (was_reset) {
        return {};
    }
    if (synack_due || queued || is_control_segment_due()) {
        return {DUMBO_NEXT_SEGMENT_AVAILABLE, 0};
    }
    if (is_outstanding() || persisting) {
        return {DUMBO_NEXT_SEGMENT_TIMEOUT, timeout_end()};
    }
    return {};
}

// Numbers count from SND.UNA, RCV.NXT and the latest `now`.
Bytes Connection::relative_state() const {
    Bytes bytes;
    bytes.reserve(100);
    const auto add = [&bytes](std::uint64_t value) {
        for (unsigned shift = 0; shift < 64; shift += 8) {
            bytes.push_back(static_cast<std::uint8_t>(value >> shift));
        }
    };
    add(snd_nxt - snd_una);
    add(snd_edge - snd_una);
    add(rcv_edge - rcv_nxt);
    add(advertised_edge - rcv_nxt);
    add(fin ? *fin - snd_una : UINT64_MAX);
    add(latest - timeout_start);
    add(timeouts);
    add(latest_challenge ? latest - *latest_challenge : UINT64_MAX);
    add(static_cast<std::uint64_t>(probe));
    add(queued ? queued->flags : 0);
    add(queued ? (queued->flags == DUMBO_TCP_RST ? queued->seq - snd_una : queued->ack - rcv_nxt) : 0);
    for (const bool flag :
         {synack_due, synack_written, established, fin_received, ack_due, fin_sent, was_reset, pending, persisting}) {
        bytes.push_back(flag ? 1 : 0);
    }
    return bytes;
}

}  // namespace model
