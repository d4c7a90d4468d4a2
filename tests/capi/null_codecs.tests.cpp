// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

#include <cstdint>
#include <cstring>
#include <limits>

#include "capi/support/endpoint.hpp"
#include "support/catch.hpp"

using dumbo_test::addressing;
using dumbo_test::Bytes;
using dumbo_test::sized;

// NULL in place of each pointer in turn, for the functions without a connection: a NULL buffer of nonzero length is
// refused, one of length 0 is an empty buffer, and what is written besides the code is 0.
namespace {

constexpr auto refused = DUMBO_ERR_INVALID_ARGUMENT;
constexpr auto longest = std::numeric_limits<std::size_t>::max();
constexpr dumbo_address_pair addresses{{1, 2, 3, 4}, {5, 6, 7, 8}};
constexpr std::uint8_t bytes[64] = {};

// A struct whose fields all say something.
template <typename Struct>
Struct filled() {
    Struct result;
    std::memset(&result, 0xee, sizeof result);
    result.struct_size = sizeof result;
    return result;
}

template <typename Struct>
bool is_zeroed(const Struct& out) {
    const auto zero = sized<Struct>();
    return std::memcmp(&out, &zero, sizeof out) == 0;
}

}  // namespace

TEST_CASE("checksums of NULL: refused with a length, empty without", "[null]") {
    for (const std::size_t length : {std::size_t{1}, longest}) {
        std::uint16_t checksum = 0xeeee;
        CHECK(dumbo_checksum(nullptr, length, &checksum) == refused);
        CHECK(checksum == 0);
        checksum = 0xeeee;
        CHECK(dumbo_checksum_tcp(&addresses, nullptr, length, &checksum) == refused);
        CHECK(checksum == 0);
        checksum = 0xeeee;
        CHECK(dumbo_checksum_udp(&addresses, nullptr, length, &checksum) == refused);
        CHECK(checksum == 0);
    }
    std::uint16_t checksum = 0;
    CHECK(dumbo_checksum(nullptr, 0, &checksum) == DUMBO_OK);
    CHECK(checksum == 0xffff);
    CHECK(dumbo_checksum_tcp(&addresses, nullptr, 0, &checksum) == DUMBO_OK);
    CHECK(checksum != 0);
    CHECK(dumbo_checksum_udp(&addresses, nullptr, 0, &checksum) == DUMBO_OK);
    CHECK(checksum != 0);
}

TEST_CASE("checksums need addresses and a place for the result", "[null]") {
    std::uint16_t checksum = 0xeeee;
    CHECK(dumbo_checksum_tcp(nullptr, bytes, 20, &checksum) == refused);
    CHECK(checksum == 0);
    checksum = 0xeeee;
    CHECK(dumbo_checksum_udp(nullptr, bytes, 20, &checksum) == refused);
    CHECK(checksum == 0);
    CHECK(dumbo_checksum(bytes, 20, nullptr) == refused);
    CHECK(dumbo_checksum_tcp(&addresses, bytes, 20, nullptr) == refused);
    CHECK(dumbo_checksum_udp(&addresses, bytes, 20, nullptr) == refused);
}

TEST_CASE("parsing NULL: refused with a length, truncated without, and the output is zeroed", "[null]") {
    auto ethernet = filled<dumbo_ethernet_header>();
    CHECK(dumbo_ethernet_parse(nullptr, 14, &ethernet) == refused);
    CHECK(is_zeroed(ethernet));
    ethernet = filled<dumbo_ethernet_header>();
    CHECK(dumbo_ethernet_parse(nullptr, 0, &ethernet) == DUMBO_ERR_TRUNCATED);
    CHECK(is_zeroed(ethernet));

    auto arp = filled<dumbo_arp_packet>();
    CHECK(dumbo_arp_parse_request(nullptr, 28, &arp) == refused);
    CHECK(is_zeroed(arp));
    arp = filled<dumbo_arp_packet>();
    CHECK(dumbo_arp_parse_request(nullptr, 0, &arp) == DUMBO_ERR_LENGTH_MISMATCH);
    CHECK(is_zeroed(arp));

    auto ipv4 = filled<dumbo_ipv4_header>();
    CHECK(dumbo_ipv4_parse(nullptr, 20, 0, &ipv4) == refused);
    CHECK(is_zeroed(ipv4));
    ipv4 = filled<dumbo_ipv4_header>();
    CHECK(dumbo_ipv4_parse(nullptr, 0, 0, &ipv4) == DUMBO_ERR_TRUNCATED);
    CHECK(is_zeroed(ipv4));

    for (const dumbo_address_pair* verify : {static_cast<const dumbo_address_pair*>(nullptr), &addresses}) {
        auto tcp = filled<dumbo_tcp_segment>();
        CHECK(dumbo_tcp_parse(nullptr, longest, verify, &tcp) == refused);
        CHECK(is_zeroed(tcp));
        tcp = filled<dumbo_tcp_segment>();
        CHECK(dumbo_tcp_parse(nullptr, 0, verify, &tcp) == DUMBO_ERR_TRUNCATED);
        CHECK(is_zeroed(tcp));
    }

    auto rst = filled<dumbo_rst_config>();
    CHECK(dumbo_rst_config_for_segment(nullptr, 20, &rst) == refused);
    CHECK(is_zeroed(rst));
    rst = filled<dumbo_rst_config>();
    CHECK(dumbo_rst_config_for_segment(nullptr, 0, &rst) == DUMBO_ERR_TRUNCATED);
    CHECK(is_zeroed(rst));
}

