// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

#include <array>
#include <cstdint>
#include <limits>

#include "capi/support/endpoint.hpp"
#include "support/catch.hpp"
#include "unit/support/reference_checksum.hpp"

using dumbo_test::Bytes;
using dumbo_test::concat;
using dumbo_test::put16;
using dumbo_test::random_bytes;
using dumbo_test::same_bytes;
using dumbo_test::sized;
using dumbo_test::View;

// Ethernet, ARP and IPv4 through the C structs: every field arrives where it belongs, and outputs on errors. What is
// parsed and refused in detail is the matter of the unit tests.
namespace {

template <std::size_t N>
Bytes bytes_of(const std::uint8_t (&field)[N]) {
    return {field, field + N};
}

const Bytes first_mac = {0x02, 1, 2, 3, 4, 5};
const Bytes second_mac = {0x06, 6, 7, 8, 9, 10};
const Bytes first_ip = {169, 254, 169, 254};
const Bytes second_ip = {10, 20, 30, 40};

Bytes arp_bytes(std::uint8_t operation) {
    return concat({Bytes{0, 1, 8, 0, 6, 4, 0, operation}, first_mac, first_ip, second_mac, second_ip});
}

Bytes ipv4_bytes(const Bytes& options, const Bytes& payload) {
    const auto header_length = static_cast<std::uint8_t>(20 + options.size());
    Bytes header = concat(
        {Bytes{static_cast<std::uint8_t>(0x40 | header_length / 4), 0xb9, 0, 0, 0xbe, 0xef, 0x5a, 0xbc, 64, 17, 0, 0},
         first_ip, second_ip, options});
    put16(header, 2, static_cast<std::uint16_t>(header.size() + payload.size()));
    put16(header, 10, dumbo_test::reference_checksum(header));
    return concat({header, payload});
}

}  // namespace

TEST_CASE("an Ethernet header comes apart into its fields", "[packets]") {
    const Bytes frame = concat({first_mac, second_mac, Bytes{0x86, 0xdd}, Bytes(46)});
    auto out = sized<dumbo_ethernet_header>();
    out.reserved = 7;
    REQUIRE(dumbo_ethernet_parse(frame.data(), frame.size(), &out) == DUMBO_OK);
    CHECK(out.struct_size == sizeof out);
    CHECK(bytes_of(out.destination) == first_mac);
    CHECK(bytes_of(out.source) == second_mac);
    CHECK(out.ethertype == 0x86dd);
    CHECK(out.payload_offset == 14);
    CHECK(out.payload_length == 46);
    CHECK(out.reserved == 0);
}

TEST_CASE("an Ethernet header is put together, and its length told even if it does not fit", "[packets]") {
    Bytes buffer(100, 0xee);
    std::size_t length = 0;
    REQUIRE(dumbo_ethernet_write(buffer.data(), buffer.size(), first_mac.data(), second_mac.data(), DUMBO_ETHERTYPE_ARP,
                                 28, &length) == DUMBO_OK);
    CHECK(length == 42);
    CHECK(buffer == concat({first_mac, second_mac, Bytes{8, 6}, Bytes(86, 0xee)}));

    for (std::size_t size = 0; size < 42; ++size) {
        Bytes small(size, 0xee);
        length = 0;
        CHECK(dumbo_ethernet_write(small.data(), size, first_mac.data(), second_mac.data(), 0, 28, &length) ==
              DUMBO_ERR_BUFFER_TOO_SMALL);
        CHECK(length == 42);
        CHECK(small == Bytes(size, 0xee));
    }
}

TEST_CASE("a payload that leaves no room for a header in a size is an invalid argument", "[packets]") {
    constexpr auto longest = std::numeric_limits<std::size_t>::max();
    Bytes buffer(100);
    std::size_t length = 1;
    for (std::size_t below = 0; below < 14; ++below) {
        CHECK(dumbo_ethernet_write(buffer.data(), buffer.size(), first_mac.data(), second_mac.data(), 0,
                                   longest - below, &length) == DUMBO_ERR_INVALID_ARGUMENT);
        CHECK(length == 0);
    }
    CHECK(dumbo_ethernet_write(buffer.data(), buffer.size(), first_mac.data(), second_mac.data(), 0, longest - 14,
                               &length) == DUMBO_ERR_BUFFER_TOO_SMALL);
    CHECK(length == longest);
}

