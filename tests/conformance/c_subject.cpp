// SPDX-License-Identifier: Apache-2.0
//
// The C interface of the shared library as the subject of a replay.

#include <dumbo/dumbo.h>

#include "conformance/c_convert.hpp"
#include "conformance/c_endpoint.hpp"
#include "conformance/subject.hpp"

namespace conformance {

namespace {

class CSubject final : public Subject {
public:
    Answer<TcpHeader> parse_tcp(ByteView bytes, const std::optional<AddressPair>& verify) override;
    Answer<Segment> write_tcp(ByteBuffer buffer, const TcpBuild& build) override;
    Checksum transport_checksum(Protocol protocol, const AddressPair& addresses, ByteView bytes) override;
    Order order(std::uint32_t a, std::uint32_t b) override;
    Answer<Rst> rst_for(ByteView segment) override;
    Answer<EthernetHeader> parse_ethernet(ByteView bytes) override;
    Answer<Frame> write_ethernet(ByteBuffer buffer, const EthernetBuild& build) override;
    Answer<ArpRequest> parse_arp_request(ByteView bytes) override;
    Answer<Frame> write_arp(ByteBuffer buffer, const ArpBuild& build) override;
    Match is_arp_frame_for(ByteView frame, const Ipv4Address& address) override;
    Answer<Ipv4Header> parse_ipv4(ByteView bytes, bool verify) override;
    Answer<Ipv4Packet> write_ipv4(ByteBuffer buffer, const Ipv4Build& build) override;
    Match is_ipv4_frame_for(ByteView frame, const Ipv4Address& address) override;
    Answer<std::unique_ptr<Endpoint>> open(ByteView syn, const OpenRequest& request, Storage storage) override;
};

Bytes copy_of(ByteView bytes) {
    return {bytes.begin(), bytes.end()};
}

// The first `length` bytes of a buffer that the library said it wrote.
Bytes written_part(ByteBuffer buffer, std::size_t length) {
    require(length <= buffer.size(), "more bytes written than there is room for");
    return copy_of(buffer.first(length));
}

MssOption mss_option_of(const dumbo_tcp_segment& segment) {
    switch (segment.mss_option) {
        case DUMBO_MSS_OPTION_ABSENT:
            return {};
        case DUMBO_MSS_OPTION_PRESENT:
            return {MssOption::Kind::present, segment.mss};
        case DUMBO_MSS_OPTION_INVALID:
            return {MssOption::Kind::invalid, 0};
        default:
            throw BrokenPromise("an MSS option status that the header does not have");
    }
}

Answer<TcpHeader> CSubject::parse_tcp(ByteView bytes, const std::optional<AddressPair>& verify) {
    auto segment = sized<dumbo_tcp_segment>();
    const std::int32_t code = dumbo_tcp_parse(bytes.data(), bytes.size(), Verify(verify).get(), &segment);
    if (code != DUMBO_OK) {
        return failure_of(code);
    }
    TcpHeader header;
    header.source_port = segment.source_port;
    header.destination_port = segment.destination_port;
    header.seq = segment.seq;
    header.ack = segment.ack;
    header.header_length = segment.header_length;
    header.reserved = segment.reserved_bits;
    header.ns = segment.ns != 0;
    header.flags = segment.flags;
    header.window = segment.window;
    header.checksum = segment.checksum;
    header.urgent_pointer = segment.urgent_pointer;
    header.length = segment.length;
    header.payload_length = segment.payload_length;
    header.mss = mss_option_of(segment);
    return header;
}

Answer<Segment> CSubject::write_tcp(ByteBuffer buffer, const TcpBuild& build) {
    auto fields = sized<dumbo_tcp_fields>();
    fields.seq = build.seq;
    fields.ack = build.ack;
    fields.window = build.window;
    fields.flags = build.flags;
    fields.has_mss_option = build.mss_option ? 1 : 0;
    fields.mss_option = build.mss_option.value_or(0);
    fields.mss_remaining = build.mss_remaining;
    fields.payload_max = build.payload_max;
    const LentPayload payload(build.payload);
    const dumbo_addressing addressing = to_dumbo(build.addressing);
    std::size_t written = 0;
    const std::int32_t code =
        dumbo_tcp_write(buffer.data(), buffer.size(), &fields, payload.get(), &addressing, &written);
    if (code != DUMBO_OK) {
        return failure_of(code);
    }
    return Segment{written_part(buffer, written)};
}

Checksum CSubject::transport_checksum(Protocol protocol, const AddressPair& addresses, ByteView bytes) {
    const dumbo_address_pair pair = to_dumbo(addresses);
    const auto compute = protocol == Protocol::tcp ? dumbo_checksum_tcp : dumbo_checksum_udp;
    Checksum checksum;
    require(compute(&pair, bytes.data(), bytes.size(), &checksum.value) == DUMBO_OK, "a checksum failed");
    return checksum;
}

Order CSubject::order(std::uint32_t a, std::uint32_t b) {
    return {dumbo_seq_after(a, b), dumbo_seq_at_or_after(a, b)};
}

// The header fields are those of the segment that the configuration makes, not the configuration's own.
Answer<Rst> CSubject::rst_for(ByteView segment) {
    auto config = sized<dumbo_rst_config>();
    const std::int32_t code = dumbo_rst_config_for_segment(segment.data(), segment.size(), &config);
    if (code != DUMBO_OK) {
        return failure_of(code);
    }
    Bytes buffer(DUMBO_TCP_HEADER_LENGTH);
    std::size_t written = 0;
    const dumbo_addressing addressing = to_dumbo(Addressing{});
    require(dumbo_rst_write(buffer.data(), buffer.size(), &config, &addressing, &written) == DUMBO_OK &&
                written == buffer.size(),
            "a RST cannot be written");
    const auto header = parse_tcp(buffer, std::nullopt);
    require(static_cast<bool>(header), "a RST does not parse");
    return Rst{from_dumbo(config), header->seq, header->ack, header->flags};
}

Answer<EthernetHeader> CSubject::parse_ethernet(ByteView bytes) {
    auto header = sized<dumbo_ethernet_header>();
    const std::int32_t code = dumbo_ethernet_parse(bytes.data(), bytes.size(), &header);
    if (code != DUMBO_OK) {
        return failure_of(code);
    }
    return EthernetHeader{to_array(header.destination),
                          to_array(header.source),
                          header.ethertype,
                          header.payload_offset + header.payload_length,
                          header.payload_offset,
                          header.payload_length};
}

Answer<Frame> CSubject::write_ethernet(ByteBuffer buffer, const EthernetBuild& build) {
    std::size_t length = 0;
    const std::int32_t code =
        dumbo_ethernet_write(buffer.data(), buffer.size(), build.destination.data(), build.source.data(),
                             build.ethertype, static_cast<std::size_t>(build.payload_length), &length);
    if (code != DUMBO_OK) {
        return failure_of(code);
    }
    return Frame{written_part(buffer, length)};
}

Answer<ArpRequest> CSubject::parse_arp_request(ByteView bytes) {
    auto packet = sized<dumbo_arp_packet>();
    const std::int32_t code = dumbo_arp_parse_request(bytes.data(), bytes.size(), &packet);
    if (code != DUMBO_OK) {
        return failure_of(code);
    }
    ArpRequest request;
    request.hardware_type = packet.hardware_type;
    request.protocol_type = packet.protocol_type;
    request.hardware_length = packet.hardware_length;
    request.protocol_length = packet.protocol_length;
    request.operation = packet.operation;
    request.sender_mac = to_array(packet.sender_mac);
    request.sender_ip = to_array(packet.sender_ip);
    request.target_mac = to_array(packet.target_mac);
    request.target_ip = to_array(packet.target_ip);
    return request;
}

Answer<Frame> CSubject::write_arp(ByteBuffer buffer, const ArpBuild& build) {
    auto packet = sized<dumbo_arp_packet>();
    packet.operation = build.is_request ? DUMBO_ARP_REQUEST : DUMBO_ARP_REPLY;
    copy_to(packet.sender_mac, build.sender_mac);
    copy_to(packet.sender_ip, build.sender_ip);
    copy_to(packet.target_mac, build.target_mac);
    copy_to(packet.target_ip, build.target_ip);
    const std::int32_t code = dumbo_arp_write(buffer.data(), buffer.size(), &packet);
    if (code != DUMBO_OK) {
        return failure_of(code);
    }
    return Frame{copy_of(buffer)};
}

Match CSubject::is_arp_frame_for(ByteView frame, const Ipv4Address& address) {
    return {dumbo_arp_frame_is_for(frame.data(), frame.size(), address.data())};
}

Answer<Ipv4Header> CSubject::parse_ipv4(ByteView bytes, bool verify) {
    auto packet = sized<dumbo_ipv4_header>();
    const std::uint32_t flags = verify ? std::uint32_t{DUMBO_IPV4_CHECKSUM} : 0;
    const std::int32_t code = dumbo_ipv4_parse(bytes.data(), bytes.size(), flags, &packet);
    if (code != DUMBO_OK) {
        return failure_of(code);
    }
    require(packet.payload_offset == packet.header_length, "the payload does not begin where the header ends");
    Ipv4Header header;
    header.version = packet.version;
    header.header_length = packet.header_length;
    header.dscp = packet.dscp;
    header.ecn = packet.ecn;
    header.total_length = packet.total_length;
    header.identification = packet.identification;
    header.flags = packet.flags;
    header.fragment_offset = packet.fragment_offset;
    header.ttl = packet.ttl;
    header.protocol = packet.protocol;
    header.checksum = packet.checksum;
    header.source = to_array(packet.source);
    header.destination = to_array(packet.destination);
    header.payload_length = packet.payload_length;
    require(dumbo_checksum(bytes.data(), packet.header_length, &header.computed_checksum) == DUMBO_OK,
            "a header has no checksum");
    return header;
}

Answer<Ipv4Packet> CSubject::write_ipv4(ByteBuffer buffer, const Ipv4Build& build) {
    auto fields = sized<dumbo_ipv4_fields>();
    copy_to(fields.source, build.source);
    copy_to(fields.destination, build.destination);
    fields.protocol = build.protocol;
    fields.ttl = 1;  // as recorded; the inputs do not vary it
    fields.options_length = build.options_length;
    fields.payload_length = build.payload_length;
    fields.flags = build.compute_checksum ? std::uint32_t{DUMBO_IPV4_CHECKSUM} : 0;
    std::size_t total = 0;
    const std::int32_t code = dumbo_ipv4_write(buffer.data(), buffer.size(), &fields, &total);
    if (code != DUMBO_OK) {
        return failure_of(code);
    }
    return Ipv4Packet{written_part(buffer, DUMBO_IPV4_HEADER_LENGTH), total};
}

Match CSubject::is_ipv4_frame_for(ByteView frame, const Ipv4Address& address) {
    return {dumbo_ipv4_frame_is_for(frame.data(), frame.size(), address.data())};
}

Answer<std::unique_ptr<Endpoint>> CSubject::open(ByteView syn, const OpenRequest& request, Storage storage) {
    return open_c_endpoint(syn, request, storage);
}

}  // namespace

std::unique_ptr<Subject> make_subject() {
    return std::make_unique<CSubject>();
}

}  // namespace conformance
