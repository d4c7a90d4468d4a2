// SPDX-License-Identifier: Apache-2.0
#include <dumbo/stack.hpp>

#include <cstdint>

#include "stack/checked_stack.hpp"
#include "support/catch.hpp"

using dumbo::ConnectionId;
using stack_test::Bytes;
using stack_test::CheckedStack;
using stack_test::Client;
using stack_test::events_of;
using stack_test::small_config;

namespace {

// The byte of an IPv4 packet in a frame.
std::uint8_t ttl_of(const Bytes& frame) {
    REQUIRE(frame.size() >= 34);
    return frame[14 + 8];
}

dumbo::StackConnection info_of(CheckedStack& stack, ConnectionId id) {
    const auto info = stack.raw().info(id);
    REQUIRE(info);
    return *info;
}

}  // namespace

TEST_CASE("no packet is longer than the link's MTU, whatever MSS the guest states", "[stack]") {
    for (const std::uint16_t mtu : {std::uint16_t{68}, std::uint16_t{576}, std::uint16_t{1500}, std::uint16_t{65535}}) {
        CAPTURE(mtu);
        auto config = small_config();
        config.mtu = mtu;
        config.send_buffer = 100'000;
        CheckedStack stack(config);
        Client client(2000);
        client.mss = 65495;
        const ConnectionId id = open(stack, client);
        CHECK(info_of(stack, id).mss == mtu - 40);
        CHECK(stack.write(id, stack_test::some_bytes(65535)) == 65535);
        CHECK(stack.next_bytes().size() == std::size_t{14} + mtu);
        // A buffer that is too small for that is no reason to send nothing.
        if (mtu < 65535) {
            CHECK(stack.next_bytes(100).size() == std::min<std::size_t>(100, std::size_t{14} + mtu));
        }
    }
}

TEST_CASE("an MSS below what the MTU allows is kept", "[stack]") {
    CheckedStack stack(small_config());
    Client client(2000);
    client.mss = 200;
    const ConnectionId id = open(stack, client);
    CHECK(info_of(stack, id).mss == 200);
    CHECK(stack.write(id, stack_test::some_bytes(900)) == 900);
    CHECK(stack.next_bytes().size() == 54 + 200);
}

TEST_CASE("the MTU must hold a header and something behind it", "[stack]") {
    auto config = small_config();
    config.mtu = 67;
    CHECK(dumbo::Stack::memory_size(config).has_value() == false);
    config.mtu = 68;
    CHECK(dumbo::Stack::memory_size(config).has_value());
}

TEST_CASE("the time to live is the config's, and a connection can have its own", "[stack]") {
    auto config = small_config();
    config.ttl = 7;
    CheckedStack stack(config);
    Client one(2000);
    Client other(2001);
    const ConnectionId id = open(stack, one);
    const ConnectionId other_id = open(stack, other);
    CHECK(stack.raw().set_ttl(id, 0) == dumbo::Error::invalid_argument);
    CHECK(stack.raw().set_ttl(77, 1) == dumbo::Error::no_connection);
    CHECK(stack.raw().set_ttl(id, 1) == std::nullopt);
    CHECK(stack.write(id, Bytes(10)) == 10);
    CHECK(ttl_of(stack.next_bytes()) == 1);
    CHECK(stack.write(other_id, Bytes(10)) == 10);
    CHECK(ttl_of(stack.next_bytes()) == 7);
    // It is the connection's own until the end, and the next one in its place begins anew.
    stack.abort(id);
    CHECK(ttl_of(stack.next_bytes()) == 1);
    CHECK(events_of(stack) == "closed: reset");
    Client third(2002);
    const ConnectionId third_id = open(stack, third);
    CHECK(stack.write(third_id, Bytes(10)) == 10);
    CHECK(ttl_of(stack.next_bytes()) == 7);
    // So is that of a RST of nobody.
    stack.receive(stack_test::TcpFrame{.source_port = 9, .seq = 1, .ack = 2, .flags = stack_test::ack});
    CHECK(ttl_of(stack.next_bytes()) == 7);
    config.ttl = 0;
    CHECK_FALSE(dumbo::Stack::memory_size(config));
}

TEST_CASE("a connection tells where it stands", "[stack]") {
    CheckedStack stack(small_config());
    Client client(2000);
    CHECK_FALSE(stack.raw().info(1));
    const ConnectionId id = open(stack, client);
    dumbo::StackConnection info = info_of(stack, id);
    CHECK(info.peer.mac == stack_test::guest_mac);
    CHECK(info.peer.address == stack_test::guest_ip);
    CHECK(info.peer.port == 2000);
    CHECK(info.peer.our_port == stack_test::our_port);
    CHECK(info.state == dumbo::State::established);
    CHECK(info.readable == 0);
    CHECK(info.queued == 0);
    CHECK(info.room == 1000);
    CHECK(info.lent == 0);
    CHECK_FALSE(info.is_closing);
    CHECK_FALSE(info.lent_is_missing);
    CHECK(info.last_heard == stack.now);

    stack.now += 50;
    stack.receive(client.segment(stack_test::ack, Bytes(30)));
    CHECK(stack.write(id, Bytes(600)) == 600);
    const Bytes loan(5000);
    CHECK(stack.lend(id, loan) == std::nullopt);
    info = info_of(stack, id);
    CHECK(info.readable == 30);
    CHECK(info.queued == 600);
    CHECK(info.room == 0);  // nothing overtakes lent bytes
    CHECK(info.lent == 5000);
    CHECK(info.last_heard == stack.now);

    stack.close(id);
    CHECK(info_of(stack, id).is_closing);
    CHECK(info_of(stack, id).state == dumbo::State::established);  // the FIN is still to go
    stack.abort(id);
    CHECK_FALSE(stack.next_bytes().empty());
    info = info_of(stack, id);
    CHECK(info.state == dumbo::State::closed);
    CHECK(info.is_closing);
    CHECK(info.readable == 30);
    CHECK(info.queued == 0);
    CHECK(info.room == 0);
    CHECK(info.lent == 0);
}
