// SPDX-License-Identifier: Apache-2.0
#include <dumbo/stack.hpp>

#include <cstdint>

#include "stack/checked_stack.hpp"
#include "support/catch.hpp"

using dumbo::ConnectionId;
using dumbo::FrameVerdict;
using dumbo::VirtioNetHeader;
using stack_test::Bytes;
using stack_test::CheckedStack;
using stack_test::Client;
using stack_test::small_config;

// What a virtio-net device does for a stack, and a stack for a guest.
namespace {

constexpr std::size_t checksum_at = 14 + 20 + 16;

dumbo::StackConfig offloading_config(bool tso4) {
    auto config = small_config();
    config.send_buffer = 100'000;
    config.receive_buffer = 65535;
    config.offloads = {.checksum = true, .tso4 = tso4};
    return config;
}

FrameVerdict receive_with(CheckedStack& stack, const Bytes& frame, const VirtioNetHeader& header) {
    return stack.receive(frame, &header);
}

}  // namespace

TEST_CASE("a device completes the checksums of all TCP, with or without a connection", "[stack][offload]") {
    CheckedStack stack(offloading_config(false));
    stack.takes_headers = true;
    Client client(2000);
    const ConnectionId id = open(stack, client);  // reads the SYNACK with a partial checksum
    CHECK(stack.write(id, Bytes(3000)) == 3000);
    const VirtioNetHeader wanted{.flags = VirtioNetHeader::needs_checksum, .csum_start = 34, .csum_offset = 16};
    CHECK(stack.next_frame().tcp->payload.size() == 1460);  // not above the MSS without TSO
    CHECK(stack.header == wanted);
    stack.receive(stack_test::TcpFrame{.source_port = 9, .seq = 1, .ack = 2, .flags = stack_test::ack});
    const auto rst = stack.next_frame().tcp;
    CHECK(rst->flags == stack_test::rst);
    CHECK(stack.header == wanted);
    stack.receive(stack_test::ArpFrame{});
    while (!stack.next_frame().arp) {
    }
    CHECK(stack.header == VirtioNetHeader{});
}

