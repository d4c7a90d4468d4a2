// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

#include <algorithm>
#include <cstdint>

#include "capi/support/endpoint.hpp"
#include "capi/support/guest.hpp"
#include "capi/support/stack.hpp"
#include "support/catch.hpp"

using dumbo_test::a_stack;
using dumbo_test::ack_bit;
using dumbo_test::Bytes;
using dumbo_test::Guest;
using dumbo_test::GuestEnd;
using dumbo_test::open_connection;
using dumbo_test::receive_frame;
using dumbo_test::sized;
using dumbo_test::stack_config;
using dumbo_test::StackHandle;

// What a stack knows of its link, through the C ABI: offloads, MTU, time to live, and the other end.
namespace {

constexpr std::size_t ttl_at = 14 + 8;
constexpr std::size_t checksum_at = 14 + 20 + 16;

Bytes next_frame_with(dumbo_stack* stack, dumbo_virtio_net_header& header) {
    Bytes frame(65549);
    std::size_t written = 0;
    REQUIRE(dumbo_stack_next_frame(stack, frame.data(), frame.size(), 0, &written, &header) == DUMBO_OK);
    frame.resize(written);
    CHECK(header.reserved == 0);
    return frame;
}

void write(dumbo_stack* stack, std::uint64_t id, std::size_t length) {
    const Bytes bytes(length, 'w');
    std::size_t accepted = 0;
    REQUIRE(dumbo_stack_write(stack, id, bytes.data(), bytes.size(), &accepted) == DUMBO_OK);
    REQUIRE(accepted == length);
}

}  // namespace

TEST_CASE("the config's defaults are those of an ordinary Ethernet link", "[stack]") {
    const auto how = stack_config();
    CHECK(how.mtu == 1500);
    CHECK(how.ttl == 64);
    CHECK(how.offloads == 0);
    CHECK(how.reserved == 0);
}

TEST_CASE("with offloads, frames come with a header that tells the device what to do", "[stack]") {
    auto how = stack_config();
    how.offloads = DUMBO_STACK_OFFLOAD_CHECKSUM | DUMBO_STACK_OFFLOAD_TSO4;
    const StackHandle stack = a_stack(how);
    const GuestEnd guest = open_connection(stack.get());
    write(stack.get(), guest.id, 1500);
    auto header = sized<dumbo_virtio_net_header>();
    CHECK(next_frame_with(stack.get(), header).size() == 54 + 1500);
    CHECK(header.flags == DUMBO_VIRTIO_NET_NEEDS_CHECKSUM);
    CHECK(header.gso_type == DUMBO_VIRTIO_NET_GSO_TCPV4);
    CHECK(header.gso_size == 1000);
    CHECK(header.header_length == 54);
    CHECK(header.csum_start == 34);
    CHECK(header.csum_offset == 16);
    // No frame, no header.
    CHECK(next_frame_with(stack.get(), header).empty());
    CHECK(header.flags == 0);
    CHECK(header.gso_size == 0);
}

TEST_CASE("offloads can be negotiated anew, in combinations that exist", "[stack]") {
    const StackHandle stack = a_stack();
    const GuestEnd guest = open_connection(stack.get());
    CHECK(dumbo_stack_set_offloads(stack.get(), DUMBO_STACK_OFFLOAD_TSO4) == DUMBO_ERR_INVALID_ARGUMENT);
    CHECK(dumbo_stack_set_offloads(stack.get(), 4) == DUMBO_ERR_INVALID_ARGUMENT);
    CHECK(dumbo_stack_set_offloads(stack.get(), DUMBO_STACK_OFFLOAD_CHECKSUM) == DUMBO_OK);
    write(stack.get(), guest.id, 1000);
    auto header = sized<dumbo_virtio_net_header>();
    CHECK(next_frame_with(stack.get(), header).size() == 54 + 1000);
    CHECK(header.flags == DUMBO_VIRTIO_NET_NEEDS_CHECKSUM);
    CHECK(dumbo_stack_set_offloads(stack.get(), 0) == DUMBO_OK);
    write(stack.get(), guest.id, 100);
    CHECK(next_frame_with(stack.get(), header).size() == 54 + 100);
    CHECK(header.flags == 0);
}

