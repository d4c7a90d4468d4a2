// SPDX-License-Identifier: Apache-2.0
#include "conformance/cpp_convert.hpp"

#include <utility>

namespace conformance {

namespace {

using Pieces = std::vector<dumbo::ByteSource::Piece>;

bool pull(const void* context, std::uint64_t offset, ByteBuffer to) {
    return static_cast<const GeneratedSource*>(context)->read(offset, to);
}

dumbo::ByteSource lend(const GeneratedSource& source, const Pieces& pieces) {
    switch (source.kind()) {
        case SourceKind::contiguous:
            return dumbo::ByteSource::of_bytes(source.bytes());
        case SourceKind::scattered:
            return dumbo::ByteSource::of_pieces(pieces);
        case SourceKind::callback:
            break;
    }
    return dumbo::ByteSource::of_pull(pull, &source, source.length());
}

}  // namespace

Failure failure_of(dumbo::Error error) {
    switch (error) {
        case dumbo::Error::invalid_argument:
            return Failure::invalid_argument;
        case dumbo::Error::buffer_too_small:
            return Failure::buffer_too_small;
        case dumbo::Error::timestamp_decreased:
            return Failure::timestamp_decreased;
        case dumbo::Error::callback:
            return Failure::callback;
        case dumbo::Error::invalid_syn:
            return Failure::invalid_syn;
        case dumbo::Error::mss_option:
            return Failure::mss_option;
        case dumbo::Error::payload_too_large:
            return Failure::payload_too_large;
        case dumbo::Error::payload_missing_seq:
            return Failure::payload_missing_seq;
        case dumbo::Error::data_after_fin:
            return Failure::data_after_fin;
        case dumbo::Error::mss_reserved:
            return Failure::mss_reserved;
        case dumbo::Error::mss_option_room:
            return Failure::mss_option_room;
        case dumbo::Error::empty_payload:
            return Failure::empty_payload;
        case dumbo::Error::truncated:
            return Failure::truncated;
        case dumbo::Error::header_length:
            return Failure::header_length;
        case dumbo::Error::checksum:
            return Failure::checksum;
        case dumbo::Error::ip_version:
            return Failure::ip_version;
        case dumbo::Error::total_length:
            return Failure::total_length;
        case dumbo::Error::length_mismatch:
            return Failure::length_mismatch;
        case dumbo::Error::hardware_type:
            return Failure::hardware_type;
        case dumbo::Error::protocol_type:
            return Failure::protocol_type;
        case dumbo::Error::hardware_length:
            return Failure::hardware_length;
        case dumbo::Error::protocol_length:
            return Failure::protocol_length;
        case dumbo::Error::operation:
            return Failure::operation;
        case dumbo::Error::connection_reset:
            return Failure::connection_reset;
        case dumbo::Error::no_entropy:
            return Failure::no_entropy;
        case dumbo::Error::snapshot_length:
        case dumbo::Error::snapshot_format:
        case dumbo::Error::snapshot_version:
        case dumbo::Error::snapshot_checksum:
        case dumbo::Error::snapshot_value:
        case dumbo::Error::snapshot_option:
        case dumbo::Error::snapshot_handshake:
        case dumbo::Error::snapshot_send:
        case dumbo::Error::snapshot_receive:
        case dumbo::Error::snapshot_timeout:
        case dumbo::Error::snapshot_reset:
        case dumbo::Error::snapshot_stack:
        case dumbo::Error::snapshot_config:
        case dumbo::Error::no_connection:
        case dumbo::Error::connection_closing:
        case dumbo::Error::lent:
            break;  // none of these has a place in the vectors
    }
    return Failure::internal;
}

dumbo::Ipv4AddressPair to_dumbo(const AddressPair& pair) {
    return {pair.source, pair.destination};
}

RstConfig from_dumbo(const dumbo::RstConfig& config) {
    const bool has_ack = config.kind == dumbo::RstConfig::Kind::ack;
    return {has_ack ? RstConfig::Kind::ack : RstConfig::Kind::seq, config.number.value()};
}

ByteView complete(dumbo::IncompleteTcpSegment segment, const Addressing& addressing) {
    const dumbo::TcpPorts ports{addressing.source_port, addressing.destination_port};
    if (!addressing.addresses) {
        return std::move(segment).complete(ports);
    }
    return std::move(segment).complete(ports, to_dumbo(*addressing.addresses));
}

LentSource::LentSource(const GeneratedSource& source)
    : pieces_(source.pieces().begin(), source.pieces().end()), bytes_(lend(source, pieces_)) {}

}  // namespace conformance
