// SPDX-License-Identifier: Apache-2.0
#include "scenario/codec_storm.hpp"

#include "scenario/padded.hpp"
#include "scenario/stormy_payload.hpp"
#include "script/wire.hpp"

#include <dumbo/dumbo.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace scenario {
namespace {

constexpr std::uint8_t untouched = 0xa5;
constexpr std::size_t margin = 32;

// The result of a call: a code the header knows, and a length that fits, with nothing written behind the buffer.
[[nodiscard]] std::string judge(std::string_view call, std::int32_t code) {
    const bool known = code == DUMBO_OK || std::string_view(dumbo_error_name(code)) != "unknown";
    return known && code != DUMBO_ERR_INTERNAL ? std::string() : fmt::format("{} returned {}", call, code);
}

[[nodiscard]] std::string judge(std::string_view call, std::int32_t code, std::size_t written,
                                const std::vector<std::uint8_t>& buffer) {
    if (code == DUMBO_OK && written > buffer.size() - margin) {
        return fmt::format("{} wrote {} bytes into {}", call, written, buffer.size() - margin);
    }
    if (std::any_of(buffer.end() - margin, buffer.end(), [](auto byte) { return byte != untouched; })) {
        return fmt::format("{} wrote behind its buffer", call);
    }
    return judge(call, code);
}

// Bytes that are often nearly a packet of some kind.
[[nodiscard]] std::vector<std::uint8_t> any_packet(Dice& dice) {
    constexpr std::size_t lengths[] = {0, 1, 13, 14, 19, 20, 27, 28, 34, 42, 60, 200};
    auto packet = dice.bytes(dice.one_of(lengths));
    if (packet.size() >= 20) {
        constexpr std::uint8_t first_bytes[] = {0x45, 0x46, 0x00, 0x65};
        packet[0] = dice.one_of(first_bytes);
        packet[12] = static_cast<std::uint8_t>(dice.one_in(3) ? dice.any() : 0x50);
    }
    if (packet.size() >= 28 && dice.one_in(2)) {
        constexpr std::uint8_t arp[] = {0, 1, 8, 0, 6, 4, 0, 1};
        std::ranges::copy(arp, packet.begin());
    }
    return packet;
}

[[nodiscard]] std::vector<std::uint8_t> any_buffer(Dice& dice) {
    constexpr std::size_t sizes[] = {0, 13, 14, 19, 20, 24, 28, 60, 1500};
    std::vector<std::uint8_t> buffer(dice.one_of(sizes) + margin, untouched);
    return buffer;
}

[[nodiscard]] std::string strike_checksum(Dice& dice) {
    const auto packet = any_packet(dice);
    const auto addresses = script::addresses_of(script::Sender::guest);
    std::uint16_t sum = 0;
    switch (dice.below(4)) {
        case 0:
            return judge("checksum",
                         dumbo_checksum(dice.maybe_null(packet.data()), packet.size(), dice.maybe_null(&sum)));
        case 1:
            return judge("checksum_tcp", dumbo_checksum_tcp(dice.maybe_null(&addresses), dice.maybe_null(packet.data()),
                                                            packet.size(), dice.maybe_null(&sum)));
        case 2:
            return judge("checksum_udp", dumbo_checksum_udp(dice.maybe_null(&addresses), dice.maybe_null(packet.data()),
                                                            packet.size(), dice.maybe_null(&sum)));
        default:
            static_cast<void>(dumbo_checksum_update(static_cast<std::uint16_t>(dice.any()),
                                                    static_cast<std::uint16_t>(dice.any()),
                                                    static_cast<std::uint16_t>(dice.any())));
            return {};
    }
}

[[nodiscard]] std::string strike_ethernet(Dice& dice) {
    if (dice.one_in(2)) {
        const auto packet = any_packet(dice);
        Padded<dumbo_ethernet_header> header;
        return judge("ethernet_parse", dumbo_ethernet_parse(dice.maybe_null(packet.data()), packet.size(),
                                                            dice.maybe_null(header.sized(dice))));
    }
    auto buffer = any_buffer(dice);
    const auto macs = dice.bytes(12);
    std::size_t written = 0;
    const auto payload = dice.one_in(5) ? static_cast<std::size_t>(dice.any()) : dice.size_below(100);
    const auto code = dumbo_ethernet_write(dice.maybe_null(buffer.data()), buffer.size() - margin,
                                           dice.maybe_null(macs.data()), dice.maybe_null(macs.data() + 6),
                                           static_cast<std::uint16_t>(dice.any()), payload, dice.maybe_null(&written));
    return judge("ethernet_write", code, written, buffer);
}

[[nodiscard]] std::string strike_arp(Dice& dice) {
    const auto packet = any_packet(dice);
    Padded<dumbo_arp_packet> arp;
    arp.sized(dice);
    if (dice.one_in(3)) {
        static_cast<void>(dumbo_arp_frame_is_for(dice.maybe_null(packet.data()), packet.size(),
                                                 dice.maybe_null(arp.value.target_ip)));
        return {};
    }
    if (dice.one_in(2)) {
        return judge("arp_parse_request", dumbo_arp_parse_request(dice.maybe_null(packet.data()), packet.size(),
                                                                  dice.maybe_null(&arp.value)));
    }
    auto buffer = any_buffer(dice);
    arp.value.operation = static_cast<std::uint16_t>(dice.below(4));
    const auto code =
        dumbo_arp_write(dice.maybe_null(buffer.data()), buffer.size() - margin, dice.maybe_null(&arp.value));
    return judge("arp_write", code, 0, buffer);
}

[[nodiscard]] std::string strike_ipv4(Dice& dice) {
    const auto packet = any_packet(dice);
    const auto flags = static_cast<std::uint32_t>(dice.one_in(30) ? dice.any() : dice.below(2));
    Padded<dumbo_ipv4_header> header;
    if (dice.one_in(3)) {
        static_cast<void>(dumbo_ipv4_total_length(dice.maybe_null(packet.data()), packet.size()));
        static_cast<void>(dumbo_ipv4_frame_is_for(dice.maybe_null(packet.data()), packet.size(),
                                                  dice.maybe_null(header.value.destination)));
        return {};
    }
    if (dice.one_in(2)) {
        return judge("ipv4_parse", dumbo_ipv4_parse(dice.maybe_null(packet.data()), packet.size(), flags,
                                                    dice.maybe_null(header.sized(dice))));
    }
    auto buffer = any_buffer(dice);
    Padded<dumbo_ipv4_fields> fields;
    fields.sized(dice);
    fields.value.options_length = static_cast<std::uint16_t>(dice.one_in(10) ? dice.any() : dice.below(41));
    fields.value.payload_length = static_cast<std::uint16_t>(dice.one_in(10) ? dice.any() : dice.below(100));
    fields.value.flags = flags;
    std::size_t written = 0;
    const auto code = dumbo_ipv4_write(dice.maybe_null(buffer.data()), buffer.size() - margin,
                                       dice.maybe_null(&fields.value), dice.maybe_null(&written));
    return judge("ipv4_write", code, written, buffer);
}

[[nodiscard]] std::string strike_tcp_write(Dice& dice, const dumbo_addressing* addressing) {
    auto buffer = any_buffer(dice);
    Padded<dumbo_tcp_fields> fields;
    fields.sized(dice);
    fields.value.flags = static_cast<std::uint8_t>(dice.any());
    fields.value.has_mss_option = static_cast<std::uint8_t>(dice.one_in(20) ? dice.any() : dice.below(2));
    fields.value.mss_remaining = static_cast<std::uint16_t>(dice.below(2000));
    fields.value.payload_max = dice.one_in(5) ? dice.any() : dice.below(3000);
    fields.value.reserved = dice.one_in(50) ? 1 : 0;
    const StormyPayload payload(dice, 0, 0);
    std::size_t written = 0;
    const auto code = dumbo_tcp_write(dice.maybe_null(buffer.data()), buffer.size() - margin,
                                      dice.maybe_null(&fields.value), dice.one_in(3) ? nullptr : payload.get(),
                                      dice.maybe_null(addressing), dice.maybe_null(&written));
    return judge("tcp_write", code, written, buffer);
}

[[nodiscard]] std::string strike_rst_write(Dice& dice, const dumbo_addressing* addressing) {
    auto buffer = any_buffer(dice);
    Padded<dumbo_rst_config> rst;
    rst.sized(dice);
    rst.value.flags = static_cast<std::uint32_t>(dice.one_in(2) ? std::uint64_t{DUMBO_TCP_RST} : dice.below(0x20));
    std::size_t written = 0;
    const auto code =
        dumbo_rst_write(dice.maybe_null(buffer.data()), buffer.size() - margin, dice.maybe_null(&rst.value),
                        dice.maybe_null(addressing), dice.maybe_null(&written));
    return judge("rst_write", code, written, buffer);
}

[[nodiscard]] std::string strike_tcp(Dice& dice) {
    const auto packet = any_packet(dice);
    const auto addresses = script::addresses_of(script::Sender::guest);
    Padded<dumbo_addressing> addressing;
    addressing.value = script::host_addressing();
    addressing.sized(dice);
    addressing.value.checksum = static_cast<std::uint32_t>(dice.below(4));
    Padded<dumbo_tcp_segment> segment;
    Padded<dumbo_rst_config> rst;
    switch (dice.below(4)) {
        case 0:
            return judge("tcp_parse",
                         dumbo_tcp_parse(dice.maybe_null(packet.data()), packet.size(),
                                         dice.one_in(2) ? &addresses : nullptr, dice.maybe_null(segment.sized(dice))));
        case 1:
            return judge("rst_config_for_segment",
                         dumbo_rst_config_for_segment(dice.maybe_null(packet.data()), packet.size(),
                                                      dice.maybe_null(rst.sized(dice))));
        case 2:
            return strike_rst_write(dice, &addressing.value);
        default:
            return strike_tcp_write(dice, &addressing.value);
    }
}

// Questions that have an answer for every argument.
[[nodiscard]] std::string strike_names(Dice& dice) {
    const auto number = dice.one_in(2) ? dice.any32() : static_cast<std::uint32_t>(dice.below(2000)) - 1100;
    const auto code = static_cast<std::int32_t>(number);
    const char* const names[] = {dumbo_strerror(code),
                                 dumbo_error_name(code),
                                 dumbo_anomaly_name(number),
                                 dumbo_state_name(number),
                                 dumbo_next_segment_status_name(number),
                                 dumbo_version_string()};
    static_cast<void>(dumbo_err_is_fatal(code));
    const auto both = dumbo_seq_after(number, number) || !dumbo_seq_at_or_after(number, number);
    const bool nameless = std::ranges::any_of(names, [](auto* name) { return name == nullptr || *name == '\0'; });
    return nameless || both ? fmt::format("there is no good answer for {}", number) : std::string();
}

// A NULL connection answers as one that was reset.
[[nodiscard]] std::string strike_nobody() {
    std::uint64_t deadline = 0;
    const auto status = dumbo_connection_control_segment_or_timeout_status(nullptr, &deadline);
    const bool truths = dumbo_connection_is_established(nullptr) || dumbo_connection_fin_received(nullptr) ||
                        dumbo_connection_fin_acknowledged(nullptr) || dumbo_connection_dup_ack_pending(nullptr);
    const auto numbers = dumbo_connection_first_not_sent(nullptr) | dumbo_connection_highest_ack_received(nullptr) |
                         dumbo_connection_remote_rwnd_edge(nullptr) | dumbo_connection_next_expected(nullptr) |
                         dumbo_connection_local_rwnd(nullptr) | dumbo_connection_mss(nullptr) |
                         dumbo_connection_state(nullptr);
    dumbo_connection_free(nullptr);
    const bool nothing = status == DUMBO_NEXT_SEGMENT_NOTHING && deadline == ~std::uint64_t{0};
    const bool over = dumbo_connection_is_done(nullptr) && dumbo_connection_is_reset(nullptr);
    return nothing && over && !truths && numbers == 0 ? std::string() : "NULL answers as if it were somebody";
}

}  // namespace

std::string strike_codec(Dice& dice) {
    switch (dice.below(7)) {
        case 0:
            return strike_checksum(dice);
        case 1:
            return strike_ethernet(dice);
        case 2:
            return strike_arp(dice);
        case 3:
            return strike_ipv4(dice);
        case 4:
            return strike_names(dice);
        case 5:
            return strike_nobody();
        default:
            return strike_tcp(dice);
    }
}

}  // namespace scenario