TEST_CASE("an ARP request comes apart into its fields", "[packets]") {
    const Bytes request = arp_bytes(1);
    auto out = sized<dumbo_arp_packet>();
    REQUIRE(dumbo_arp_parse_request(request.data(), request.size(), &out) == DUMBO_OK);
    CHECK(out.struct_size == sizeof out);
    CHECK(out.operation == DUMBO_ARP_REQUEST);
    CHECK(out.hardware_type == 1);
    CHECK(out.protocol_type == 0x0800);
    CHECK(out.hardware_length == 6);
    CHECK(out.protocol_length == 4);
    CHECK(bytes_of(out.sender_mac) == first_mac);
    CHECK(bytes_of(out.sender_ip) == first_ip);
    CHECK(bytes_of(out.target_mac) == second_mac);
    CHECK(bytes_of(out.target_ip) == second_ip);

    Bytes again(28);
    CHECK(dumbo_arp_write(again.data(), again.size(), &out) == DUMBO_OK);
    CHECK(again == request);
    out.operation = DUMBO_ARP_REPLY;
    out.hardware_type = 9;  // these four say nothing when writing
    out.protocol_type = 9;
    out.hardware_length = 9;
    out.protocol_length = 9;
    CHECK(dumbo_arp_write(again.data(), again.size(), &out) == DUMBO_OK);
    CHECK(again == arp_bytes(2));
}

TEST_CASE("each ARP error has its code, and leaves zeros", "[packets]") {
    struct Row {
        std::size_t at;
        std::int32_t code;
    };
    for (const Row& row :
         {Row{0, DUMBO_ERR_HARDWARE_TYPE}, Row{2, DUMBO_ERR_PROTOCOL_TYPE}, Row{4, DUMBO_ERR_HARDWARE_LENGTH},
          Row{5, DUMBO_ERR_PROTOCOL_LENGTH}, Row{7, DUMBO_ERR_OPERATION}}) {
        Bytes request = arp_bytes(1);
        request[row.at] ^= 0x40;
        auto out = sized<dumbo_arp_packet>();
        out.operation = 1;
        out.target_ip[3] = 1;
        CHECK(dumbo_arp_parse_request(request.data(), request.size(), &out) == row.code);
        CHECK(out.operation == 0);
        CHECK(out.hardware_type == 0);
        CHECK(out.target_ip[3] == 0);
    }
    Bytes buffer(29, 0xee);
    auto packet = sized<dumbo_arp_packet>();
    packet.operation = DUMBO_ARP_REQUEST;
    CHECK(dumbo_arp_write(buffer.data(), 29, &packet) == DUMBO_ERR_LENGTH_MISMATCH);
    CHECK(dumbo_arp_write(buffer.data(), 27, &packet) == DUMBO_ERR_LENGTH_MISMATCH);
    CHECK(buffer == Bytes(29, 0xee));
}

TEST_CASE("an IPv4 header comes apart into its fields", "[packets]") {
    const Bytes packet = ipv4_bytes(Bytes(8, 1), random_bytes(30));
    auto out = sized<dumbo_ipv4_header>();
    REQUIRE(dumbo_ipv4_parse(packet.data(), packet.size(), DUMBO_IPV4_CHECKSUM, &out) == DUMBO_OK);
    CHECK(out.struct_size == sizeof out);
    CHECK(out.version == 4);
    CHECK(out.header_length == 28);
    CHECK(out.dscp == 46);
    CHECK(out.ecn == 1);
    CHECK(out.total_length == 58);
    CHECK(out.identification == 0xbeef);
    CHECK(out.fragment_offset == 0x1abc);
    CHECK(out.flags == 2);
    CHECK(out.ttl == 64);
    CHECK(out.protocol == DUMBO_IPV4_PROTOCOL_UDP);
    CHECK(out.reserved == 0);
    CHECK(out.checksum == dumbo_test::get16(packet, 10));
    CHECK(bytes_of(out.source) == first_ip);
    CHECK(bytes_of(out.destination) == second_ip);
    CHECK(out.payload_offset == 28);
    CHECK(out.payload_length == 30);
    CHECK(dumbo_ipv4_total_length(packet.data(), packet.size()) == 58);
    CHECK(dumbo_ipv4_total_length(packet.data(), 19) == 0);
}

TEST_CASE("each IPv4 error has its code, and leaves zeros", "[packets]") {
    const Bytes good = ipv4_bytes({}, Bytes(30));
    const auto code_of = [](const Bytes& packet, std::uint32_t flags) {
        auto out = sized<dumbo_ipv4_header>();
        out.version = 9;
        out.payload_length = 9;
        const auto code = dumbo_ipv4_parse(packet.data(), packet.size(), flags, &out);
        CHECK((code == DUMBO_OK || (out.version == 0 && out.payload_length == 0)));
        return code;
    };
    const auto changed = [&good](std::size_t at, std::uint8_t value) {
        Bytes packet = good;
        packet[at] = value;
        return packet;
    };
    CHECK(code_of(good, DUMBO_IPV4_CHECKSUM) == DUMBO_OK);
    CHECK(code_of(Bytes(good.begin(), good.begin() + 19), 0) == DUMBO_ERR_TRUNCATED);
    CHECK(code_of(changed(0, 0x65), 0) == DUMBO_ERR_IP_VERSION);
    CHECK(code_of(changed(0, 0x44), 0) == DUMBO_ERR_HEADER_LENGTH);
    CHECK(code_of(changed(3, 19), 0) == DUMBO_ERR_TOTAL_LENGTH);
    CHECK(code_of(changed(3, 51), 0) == DUMBO_ERR_LENGTH_MISMATCH);
    CHECK(code_of(changed(8, 1), DUMBO_IPV4_CHECKSUM) == DUMBO_ERR_CHECKSUM);
    CHECK(code_of(changed(8, 1), 0) == DUMBO_OK);
}

