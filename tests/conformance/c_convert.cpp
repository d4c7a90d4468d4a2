// SPDX-License-Identifier: Apache-2.0
#include "conformance/c_convert.hpp"

#include <fmt/format.h>

#include <limits>

namespace conformance {

namespace {

std::int32_t read_source(void* user_data, std::uint64_t offset, std::uint8_t* to, std::size_t length) {
    const auto* const source = static_cast<const GeneratedSource*>(user_data);
    return source->read(offset, {to, length}) ? 0 : -1;
}

}  // namespace

Failure failure_of(std::int32_t code) {
    switch (code) {
        case DUMBO_ERR_INVALID_ARGUMENT:
            return Failure::invalid_argument;
        case DUMBO_ERR_BUFFER_TOO_SMALL:
            return Failure::buffer_too_small;
        case DUMBO_ERR_TIMESTAMP_DECREASED:
            return Failure::timestamp_decreased;
        case DUMBO_ERR_CALLBACK:
            return Failure::callback;
        case DUMBO_ERR_INVALID_SYN:
            return Failure::invalid_syn;
        case DUMBO_ERR_MSS_OPTION:
            return Failure::mss_option;
        case DUMBO_ERR_PAYLOAD_TOO_LARGE:
            return Failure::payload_too_large;
        case DUMBO_ERR_PAYLOAD_MISSING_SEQ:
            return Failure::payload_missing_seq;
        case DUMBO_ERR_DATA_AFTER_FIN:
            return Failure::data_after_fin;
        case DUMBO_ERR_MSS_RESERVED:
            return Failure::mss_reserved;
        case DUMBO_ERR_MSS_OPTION_ROOM:
            return Failure::mss_option_room;
        case DUMBO_ERR_EMPTY_PAYLOAD:
            return Failure::empty_payload;
        case DUMBO_ERR_TRUNCATED:
            return Failure::truncated;
        case DUMBO_ERR_HEADER_LENGTH:
            return Failure::header_length;
        case DUMBO_ERR_CHECKSUM:
            return Failure::checksum;
        case DUMBO_ERR_IP_VERSION:
            return Failure::ip_version;
        case DUMBO_ERR_TOTAL_LENGTH:
            return Failure::total_length;
        case DUMBO_ERR_LENGTH_MISMATCH:
            return Failure::length_mismatch;
        case DUMBO_ERR_HARDWARE_TYPE:
            return Failure::hardware_type;
        case DUMBO_ERR_PROTOCOL_TYPE:
            return Failure::protocol_type;
        case DUMBO_ERR_HARDWARE_LENGTH:
            return Failure::hardware_length;
        case DUMBO_ERR_PROTOCOL_LENGTH:
            return Failure::protocol_length;
        case DUMBO_ERR_OPERATION:
            return Failure::operation;
        case DUMBO_ERR_CONNECTION_RESET:
            return Failure::connection_reset;
        case DUMBO_ERR_OUT_OF_MEMORY:
            return Failure::out_of_memory;
        case DUMBO_ERR_NO_ENTROPY:
            return Failure::no_entropy;
        case DUMBO_ERR_INTERNAL:
            return Failure::internal;
        default:
            throw BrokenPromise(fmt::format("the result code {} is not in the header", code));
    }
}

dumbo_address_pair to_dumbo(const AddressPair& pair) {
    dumbo_address_pair result{};
    copy_to(result.source, pair.source);
    copy_to(result.destination, pair.destination);
    return result;
}

dumbo_addressing to_dumbo(const Addressing& addressing) {
    auto result = sized<dumbo_addressing>();
    result.source_port = addressing.source_port;
    result.destination_port = addressing.destination_port;
    if (!addressing.addresses) {
        result.checksum = DUMBO_CHECKSUM_NONE;
        return result;
    }
    result.checksum = DUMBO_CHECKSUM_FULL;
    copy_to(result.source, addressing.addresses->source);
    copy_to(result.destination, addressing.addresses->destination);
    return result;
}

RstConfig from_dumbo(const dumbo_rst_config& config) {
    const bool has_ack = (config.flags & static_cast<std::uint32_t>(DUMBO_TCP_ACK)) != 0;
    return has_ack ? RstConfig{RstConfig::Kind::ack, config.ack} : RstConfig{RstConfig::Kind::seq, config.seq};
}

void require(bool promise, const std::string& what) {
    if (!promise) {
        throw BrokenPromise(what);
    }
}

LentPayload::LentPayload(const GeneratedSource* source) : given_(source != nullptr), payload_(sized<dumbo_payload>()) {
    if (source == nullptr) {
        return;
    }
    payload_.seq = source->first();
    payload_.len = source->length();
    switch (source->kind()) {
        case SourceKind::contiguous:
            payload_.kind = DUMBO_PAYLOAD_BYTES;
            payload_.bytes = source->bytes().data();
            break;
        case SourceKind::scattered:
            for (const Bytes& piece : source->pieces()) {
                iovecs_.push_back({piece.data(), piece.size()});
            }
            payload_.kind = DUMBO_PAYLOAD_IOVEC;
            payload_.len = std::numeric_limits<std::uint64_t>::max();  // to be ignored
            payload_.iovecs = iovecs_.data();
            payload_.iovec_count = iovecs_.size();
            break;
        case SourceKind::callback:
            payload_.kind = DUMBO_PAYLOAD_CALLBACK;
            payload_.read = read_source;
            payload_.user_data = const_cast<GeneratedSource*>(source);
            break;
    }
}

}  // namespace conformance