TEST_CASE("a device cuts long segments into such of the guest's MSS", "[stack][offload]") {
    CheckedStack stack(offloading_config(true));
    stack.takes_headers = true;
    Client client(2000);
    client.mss = 1000;
    Client* const clients[] = {&client};
    const ConnectionId id = open(stack, client);
    const Bytes body = stack_test::some_bytes(80'000);
    CHECK(stack.write(id, body) == 80'000);
    const auto frame = stack.next_frame().tcp;
    REQUIRE(frame);
    CHECK(frame->payload.size() == 65495);  // what an IPv4 packet holds
    CHECK(stack.header == VirtioNetHeader{.flags = VirtioNetHeader::needs_checksum,
                                          .gso_type = VirtioNetHeader::gso_tcpv4,
                                          .header_length = 54,
                                          .gso_size = 1000,
                                          .csum_start = 34,
                                          .csum_offset = 16});
    client.take(*frame);
    // A buffer may be smaller, and then bounds the segment.
    const auto rest = stack.next_frame(1000).tcp;
    REQUIRE(rest);
    CHECK(rest->payload.size() == 40);  // what the guest's window leaves
    CHECK(stack.header.gso_type == VirtioNetHeader::gso_none);
    CHECK(stack.header.gso_size == 0);
    client.take(*rest);
    stack.receive(*client.next());
    CHECK(stack.next_frame(1600).tcp->payload.size() == 1546);
    CHECK(stack.header.gso_size == 1000);
    stack.now += 100;  // that one is lost
    talk(stack, clients);
    CHECK(client.received() == body);
    stack.close(id);
    talk(stack, clients);
    CHECK(client.fin_taken());
}

TEST_CASE("the MTU bounds what a device makes of a long segment", "[stack][offload]") {
    auto config = offloading_config(true);
    config.mtu = 576;
    CheckedStack stack(config);
    stack.takes_headers = true;
    Client client(2000);
    const ConnectionId id = open(stack, client);
    CHECK(stack.write(id, Bytes(5000)) == 5000);
    CHECK(stack.next_frame().tcp->payload.size() == 5000);
    CHECK(stack.header.gso_size == 536);
}

TEST_CASE("a segment of exactly the MSS is not for cutting", "[stack][offload]") {
    CheckedStack stack(offloading_config(true));
    stack.takes_headers = true;
    Client client(2000);
    client.mss = 500;
    const ConnectionId id = open(stack, client);
    CHECK(stack.write(id, Bytes(500)) == 500);
    CHECK(stack.next_frame().tcp->payload.size() == 500);
    CHECK(stack.header.gso_type == VirtioNetHeader::gso_none);
    CHECK(stack.write(id, Bytes(501)) == 501);
    CHECK(stack.next_frame().tcp->payload.size() == 501);
    CHECK(stack.header.gso_type == VirtioNetHeader::gso_tcpv4);
}

TEST_CASE("a frame that is asked for without a header needs no device", "[stack][offload]") {
    CheckedStack stack(offloading_config(true));
    Client client(2000);
    const ConnectionId id = open(stack, client);
    CHECK(stack.write(id, Bytes(5000)) == 5000);
    CHECK(stack.next_frame().tcp->payload.size() == 1460);  // and its checksum was verified
}

TEST_CASE("what was negotiated anew holds from then on", "[stack][offload]") {
    CheckedStack stack(small_config());
    Client client(2000);
    const ConnectionId id = open(stack, client);
    CHECK(stack.write(id, Bytes(1000)) == 1000);
    VirtioNetHeader header;
    Bytes frame(65549);
    auto length = stack.raw().next_frame(frame, stack.now, &header);
    REQUIRE(length);
    CHECK(header == VirtioNetHeader{});
    stack.raw().set_offloads({.checksum = true, .tso4 = false});
    stack.now += 100;  // it was lost
    length = stack.raw().next_frame(frame, stack.now, &header);
    REQUIRE(length);
    CHECK(header.flags == VirtioNetHeader::needs_checksum);
    stack.raw().set_offloads({});
    stack.now += 100;
    length = stack.raw().next_frame(frame, stack.now, &header);
    REQUIRE(length);
    CHECK(header == VirtioNetHeader{});
}

TEST_CASE("a device cuts segments only if it completes their checksums", "[stack][offload]") {
    auto config = small_config();
    config.offloads = {.checksum = false, .tso4 = true};
    CHECK(dumbo::Stack::memory_size(config).error() == dumbo::Error::invalid_argument);

    const bool completes = GENERATE(false, true);
    CheckedStack stack(offloading_config(false));
    Client client(2000);
    const ConnectionId id = open(stack, client);
    CHECK(stack.write(id, Bytes(5000)) == 5000);
    stack.raw().set_offloads({.checksum = completes, .tso4 = true});
    VirtioNetHeader header;
    Bytes frame(65549);
    const auto length = stack.raw().next_frame(frame, stack.now, &header);
    REQUIRE(length);
    CHECK(*length == 54 + (completes ? 5000 : 1460));
    CHECK(header.gso_size == (completes ? 1460 : 0));
}

TEST_CASE("a policy of partial checksums says so in the header", "[stack][offload]") {
    auto config = small_config();
    config.checksums = dumbo::ChecksumPolicy::pseudo_header;
    CheckedStack stack(config);
    stack.checksum = stack_test::TcpChecksum::pseudo_header;
    stack.takes_headers = true;
    Client client(2000);
    open(stack, client);
    stack.receive(client.segment(stack_test::ack, Bytes(10)));
    CHECK(stack.next_frame().tcp);
    CHECK(stack.header.flags == VirtioNetHeader::needs_checksum);
}

TEST_CASE("a header vouches for a checksum, and only for TCP's", "[stack][offload]") {
    CheckedStack stack(small_config());
    Client client(2000);
    open(stack, client);
    Bytes frame = bytes_of(client.segment(stack_test::ack, Bytes(10)));
    frame[checksum_at] ^= 0xffU;
    for (const auto flags : {std::uint8_t{0}, std::uint8_t{4}, std::uint8_t{0xfc}}) {
        const auto refused = receive_with(stack, frame, {.flags = flags});
        CHECK(refused.kind == FrameVerdict::Kind::malformed);
        CHECK(refused.error == dumbo::Error::checksum);
    }
    Bytes other = frame;
    other[14 + 10] ^= 0xffU;  // the IPv4 header's is nobody else's business
    CHECK(receive_with(stack, other, {.flags = VirtioNetHeader::needs_checksum}).kind == FrameVerdict::Kind::malformed);
    CHECK(receive_with(stack, frame, {.flags = VirtioNetHeader::needs_checksum}).delivered == 10);
    client.send(Bytes(10));
    static_cast<void>(client.next());
    frame = bytes_of(client.segment(stack_test::ack, Bytes(10)));
    frame[checksum_at] ^= 0xffU;
    CHECK(receive_with(stack, frame, {.flags = VirtioNetHeader::data_valid}).delivered == 10);
}

TEST_CASE("a frame that the guest left for cutting is taken whole", "[stack][offload]") {
    CheckedStack stack(offloading_config(true));
    Client client(2000);
    const ConnectionId id = open(stack, client);
    const Bytes body = stack_test::some_bytes(65495);
    const Bytes frame = bytes_of(client.segment(stack_test::ack | stack_test::psh, body));
    const VirtioNetHeader header{.flags = VirtioNetHeader::needs_checksum,
                                 .gso_type = VirtioNetHeader::gso_tcpv4,
                                 .header_length = 54,
                                 .gso_size = 1460,
                                 .csum_start = 34,
                                 .csum_offset = 16};
    CHECK(receive_with(stack, frame, header).delivered == body.size());
    CHECK(stack.read(id) == body);
}