TEST_CASE("a header that comes with a frame vouches for its checksum", "[stack]") {
    const StackHandle stack = a_stack();
    const GuestEnd guest = open_connection(stack.get());
    Bytes frame = Guest::frame_with(guest.segment(ack_bit, Bytes(10)));
    frame[checksum_at] ^= 0xffU;
    auto header = sized<dumbo_virtio_net_header>();
    auto verdict = sized<dumbo_frame_verdict>();
    CHECK(dumbo_stack_receive_frame(stack.get(), frame.data(), frame.size(), 0, &header, &verdict) == DUMBO_OK);
    CHECK(verdict.error == DUMBO_ERR_CHECKSUM);
    header.reserved = 1;
    header.flags = DUMBO_VIRTIO_NET_NEEDS_CHECKSUM;
    CHECK(dumbo_stack_receive_frame(stack.get(), frame.data(), frame.size(), 0, &header, &verdict) ==
          DUMBO_ERR_INVALID_ARGUMENT);
    header.reserved = 0;
    header.gso_type = 0x7f;  // whatever that is
    CHECK(dumbo_stack_receive_frame(stack.get(), frame.data(), frame.size(), 0, &header, &verdict) == DUMBO_OK);
    CHECK(verdict.delivered == 10);
}

TEST_CASE("the MTU bounds a frame where the guest's MSS does not", "[stack]") {
    auto how = stack_config();
    how.mtu = 576;
    const StackHandle stack = a_stack(how);
    const GuestEnd guest = open_connection(stack.get());
    write(stack.get(), guest.id, 1500);
    CHECK(dumbo_test::next_frame(stack.get()).size() == 14 + 576);
}

TEST_CASE("the time to live is the config's until a connection has its own", "[stack]") {
    auto how = stack_config();
    how.ttl = 5;
    const StackHandle stack = a_stack(how);
    const GuestEnd guest = open_connection(stack.get());
    write(stack.get(), guest.id, 10);
    CHECK(dumbo_test::next_frame(stack.get())[ttl_at] == 5);
    for (const std::uint32_t wrong : {0U, 256U, UINT32_MAX}) {
        CHECK(dumbo_stack_set_ttl(stack.get(), guest.id, wrong) == DUMBO_ERR_INVALID_ARGUMENT);
    }
    CHECK(dumbo_stack_set_ttl(stack.get(), guest.id, 255) == DUMBO_OK);
    write(stack.get(), guest.id, 10);
    CHECK(dumbo_test::next_frame(stack.get())[ttl_at] == 255);
}

TEST_CASE("a connection's numbers tell where it stands", "[stack]") {
    const StackHandle stack = a_stack();
    const GuestEnd guest = open_connection(stack.get());
    receive_frame(stack.get(), Guest::frame_with(guest.segment(ack_bit, Bytes(10))), 7);
    write(stack.get(), guest.id, 300);
    auto info = sized<dumbo_connection_info>();
    REQUIRE(dumbo_stack_connection_info(stack.get(), guest.id, &info) == DUMBO_OK);
    CHECK(info.state == DUMBO_STATE_ESTABLISHED);
    CHECK(info.flags == 0);
    CHECK(std::equal(Guest::mac.begin(), Guest::mac.end(), info.peer_mac));
    CHECK(std::equal(Guest::ip.begin(), Guest::ip.end(), info.peer_ipv4));
    CHECK(info.peer_port == Guest::port);
    CHECK(info.port == Guest::host_port);
    CHECK(info.mss == 1000);
    CHECK(info.readable == 10);
    CHECK(info.queued == 300);
    CHECK(info.room == 1200);
    CHECK(info.lent == 0);
    CHECK(info.last_heard == 7);
    REQUIRE(dumbo_stack_close(stack.get(), guest.id) == DUMBO_OK);
    REQUIRE(dumbo_stack_connection_info(stack.get(), guest.id, &info) == DUMBO_OK);
    CHECK(info.flags == DUMBO_CONNECTION_INFO_CLOSING);
    CHECK(info.room == 0);
}
