// SPDX-License-Identifier: Apache-2.0
#include <dumbo/tcp_segment.hpp>

#include <algorithm>

namespace dumbo::inline v0 {

namespace {

namespace option_kind {
constexpr std::uint8_t end_of_list = 0;
constexpr std::uint8_t no_operation = 1;
}  // namespace option_kind

// The shortest option worth a look: a MSS option is 4 bytes.
constexpr std::size_t option_room_min = 4;
constexpr std::size_t option_length_min = 2;

}  // namespace

Result<TcpSegment> TcpSegment::parse_verified(std::span<const std::uint8_t> bytes,
                                              const Ipv4AddressPair& addresses) noexcept {
    const auto segment = parse(bytes);
    if (segment && transport_checksum(addresses, IpProtocol::tcp, bytes) != 0) {
        return Error::checksum;
    }
    return segment;
}

Result<std::optional<std::uint16_t>> TcpSegment::mss_option() const noexcept {
    return find_mss_option(options());
}

Result<std::optional<std::uint16_t>> TcpSegment::find_mss_option(std::span<const std::uint8_t> options) noexcept {
    auto left = options;
    while (left.size() >= option_room_min) {
        const std::uint8_t kind = left[0];
        if (kind == option_kind::end_of_list) {
            break;
        }
        if (kind == option_kind::no_operation) {
            left = left.subspan(1);
            continue;
        }
        if (kind == mss_option_kind) {
            return checked_mss(detail::load_be16(&left[2]));
        }
        const std::size_t length = left[1];
        if (length < option_length_min) {
            return Error::mss_option;
        }
        left = left.subspan(std::min(length, left.size()));
    }
    return std::optional<std::uint16_t>();
}

RstConfig rst_config_for(const TcpSegment& segment) noexcept {
    if (segment.has(tcp_flag::ack)) {
        return {.kind = RstConfig::Kind::seq, .number = segment.ack_number()};
    }
    // RFC 9293, 3.10.7.1: acknowledge SEG.LEN, in which SYN and FIN count one each.
    const std::uint32_t length =
        segment.payload_length() + (segment.has(tcp_flag::syn) ? 1U : 0U) + (segment.has(tcp_flag::fin) ? 1U : 0U);
    return {.kind = RstConfig::Kind::ack, .number = segment.sequence_number() + length};
}

}  // namespace dumbo::inline v0
