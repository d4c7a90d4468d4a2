// SPDX-License-Identifier: Apache-2.0
#include <dumbo/checksum.hpp>

#include "convert.hpp"
#include "wire/byte_sum.hpp"

using namespace dumbo;

namespace {

std::int32_t transport(IpProtocol protocol, const dumbo_address_pair* addresses, const std::uint8_t* data,
                       std::size_t len, std::uint16_t* checksum) noexcept {
    if (checksum == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *checksum = 0;
    if (addresses == nullptr || !capi::is_valid_buffer(data, len)) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *checksum = transport_checksum(capi::to_address_pair(*addresses), protocol, std::span(data, len));
    return DUMBO_OK;
}

}  // namespace

int32_t dumbo_checksum(const uint8_t* data, size_t len, uint16_t* checksum) {
    if (checksum == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *checksum = 0;
    if (!capi::is_valid_buffer(data, len)) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *checksum = internet_checksum(std::span(data, len));
    return DUMBO_OK;
}

int32_t dumbo_checksum_tcp(const dumbo_address_pair* addresses, const uint8_t* segment, size_t len,
                           uint16_t* checksum) {
    return transport(IpProtocol::tcp, addresses, segment, len, checksum);
}

int32_t dumbo_checksum_udp(const dumbo_address_pair* addresses, const uint8_t* datagram, size_t len,
                           uint16_t* checksum) {
    return transport(IpProtocol::udp, addresses, datagram, len, checksum);
}

uint16_t dumbo_checksum_update(uint16_t checksum, uint16_t old_word, uint16_t new_word) {
    return update_checksum(checksum, old_word, new_word);
}

const char* dumbo_checksum_kernel(void) {
    return byte_sum::name_of(byte_sum::kernel_in_use());
}
