// SPDX-License-Identifier: Apache-2.0
//
// The C++ interface as the subject of a replay.

#include <dumbo/arp.hpp>
#include <dumbo/checksum.hpp>
#include <dumbo/ethernet.hpp>
#include <dumbo/ipv4.hpp>
#include <dumbo/seq_number.hpp>
#include <dumbo/tcp_segment.hpp>

#include <algorithm>

#include "conformance/cpp_convert.hpp"
#include "conformance/cpp_endpoint.hpp"
#include "conformance/subject.hpp"

namespace conformance {

namespace {

Bytes copy_of(ByteView bytes) {
    return {bytes.begin(), bytes.end()};
}

MssOption mss_option_of(const dumbo::TcpSegment& segment) {
    const auto option = segment.mss_option();
    if (!option) {
        return {MssOption::Kind::invalid, 0};
    }
    return option->has_value() ? MssOption{MssOption::Kind::present, **option} : MssOption{};
}

class CppSubject final : public Subject {
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

Answer<TcpHeader> CppSubject::parse_tcp(ByteView bytes, const std::optional<AddressPair>& verify) {
    const auto segment =
        verify ? dumbo::TcpSegment::parse_verified(bytes, to_dumbo(*verify)) : dumbo::TcpSegment::parse(bytes);
    if (!segment) {
        return failure_of(segment.error());
    }
    TcpHeader header;
    header.source_port = segment->source_port();
    header.destination_port = segment->destination_port();
    header.seq = segment->sequence_number().value();
    header.ack = segment->ack_number().value();
    header.header_length = segment->header_length();
    header.reserved = segment->reserved_bits();
    header.ns = segment->ns();
    header.flags = segment->flags();
    header.window = segment->window();
    header.checksum = segment->checksum();
    header.urgent_pointer = segment->urgent_pointer();
    header.length = segment->length();
    header.payload_length = segment->payload_length();
    header.mss = mss_option_of(*segment);
    return header;
}

Answer<Segment> CppSubject::write_tcp(ByteBuffer buffer, const TcpBuild& build) {
    const dumbo::TcpFields fields{dumbo::SeqNumber(build.seq), dumbo::SeqNumber(build.ack), build.flags, build.window,
                                  build.mss_option};
    std::optional<LentSource> lent;
    std::optional<dumbo::TcpPayload> payload;
    if (build.payload != nullptr) {
        lent.emplace(*build.payload);
        payload = dumbo::TcpPayload{&lent->bytes(), 0, std::min(build.payload->length(), build.payload_max)};
    }
    const auto written = dumbo::IncompleteTcpSegment::write(buffer, fields, build.mss_remaining, payload);
    if (!written) {
        return failure_of(written.error());
    }
    return Segment{copy_of(complete(*written, build.addressing))};
}

Checksum CppSubject::transport_checksum(Protocol protocol, const AddressPair& addresses, ByteView bytes) {
    const auto number = protocol == Protocol::tcp ? dumbo::IpProtocol::tcp : dumbo::IpProtocol::udp;
    return {dumbo::transport_checksum(to_dumbo(addresses), number, bytes)};
}

Order CppSubject::order(std::uint32_t a, std::uint32_t b) {
    const dumbo::SeqNumber first(a);
    const dumbo::SeqNumber second(b);
    return {first.after(second), first.at_or_after(second)};
}

Answer<Rst> CppSubject::rst_for(ByteView bytes) {
    const auto segment = dumbo::TcpSegment::parse(bytes);
    if (!segment) {
        return failure_of(segment.error());
    }
    const dumbo::RstConfig config = dumbo::rst_config_for(*segment);
    return Rst{from_dumbo(config), config.sequence_number().value(), config.ack_number().value(), config.flags()};
}

Answer<EthernetHeader> CppSubject::parse_ethernet(ByteView bytes) {
    const auto frame = dumbo::EthernetFrame::parse(bytes);
    if (!frame) {
        return failure_of(frame.error());
    }
    const auto payload_offset = static_cast<std::uint64_t>(frame->payload().data() - bytes.data());
    return EthernetHeader{frame->destination(), frame->source(), frame->ethertype(),
                          frame->length(),      payload_offset,  frame->payload().size()};
}

Answer<Frame> CppSubject::write_ethernet(ByteBuffer buffer, const EthernetBuild& build) {
    const dumbo::EthernetFields fields{build.destination, build.source, build.ethertype};
    const auto frame = dumbo::write_ethernet(buffer, fields, static_cast<std::size_t>(build.payload_length));
    if (!frame) {
        return failure_of(frame.error());
    }
    return Frame{copy_of(*frame)};
}

Answer<ArpRequest> CppSubject::parse_arp_request(ByteView bytes) {
    const auto packet = dumbo::parse_arp_request(bytes);
    if (!packet) {
        return failure_of(packet.error());
    }
    // A packet that parses has the types and lengths of IPv4 over Ethernet: the interface has no accessors for them.
    ArpRequest request;
    request.hardware_type = dumbo::ArpPacket::hardware_type_ethernet;
    request.protocol_type = dumbo::ethertype_ipv4;
    request.hardware_length = static_cast<std::uint8_t>(packet->sender_mac.size());
    request.protocol_length = static_cast<std::uint8_t>(packet->sender_ip.size());
    request.operation = static_cast<std::uint16_t>(packet->operation);
    request.sender_mac = packet->sender_mac;
    request.sender_ip = packet->sender_ip;
    request.target_mac = packet->target_mac;
    request.target_ip = packet->target_ip;
    return request;
}

Answer<Frame> CppSubject::write_arp(ByteBuffer buffer, const ArpBuild& build) {
    const auto operation = build.is_request ? dumbo::ArpOperation::request : dumbo::ArpOperation::reply;
    const dumbo::ArpPacket packet{operation, build.sender_mac, build.sender_ip, build.target_mac, build.target_ip};
    const auto written = dumbo::write_arp(buffer, packet);
    if (!written) {
        return failure_of(written.error());
    }
    return Frame{copy_of(*written)};
}

Match CppSubject::is_arp_frame_for(ByteView frame, const Ipv4Address& address) {
    return {dumbo::is_arp_frame_for(frame, address)};
}

Answer<Ipv4Header> CppSubject::parse_ipv4(ByteView bytes, bool verify) {
    const auto packet =
        dumbo::Ipv4Packet::parse(bytes, verify ? dumbo::ChecksumCheck::verify : dumbo::ChecksumCheck::skip);
    if (!packet) {
        return failure_of(packet.error());
    }
    Ipv4Header header;
    header.version = packet->version();
    header.header_length = packet->header_length();
    header.dscp = packet->dscp();
    header.ecn = packet->ecn();
    header.total_length = packet->total_length();
    header.identification = packet->identification();
    header.flags = packet->flags();
    header.fragment_offset = packet->fragment_offset();
    header.ttl = packet->ttl();
    header.protocol = packet->protocol();
    header.checksum = packet->checksum();
    header.source = packet->source();
    header.destination = packet->destination();
    header.payload_length = static_cast<std::uint16_t>(packet->payload().size());
    header.computed_checksum = dumbo::internet_checksum(packet->header());
    return header;
}

Answer<Ipv4Packet> CppSubject::write_ipv4(ByteBuffer buffer, const Ipv4Build& build) {
    dumbo::Ipv4Fields fields;
    fields.protocol = build.protocol;
    fields.source = build.source;
    fields.destination = build.destination;
    auto incomplete = dumbo::IncompleteIpv4Packet::write(buffer, fields);
    if (!incomplete) {
        return failure_of(incomplete.error());
    }
    using Policy = dumbo::IncompleteIpv4Packet::Checksum;
    const auto packet = std::move(*incomplete)
                            .complete(build.options_length, build.payload_length,
                                      build.compute_checksum ? Policy::compute : Policy::zero);
    if (!packet) {
        return failure_of(packet.error());
    }
    const ByteView header = ByteView(*packet).first(dumbo::Ipv4Packet::header_length_without_options);
    return Ipv4Packet{copy_of(header), packet->size()};
}

Match CppSubject::is_ipv4_frame_for(ByteView frame, const Ipv4Address& address) {
    return {dumbo::is_ipv4_frame_for(frame, address)};
}

Answer<std::unique_ptr<Endpoint>> CppSubject::open(ByteView syn, const OpenRequest& request, Storage /*storage*/) {
    return open_cpp_endpoint(syn, request);
}

}  // namespace

std::unique_ptr<Subject> make_subject() {
    return std::make_unique<CppSubject>();
}

}  // namespace conformance
