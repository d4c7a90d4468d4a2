// SPDX-License-Identifier: Apache-2.0
#pragma once

// Text for people, through fmt: include this header in a program that links fmt. The library itself does not.

#include <dumbo/address.hpp>
#include <dumbo/connection.hpp>
#include <dumbo/counters.hpp>
#include <dumbo/error.hpp>
#include <dumbo/seq_number.hpp>
#include <dumbo/tcp_segment.hpp>

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace dumbo::inline v0 {

// Types of the standard library and plain integers have no formatter of their own here; these name what they mean.

struct TcpFlagsText {
    std::uint8_t flags = 0;
};
// The control bits of a segment, as packet tools abbreviate them: "S.", "P.", "F.", "R", ... with "." for ACK, and
// "none".
[[nodiscard]] inline TcpFlagsText flags_text(std::uint8_t flags) noexcept {
    return {flags};
}

struct AnomaliesText {
    std::uint32_t anomalies = 0;
};
// A set of anomaly bits: "DUP_ACK|REMOTE_RWND_EDGE", and "none".
[[nodiscard]] inline AnomaliesText anomalies_text(std::uint32_t anomalies) noexcept {
    return {anomalies};
}

struct AddressText {
    Ipv4Address address;
};
// An IPv4 address: "169.254.169.254".
[[nodiscard]] inline AddressText address_text(const Ipv4Address& address) noexcept {
    return {address};
}

struct MacText {
    MacAddress address;
};
// A MAC address: "06:01:23:45:67:89".
[[nodiscard]] inline MacText address_text(const MacAddress& address) noexcept {
    return {address};
}

[[nodiscard]] constexpr std::string_view to_text(Error error) noexcept {
    switch (error) {
        case Error::invalid_argument:
            return "invalid argument";
        case Error::buffer_too_small:
            return "buffer too small";
        case Error::timestamp_decreased:
            return "timestamp decreased";
        case Error::callback:
            return "callback failed";
        case Error::invalid_syn:
            return "invalid SYN";
        case Error::mss_option:
            return "invalid MSS option";
        case Error::payload_too_large:
            return "payload source too large";
        case Error::payload_missing_seq:
            return "payload source starts too late";
        case Error::data_after_fin:
            return "data after FIN";
        case Error::mss_reserved:
            return "more reserved than the MSS";
        case Error::mss_option_room:
            return "no room for the MSS option";
        case Error::empty_payload:
            return "no room for a payload byte";
        case Error::truncated:
            return "truncated";
        case Error::header_length:
            return "invalid header length";
        case Error::checksum:
            return "wrong checksum";
        case Error::ip_version:
            return "not IPv4";
        case Error::total_length:
            return "invalid total length";
        case Error::length_mismatch:
            return "length mismatch";
        case Error::hardware_type:
            return "unknown hardware type";
        case Error::protocol_type:
            return "unknown protocol type";
        case Error::hardware_length:
            return "invalid hardware address length";
        case Error::protocol_length:
            return "invalid protocol address length";
        case Error::operation:
            return "unexpected operation";
        case Error::snapshot_length:
            return "snapshot of the wrong length";
        case Error::snapshot_format:
            return "not a snapshot";
        case Error::snapshot_version:
            return "snapshot of an unknown version";
        case Error::snapshot_checksum:
            return "damaged snapshot";
        case Error::snapshot_value:
            return "snapshot with a value out of range";
        case Error::snapshot_option:
            return "snapshot of a state that needs another option";
        case Error::snapshot_handshake:
            return "snapshot of an impossible handshake";
        case Error::snapshot_send:
            return "snapshot of an impossible send side";
        case Error::snapshot_receive:
            return "snapshot of an impossible receive side";
        case Error::snapshot_timeout:
            return "snapshot of an impossible timeout";
        case Error::snapshot_reset:
            return "snapshot of an impossible reset";
        case Error::snapshot_stack:
            return "snapshot of an impossible stack";
        case Error::snapshot_config:
            return "snapshot that does not fit the config";
        case Error::no_connection:
            return "no such connection";
        case Error::connection_closing:
            return "connection closing";
        case Error::lent:
            return "bytes are lent already";
        case Error::connection_reset:
            return "connection reset";
        case Error::no_entropy:
            return "no randomness";
    }
    return "unknown error";
}

[[nodiscard]] constexpr std::string_view to_text(Cause cause) noexcept {
    switch (cause) {
        case Cause::none:
            return "nothing";
        case Cause::syn:
            return "SYN";
        case Cause::repeated_syn:
            return "repeated SYN";
        case Cause::data:
            return "data";
        case Cause::ack:
            return "ACK due";
        case Cause::fin:
            return "close";
        case Cause::timeout:
            return "timeout";
        case Cause::dup_ack:
            return "duplicate ACK";
        case Cause::window_opened:
            return "window opened";
        case Cause::probe:
            return "window probe";
        case Cause::reset:
            return "reset";
        case Cause::given_up:
            return "given up";
    }
    return "unknown";
}

[[nodiscard]] constexpr std::string_view to_text(State state) noexcept {
    switch (state) {
        case State::closed:
            return "CLOSED";
        case State::syn_received:
            return "SYN-RECEIVED";
        case State::established:
            return "ESTABLISHED";
        case State::fin_wait_1:
            return "FIN-WAIT-1";
        case State::fin_wait_2:
            return "FIN-WAIT-2";
        case State::close_wait:
            return "CLOSE-WAIT";
        case State::last_ack:
            return "LAST-ACK";
    }
    return "unknown";
}

namespace detail {

inline constexpr std::array<std::pair<std::uint8_t, char>, 8> tcp_flag_letters{{{tcp_flag::syn, 'S'},
                                                                                {tcp_flag::fin, 'F'},
                                                                                {tcp_flag::rst, 'R'},
                                                                                {tcp_flag::psh, 'P'},
                                                                                {tcp_flag::urg, 'U'},
                                                                                {tcp_flag::ece, 'E'},
                                                                                {tcp_flag::cwr, 'W'},
                                                                                {tcp_flag::ack, '.'}}};

inline constexpr std::array<std::pair<std::uint32_t, std::string_view>, 12> anomaly_names{
    {{anomaly::invalid_ack, "INVALID_ACK"},
     {anomaly::dup_ack, "DUP_ACK"},
     {anomaly::segment_beyond_rwnd, "SEGMENT_BEYOND_RWND"},
     {anomaly::unexpected_seq, "UNEXPECTED_SEQ"},
     {anomaly::remote_rwnd_edge, "REMOTE_RWND_EDGE"},
     {anomaly::data_beyond_fin, "DATA_BEYOND_FIN"},
     {anomaly::reset_received, "RESET_RECEIVED"},
     {anomaly::invalid_rst, "INVALID_RST"},
     {anomaly::invalid_segment, "INVALID_SEGMENT"},
     {anomaly::conn_resetting, "CONN_RESETTING"},
     {anomaly::invalid_fin, "INVALID_FIN"},
     {anomaly::challenge_ack, "CHALLENGE_ACK"}}};

// The base of all formatters here: they take no format specification.
struct PlainFormatter {
    constexpr auto parse(fmt::format_parse_context& context) { return context.begin(); }
};

}  // namespace detail

}  // namespace dumbo::inline v0

