// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/tcp_segment.hpp>

#include <algorithm>

// How a segment is written. Inline, as every segment is, and as most of it vanishes in who calls it.
namespace dumbo::inline v0 {

inline Result<IncompleteTcpSegment> IncompleteTcpSegment::write(std::span<std::uint8_t> buffer, const TcpFields& fields,
                                                                std::uint16_t mss_remaining,
                                                                const std::optional<TcpPayload>& payload,
                                                                ChecksumPolicy policy) noexcept {
    IncompleteTcpSegment segment;
    const auto error = segment.write_here(buffer, fields, mss_remaining, payload.value_or(TcpPayload{}), policy);
    return error ? Result<IncompleteTcpSegment>(*error) : Result(segment);
}

[[gnu::always_inline]] inline std::optional<Error> IncompleteTcpSegment::write_here(std::span<std::uint8_t> buffer,
                                                                                    const TcpFields& fields,
                                                                                    std::uint16_t mss_remaining,
                                                                                    const TcpPayload& payload,
                                                                                    ChecksumPolicy policy) noexcept {
    const std::size_t header_length = IncompleteTcpSegment::header_length(fields);
    const std::size_t options_length = header_length - TcpSegment::header_length_without_options;
    if (mss_remaining < options_length) {
        return Error::mss_option_room;
    }
    if (buffer.size() < header_length) {
        return Error::buffer_too_small;
    }
    begin_ = buffer.data();
    payload_length_ = 0;
    // Field by field: a copy of the whole would be loaded in one from what was stored in pieces, and wait for them.
    fields_.sequence_number = fields.sequence_number;
    fields_.ack_number = fields.ack_number;
    fields_.flags = fields.flags;
    fields_.window = fields.window;
    fields_.mss_option = fields.mss_option;
    policy_ = policy;
    payload_sum_ = 0;
    if (payload.source == nullptr) {
        return std::nullopt;
    }
    const std::size_t room =
        std::min(std::min(buffer.size(), max_length) - header_length, mss_remaining - options_length);
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(payload.length, room));
    if (length == 0) {
        return Error::empty_payload;
    }
    ChecksumAccumulator sum;
    if (!payload.source->copy(payload.offset, buffer.subspan(header_length, length),
                              policy == ChecksumPolicy::full ? &sum : nullptr)) {
        return Error::callback;
    }
    payload_sum_ = sum.unfolded();
    payload_length_ = length;
    return std::nullopt;
}

[[gnu::always_inline]] inline std::span<std::uint8_t> IncompleteTcpSegment::complete(TcpPorts ports) noexcept {
    store_header(header_words(ports), 0);
    return {begin_, length()};
}

// The header is summed while it is put together and not read back: nobody can have changed what is summed.
[[gnu::always_inline]] inline std::span<std::uint8_t> IncompleteTcpSegment::complete(
    TcpPorts ports, const Ipv4AddressPair& addresses) noexcept {
    const HeaderWords words = header_words(ports);
    std::uint16_t checksum = 0;
    if (policy_ != ChecksumPolicy::none) {
        ChecksumAccumulator sum(payload_sum_);
        sum.add_pseudo_header(addresses, IpProtocol::tcp, length());
        if (policy_ == ChecksumPolicy::full) {
            sum.add_fields(std::uint64_t{words.ports} + fields_.sequence_number.value() + fields_.ack_number.value() +
                           words.control + words.mss_option);
            checksum = sum.checksum();
        } else {
            checksum = sum.sum();
        }
    }
    store_header(words, checksum);
    return {begin_, length()};
}

[[gnu::always_inline]] inline IncompleteTcpSegment::HeaderWords IncompleteTcpSegment::header_words(
    TcpPorts ports) const noexcept {
    constexpr std::uint32_t mss_option = 0x02040000;  // kind 2, length 4, then the MSS (RFC 9293, 3.2)
    const auto offset = static_cast<std::uint32_t>(header_length(fields_) / 4);
    return {.ports = std::uint32_t{ports.source} << 16U | ports.destination,
            .control = offset << 28U | std::uint32_t{fields_.flags} << 16U | fields_.window,
            .mss_option = fields_.mss_option ? mss_option | *fields_.mss_option : 0};
}

[[gnu::always_inline]] inline void IncompleteTcpSegment::store_header(const HeaderWords& words,
                                                                      std::uint16_t checksum) noexcept {
    using namespace detail;
    store_be32(begin_ + tcp_offset::source_port, words.ports);
    store_be32(begin_ + tcp_offset::sequence_number, fields_.sequence_number.value());
    store_be32(begin_ + tcp_offset::ack_number, fields_.ack_number.value());
    store_be32(begin_ + tcp_offset::data_offset, words.control);
    store_be32(begin_ + tcp_offset::checksum, std::uint32_t{checksum} << 16U);  // no urgent data
    if (words.mss_option != 0) {
        store_be32(begin_ + tcp_offset::options, words.mss_option);
    }
}

}  // namespace dumbo::inline v0