TEST_CASE("an IPv4 header is put together, with a checksum or with 0", "[packets]") {
    auto fields = sized<dumbo_ipv4_fields>();
    std::copy_n(first_ip.begin(), 4, fields.source);
    std::copy_n(second_ip.begin(), 4, fields.destination);
    fields.protocol = DUMBO_IPV4_PROTOCOL_TCP;
    fields.ttl = 33;
    fields.identification = 0x4321;
    fields.payload_length = 50;
    for (const std::uint32_t flags : {0U, std::uint32_t{DUMBO_IPV4_CHECKSUM}}) {
        fields.flags = flags;
        Bytes buffer(80, 0xee);
        std::size_t length = 0;
        REQUIRE(dumbo_ipv4_write(buffer.data(), buffer.size(), &fields, &length) == DUMBO_OK);
        CHECK(length == 70);
        CHECK(same_bytes(View(buffer).subspan(20), Bytes(60, 0xee)));
        auto out = sized<dumbo_ipv4_header>();
        REQUIRE(dumbo_ipv4_parse(buffer.data(), length, flags, &out) == DUMBO_OK);
        CHECK((out.checksum == 0) == (flags == 0));
        CHECK(out.header_length == 20);
        CHECK(out.total_length == 70);
        CHECK(out.identification == 0x4321);
        CHECK(out.flags == 0);
        CHECK(out.ttl == 33);
        CHECK(out.protocol == 6);
        CHECK(bytes_of(out.source) == first_ip);
        CHECK(bytes_of(out.destination) == second_ip);
    }
}

TEST_CASE("an IPv4 packet that does not fit tells its length and leaves the buffer alone", "[packets]") {
    auto fields = sized<dumbo_ipv4_fields>();
    fields.options_length = 8;
    fields.payload_length = 22;
    for (std::size_t size = 0; size < 50; ++size) {
        Bytes buffer(size, 0xee);
        std::size_t length = 0;
        CHECK(dumbo_ipv4_write(buffer.data(), size, &fields, &length) == DUMBO_ERR_BUFFER_TOO_SMALL);
        CHECK(length == 50);
        CHECK(buffer == Bytes(size, 0xee));
    }
    Bytes buffer(50);
    std::size_t length = 0;
    CHECK(dumbo_ipv4_write(buffer.data(), 50, &fields, &length) == DUMBO_OK);
}

TEST_CASE("an IPv4 packet has at most 40 bytes of options and 65535 in all", "[packets]") {
    Bytes buffer(65535);
    const auto code_of = [&buffer](std::uint16_t options, std::uint16_t payload) {
        auto fields = sized<dumbo_ipv4_fields>();
        fields.options_length = options;
        fields.payload_length = payload;
        std::size_t length = 1;
        const auto code = dumbo_ipv4_write(buffer.data(), buffer.size(), &fields, &length);
        CHECK(length == (code == DUMBO_OK ? 20U + options + payload : 0U));
        return code;
    };
    CHECK(code_of(0, 65515) == DUMBO_OK);
    CHECK(code_of(40, 65475) == DUMBO_OK);
    CHECK(code_of(0, 65516) == DUMBO_ERR_INVALID_ARGUMENT);
    CHECK(code_of(40, 65476) == DUMBO_ERR_INVALID_ARGUMENT);
    CHECK(code_of(41, 0) == DUMBO_ERR_INVALID_ARGUMENT);
    CHECK(code_of(65535, 65535) == DUMBO_ERR_INVALID_ARGUMENT);
}

TEST_CASE("frames are found by the address they are for", "[packets]") {
    const Bytes arp = concat({Bytes(12), Bytes{8, 6}, arp_bytes(1)});
    const Bytes ipv4 = concat({Bytes(12), Bytes{8, 0}, ipv4_bytes({}, Bytes(4))});
    CHECK(dumbo_arp_frame_is_for(arp.data(), arp.size(), second_ip.data()));
    CHECK_FALSE(dumbo_arp_frame_is_for(arp.data(), arp.size(), first_ip.data()));
    CHECK_FALSE(dumbo_arp_frame_is_for(arp.data(), arp.size() - 1, second_ip.data()));
    CHECK(dumbo_ipv4_frame_is_for(ipv4.data(), ipv4.size(), second_ip.data()));
    CHECK_FALSE(dumbo_ipv4_frame_is_for(ipv4.data(), ipv4.size(), first_ip.data()));
    CHECK_FALSE(dumbo_ipv4_frame_is_for(ipv4.data(), 33, second_ip.data()));
}
