// SPDX-License-Identifier: Apache-2.0
#include "invariants/rules.hpp"

#include "snapshot/layout.hpp"
#include "unit/support/bytes.hpp"
#include "unit/support/reference_checksum.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>

namespace invariants {
namespace {

namespace field = snapshot_test::field;

constexpr std::uint32_t largest_announced_window = 65535;
constexpr std::size_t header_length = DUMBO_TCP_HEADER_LENGTH;

struct Rule {
    bool holds;
    const char* text;
};

[[nodiscard]] const char* first_broken(std::initializer_list<Rule> rules) {
    const auto* const broken = std::ranges::find(rules, false, &Rule::holds);
    return broken == rules.end() ? nullptr : broken->text;
}

[[nodiscard]] const char* either(const char* first, const char* second) {
    return first != nullptr ? first : second;
}

// ------------------------------------------------------------------------------------------------------- flags ----

// Whether a flag is set in a row of the table.
enum class Is : std::uint8_t { off, on, any };
constexpr Is off = Is::off;
constexpr Is on = Is::on;
constexpr Is any = Is::any;

[[nodiscard]] bool fits(Is wanted, bool flag) {
    return wanted == Is::any || flag == (wanted == Is::on);
}

struct Flags {
    std::uint32_t state;
    Is established;
    Is fin_received;
    Is fin_sent;
    Is fin_acknowledged;
    Is reset;
    Is resetting;
    Is dup_ack_pending;
    Is outstanding;
    Is done;
    Is done_lingering;
};

// Every combination that there is.
constexpr Flags combinations[] = {
    // state                 est   finr  fins  fina  rst  rsting dup  outst done  linger
    {DUMBO_STATE_SYN_RECEIVED, off, off, off, off, off, any, off, on, off, off},
    {DUMBO_STATE_ESTABLISHED, on, off, off, off, off, any, off, any, off, off},
    {DUMBO_STATE_ESTABLISHED, on, off, off, off, off, any, on, on, off, off},
    {DUMBO_STATE_FIN_WAIT_1, on, off, on, off, off, any, any, on, off, off},
    {DUMBO_STATE_FIN_WAIT_2, on, off, on, on, off, any, off, off, off, off},
    {DUMBO_STATE_CLOSE_WAIT, on, on, off, off, off, any, off, any, off, off},
    {DUMBO_STATE_CLOSE_WAIT, on, on, off, off, off, any, on, on, off, off},
    {DUMBO_STATE_LAST_ACK, on, on, on, off, off, any, any, on, on, off},
    {DUMBO_STATE_CLOSED, on, on, on, on, off, any, off, off, on, on},
    // Reset, out of each of these.
    {DUMBO_STATE_CLOSED, off, off, off, off, on, off, off, on, on, on},
    {DUMBO_STATE_CLOSED, on, any, off, off, on, off, off, any, on, on},
    {DUMBO_STATE_CLOSED, on, any, off, off, on, off, on, on, on, on},
    {DUMBO_STATE_CLOSED, on, any, on, off, on, off, any, on, on, on},
    {DUMBO_STATE_CLOSED, on, any, on, on, on, off, off, off, on, on},
};

[[nodiscard]] bool is_combination(const Sight& sight) {
    const bool lingers = (sight.options & DUMBO_OPTION_LINGER) != 0;
    return std::ranges::any_of(combinations, [&](const Flags& flags) {
        return flags.state == sight.state && fits(flags.established, sight.established) &&
               fits(flags.fin_received, sight.fin_received) && fits(flags.fin_sent, sight.fin_sent()) &&
               fits(flags.fin_acknowledged, sight.fin_acknowledged) && fits(flags.reset, sight.reset) &&
               fits(flags.resetting, sight.resetting()) && fits(flags.dup_ack_pending, sight.dup_ack_pending) &&
               fits(flags.outstanding, sight.outstanding() != 0) &&
               fits(lingers ? flags.done_lingering : flags.done, sight.done);
    });
}

// ----------------------------------------------------------------------------------------------------- numbers ----

// SND.UNA <= SND.NXT <= remote edge + 1. The edge never moves to the left (section 4, step 4: an edge that is not after
// the one there is does not replace it), so that a peer which shrinks its window changes nothing here. It was an
// acknowledged number plus a window of 16 bits when it was set, so it is at most 65535 after SND.UNA, and plain
// differences tell the order. The one octet past the edge is a FIN, or the probe of a closed window.
[[nodiscard]] const char* broken_by_send_numbers(const Sight& sight) {
    if (!sight.established) {
        return first_broken({
            {sight.outstanding() == 1, "before establishment exactly the SYN is outstanding"},
            {sight.snd_edge - sight.snd_nxt <= largest_announced_window, "the SYN announced no larger window"},
        });
    }
    const std::uint32_t window = sight.snd_edge - sight.snd_una;
    // A FIN past the edge that was acknowledged takes SND.UNA past it only together with a new edge.
    const bool past_edge = sight.outstanding() == window + 1;
    return first_broken({
        {window <= largest_announced_window, "the remote edge lies 0 ... 65535 after SND.UNA"},
        {sight.outstanding() <= window || past_edge, "SND.UNA <= SND.NXT <= remote edge + 1"},
        {!past_edge || sight.fin_sent() || sight.probe != 0, "only a FIN or a probe lies past the remote edge"},
        {sight.probe == 0 || (sight.outstanding() == 1 && !sight.fin_sent()), "a probe is one octet on its own"},
        {!sight.fin_recorded || sight.fin_sent() || sight.fin - sight.snd_nxt <= DUMBO_MAX_WINDOW_SIZE,
         "nothing was sent past the recorded FIN"},
    });
}

// RCV.NXT <= local edge + 1: past the edge only by a FIN that came while the window was closed.
[[nodiscard]] const char* broken_by_receive_numbers(const Sight& sight) {
    const std::uint32_t distance = sight.rcv_edge - sight.rcv_nxt;
    const bool past_edge = distance == UINT32_MAX;
    return first_broken({
        {distance <= DUMBO_MAX_WINDOW_SIZE || past_edge, "RCV.NXT <= local edge + 1, and the window is at most W"},
        {!past_edge || sight.fin_received, "only a FIN takes RCV.NXT past the local edge"},
        {sight.window == (past_edge ? 0 : distance), "the window observed is the one there is"},
    });
}

// ------------------------------------------------------------------------------------------------------ status ----

[[nodiscard]] bool fin_alone_is_outstanding(const Sight& sight) {
    return sight.fin_sent() && sight.outstanding() == 1;
}

[[nodiscard]] bool control_segment_is_due(const Sight& sight) {
    const bool fin_is_next = sight.fin_recorded && !sight.fin_sent() && sight.snd_una == sight.fin;
    return sight.ack_due || fin_is_next || (sight.dup_ack_pending && fin_alone_is_outstanding(sight));
}

[[nodiscard]] std::uint32_t status_told(const Sight& sight) {
    if (sight.reset) {
        return DUMBO_NEXT_SEGMENT_NOTHING;
    }
    if (sight.phase == 0 || sight.resetting() || control_segment_is_due(sight)) {
        return DUMBO_NEXT_SEGMENT_AVAILABLE;
    }
    return sight.outstanding() != 0 || sight.persisting ? DUMBO_NEXT_SEGMENT_TIMEOUT : DUMBO_NEXT_SEGMENT_NOTHING;
}

[[nodiscard]] const char* broken_by_status(const Sight& sight) {
    if (sight.next != status_told(sight)) {
        return "the status is what section 6 of the behaviour makes it";
    }
    switch (sight.next) {
        case DUMBO_NEXT_SEGMENT_TIMEOUT:
            return sight.deadline == sight.timeout_end() ? nullptr : "the deadline is the timeout's end";
        case DUMBO_NEXT_SEGMENT_AVAILABLE:
            return sight.deadline == 0 ? nullptr : "what is available has the deadline 0";
        default:
            return sight.deadline == Sight::never ? nullptr : "nothing has the deadline UINT64_MAX";
    }
}

// ------------------------------------------------------------------------------------------------------- steps ----

[[nodiscard]] bool same_send_side(const Sight& before, const Sight& after) {
    return before.snd_una == after.snd_una && before.snd_nxt == after.snd_nxt && before.snd_edge == after.snd_edge;
}

[[nodiscard]] bool same_receive_side(const Sight& before, const Sight& after) {
    return before.rcv_nxt == after.rcv_nxt && before.rcv_edge == after.rcv_edge &&
           before.fin_received == after.fin_received;
}

// Whether nothing of the snapshots differs but some fields, and the CRC.
[[nodiscard]] bool same_but_for(const Sight& before, const Sight& after,
                                std::initializer_list<snapshot_test::Field> fields) {
    auto expected = before.bytes;
    const auto allow = [&](const snapshot_test::Field& changed) {
        std::copy_n(&after.bytes[changed.at], changed.size, &expected[changed.at]);
    };
    std::ranges::for_each(fields, allow);
    allow({snapshot_test::crc_at, 4});
    return expected == after.bytes;
}

// ---------------------------------------------------------------------------------------------------- segments ----

// A TCP header, read without the library.
struct Header {
    std::uint16_t source_port;
    std::uint16_t destination_port;
    std::uint32_t seq;
    std::uint32_t ack;
    std::size_t length;
    std::uint8_t low_bits;
    std::uint8_t flags;
    std::uint16_t window;
    std::uint16_t checksum;
    std::uint16_t urgent_pointer;
};

[[nodiscard]] Header header_of(View segment) {
    using dumbo_test::get16;
    using dumbo_test::get32;
    return {get16(segment, 0),
            get16(segment, 2),
            get32(segment, 4),
            get32(segment, 8),
            std::size_t{segment[12]} / 16 * 4,
            static_cast<std::uint8_t>(segment[12] & 0x0fU),
            segment[13],
            get16(segment, 14),
            get16(segment, 16),
            get16(segment, 18)};
}

[[nodiscard]] bool has_right_checksum(const Header& header, const Writing& writing) {
    const auto& to = writing.addressing;
    const std::array<std::uint8_t, 4> source{to.source[0], to.source[1], to.source[2], to.source[3]};
    const std::array<std::uint8_t, 4> destination{to.destination[0], to.destination[1], to.destination[2],
                                                  to.destination[3]};
    constexpr std::uint8_t tcp = 6;
    switch (to.checksum) {
        case DUMBO_CHECKSUM_FULL:
            return dumbo_test::reference_transport_checksum(source, destination, tcp, writing.segment) == 0;
        case DUMBO_CHECKSUM_PSEUDO_HEADER:
            return dumbo_test::fold(dumbo_test::unfolded_pseudo_header(source, destination, tcp,
                                                                       writing.segment.size())) == header.checksum;
        default:
            return header.checksum == 0;
    }
}

[[nodiscard]] const char* broken_by_form(const Header& header, const Writing& writing) {
    return first_broken({
        {header.length >= header_length && header.length <= writing.segment.size(), "a segment's header fits into it"},
        {header.source_port == writing.addressing.source_port, "a segment has its source port"},
        {header.destination_port == writing.addressing.destination_port, "a segment has its destination port"},
        {header.low_bits == 0 && header.urgent_pointer == 0, "unused bits of a header are 0"},
        {has_right_checksum(header, writing), "a segment has the checksum that was asked for"},
    });
}

[[nodiscard]] const char* broken_by_synack(const Sight& before, const Header& header, View segment) {
    return first_broken({
        {!before.established, "a SYNACK comes before establishment"},
        {segment.size() == header_length + 4 && header.length == segment.size(), "a SYNACK has one option, no payload"},
        {segment[20] == 2 && segment[21] == 4 && dumbo_test::get16(segment, 22) == before.mss,
         "a SYNACK returns the peer's MSS"},
        {header.seq == before.snd_una, "a SYNACK has the initial sequence number"},
    });
}

[[nodiscard]] const char* broken_by_rst(const Sight& before, const Header& header, const Sight& after, View segment) {
    const bool acknowledges = (header.flags & DUMBO_TCP_ACK) != 0;
    const std::uint32_t number = acknowledges ? header.ack : header.seq;
    return first_broken({
        {segment.size() == header_length, "a RST is a header alone"},
        {(acknowledges ? header.seq : header.ack) == 0, "a RST has one number"},
        {after.reset, "a RST that was written has reset the connection"},
        {!before.resetting() || (before.rst_number == number && (before.rst_kind == 1) == acknowledges),
         "the RST that was queued is written"},
        {before.resetting() || before.timeout_count + 1 == before.rto_count_max,
         "without a queued RST, one is written on the last timeout alone"},
    });
}

// All that carries ACK and neither SYN nor RST.
[[nodiscard]] const char* broken_by_ack_segment(const Sight& before, const Header& header, const Sight& after,
                                                std::size_t payload) {
    const std::uint32_t first = header.seq - before.snd_una;  // 0 for the oldest that is not acknowledged
    const std::uint32_t end = first + static_cast<std::uint32_t>(payload);
    const std::uint32_t edge = before.snd_edge - before.snd_una;
    const bool has_fin = (header.flags & DUMBO_TCP_FIN) != 0;
    const bool is_probe = after.probe != 0 && payload == 1 && first == edge && !has_fin;
    // The octet of an answered probe is repeated behind the edge that the answer moved.
    const std::uint32_t fin = before.fin - before.snd_una;
    return first_broken({
        {before.established, "there is nothing but SYNACKs and RSTs before establishment"},
        {header.length == header_length, "a segment has no options behind the handshake"},
        {payload == 0 || first == 0 || first == before.outstanding(), "data goes from SND.UNA or SND.NXT on"},
        {payload == 0 || end <= edge || is_probe, "data stays inside the peer's window, but for a probe's octet"},
        {payload == 0 || end <= after.outstanding(), "SND.NXT is past all that was sent"},
        {payload == 0 || !before.fin_recorded || end <= fin, "no data is sent past the recorded FIN"},
        {!has_fin || (before.fin_recorded && end == fin && after.fin_sent()), "a FIN stands where it was recorded"},
        {payload != 0 || has_fin || first == before.outstanding(), "a pure ACK has SND.NXT"},
        {!after.ack_due, "a segment with ACK settles the ACK that is due"},
    });
}

[[nodiscard]] const char* broken_by_room(const Sight& before, const Writing& writing, std::size_t payload) {
    const std::size_t mss_left = std::size_t{before.mss} - writing.mss_reserved;
    const bool cuts = (writing.addressing.flags & DUMBO_ADDRESSING_TSO4) != 0;
    const bool is_long = payload > mss_left;
    return first_broken({
        {writing.segment.size() <= writing.room, "a segment fits the buffer"},
        {writing.segment.size() <= DUMBO_TCP_MAX_SEGMENT_LENGTH, "a segment fits an IPv4 packet"},
        {writing.mss_reserved <= before.mss, "no more is reserved than the MSS"},
        {cuts || !is_long, "payload fits what is left of the MSS"},
        {!writing.is_sent_known || writing.sent.gso_size == (is_long ? mss_left : 0),
         "gso_size is told where a device has to cut, and is what is left of the MSS"},
        {!writing.is_sent_known || writing.sent.cause != DUMBO_CAUSE_NONE, "a segment has a cause"},
        {!writing.is_sent_known || writing.sent.header_length == writing.segment.size() - payload,
         "the header length is told"},
    });
}

[[nodiscard]] const char* broken_by_payload(const Header& header, const Writing& writing, View payload) {
    if (payload.empty()) {
        return nullptr;
    }
    if (writing.source == nullptr) {
        return "there is payload without a source";
    }
    const std::uint32_t offset = header.seq - writing.source->seq;
    if (writing.is_payload_known) {
        return dumbo_test::same_bytes(payload, writing.payload) ? nullptr : "payload is what the callback gave";
    }
    if (writing.source->kind == DUMBO_PAYLOAD_CALLBACK) {
        return offset <= writing.source->len && payload.size() <= writing.source->len - offset
                   ? nullptr
                   : "payload lies inside its source";
    }
    return carries(*writing.source, offset, payload) ? nullptr : "payload is what the source has at its number";
}

[[nodiscard]] const char* broken_by_segment(const Sight& before, const Writing& writing, const Sight& after) {
    if (writing.segment.size() < header_length) {
        return "a segment has a header";
    }
    const Header header = header_of(writing.segment);
    if (const auto* const broken = broken_by_form(header, writing)) {
        return broken;
    }
    const View payload = writing.segment.subspan(header.length);
    if (const auto* const broken =
            either(broken_by_room(before, writing, payload.size()), broken_by_payload(header, writing, payload))) {
        return broken;
    }
    if (header.window != std::min(before.window, largest_announced_window)) {
        return "a segment announces our window";
    }
    if ((header.flags & DUMBO_TCP_RST) != 0) {
        return broken_by_rst(before, header, after, writing.segment);
    }
    const bool is_synack = header.flags == (DUMBO_TCP_SYN | DUMBO_TCP_ACK);
    if (!is_synack && header.flags != DUMBO_TCP_ACK && header.flags != (DUMBO_TCP_ACK | DUMBO_TCP_FIN)) {
        return "a segment is one of SYN|ACK, ACK, FIN|ACK, RST, RST|ACK";
    }
    if (header.ack != before.rcv_nxt) {
        return "a segment with ACK acknowledges RCV.NXT";
    }
    return is_synack ? broken_by_synack(before, header, writing.segment)
                     : broken_by_ack_segment(before, header, after, payload.size());
}

}  // namespace

bool carries(const dumbo_payload& source, std::uint64_t offset, View payload) {
    const dumbo_iovec whole{source.bytes, static_cast<std::size_t>(source.len)};
    const bool is_scattered = source.kind == DUMBO_PAYLOAD_IOVEC;
    const std::span pieces(is_scattered ? source.iovecs : &whole, is_scattered ? source.iovec_count : 1);
    for (const dumbo_iovec& piece : pieces) {
        if (payload.empty()) {
            break;
        }
        if (offset >= piece.len) {
            offset -= piece.len;
            continue;
        }
        const auto at = static_cast<std::size_t>(offset);
        const std::size_t length = std::min(payload.size(), piece.len - at);
        if (!dumbo_test::same_bytes(payload.first(length), View(piece.base + at, length))) {
            return false;
        }
        payload = payload.subspan(length);
        offset = 0;
    }
    return payload.empty();
}

const char* broken_by_state(const Sight& sight) {
    if (const auto* const broken = first_broken({
            {sight.length != 0, "a connection has a snapshot"},
            {sight.agrees, "snapshot and observers agree"},
            {is_combination(sight), "the flags are one of the combinations that there are"},
            {sight.fin_acknowledged == (sight.fin_sent() && sight.outstanding() == 0),
             "our FIN is acknowledged when nothing is outstanding any more"},
            {sight.timeout_count <= sight.rto_count_max, "no more timeouts in a row than allowed"},
            {sight.timeout_count < sight.rto_count_max || sight.reset, "the last timeout resets"},
        })) {
        return broken;
    }
    return either(broken_by_send_numbers(sight), either(broken_by_receive_numbers(sight), broken_by_status(sight)));
}

const char* broken_by_step(const Sight& before, const Sight& after) {
    return first_broken({
        {!before.established || after.established, "a connection stays established"},
        {!before.fin_received || after.fin_received, "a FIN stays received"},
        {!before.fin_acknowledged || after.fin_acknowledged, "a FIN stays acknowledged"},
        {!before.reset || after.reset, "a connection stays reset"},
        {!before.resetting() || after.rst != 0, "a RST stays queued until it is written"},
        {!before.fin_recorded || (after.fin_recorded && before.fin == after.fin), "a FIN stays where it is recorded"},
        {after.snd_una - before.snd_una <= before.outstanding() || !dumbo_seq_after(before.snd_una, after.snd_una),
         "SND.UNA does not go back"},
        {before.mss == after.mss && before.options == after.options, "the MSS and the options stay"},
        {before.rto_period == after.rto_period && before.rto_count_max == after.rto_count_max, "the config stays"},
    });
}

const char* broken_by_failure(const Sight& before, const Sight& after, std::int32_t code, bool is_write,
                              std::uint64_t now) {
    if (is_write && code == DUMBO_ERR_PAYLOAD_MISSING_SEQ && before.strikes(now)) {
        // What lies as far back as a number of 64 bits can tell stays so far back, and moves with the clock.
        return first_broken({
            {same_but_for(before, after,
                          {field::latest_now, field::timeout_start, field::latest_challenge, field::timeout_count,
                           field::probe, field::persisting}),
             "a timeout without the byte to send again changes the timeout alone"},
            {after.latest_now == now && after.timeout_start == now, "the next timeout starts now"},
        });
    }
    return before.bytes == after.bytes ? nullptr : "a call that fails changes nothing";
}

const char* broken_by_reception(const Sight& before, const Reception& reception, const Sight& after) {
    if (reception.segment.size() < header_length) {
        return "a segment that was received has a header";
    }
    const Header header = header_of(reception.segment);
    const std::size_t whole = std::min<std::size_t>(reception.segment.size(), 65535);
    const View payload = reception.segment.first(whole).subspan(std::min(header.length, whole));
    const View delivered = reception.delivered;
    const std::uint32_t fin = after.fin_received && !before.fin_received ? 1 : 0;
    const auto moved = static_cast<std::uint32_t>(delivered.size()) + fin;
    const auto says = [&](std::uint32_t anomaly) { return (reception.anomalies & anomaly) != 0; };
    return first_broken({
        {before.rst == 0, "nothing is received once a RST is queued or the connection is reset"},
        {after.rcv_nxt - before.rcv_nxt == moved, "RCV.NXT moves by what is delivered, and by a FIN"},
        {after.rcv_edge == before.rcv_edge, "what is received does not move our window's edge"},
        {delivered.empty() || (before.established || after.established), "nothing is delivered before establishment"},
        {delivered.empty() || header.seq == before.rcv_nxt, "what is delivered stood at RCV.NXT"},
        {delivered.empty() || dumbo_test::same_bytes(delivered, payload), "what is delivered is the whole payload"},
        {delivered.size() <= before.window, "what is delivered was inside our window"},
        {delivered.empty() || !before.fin_received, "nothing is delivered past a FIN"},
        {fin == 0 || (header.flags & DUMBO_TCP_FIN) != 0, "a FIN that was received was there"},
        {fin == 0 || header.seq + static_cast<std::uint32_t>(payload.size()) + 1 == after.rcv_nxt,
         "a FIN that was received stood at RCV.NXT"},
        {moved == 0 || after.ack_due, "what is taken is to be acknowledged"},
        {after.snd_nxt == before.snd_nxt, "what is received does not move SND.NXT"},
        {after.snd_una - before.snd_una <= before.outstanding(), "no more is acknowledged than was sent"},
        {after.snd_edge == before.snd_edge || dumbo_seq_after(after.snd_edge, before.snd_edge),
         "the remote edge does not move to the left"},
        {after.fin_recorded == before.fin_recorded, "what is received does not record our FIN"},
        {reception.anomalies < 2 * DUMBO_ANOMALY_CHALLENGE_ACK, "anomalies are known ones"},
        {says(DUMBO_ANOMALY_RESET_RECEIVED) == after.reset, "RESET_RECEIVED is told where a RST resets"},
        {says(DUMBO_ANOMALY_CONN_RESETTING) == after.resetting(), "CONN_RESETTING is told where a RST is queued"},
        {!says(DUMBO_ANOMALY_DUP_ACK) || after.dup_ack_pending, "a duplicate ACK has a retransmission pending"},
        {!says(DUMBO_ANOMALY_CHALLENGE_ACK) || after.ack_due, "a challenge ACK is an ACK that is due"},
        {!says(DUMBO_ANOMALY_UNEXPECTED_SEQ) || !after.established || after.ack_due,
         "out-of-order payload has an ACK due"},
    });
}

const char* broken_by_writing(const Sight& before, const Writing& writing, const Sight& after) {
    if (const auto* const broken = first_broken({
            {same_receive_side(before, after), "writing does not touch what was received"},
            {before.snd_una == after.snd_una && before.snd_edge == after.snd_edge, "writing moves nothing but SND.NXT"},
            {after.snd_nxt - before.snd_nxt <= largest_announced_window + 1, "SND.NXT does not go back"},
            {before.established == after.established, "writing does not establish"},
            {after.latest_now == writing.now, "the latest now is that of the call"},
            {after.timeout_count <= before.timeout_count + 1, "one call acts on one timeout"},
        })) {
        return broken;
    }
    if (!writing.segment.empty()) {
        return broken_by_segment(before, writing, after);
    }
    const bool is_told =
        writing.sent.cause == DUMBO_CAUSE_NONE && writing.sent.header_length == 0 && writing.sent.gso_size == 0;
    return first_broken({
        {same_send_side(before, after) && before.rst == after.rst, "nothing is sent where nothing is written"},
        {!before.resetting(), "a queued RST is written"},
        {before.phase != 0, "a SYNACK that is due is written"},
        {!before.established || !control_segment_is_due(before), "a control segment that is due is written"},
        {!writing.is_sent_known || is_told, "nothing is told of no segment"},
    });
}

const char* broken_by_close(const Sight& before, std::uint32_t octets, const Sight& after) {
    if (before.fin_recorded) {
        return before.bytes == after.bytes ? nullptr : "closing again has no effect";
    }
    return first_broken({
        {after.fin_recorded && after.fin == before.snd_nxt + octets, "closing records a FIN behind what is to be sent"},
        {same_but_for(before, after, {field::fin, field::fin_recorded, field::persisting}),
         "closing does nothing else"},
    });
}

const char* broken_by_reset(const Sight& before, const Sight& after) {
    if (before.rst != 0) {
        return before.bytes == after.bytes ? nullptr : "resetting again has no effect";
    }
    return first_broken({
        {after.resetting(), "resetting queues a RST"},
        {after.rst_kind == (before.established ? 0 : 1), "a RST acknowledges before establishment only"},
        {after.rst_number == (before.established ? before.snd_nxt : before.rcv_nxt), "a RST has its number"},
        {same_but_for(before, after, {field::rst, field::rst_number, field::rst_kind}), "resetting does nothing else"},
    });
}

const char* broken_by_advance(const Sight& before, std::uint32_t octets, const Sight& after) {
    const std::uint64_t most = std::uint64_t{before.window} + octets;
    // A window that is not open, because a FIN came when it was closed, has its edge one before RCV.NXT.
    const std::uint64_t wanted = std::min<std::uint64_t>(most, DUMBO_MAX_WINDOW_SIZE);
    return first_broken({
        {after.window == wanted || (before.rcv_edge + 1 == before.rcv_nxt && after.window + 1 == wanted),
         "our window grows by as much as was asked for, to W at most"},
        {before.window != 0 || after.ack_due, "opening a closed window has an ACK due"},
        {!before.ack_due || after.ack_due, "an ACK that is due stays so"},
        {same_but_for(before, after, {field::rcv_edge, field::ack_due}), "advancing does nothing else"},
    });
}

const char* broken_by_trial(const Sight& sight, std::uint64_t now, const Trial& trial) {
    const bool wrote = trial.code == DUMBO_OK && trial.written != 0;
    if (sight.reset) {
        return trial.code == DUMBO_ERR_CONNECTION_RESET ? nullptr : "a reset connection refuses to write";
    }
    if (trial.code != DUMBO_OK) {
        return "there is always room for a control segment";
    }
    switch (sight.next) {
        case DUMBO_NEXT_SEGMENT_AVAILABLE: {
            // The exception of dumbo.h: an ACK that opening our window made due waits for the end of the handshake.
            const bool waits = sight.phase == 1 && !sight.resetting();
            return wrote || waits ? nullptr : "what is available can be written";
        }
        case DUMBO_NEXT_SEGMENT_TIMEOUT:
            // A connection that persists waits to send data, which a write without a source has none of.
            if (sight.persisting) {
                return wrote ? "a probe needs a source" : nullptr;
            }
            return trial.acted == sight.strikes(now) ? nullptr
                                                     : "a timeout is acted on once its deadline has come, not before";
        default:
            return trial.acted ? "nothing is written where there is nothing to write" : nullptr;
    }
}

}  // namespace invariants
