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

// For a caller that was compiled with another release's structs. The call comes back once, with this release's.
// NOLINTNEXTLINE(misc-no-recursion)
[[gnu::cold, gnu::noinline]] std::int32_t write_for_other_release(dumbo_connection* connection, std::uint8_t* buf,
                                                                  std::size_t buf_len, std::uint16_t mss_reserved,
                                                                  const dumbo_payload* payload,
                                                                  const dumbo_addressing* addressing, std::uint64_t now,
                                                                  std::size_t* written, dumbo_sent* sent) noexcept {
    const capi::InputStruct known_payload(payload);
    const capi::InputStruct known_addressing(addressing);
    if ((payload != nullptr && !known_payload.is_valid()) || !known_addressing.is_valid()) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    return dumbo_connection_write_next_segment(connection, buf, buf_len, mss_reserved, known_payload.get(),
                                               known_addressing.get(), now, written, sent);
}

using Report = capi::OutputStruct<dumbo_sent>;

// Whoever has segments cut must be told how.
bool is_valid_report(const Report& report, const dumbo_sent* sent, const Offload& offload) noexcept {
    return sent != nullptr ? report.is_valid() : offload.segmentation == Segmentation::ours;
}

dumbo_sent to_report(const Sent& sent, int mss) noexcept {
    const std::size_t payload_length = sent.segment.payload_length();
    const bool is_to_be_cut = payload_length > static_cast<std::size_t>(mss);
    return {.struct_size = 0,
            .cause = static_cast<std::uint32_t>(sent.cause),
            .header_length = static_cast<std::uint16_t>(sent.segment.length() - payload_length),
            .gso_size = static_cast<std::uint16_t>(is_to_be_cut ? mss : 0)};
}

// What there is to do with a segment that was written. Returns its length.
std::size_t finish(dumbo_connection* connection, Sent& sent, std::uint16_t mss_reserved, const capi::Addressing& to,
                   Report report) noexcept {
    count(connection, sent);
    if (report.is_valid()) {
        report.set(to_report(sent, connection->core.mss() - mss_reserved));
    }
    return to.complete(sent.segment);
}

[[gnu::noinline]] std::int32_t write_unusual(dumbo_connection* connection, std::span<std::uint8_t> buffer,
                                             std::uint16_t mss_reserved, const PayloadSource* payload,
                                             const capi::Addressing& to, std::uint64_t now, std::size_t& written,
                                             Report report) noexcept {
    Sent sent;
    if (const auto error = Connection::Departure::write_next_segment(connection->core, sent, buffer, mss_reserved,
                                                                     payload, now, to.offload())) {
        return refuse(connection->core, mss_reserved, now, *error, written);
    }
    if (sent.cause != Cause::none) {
        written = finish(connection, sent, mss_reserved, to, report);
    }
    return DUMBO_OK;
}

}  // namespace

[[gnu::flatten]] int32_t dumbo_connection_receive_segment(dumbo_connection* connection, const uint8_t* segment,
                                                          size_t len, const dumbo_address_pair* verify, uint8_t* buf,
                                                          size_t buf_len, uint64_t now, size_t* received,
                                                          uint32_t* anomalies) {
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

// NOLINTNEXTLINE(misc-no-recursion): see write_for_other_release()
[[gnu::flatten]] int32_t dumbo_connection_write_next_segment(dumbo_connection* connection, uint8_t* buf, size_t buf_len,
                                                             uint16_t mss_reserved, const dumbo_payload* payload,
                                                             const dumbo_addressing* addressing, uint64_t now,
                                                             size_t* written, dumbo_sent* sent) {
    const Report report(sent);
    if (written == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *written = 0;
    if ((payload != nullptr && !capi::has_this_size(payload)) || !capi::has_this_size(addressing)) [[unlikely]] {
        return write_for_other_release(connection, buf, buf_len, mss_reserved, payload, addressing, now, written, sent);
    }
    const capi::Payload source(payload);
    const capi::Addressing to(addressing);
    if (connection == nullptr || !capi::is_valid_buffer(buf, buf_len) || !source.is_valid() || !to.is_valid() ||
        !is_valid_report(report, sent, to.offload())) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    Sent usual;
    usual.cause = Connection::Usual::write(connection->core, usual.segment, {buf, buf_len}, mss_reserved,
                                           source.source(), now, to.offload());
    if (usual.cause == Cause::none) {
        return write_unusual(connection, {buf, buf_len}, mss_reserved, source.source(), to, now, *written, report);
    }
    *written = finish(connection, usual, mss_reserved, to, report);
    return DUMBO_OK;
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