template <>
struct fmt::formatter<dumbo::SeqNumber> : dumbo::detail::PlainFormatter {
    template <typename Context>
    auto format(dumbo::SeqNumber seq, Context& context) const {
        return fmt::format_to(context.out(), "{}", seq.value());
    }
};

template <>
struct fmt::formatter<dumbo::Error> : dumbo::detail::PlainFormatter {
    template <typename Context>
    auto format(dumbo::Error error, Context& context) const {
        return fmt::format_to(context.out(), "{}", dumbo::to_text(error));
    }
};

template <>
struct fmt::formatter<dumbo::Cause> : dumbo::detail::PlainFormatter {
    template <typename Context>
    auto format(dumbo::Cause cause, Context& context) const {
        return fmt::format_to(context.out(), "{}", dumbo::to_text(cause));
    }
};

template <>
struct fmt::formatter<dumbo::State> : dumbo::detail::PlainFormatter {
    template <typename Context>
    auto format(dumbo::State state, Context& context) const {
        return fmt::format_to(context.out(), "{}", dumbo::to_text(state));
    }
};

template <>
struct fmt::formatter<dumbo::AddressText> : dumbo::detail::PlainFormatter {
    template <typename Context>
    auto format(const dumbo::AddressText& text, Context& context) const {
        const auto& octets = text.address;
        return fmt::format_to(context.out(), "{}.{}.{}.{}", octets[0], octets[1], octets[2], octets[3]);
    }
};

template <>
struct fmt::formatter<dumbo::MacText> : dumbo::detail::PlainFormatter {
    template <typename Context>
    auto format(const dumbo::MacText& text, Context& context) const {
        const auto& octets = text.address;
        return fmt::format_to(context.out(), "{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", octets[0], octets[1],
                              octets[2], octets[3], octets[4], octets[5]);
    }
};

