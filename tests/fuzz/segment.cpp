// SPDX-License-Identifier: Apache-2.0
// The target `segment`: the codecs. What is parsed is what stands there, what is written is parsed again, and what is
// neither is refused.
#include <dumbo/dumbo.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "fuzz/support/decisions.hpp"
#include "fuzz/support/guarded_memory.hpp"
#include "fuzz/support/lent_struct.hpp"
#include "fuzz/support/pattern.hpp"
#include "fuzz/support/require.hpp"
#include "fuzz/support/wire.hpp"

namespace fuzz {
namespace {

constexpr std::size_t longest_packet = 70000;
constexpr std::size_t tcp_header = DUMBO_TCP_HEADER_LENGTH;
constexpr std::size_t ipv4_header = DUMBO_IPV4_HEADER_LENGTH;
constexpr std::size_t ethernet_header = DUMBO_ETHERNET_HEADER_LENGTH;
constexpr dumbo_address_pair addresses = {{172, 16, 0, 2}, {169, 254, 169, 254}};
constexpr std::uint8_t macs[2][6] = {{6, 1, 2, 3, 4, 5}, {6, 0, 0, 0, 0, 2}};

GuardedMemory packet_memory(longest_packet);
GuardedMemory buffer_memory(longest_packet);
GuardedMemory struct_memory[3] = {GuardedMemory(8192), GuardedMemory(8192), GuardedMemory(8192)};

/* ------------------------------------------------------------------------------------------------ segments ----- */

/** Section 2 of the behaviour, once more. */
struct Mss {
    std::uint8_t kind = DUMBO_MSS_OPTION_ABSENT;
    std::uint16_t value = 0;
};

Mss find_mss(const std::uint8_t* options, std::size_t size) {
    for (std::size_t at = 0; size - at >= 4;) {
        if (options[at] == 0) {
            break;
        }
        if (options[at] == 2) {
            const std::uint16_t value = get_16(options + at + 2);
            const bool valid = value >= DUMBO_MSS_MIN && value <= DUMBO_MSS_MAX;
            return valid ? Mss{DUMBO_MSS_OPTION_PRESENT, value} : Mss{DUMBO_MSS_OPTION_INVALID, 0};
        }
        const std::size_t step = options[at] == 1 ? 1 : options[at + 1];
        if (options[at] != 1 && step < 2) {
            return {DUMBO_MSS_OPTION_INVALID, 0};
        }
        at = std::min(size, at + step);
    }
    return {};
}

void check_rst_for(const dumbo_tcp_segment& parsed, const dumbo_rst_config& rst) {
    if ((parsed.flags & DUMBO_TCP_ACK) != 0) {
        require(rst.flags == DUMBO_TCP_RST && rst.seq == parsed.ack && rst.ack == 0, "a RST stands elsewhere");
        return;
    }
    const std::uint32_t length = parsed.payload_length + ((parsed.flags & DUMBO_TCP_SYN) != 0 ? 1U : 0U) +
                                 ((parsed.flags & DUMBO_TCP_FIN) != 0 ? 1U : 0U);
    require(rst.flags == (DUMBO_TCP_RST | DUMBO_TCP_ACK) && rst.seq == 0 && rst.ack == parsed.seq + length,
            "a RST acknowledges something else");
}

void check_parsed(const std::uint8_t* segment, std::size_t size, const dumbo_tcp_segment& parsed) {
    require(size >= tcp_header, "a segment without a header was parsed");
    const std::size_t length = std::min<std::size_t>(size, 65535);
    const std::size_t header = segment[12] / 16 * std::size_t{4};
    require(header >= tcp_header && header <= length, "a header of an impossible length was parsed");
    require(parsed.header_length == header && parsed.length == length && parsed.payload_length == length - header,
            "the lengths of a segment are others");
    require(parsed.source_port == get_16(segment) && parsed.destination_port == get_16(segment + 2) &&
                parsed.seq == get_32(segment + 4) && parsed.ack == get_32(segment + 8) && parsed.flags == segment[13] &&
                parsed.reserved_bits == (segment[12] & 14U) && parsed.ns == (segment[12] & 1U) &&
                parsed.window == get_16(segment + 14) && parsed.checksum == get_16(segment + 16) &&
                parsed.urgent_pointer == get_16(segment + 18),
            "the fields of a segment are others");
    const Mss mss = find_mss(segment + tcp_header, header - tcp_header);
    require(parsed.mss_option == mss.kind && parsed.mss == mss.value, "the MSS option of a segment is another");
}

void parse_segment(Decisions& in) {
    constexpr std::int32_t documented[] = {DUMBO_OK, DUMBO_ERR_INVALID_ARGUMENT, DUMBO_ERR_TRUNCATED,
                                           DUMBO_ERR_HEADER_LENGTH, DUMBO_ERR_CHECKSUM};
    static std::uint8_t built[longest_packet];
    const std::uint8_t how = in.byte();
    const auto taken = in.bytes((how & 1U) == 0 ? 20U + in.below(61) : in.byte());
    std::copy_n(taken.data, taken.size, built);
    std::size_t size = taken.size;
    if ((how & 2U) != 0 && size > 12) {
        built[12] = static_cast<std::uint8_t>(0x50U + (in.below(11) << 4U));
    }
    if ((how & 4U) != 0) {
        const std::size_t more = in.one_in(64) ? in.number_16() : in.byte();
        std::copy_n(octets_at(0), more, built + size);
        size += more;
    }
    const bool verify = (how & 8U) != 0;
    if ((how & 16U) == 0) {
        repair_checksum(built, size, addresses);
    }
    const auto* const segment = packet_memory.copy(built, size);
    auto* const out = lend(in, struct_memory[0], dumbo_tcp_segment{});
    const auto* const bytes = in.maybe_null(segment);
    auto code = dumbo_tcp_parse(bytes, size, verify ? &addresses : nullptr, out);
    require_code(code, documented, "tcp_parse has an undocumented result");
    if (code == DUMBO_OK) {
        check_parsed(segment, size, *out);
        const auto sum = sum_of(segment, size, pseudo_sum(addresses.source, addresses.destination, size));
        require(!verify || sum == 0xffff, "a wrong checksum was accepted");
    }
    require(code != DUMBO_ERR_CHECKSUM || (how & 16U) != 0, "a right checksum was refused");
    auto* const rst = lend(in, struct_memory[1], dumbo_rst_config{});
    const auto rst_code = dumbo_rst_config_for_segment(bytes, size, rst);
    require_code(rst_code, documented, "rst_config_for_segment has an undocumented result");
    if (code == DUMBO_OK && rst_code == DUMBO_OK) {
        check_rst_for(*out, *rst);
    }
}

std::int32_t read_octets(void* user_data, std::uint64_t offset, std::uint8_t* dst, std::size_t size) {
    std::memcpy(dst, octets_at(static_cast<std::uint32_t>(offset)), size);
    return *static_cast<const std::int32_t*>(user_data);
}

void write_segment(Decisions& in) {
    constexpr std::int32_t documented[] = {DUMBO_OK,
                                           DUMBO_ERR_INVALID_ARGUMENT,
                                           DUMBO_ERR_BUFFER_TOO_SMALL,
                                           DUMBO_ERR_MSS_OPTION_ROOM,
                                           DUMBO_ERR_EMPTY_PAYLOAD,
                                           DUMBO_ERR_CALLBACK};
    const std::uint8_t how = in.byte();
    dumbo_tcp_fields fields{};
    fields.struct_size = sizeof fields;
    fields.seq = in.number_32();
    fields.ack = in.number_32();
    fields.window = in.number_16();
    fields.flags = in.byte();
    fields.has_mss_option = (how & 1U) != 0 ? 1 : 0;
    fields.mss_option = in.number_16();
    fields.mss_remaining = (how & 2U) == 0 ? std::uint16_t{1460} : in.one_in(2) ? in.number_16() : in.byte();
    fields.payload_max = (how & 4U) == 0 ? UINT64_MAX : in.number_16();
    fields.reserved = in.is_careless(8) ? in.byte() : 0;
    dumbo_payload payload{};
    payload.struct_size = sizeof payload;
    payload.len = (how & 8U) == 0 ? in.byte() * 8U : in.number_16();
    const std::int32_t result = in.one_in(32) ? -1 : 0;
    dumbo_iovec pieces[2] = {};
    if (in.one_in(2)) {
        payload.kind = DUMBO_PAYLOAD_CALLBACK;
        payload.read = read_octets;
        payload.user_data = const_cast<std::int32_t*>(&result);
    } else {
        const auto* const bytes = packet_memory.copy(octets_at(0), static_cast<std::size_t>(payload.len));
        const std::size_t first = std::min<std::size_t>(static_cast<std::size_t>(payload.len), in.byte());
        pieces[0] = {bytes, first};
        pieces[1] = {bytes + first, static_cast<std::size_t>(payload.len) - first};
        payload.kind = first % 2 == 0 ? DUMBO_PAYLOAD_BYTES : DUMBO_PAYLOAD_IOVEC;
        payload.bytes = bytes;
        payload.iovecs = pieces;
        payload.iovec_count = 2;
    }
    dumbo_addressing to = {sizeof to, in.below(3), in.number_16(), in.number_16(), {}, {}, 0};
    std::copy_n(addresses.source, 4, to.source);
    std::copy_n(addresses.destination, 4, to.destination);
    const std::size_t room = (how & 16U) == 0 ? 2048 : in.one_in(2) ? in.byte() : in.number_16();
    auto* const buffer = buffer_memory.piece(room);
    const auto* const source = (how & 32U) == 0 ? lend(in, struct_memory[0], payload) : nullptr;
    std::size_t written = 0;
    const auto code = dumbo_tcp_write(in.maybe_null(buffer), room, lend(in, struct_memory[1], fields), source,
                                      lend(in, struct_memory[2], to), in.maybe_null(&written));
    require_code(code, documented, "tcp_write has an undocumented result");
    if (code != DUMBO_OK) {
        return;
    }
    require(written <= room && written <= DUMBO_TCP_MAX_SEGMENT_LENGTH, "a segment does not fit");
    dumbo_tcp_segment parsed{};
    parsed.struct_size = sizeof parsed;
    const auto* const verify = to.checksum == DUMBO_CHECKSUM_FULL ? &addresses : nullptr;
    require(dumbo_tcp_parse(buffer, written, verify, &parsed) == DUMBO_OK, "a written segment does not parse");
    check_parsed(buffer, written, parsed);
    require(parsed.seq == fields.seq && parsed.ack == fields.ack && parsed.window == fields.window &&
                parsed.flags == fields.flags && parsed.reserved_bits == 0 && parsed.ns == 0 &&
                parsed.urgent_pointer == 0 && parsed.source_port == to.source_port &&
                parsed.destination_port == to.destination_port,
            "another segment was written");
    const std::uint32_t options = fields.has_mss_option != 0 ? 4 : 0;
    require(parsed.header_length == tcp_header + options, "a header of another length was written");
    require(options == 0 || get_16(buffer + 22) == fields.mss_option, "another MSS was written");
    const std::uint64_t most = std::min({std::uint64_t{fields.mss_remaining} - options, fields.payload_max, payload.len,
                                         std::uint64_t{room} - parsed.header_length,
                                         std::uint64_t{DUMBO_TCP_MAX_SEGMENT_LENGTH} - parsed.header_length});
    require(parsed.payload_length == (source == nullptr ? 0 : most), "a payload of another length was written");
    require(std::memcmp(buffer + parsed.header_length, octets_at(0), parsed.payload_length) == 0,
            "another payload was written");
}

/* -------------------------------------------------------------------------------------- IPv4, ARP, Ethernet ---- */

void parse_packet(Decisions& in) {
    constexpr std::int32_t documented[] = {DUMBO_OK,
                                           DUMBO_ERR_INVALID_ARGUMENT,
                                           DUMBO_ERR_TRUNCATED,
                                           DUMBO_ERR_IP_VERSION,
                                           DUMBO_ERR_HEADER_LENGTH,
                                           DUMBO_ERR_TOTAL_LENGTH,
                                           DUMBO_ERR_LENGTH_MISMATCH,
                                           DUMBO_ERR_CHECKSUM};
    std::uint8_t built[512];
    const std::uint8_t how = in.byte();
    const auto taken = in.bytes((how & 1U) == 0 ? 20U + in.below(61) : in.byte());
    std::copy_n(taken.data, taken.size, built);
    const std::size_t size = taken.size;
    if ((how & 2U) == 0 && size >= ipv4_header) {
        built[0] = static_cast<std::uint8_t>(0x40U | (built[0] & 15U));
        put_16(built + 2, static_cast<std::uint32_t>(size));
        const std::size_t header = (built[0] & 15U) * std::size_t{4};
        put_16(built + 10, 0);
        put_16(built + 10, static_cast<std::uint16_t>(~sum_of(built, std::min(header, size))));
    }
    const auto* const packet = packet_memory.copy(built, size);
    const std::uint32_t flags = in.is_careless(8) ? in.number_32() : (how & 4U) / 4;
    auto* const out = lend(in, struct_memory[0], dumbo_ipv4_header{});
    const auto code = dumbo_ipv4_parse(in.maybe_null(packet), size, flags, out);
    require_code(code, documented, "ipv4_parse has an undocumented result");
    ++events;
    require(dumbo_ipv4_total_length(packet, size) == (size < ipv4_header ? 0 : get_16(packet + 2)),
            "the total length is another");
    if (code != DUMBO_OK) {
        return;
    }
    const std::size_t header = (packet[0] & 15U) * std::size_t{4};
    require(size >= header && header >= ipv4_header && get_16(packet + 2) == size && packet[0] / 16 == 4,
            "a malformed packet was parsed");
    require(out->version == 4 && out->header_length == header && out->total_length == size &&
                out->payload_offset == header && out->payload_length == size - header,
            "the lengths of a packet are others");
    require(out->dscp == packet[1] / 4 && out->ecn == packet[1] % 4 && out->identification == get_16(packet + 4) &&
                out->flags == packet[6] / 32 && out->fragment_offset == get_16(packet + 6) % 8192 &&
                out->ttl == packet[8] && out->protocol == packet[9] && out->checksum == get_16(packet + 10) &&
                std::memcmp(out->source, packet + 12, 4) == 0 && std::memcmp(out->destination, packet + 16, 4) == 0,
            "the fields of a packet are others");
    require(flags == 0 || sum_of(packet, header) == 0xffff, "a wrong checksum was accepted");
}

void write_packet(Decisions& in) {
    constexpr std::int32_t documented[] = {DUMBO_OK, DUMBO_ERR_INVALID_ARGUMENT, DUMBO_ERR_BUFFER_TOO_SMALL};
    dumbo_ipv4_fields fields{};
    fields.struct_size = sizeof fields;
    std::copy_n(addresses.source, 4, fields.source);
    put_32(fields.destination, in.number_32());
    fields.protocol = in.byte();
    fields.ttl = in.byte();
    fields.identification = in.number_16();
    fields.options_length = in.one_in(4) ? in.byte() : std::uint16_t{0};
    fields.payload_length = in.one_in(4) ? in.number_16() : in.byte();
    fields.flags = in.is_careless(8) ? in.byte() : std::uint32_t{DUMBO_IPV4_CHECKSUM};
    const std::size_t whole = ipv4_header + fields.options_length + fields.payload_length;
    const std::size_t room = in.one_in(4) ? in.byte() : std::min(whole, longest_packet - 64);
    auto* const buffer = buffer_memory.piece(room);
    std::memset(buffer, 0, room);
    std::size_t length = 0;
    const auto code =
        dumbo_ipv4_write(in.maybe_null(buffer), room, lend(in, struct_memory[0], fields), in.maybe_null(&length));
    require_code(code, documented, "ipv4_write has an undocumented result");
    if (code != DUMBO_OK) {
        return;
    }
    require(length == whole && length <= room, "a packet has another length");
    dumbo_ipv4_header parsed{};
    parsed.struct_size = sizeof parsed;
    // With options the checksum counts bytes that IHL does not: see the header.
    const std::uint32_t verify = fields.options_length == 0 ? fields.flags : 0;
    require(dumbo_ipv4_parse(buffer, length, verify, &parsed) == DUMBO_OK, "a written packet does not parse");
    require(parsed.protocol == fields.protocol && parsed.ttl == fields.ttl &&
                parsed.identification == fields.identification &&
                std::memcmp(parsed.destination, fields.destination, 4) == 0,
            "another packet was written");
}

void parse_arp(Decisions& in) {
    constexpr std::int32_t documented[] = {DUMBO_OK,
                                           DUMBO_ERR_INVALID_ARGUMENT,
                                           DUMBO_ERR_LENGTH_MISMATCH,
                                           DUMBO_ERR_HARDWARE_TYPE,
                                           DUMBO_ERR_PROTOCOL_TYPE,
                                           DUMBO_ERR_HARDWARE_LENGTH,
                                           DUMBO_ERR_PROTOCOL_LENGTH,
                                           DUMBO_ERR_OPERATION};
    constexpr std::uint8_t request[] = {0, 1, 8, 0, 6, 4, 0, 1};
    std::uint8_t built[256] = {};
    const auto taken = in.bytes(in.one_in(4) ? in.byte() : DUMBO_ARP_LENGTH);
    std::copy_n(taken.data, taken.size, built);
    if (!in.one_in(4)) {
        std::copy_n(request, sizeof request, built);
    }
    const auto* const packet = packet_memory.copy(built, taken.size);
    auto* const out = lend(in, struct_memory[0], dumbo_arp_packet{});
    const auto code = dumbo_arp_parse_request(in.maybe_null(packet), taken.size, out);
    require_code(code, documented, "arp_parse_request has an undocumented result");
    if (code != DUMBO_OK) {
        return;
    }
    require(taken.size == DUMBO_ARP_LENGTH && std::memcmp(packet, request, sizeof request) == 0 &&
                std::memcmp(out->sender_mac, packet + 8, 6) == 0 && std::memcmp(out->sender_ip, packet + 14, 4) == 0 &&
                std::memcmp(out->target_mac, packet + 18, 6) == 0 && std::memcmp(out->target_ip, packet + 24, 4) == 0,
            "another ARP packet was parsed");
    auto* const buffer = buffer_memory.piece(DUMBO_ARP_LENGTH);
    const auto written = dumbo_arp_write(buffer, DUMBO_ARP_LENGTH, out);
    require_code(written, documented, "arp_write has an undocumented result");
    require(written != DUMBO_OK || std::memcmp(buffer, packet, DUMBO_ARP_LENGTH) == 0,
            "another ARP packet was written than parsed");
}

void parse_frame(Decisions& in) {
    constexpr std::int32_t documented[] = {DUMBO_OK, DUMBO_ERR_INVALID_ARGUMENT, DUMBO_ERR_TRUNCATED,
                                           DUMBO_ERR_BUFFER_TOO_SMALL};
    const auto taken = in.bytes(in.byte());
    const auto* const frame = packet_memory.copy(taken.data, taken.size);
    auto* const out = lend(in, struct_memory[0], dumbo_ethernet_header{});
    const auto* const bytes = in.maybe_null(frame);
    auto code = dumbo_ethernet_parse(bytes, taken.size, out);
    require_code(code, documented, "ethernet_parse has an undocumented result");
    require(code != DUMBO_OK ||
                (out->ethertype == get_16(frame + 12) && out->payload_offset == ethernet_header &&
                 out->payload_length == taken.size - ethernet_header && std::memcmp(out->destination, frame, 6) == 0 &&
                 std::memcmp(out->source, frame + 6, 6) == 0),
            "another frame was parsed");
    events += 2;
    if (bytes != nullptr) {
        const bool arp = taken.size >= 42 && std::memcmp(frame + 38, addresses.destination, 4) == 0;
        const bool ipv4 = taken.size >= 34 && std::memcmp(frame + 30, addresses.destination, 4) == 0;
        require(dumbo_arp_frame_is_for(frame, taken.size, addresses.destination) == arp &&
                    dumbo_ipv4_frame_is_for(frame, taken.size, addresses.destination) == ipv4,
                "a frame is for somebody else");
    }
    const std::size_t room = in.byte();
    const std::size_t payload = in.is_careless(4) ? SIZE_MAX - in.byte() : in.byte();
    auto* const buffer = buffer_memory.piece(room);
    std::size_t length = 0;
    code = dumbo_ethernet_write(in.maybe_null(buffer), room, macs[0], in.maybe_null(macs[1]), in.number_16(), payload,
                                in.maybe_null(&length));
    require_code(code, documented, "ethernet_write has an undocumented result");
    require(code != DUMBO_OK || (length == ethernet_header + payload && length <= room &&
                                 std::memcmp(buffer, macs[0], 6) == 0 && std::memcmp(buffer + 6, macs[1], 6) == 0),
            "another frame was written");
}

/* ------------------------------------------------------------------------------------ checksums and numbers ---- */

void sum(Decisions& in) {
    constexpr std::int32_t documented[] = {DUMBO_OK, DUMBO_ERR_INVALID_ARGUMENT};
    constexpr std::size_t longest = 4096;
    const auto taken = in.bytes(in.byte());
    const std::size_t more = in.one_in(8) ? in.number_16() % longest : 0;
    auto* const bytes = packet_memory.piece(taken.size + more);
    std::copy_n(taken.data, taken.size, bytes);
    std::copy_n(octets_at(in.byte()), more, bytes + taken.size);
    const std::size_t size = taken.size + more;
    std::uint16_t checksum = 0;
    auto code = dumbo_checksum(in.maybe_null(bytes), size, in.maybe_null(&checksum));
    require_code(code, documented, "checksum has an undocumented result");
    require(code != DUMBO_OK || checksum == static_cast<std::uint16_t>(~sum_of(bytes, size)), "a checksum is wrong");
    code = dumbo_checksum_tcp(&addresses, bytes, size, &checksum);
    require_code(code, documented, "checksum_tcp has an undocumented result");
    const auto pseudo = pseudo_sum(addresses.source, addresses.destination, size);
    require(checksum == static_cast<std::uint16_t>(~sum_of(bytes, size, pseudo)), "a segment's checksum is wrong");
}

void compare(Decisions& in) {
    const std::uint32_t a = in.number_32();
    const std::uint32_t b = in.one_in(2) ? in.near(a) : in.number_32();
    events += 2;
    require(dumbo_seq_at_or_after(a, b) == (a - b < DUMBO_MAX_WINDOW_SIZE) &&
                dumbo_seq_after(a, b) == (a != b && a - b < DUMBO_MAX_WINDOW_SIZE),
            "two numbers stand in another order");
}

void step(Decisions& in) {
    const std::uint8_t what = in.byte();
    in.set_careless((what & 0x80U) != 0);
    switch (what & 15U) {
        case 4:
        case 5:
        case 6:
        case 7:
            return write_segment(in);
        case 8:
        case 9:
            return parse_packet(in);
        case 10:
            return write_packet(in);
        case 11:
            return parse_arp(in);
        case 12:
            return parse_frame(in);
        case 13:
            return sum(in);
        case 14:
            return compare(in);
        default:
            return parse_segment(in);
    }
}

}  // namespace
}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Decisions in(data, size);
    while (!in.are_over()) {
        fuzz::step(in);
    }
    return 0;
}
