// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

#include "capi/support/guest.hpp"
#include "support/catch.hpp"
#include "unit/support/bytes.hpp"

using dumbo_test::ack_bit;
using dumbo_test::Bytes;
using dumbo_test::fin_bit;
using dumbo_test::get16;
using dumbo_test::get32;
using dumbo_test::Guest;
using dumbo_test::psh_bit;
using dumbo_test::SegmentSpec;
using dumbo_test::View;

// The whole way of a guest's frames to a connection and back, as a VMM would write it, with nothing but dumbo.h.
namespace {

class Host {
public:
    Host() = default;
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;
    ~Host() { dumbo_connection_free(connection_); }

    // Takes a frame of the guest's, and returns what the host answers at once: an ARP reply, or nothing.
    std::optional<Bytes> take(const Bytes& frame) {
        if (dumbo_arp_frame_is_for(frame.data(), frame.size(), Guest::host_ip.data()) &&
            ethertype(frame) == DUMBO_ETHERTYPE_ARP) {
            return answer_arp(frame);
        }
        REQUIRE(dumbo_ipv4_frame_is_for(frame.data(), frame.size(), Guest::host_ip.data()));
        REQUIRE(ethertype(frame) == DUMBO_ETHERTYPE_IPV4);
        take_packet(frame.data() + DUMBO_ETHERNET_HEADER_LENGTH, frame.size() - DUMBO_ETHERNET_HEADER_LENGTH);
        return std::nullopt;
    }

    // The next frame for the guest, if there is one. The segment is written where it belongs in the frame, and the
    // headers in front of it.
    std::optional<Bytes> next_frame() {
        constexpr std::size_t segment_at = DUMBO_ETHERNET_HEADER_LENGTH + DUMBO_IPV4_HEADER_LENGTH;
        Bytes frame(1514);
        std::size_t segment_length = 0;
        dumbo_payload payload{};
        payload.struct_size = sizeof payload;
        payload.kind = DUMBO_PAYLOAD_BYTES;
        payload.bytes = reinterpret_cast<const std::uint8_t*>(to_send.data());
        payload.len = to_send.size();
        payload.seq = first_to_send;
        const dumbo_addressing addressing = to_guest();
        REQUIRE(dumbo_connection_write_next_segment(connection_, frame.data() + segment_at, frame.size() - segment_at,
                                                    0, to_send.empty() ? nullptr : &payload, &addressing, now_,
                                                    &segment_length, nullptr) == DUMBO_OK);
        if (segment_length == 0) {
            return std::nullopt;
        }
        dumbo_ipv4_fields fields{};
        fields.struct_size = sizeof fields;
        std::memcpy(fields.source, Guest::host_ip.data(), 4);
        std::memcpy(fields.destination, Guest::ip.data(), 4);
        fields.protocol = DUMBO_IPV4_PROTOCOL_TCP;
        fields.ttl = 1;
        fields.payload_length = static_cast<std::uint16_t>(segment_length);
        fields.flags = DUMBO_IPV4_CHECKSUM;
        std::size_t packet_length = 0;
        REQUIRE(dumbo_ipv4_write(frame.data() + DUMBO_ETHERNET_HEADER_LENGTH,
                                 frame.size() - DUMBO_ETHERNET_HEADER_LENGTH, &fields, &packet_length) == DUMBO_OK);
        std::size_t frame_length = 0;
        REQUIRE(dumbo_ethernet_write(frame.data(), frame.size(), Guest::mac.data(), Guest::host_mac.data(),
                                     DUMBO_ETHERTYPE_IPV4, packet_length, &frame_length) == DUMBO_OK);
        frame.resize(frame_length);
        return frame;
    }

    [[nodiscard]] dumbo_connection* connection() const { return connection_; }

    std::string received;
    std::string to_send;
    std::uint32_t first_to_send = 0;

private:
    static std::uint16_t ethertype(const Bytes& frame) {
        dumbo_ethernet_header header{};
        header.struct_size = sizeof header;
        REQUIRE(dumbo_ethernet_parse(frame.data(), frame.size(), &header) == DUMBO_OK);
        CHECK(header.payload_offset == DUMBO_ETHERNET_HEADER_LENGTH);
        CHECK(header.payload_length == frame.size() - DUMBO_ETHERNET_HEADER_LENGTH);
        return header.ethertype;
    }