template <>
struct fmt::formatter<dumbo::TcpFlagsText> : dumbo::detail::PlainFormatter {
    template <typename Context>
    auto format(dumbo::TcpFlagsText text, Context& context) const {
        std::string letters;
        for (const auto& [flag, letter] : dumbo::detail::tcp_flag_letters) {
            if ((text.flags & flag) != 0) {
                letters += letter;
            }
        }
        return fmt::format_to(context.out(), "{}", letters.empty() ? "none" : letters);
    }
};

template <>
struct fmt::formatter<dumbo::AnomaliesText> : dumbo::detail::PlainFormatter {
    template <typename Context>
    auto format(dumbo::AnomaliesText text, Context& context) const {
        std::string names;
        for (const auto& [bit, name] : dumbo::detail::anomaly_names) {
            if ((text.anomalies & bit) != 0) {
                names += names.empty() ? "" : "|";
                names += name;
            }
        }
        return fmt::format_to(context.out(), "{}", names.empty() ? "none" : names);
    }
};

// "S. 1000:1000(0) ack 2000 win 65535 <mss 1460>"
template <>
struct fmt::formatter<dumbo::TcpSegment> : dumbo::detail::PlainFormatter {
    template <typename Context>
    auto format(const dumbo::TcpSegment& segment, Context& context) const {
        const auto seq = segment.sequence_number();
        auto out = fmt::format_to(context.out(), "{} {}:{}({})", dumbo::flags_text(segment.flags()), seq,
                                  seq + segment.payload_length(), segment.payload_length());
        if (segment.has(dumbo::tcp_flag::ack)) {
            out = fmt::format_to(out, " ack {}", segment.ack_number());
        }
        out = fmt::format_to(out, " win {}", segment.window());
        const auto mss = segment.mss_option();
        if (!mss) {
            return fmt::format_to(out, " <bad mss>");
        }
        return *mss ? fmt::format_to(out, " <mss {}>", **mss) : out;
    }
};

// "delivered 100, anomalies none": what became of a segment that was received.
template <>
struct fmt::formatter<dumbo::Received> : dumbo::detail::PlainFormatter {
    template <typename Context>
    auto format(const dumbo::Received& received, Context& context) const {
        return fmt::format_to(context.out(), "delivered {}, anomalies {}", received.length,
                              dumbo::anomalies_text(received.anomalies));
    }
};

// "ESTABLISHED snd_una 1 snd_nxt 1461 snd_edge 65536 rcv_nxt 78 rwnd 65535, next timeout at 1200"
template <>
struct fmt::formatter<dumbo::Connection> : dumbo::detail::PlainFormatter {
    template <typename Context>
    auto format(const dumbo::Connection& connection, Context& context) const {
        auto out = fmt::format_to(context.out(), "{} snd_una {} snd_nxt {} snd_edge {} rcv_nxt {} rwnd {}, next ",
                                  connection.state(), connection.highest_ack_received(), connection.first_not_sent(),
                                  connection.remote_rwnd_edge(), connection.next_expected(), connection.local_rwnd());
        const auto next = connection.control_segment_or_timeout_status();
        switch (next.kind) {
            case dumbo::NextSegmentStatus::Kind::nothing:
                return fmt::format_to(out, "nothing");
            case dumbo::NextSegmentStatus::Kind::available:
                return fmt::format_to(out, "now");
            case dumbo::NextSegmentStatus::Kind::timeout:
                return fmt::format_to(out, "timeout at {}", next.deadline);
        }
        return out;
    }
};

// One line: traffic, what was sent again and why, how it ended, and the anomalies that there were.
template <>
struct fmt::formatter<dumbo::Counters> : dumbo::detail::PlainFormatter {
    template <typename Context>
    auto format(const dumbo::Counters& counters, Context& context) const {
        auto out = fmt::format_to(
            context.out(),
            "in {} segments {} bytes, out {} segments {} bytes, again {} bytes: timeout {} "
            "dup_ack {} window_opened {} repeated_syn {}; probes {}; resets: peer {} segment {} "
            "caller {} given_up {}; dropped: malformed {} checksum {} after_reset {}",
            counters.segments_in, counters.bytes_in, counters.segments_out, counters.bytes_out, counters.bytes_repeated,
            counters.repeated_on_timeout, counters.repeated_on_dup_ack, counters.repeated_on_window_opened,
            counters.repeated_on_syn, counters.probes, counters.of(dumbo::anomaly::reset_received),
            counters.of(dumbo::anomaly::conn_resetting), counters.resets_by_caller, counters.resets_by_timeout,
            counters.malformed, counters.checksum_errors, counters.after_reset);
        for (const auto& [bit, name] : dumbo::detail::anomaly_names) {
            if (counters.of(bit) != 0) {
                out = fmt::format_to(out, ", {} {}", name, counters.of(bit));
            }
        }
        return out;
    }
};
