// SPDX-License-Identifier: Apache-2.0
#include "addressing.hpp"
#include "convert.hpp"
#include "handle.hpp"
#include "payload.hpp"
#include "tcp/arrival.hpp"
#include "tcp/departure.hpp"
#include "tcp/usual_segments.hpp"

// What a connection does: receive, write, close, reset, open its window.
using namespace dumbo;

namespace {

template <typename T>
void set_unless_null(T* to, T value) noexcept {
    if (to != nullptr) {
        *to = value;
    }
}

// What receiving came to, for a connection that counts.
template <typename Outcome>
void count(dumbo_connection* connection, const Outcome& outcome) noexcept {
    if (Counters* counters = capi::counters_of(connection)) {
        counters->count(outcome);
    }
}

// A segment that was not taken. (Room is needed only by who copies.)
[[gnu::cold, gnu::noinline]] std::int32_t refuse(dumbo_connection* connection, std::span<const std::uint8_t> segment,
                                                 Error error, std::size_t& room_needed) noexcept {
    if (error == Error::buffer_too_small) {
        const auto parsed = TcpSegment::parse(segment);
        room_needed = parsed ? parsed->payload_length() : 0;
    }
    count(connection, error);
    return capi::to_code(error);
}

// False: the segment is not usual, and nothing has happened.
[[gnu::always_inline]] inline bool receive_usual(dumbo_connection* connection, std::span<const std::uint8_t> segment,
                                                 const Ipv4AddressPair* verify, std::span<std::uint8_t> buffer,
                                                 std::uint64_t now, std::size_t* received,
                                                 std::uint32_t* anomalies) noexcept {
    const auto length = Connection::Usual::receive(connection->core, segment, verify, buffer, now);
    if (length) {
        count(connection, Received{.length = *length});
        *received = *length;
        set_unless_null(anomalies, std::uint32_t{0});
    }
    return length.has_value();
}

// Whatever arrives, and whatever is wrong with the arguments.
[[gnu::noinline, gnu::flatten]] std::int32_t receive_unusual(dumbo_connection* connection, const std::uint8_t* segment,
                                                             std::size_t len, const dumbo_address_pair* verify,
                                                             std::uint8_t* buf, std::size_t buf_len, std::uint64_t now,
                                                             std::size_t* received, std::uint32_t* anomalies) noexcept {
    set_unless_null(anomalies, std::uint32_t{0});
    if (received == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *received = 0;
    if (connection == nullptr || !capi::is_valid_buffer(segment, len) || !capi::is_valid_buffer(buf, buf_len)) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    const auto addresses = verify != nullptr ? capi::to_address_pair(*verify) : Ipv4AddressPair{};
    const auto result = Connection::Arrival::receive(connection->core, {segment, len},
                                                     verify != nullptr ? &addresses : nullptr, {buf, buf_len}, now);
    if (!result) [[unlikely]] {
        return refuse(connection, {segment, len}, result.error(), *received);
    }
    count(connection, *result);
    *received = result->length;
    set_unless_null(anomalies, result->anomalies);
    return DUMBO_OK;
}

// The length of the header that did not fit: a rehearsal on a copy tells, as only a handshake has more than one answer.
std::size_t header_length_needed(Connection copy, std::uint16_t mss_reserved, std::uint64_t now) noexcept {
    constexpr std::size_t shortest = TcpSegment::header_length_without_options;
    if (copy.is_established()) {
        return shortest;
    }
    std::array<std::uint8_t, shortest + IncompleteTcpSegment::mss_option_length> longest_header{};
    const auto segment = copy.write_next_segment(longest_header, mss_reserved, nullptr, now);
    return segment && *segment ? (*segment)->segment.length() : longest_header.size();
}

// No segment was written.
[[gnu::cold, gnu::noinline]] std::int32_t refuse(const Connection& connection, std::uint16_t mss_reserved,
                                                 std::uint64_t now, Error error, std::size_t& room_needed) noexcept {
    if (error == Error::buffer_too_small) {
        room_needed = header_length_needed(connection, mss_reserved, now);
    }
    return capi::to_code(error);
}

using Report = capi::OutputStruct<dumbo_sent>;

dumbo_sent to_report(const IncompleteTcpSegment& segment, Cause cause, int mss) noexcept {
    const std::size_t payload_length = segment.payload_length();
    const bool is_to_be_cut = payload_length > static_cast<std::size_t>(mss);
    return {.struct_size = 0,
            .cause = static_cast<std::uint32_t>(cause),
            .header_length = static_cast<std::uint16_t>(segment.length() - payload_length),
            .gso_size = static_cast<std::uint16_t>(is_to_be_cut ? mss : 0)};
}

// What is left to do with a segment that was written, if one was. Returns its length.
[[gnu::always_inline]] inline std::size_t finish(dumbo_connection* connection, IncompleteTcpSegment& segment,
                                                 Cause cause, std::uint16_t mss_reserved, const capi::Addressing& to,
                                                 const Report& report) noexcept {
    if (cause == Cause::none) {
        return 0;
    }
    if (Counters* counters = capi::counters_of(connection)) {
        counters->count(cause, segment.payload_length());
    }
    if (report.is_valid()) {
        report.set(to_report(segment, cause, connection->core.mss() - mss_reserved));
    }
    return to.complete(segment);
}

// False if there is no cause: Connection::Usual has nothing to do with it.
[[gnu::always_inline]] inline bool is_finished(dumbo_connection* connection, IncompleteTcpSegment& segment,
                                               std::optional<Cause> cause, std::uint16_t mss_reserved,
                                               const capi::Addressing& to, std::size_t* written,
                                               dumbo_sent* sent) noexcept {
    if (cause) {
        *written = finish(connection, segment, *cause, mss_reserved, to, Report(sent));
    }
    return cause.has_value();
}

// A contiguous payload or none, structs of this release, nothing wrong with the arguments, and a segment that is usual.
// False: it is something else, and nothing has happened. Each kind of segment is written and finished by itself, so
// that the compiler knows more about it.
[[gnu::always_inline]] inline bool write_usual(dumbo_connection* connection, std::uint8_t* buf, std::size_t buf_len,
                                               std::uint16_t mss_reserved, const dumbo_payload* payload,
                                               const dumbo_addressing* addressing, std::uint64_t now,
                                               std::size_t* written, dumbo_sent* sent) noexcept {
    using Usual = Connection::Usual;
    if (connection == nullptr || buf == nullptr || written == nullptr || !capi::has_this_size(addressing) ||
        (payload != nullptr && !capi::is_contiguous(payload))) {
        return false;
    }
    const capi::Addressing to(addressing);
    if (!to.is_valid() || (sent != nullptr ? !capi::has_this_size(sent) : to.needs_report())) {
        return false;
    }
    Connection& core = connection->core;
    const std::span buffer(buf, buf_len);
    if (!core.is_established()) {
        IncompleteTcpSegment synack;
        const auto cause = Usual::write_synack(core, synack, buffer, mss_reserved, now, to.offload());
        return is_finished(connection, synack, cause, mss_reserved, to, written, sent);
    }
    if (payload == nullptr) {
        IncompleteTcpSegment ack;
        const auto cause = Usual::write(core, ack, buffer, mss_reserved, nullptr, now, to.offload());
        return is_finished(connection, ack, cause, mss_reserved, to, written, sent);
    }
    IncompleteTcpSegment data;
    const PayloadSource source = capi::to_contiguous_source(payload);
    const auto cause = Usual::write(core, data, buffer, mss_reserved, &source, now, to.offload());
    return is_finished(connection, data, cause, mss_reserved, to, written, sent);
}

// Whatever a write is asked for, and whatever comes of it.
[[gnu::noinline]] std::int32_t write_unusual(dumbo_connection* connection, std::uint8_t* buf, std::size_t buf_len,
                                             std::uint16_t mss_reserved, const dumbo_payload* payload,
                                             const dumbo_addressing* addressing, std::uint64_t now,
                                             std::size_t* written, dumbo_sent* sent) noexcept {
    const Report report(sent);
    if (written == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *written = 0;
    const capi::Payload source(payload);
    const capi::InputStruct known_addressing(addressing);
    const capi::Addressing to(known_addressing.get());
    if (connection == nullptr || !capi::is_valid_buffer(buf, buf_len) || !source.is_valid() || !to.is_valid() ||
        (sent != nullptr ? !report.is_valid() : to.needs_report())) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    Sent next;
    if (const auto error = Connection::Departure::write_next_segment(
            connection->core, next, {buf, buf_len}, mss_reserved, source.source(), now, to.offload())) {
        return refuse(connection->core, mss_reserved, now, *error, *written);
    }
    *written = finish(connection, next.segment, next.cause, mss_reserved, to, report);
    return DUMBO_OK;
}

}  // namespace

// What most calls bring is looked at in as few steps as there can be. All others are receive_unusual()'s, which gets
// the arguments as they are: nothing has happened until then.
[[gnu::flatten]] int32_t dumbo_connection_receive_segment(dumbo_connection* connection, const uint8_t* segment,
                                                          size_t len, const dumbo_address_pair* verify, uint8_t* buf,
                                                          size_t buf_len, uint64_t now, size_t* received,
                                                          uint32_t* anomalies) {
    if (connection != nullptr && segment != nullptr && received != nullptr && capi::is_valid_buffer(buf, buf_len)) {
        if (verify == nullptr) {
            if (receive_usual(connection, {segment, len}, nullptr, {buf, buf_len}, now, received, anomalies)) {
                return DUMBO_OK;
            }
        } else if (const auto addresses = capi::to_address_pair(*verify);
                   receive_usual(connection, {segment, len}, &addresses, {buf, buf_len}, now, received, anomalies)) {
            return DUMBO_OK;
        }
    }
    return receive_unusual(connection, segment, len, verify, buf, buf_len, now, received, anomalies);
}

[[gnu::flatten]] int32_t dumbo_connection_receive_segment_in_place(dumbo_connection* connection, const uint8_t* segment,
                                                                   size_t len, const dumbo_address_pair* verify,
                                                                   uint64_t now, size_t* offset, size_t* received,
                                                                   uint32_t* anomalies) {
    set_unless_null(anomalies, std::uint32_t{0});
    set_unless_null(offset, std::size_t{0});
    set_unless_null(received, std::size_t{0});
    if (connection == nullptr || offset == nullptr || received == nullptr || !capi::is_valid_buffer(segment, len)) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    const auto parsed = capi::parse_segment(segment, len, verify);
    if (!parsed) [[unlikely]] {
        return refuse(connection, {segment, len}, parsed.error(), *received);
    }
    const auto result = connection->core.receive_segment_in_place(*parsed, now);
    if (!result) [[unlikely]] {
        return refuse(connection, {segment, len}, result.error(), *received);
    }
    count(connection, *result);
    *offset = parsed->header_length();
    *received = result->length;
    set_unless_null(anomalies, result->anomalies);
    return DUMBO_OK;
}

// What most calls ask for is looked at in as few steps as there can be. All others are write_unusual()'s, which gets
// the arguments as they are: nothing has happened until then.
[[gnu::flatten]] int32_t dumbo_connection_write_next_segment(dumbo_connection* connection, uint8_t* buf, size_t buf_len,
                                                             uint16_t mss_reserved, const dumbo_payload* payload,
                                                             const dumbo_addressing* addressing, uint64_t now,
                                                             size_t* written, dumbo_sent* sent) {
    return write_usual(connection, buf, buf_len, mss_reserved, payload, addressing, now, written, sent)
               ? DUMBO_OK
               : write_unusual(connection, buf, buf_len, mss_reserved, payload, addressing, now, written, sent);
}

uint32_t dumbo_connection_control_segment_or_timeout_status(const dumbo_connection* connection, uint64_t* deadline) {
    const NextSegmentStatus status =
        connection != nullptr ? connection->core.control_segment_or_timeout_status() : NextSegmentStatus{};
    switch (status.kind) {
        case NextSegmentStatus::Kind::nothing:
            break;
        case NextSegmentStatus::Kind::available:
            set_unless_null(deadline, std::uint64_t{0});
            return DUMBO_NEXT_SEGMENT_AVAILABLE;
        case NextSegmentStatus::Kind::timeout:
            set_unless_null(deadline, status.deadline);
            return DUMBO_NEXT_SEGMENT_TIMEOUT;
    }
    set_unless_null(deadline, UINT64_MAX);
    return DUMBO_NEXT_SEGMENT_NOTHING;
}

int32_t dumbo_connection_close(dumbo_connection* connection) {
    if (connection == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    connection->core.close();
    return DUMBO_OK;
}

int32_t dumbo_connection_close_after(dumbo_connection* connection, uint32_t octets) {
    return connection != nullptr ? capi::to_code(connection->core.close_after(octets)) : DUMBO_ERR_INVALID_ARGUMENT;
}

int32_t dumbo_connection_reset(dumbo_connection* connection) {
    if (connection == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    if (Counters* counters = capi::counters_of(connection)) {
        counters->count_reset(connection->core);
    }
    connection->core.reset();
    return DUMBO_OK;
}

int32_t dumbo_connection_make_rst_config(const dumbo_connection* connection, dumbo_rst_config* out) {
    const capi::OutputStruct output(out);
    if (connection == nullptr || !output.is_valid()) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    output.set(capi::to_rst_config(connection->core.make_rst_config()));
    return DUMBO_OK;
}

int32_t dumbo_connection_advance_local_rwnd_edge(dumbo_connection* connection, uint32_t n) {
    if (connection == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    connection->core.advance_local_rwnd_edge(n);
    return DUMBO_OK;
}
