// SPDX-License-Identifier: Apache-2.0
#include "addressing.hpp"
#include "convert.hpp"
#include "payload.hpp"

using namespace dumbo;

static_assert(DUMBO_TCP_HEADER_LENGTH == TcpSegment::header_length_without_options);
static_assert(DUMBO_TCP_MAX_SEGMENT_LENGTH == IncompleteTcpSegment::max_length);
static_assert(DUMBO_TCP_FIN == tcp_flag::fin && DUMBO_TCP_SYN == tcp_flag::syn && DUMBO_TCP_RST == tcp_flag::rst);
static_assert(DUMBO_TCP_PSH == tcp_flag::psh && DUMBO_TCP_ACK == tcp_flag::ack && DUMBO_TCP_URG == tcp_flag::urg);
static_assert(DUMBO_TCP_ECE == tcp_flag::ece && DUMBO_TCP_CWR == tcp_flag::cwr);

namespace {

void set_mss(dumbo_tcp_segment& to, const TcpSegment& segment) noexcept {
    const auto option = segment.mss_option();
    if (!option) {
        to.mss_option = DUMBO_MSS_OPTION_INVALID;
    } else if (*option) {
        to.mss_option = DUMBO_MSS_OPTION_PRESENT;
        to.mss = **option;
    } else {
        to.mss_option = DUMBO_MSS_OPTION_ABSENT;
    }
}

dumbo_tcp_segment to_c(const TcpSegment& segment) noexcept {
    dumbo_tcp_segment out{};
    out.source_port = segment.source_port();
    out.destination_port = segment.destination_port();
    out.seq = segment.sequence_number().value();
    out.ack = segment.ack_number().value();
    out.header_length = segment.header_length();
    out.flags = segment.flags();
    out.reserved_bits = segment.reserved_bits();
    out.ns = segment.ns() ? 1 : 0;
    out.window = segment.window();
    out.checksum = segment.checksum();
    out.urgent_pointer = segment.urgent_pointer();
    out.length = segment.length();
    out.payload_length = segment.payload_length();
    set_mss(out, segment);
    return out;
}

// Writes a segment and completes it. Precondition: a valid buffer.
std::int32_t write(std::span<std::uint8_t> buffer, const TcpFields& fields, std::uint16_t mss_remaining,
                   const std::optional<TcpPayload>& payload, const capi::Addressing& addressing,
                   std::size_t& written) noexcept {
    auto segment = IncompleteTcpSegment::write(buffer, fields, mss_remaining, payload, addressing.offload().checksum);
    if (!segment) {
        if (segment.error() == Error::buffer_too_small) {
            written = IncompleteTcpSegment::header_length(fields);
        }
        return capi::to_code(segment.error());
    }
    written = addressing.complete(*segment);
    return DUMBO_OK;
}

}  // namespace

int32_t dumbo_tcp_parse(const uint8_t* segment, size_t len, const dumbo_address_pair* verify, dumbo_tcp_segment* out) {
    const capi::OutputStruct output(out);
    if (!output.is_valid() || !capi::is_valid_buffer(segment, len)) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    const auto parsed = capi::parse_segment(segment, len, verify);
    if (!parsed) {
        return capi::to_code(parsed.error());
    }
    output.set(to_c(*parsed));
    return DUMBO_OK;
}

int32_t dumbo_tcp_write(uint8_t* buf, size_t buf_len, const dumbo_tcp_fields* fields, const dumbo_payload* payload,
                        const dumbo_addressing* addressing, size_t* written) {
    if (written == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *written = 0;
    const auto known = capi::read_struct(fields);
    const capi::InputStruct known_payload(payload);
    const capi::InputStruct known_addressing(addressing);
    const capi::Payload source(known_payload.get());
    const capi::Addressing to(known_addressing.get());
    if (!capi::is_valid_buffer(buf, buf_len) || !known || known->has_mss_option > 1 || known->reserved != 0 ||
        (payload != nullptr && !known_payload.is_valid()) || !source.is_valid() || !to.is_valid()) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    TcpFields header{.sequence_number = SeqNumber(known->seq),
                     .ack_number = SeqNumber(known->ack),
                     .flags = known->flags,
                     .window = known->window};
    if (known->has_mss_option == 1) {
        header.mss_option = known->mss_option;
    }
    std::optional<TcpPayload> carried;
    if (source.source() != nullptr) {
        const ByteSource& bytes = source.source()->bytes;
        carried = {.source = &bytes, .offset = 0, .length = std::min(bytes.size(), known->payload_max)};
    }
    return write({buf, buf_len}, header, known->mss_remaining, carried, to, *written);
}

int32_t dumbo_rst_config_for_segment(const uint8_t* segment, size_t len, dumbo_rst_config* out) {
    const capi::OutputStruct output(out);
    if (!output.is_valid() || !capi::is_valid_buffer(segment, len)) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    const auto parsed = capi::parse_segment(segment, len, nullptr);
    if (!parsed) {
        return capi::to_code(parsed.error());
    }
    output.set(capi::to_rst_config(rst_config_for(*parsed)));
    return DUMBO_OK;
}

int32_t dumbo_rst_write(uint8_t* buf, size_t buf_len, const dumbo_rst_config* rst, const dumbo_addressing* addressing,
                        size_t* written) {
    if (written == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *written = 0;
    const auto known = capi::read_struct(rst);
    const capi::InputStruct known_addressing(addressing);
    const capi::Addressing to(known_addressing.get());
    const bool is_known_form =
        known && (known->flags == DUMBO_TCP_RST || known->flags == (DUMBO_TCP_RST | DUMBO_TCP_ACK));
    if (!capi::is_valid_buffer(buf, buf_len) || !is_known_form || !to.is_valid()) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    const TcpFields header{.sequence_number = SeqNumber(known->seq),
                           .ack_number = SeqNumber(known->ack),
                           .flags = static_cast<std::uint8_t>(known->flags),
                           .window = 0};
    return write({buf, buf_len}, header, 0, std::nullopt, to, *written);
}