    static dumbo_addressing to_guest() {
        dumbo_addressing addressing{};
        addressing.struct_size = sizeof addressing;
        addressing.checksum = DUMBO_CHECKSUM_FULL;
        addressing.source_port = Guest::host_port;
        addressing.destination_port = Guest::port;
        std::memcpy(addressing.source, Guest::host_ip.data(), 4);
        std::memcpy(addressing.destination, Guest::ip.data(), 4);
        return addressing;
    }

    static Bytes answer_arp(const Bytes& frame) {
        dumbo_arp_packet request{};
        request.struct_size = sizeof request;
        REQUIRE(dumbo_arp_parse_request(frame.data() + DUMBO_ETHERNET_HEADER_LENGTH, DUMBO_ARP_LENGTH, &request) ==
                DUMBO_OK);
        dumbo_arp_packet reply{};
        reply.struct_size = sizeof reply;
        reply.operation = DUMBO_ARP_REPLY;
        std::memcpy(reply.sender_mac, Guest::host_mac.data(), 6);
        std::memcpy(reply.sender_ip, request.target_ip, 4);
        std::memcpy(reply.target_mac, request.sender_mac, 6);
        std::memcpy(reply.target_ip, request.sender_ip, 4);
        Bytes answer(DUMBO_ETHERNET_HEADER_LENGTH + DUMBO_ARP_LENGTH);
        std::size_t length = 0;
        REQUIRE(dumbo_ethernet_write(answer.data(), answer.size(), request.sender_mac, Guest::host_mac.data(),
                                     DUMBO_ETHERTYPE_ARP, DUMBO_ARP_LENGTH, &length) == DUMBO_OK);
        REQUIRE(dumbo_arp_write(answer.data() + DUMBO_ETHERNET_HEADER_LENGTH, DUMBO_ARP_LENGTH, &reply) == DUMBO_OK);
        CHECK(length == answer.size());
        return answer;
    }

    void take_packet(const std::uint8_t* packet, std::size_t padded_length) {
        const std::size_t length = dumbo_ipv4_total_length(packet, padded_length);
        dumbo_ipv4_header ipv4{};
        ipv4.struct_size = sizeof ipv4;
        REQUIRE(dumbo_ipv4_parse(packet, length, DUMBO_IPV4_CHECKSUM, &ipv4) == DUMBO_OK);
        REQUIRE(ipv4.protocol == DUMBO_IPV4_PROTOCOL_TCP);
        dumbo_address_pair addresses{};
        std::memcpy(addresses.source, ipv4.source, 4);
        std::memcpy(addresses.destination, ipv4.destination, 4);
        take_segment(packet + ipv4.payload_offset, ipv4.payload_length, addresses);
    }

    void take_segment(const std::uint8_t* segment, std::size_t length, const dumbo_address_pair& addresses) {
        dumbo_tcp_segment header{};
        header.struct_size = sizeof header;
        REQUIRE(dumbo_tcp_parse(segment, length, &addresses, &header) == DUMBO_OK);
        CHECK(header.destination_port == Guest::host_port);
        if (connection_ == nullptr) {
            open(segment, length, addresses);
            return;
        }
        Bytes buffer(1000);
        std::size_t count = 0;
        std::uint32_t anomalies = 0;
        REQUIRE(dumbo_connection_receive_segment(connection_, segment, length, &addresses, buffer.data(), buffer.size(),
                                                 ++now_, &count, &anomalies) == DUMBO_OK);
        CHECK(anomalies == 0);
        received.append(buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(count));
        CHECK(dumbo_connection_advance_local_rwnd_edge(connection_, static_cast<std::uint32_t>(count)) == DUMBO_OK);
    }