TEST_CASE("frame tests answer false for NULL, whatever the length", "[null]") {
    constexpr std::uint8_t address[4] = {};
    for (const std::size_t length : {std::size_t{0}, std::size_t{64}, longest}) {
        CHECK_FALSE(dumbo_arp_frame_is_for(nullptr, length, address));
        CHECK_FALSE(dumbo_ipv4_frame_is_for(nullptr, length, address));
        CHECK(dumbo_ipv4_total_length(nullptr, length) == 0);
    }
    CHECK_FALSE(dumbo_arp_frame_is_for(bytes, sizeof bytes, nullptr));
    CHECK_FALSE(dumbo_ipv4_frame_is_for(bytes, sizeof bytes, nullptr));
    CHECK(dumbo_arp_frame_is_for(bytes, sizeof bytes, address));
    CHECK(dumbo_ipv4_frame_is_for(bytes, sizeof bytes, address));
}

TEST_CASE("writing a frame needs addresses and a place for the length, and takes no buffer as too small", "[null]") {
    Bytes buffer(64, 0xee);
    const Bytes before = buffer;
    std::size_t length = 0xeeee;
    CHECK(dumbo_ethernet_write(nullptr, 64, bytes, bytes, 0, 0, &length) == refused);
    CHECK(length == 0);
    length = 0xeeee;
    CHECK(dumbo_ethernet_write(buffer.data(), 64, nullptr, bytes, 0, 0, &length) == refused);
    CHECK(length == 0);
    length = 0xeeee;
    CHECK(dumbo_ethernet_write(buffer.data(), 64, bytes, nullptr, 0, 0, &length) == refused);
    CHECK(length == 0);
    CHECK(dumbo_ethernet_write(buffer.data(), 64, bytes, bytes, 0, 0, nullptr) == refused);
    CHECK(buffer == before);
    CHECK(dumbo_ethernet_write(nullptr, 0, bytes, bytes, 0, 30, &length) == DUMBO_ERR_BUFFER_TOO_SMALL);
    CHECK(length == 44);
}

TEST_CASE("writing ARP and IPv4 packets to NULL or from NULL is refused", "[null]") {
    Bytes buffer(64, 0xee);
    const Bytes before = buffer;
    auto arp = sized<dumbo_arp_packet>();
    arp.operation = DUMBO_ARP_REQUEST;
    CHECK(dumbo_arp_write(nullptr, 28, &arp) == refused);
    CHECK(dumbo_arp_write(buffer.data(), 28, nullptr) == refused);
    CHECK(dumbo_arp_write(nullptr, 0, &arp) == DUMBO_ERR_LENGTH_MISMATCH);

    const auto fields = sized<dumbo_ipv4_fields>();
    std::size_t length = 0xeeee;
    CHECK(dumbo_ipv4_write(nullptr, 64, &fields, &length) == refused);
    CHECK(length == 0);
    length = 0xeeee;
    CHECK(dumbo_ipv4_write(buffer.data(), 64, nullptr, &length) == refused);
    CHECK(length == 0);
    CHECK(dumbo_ipv4_write(buffer.data(), 64, &fields, nullptr) == refused);
    CHECK(dumbo_ipv4_write(nullptr, 0, &fields, &length) == DUMBO_ERR_BUFFER_TOO_SMALL);
    CHECK(length == 20);
    CHECK(buffer == before);
}

TEST_CASE("writing segments to NULL or from NULL is refused, except for no payload", "[null]") {
    Bytes buffer(64, 0xee);
    const auto fields = sized<dumbo_tcp_fields>();
    const auto to = addressing();
    std::size_t written = 0xeeee;
    CHECK(dumbo_tcp_write(nullptr, 64, &fields, nullptr, &to, &written) == refused);
    CHECK(written == 0);
    written = 0xeeee;
    CHECK(dumbo_tcp_write(buffer.data(), 64, nullptr, nullptr, &to, &written) == refused);
    CHECK(written == 0);
    written = 0xeeee;
    CHECK(dumbo_tcp_write(buffer.data(), 64, &fields, nullptr, nullptr, &written) == refused);
    CHECK(written == 0);
    CHECK(dumbo_tcp_write(buffer.data(), 64, &fields, nullptr, &to, nullptr) == refused);
    CHECK(dumbo_tcp_write(nullptr, 0, &fields, nullptr, &to, &written) == DUMBO_ERR_BUFFER_TOO_SMALL);
    CHECK(written == 20);

    auto rst = sized<dumbo_rst_config>();
    rst.flags = DUMBO_TCP_RST;
    written = 0xeeee;
    CHECK(dumbo_rst_write(nullptr, 64, &rst, &to, &written) == refused);
    CHECK(written == 0);
    written = 0xeeee;
    CHECK(dumbo_rst_write(buffer.data(), 64, nullptr, &to, &written) == refused);
    CHECK(written == 0);
    written = 0xeeee;
    CHECK(dumbo_rst_write(buffer.data(), 64, &rst, nullptr, &written) == refused);
    CHECK(written == 0);
    CHECK(dumbo_rst_write(buffer.data(), 64, &rst, &to, nullptr) == refused);
    CHECK(dumbo_rst_write(nullptr, 0, &rst, &to, &written) == DUMBO_ERR_BUFFER_TOO_SMALL);
    CHECK(written == 20);
    CHECK(buffer == Bytes(64, 0xee));
}