    void open(const std::uint8_t* segment, std::size_t length, const dumbo_address_pair& addresses) {
        dumbo_connection_config config;
        REQUIRE(dumbo_connection_config_init(&config, sizeof config) == DUMBO_OK);
        config.rto_period = 1000;
        REQUIRE(dumbo_connection_passive_open(&connection_, segment, length, &addresses, &config, nullptr) == DUMBO_OK);
    }

    dumbo_connection* connection_ = nullptr;
    std::uint64_t now_ = 0;
};

// The segment in the host's next frame, of which there must be one.
Bytes next_segment(Host& host) {
    const auto frame = host.next_frame();
    REQUIRE(frame);
    return Guest::segment_in(*frame);
}

}  // namespace

TEST_CASE("a guest finds the host, asks, is answered, and both close", "[walk]") {
    Host host;
    const auto reply = host.take(Guest::arp_request());
    REQUIRE(reply);
    Guest::check_arp_reply(*reply);

    // The handshake. The guest's sequence numbers wrap on the way.
    SegmentSpec from_guest{
        .seq = 0xfffffff0, .flags = dumbo_test::syn_bit, .window = 30000, .options = dumbo_test::mss_option(500)};
    host.take(Guest::frame_with(from_guest));
    const Bytes synack = next_segment(host);
    CHECK(synack.size() == 24);
    CHECK(synack[13] == (dumbo_test::syn_bit | ack_bit));
    CHECK(get32(synack, 8) == 0xfffffff1);
    CHECK(get16(synack, 14) == 65535);
    CHECK(get16(synack, 22) == 500);
    from_guest = {.seq = 0xfffffff1, .ack = get32(synack, 4) + 1, .window = 30000};
    host.take(Guest::frame_with(from_guest));
    CHECK(dumbo_connection_is_established(host.connection()));
    CHECK_FALSE(host.next_frame());

    // The guest asks, and is acknowledged.
    const std::string question = "GET /latest/meta-data HTTP/1.1\r\n\r\n";
    from_guest.flags = ack_bit | psh_bit;
    from_guest.payload.assign(question.begin(), question.end());
    host.take(Guest::frame_with(from_guest));
    CHECK(host.received == question);
    from_guest.seq += static_cast<std::uint32_t>(question.size());
    const Bytes acknowledgement = next_segment(host);
    CHECK(acknowledgement.size() == 20);
    CHECK(get32(acknowledgement, 8) == from_guest.seq);

    // The host answers in segments of the guest's MSS, closes behind the last byte, and is acknowledged.
    host.to_send = std::string(1200, 'a') + "the end";
    host.first_to_send = dumbo_connection_first_not_sent(host.connection());
    std::string answer;
    while (const auto frame = host.next_frame()) {
        const Bytes segment = Guest::segment_in(*frame);
        CHECK(get32(segment, 4) == host.first_to_send + answer.size());
        CHECK(segment.size() <= 520);
        answer.append(segment.begin() + 20, segment.end());
    }
    CHECK(answer == host.to_send);
    CHECK(dumbo_connection_close(host.connection()) == DUMBO_OK);
    from_guest.flags = ack_bit;
    from_guest.payload.clear();
    from_guest.ack = host.first_to_send + static_cast<std::uint32_t>(answer.size());
    host.take(Guest::frame_with(from_guest));
    const Bytes fin = next_segment(host);
    CHECK(fin[13] == (ack_bit | fin_bit));
    CHECK(get32(fin, 4) == from_guest.ack);

    // The guest acknowledges the FIN and closes too.
    from_guest.ack += 1;
    from_guest.flags = ack_bit | fin_bit;
    host.take(Guest::frame_with(from_guest));
    const Bytes last = next_segment(host);
    CHECK(last[13] == ack_bit);
    CHECK(get32(last, 8) == from_guest.seq + 1);
    CHECK(dumbo_connection_is_done(host.connection()));
    CHECK(dumbo_connection_fin_acknowledged(host.connection()));
    CHECK(dumbo_connection_state(host.connection()) == DUMBO_STATE_CLOSED);
    CHECK_FALSE(host.next_frame());
}
