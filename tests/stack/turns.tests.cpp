// SPDX-License-Identifier: Apache-2.0
#include <dumbo/stack.hpp>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "stack/checked_stack.hpp"
#include "support/catch.hpp"

using dumbo::ConnectionId;
using stack_test::Bytes;
using stack_test::CheckedStack;
using stack_test::Client;
using stack_test::small_config;
using stack_test::TcpFrame;

namespace {

enum class Sort : std::uint8_t { arp, rst, data };

Sort sort_of(const stack_test::ReadFrame& frame) {
    if (frame.arp) {
        return Sort::arp;
    }
    return (frame.tcp->flags & stack_test::rst) != 0 ? Sort::rst : Sort::data;
}

}  // namespace

TEST_CASE("transfers, refusals and questions get their shares", "[stack]") {
    CheckedStack stack(small_config(), 20);
    std::deque<Client> clients;
    std::map<std::uint16_t, std::size_t> frames;
    std::vector<ConnectionId> ids;
    for (std::uint16_t i = 0; i < 3; ++i) {
        ids.push_back(open(stack, clients.emplace_back(static_cast<std::uint16_t>(2000 + i))));
    }
    const Bytes endless(std::size_t{1} << 22U, 0x77);
    for (const ConnectionId id : ids) {
        REQUIRE_FALSE(stack.lend(id, endless));
    }
    std::map<Sort, int> sorts;
    for (int i = 0; i < 3000; ++i) {
        // There is always somebody to be refused, and somebody who asks.
        stack.receive(TcpFrame{.destination_port = 81, .flags = stack_test::syn});
        stack.receive(stack_test::ArpFrame{});
        const auto frame = stack.next_frame();
        REQUIRE((frame.tcp || frame.arp));
        const Sort sort = sort_of(frame);
        ++sorts[sort];
        if (sort == Sort::data) {
            ++frames[frame.tcp->destination_port];
            Client& client = clients[frame.tcp->destination_port - 2000U];
            client.take(*frame.tcp);
            stack.receive(*client.next());
        }
    }
    CHECK(sorts[Sort::arp] == 1000);
    CHECK(sorts[Sort::rst] == 1000);
    CHECK(sorts[Sort::data] == 1000);
    REQUIRE(frames.size() == 3);
    for (const auto& [port, count] : frames) {
        CHECK(count >= 333);
        CHECK(count <= 334);
    }
}

TEST_CASE("two sorts alternate when there is nothing of the third", "[stack]") {
    CheckedStack stack(small_config());
    Client client(2000);
    client.mss = 100;
    const ConnectionId id = open(stack, client);
    CHECK(stack.write(id, Bytes(1000)) == 1000);
    for (int i = 0; i < 4; ++i) {
        stack.receive(TcpFrame{.destination_port = 81, .flags = stack_test::syn});
    }
    std::vector<Sort> sorts;
    for (auto frame = stack.next_frame(); frame.tcp; frame = stack.next_frame()) {
        sorts.push_back(sort_of(frame));
    }
    REQUIRE(sorts.size() == 14);
    for (std::size_t i = 1; i < 8; ++i) {
        CHECK(sorts[i] != sorts[i - 1]);
    }
}

TEST_CASE("a connection that has much to send waits for one that has little", "[stack]") {
    CheckedStack stack(small_config());
    Client busy(2000);
    busy.mss = 100;
    Client modest(2001);
    const ConnectionId much = open(stack, busy);
    const ConnectionId little = open(stack, modest);
    CHECK(stack.write(much, Bytes(1000)) == 1000);
    CHECK(stack.next_frame().tcp->destination_port == 2000);
    CHECK(stack.next_frame().tcp->destination_port == 2000);
    CHECK(stack.write(little, Bytes(1)) == 1);
    const auto one = stack.next_frame().tcp;
    const auto two = stack.next_frame().tcp;
    REQUIRE(one);
    REQUIRE(two);
    CHECK((one->destination_port == 2001 || two->destination_port == 2001));
}

TEST_CASE("the earliest timeout of all connections is told", "[stack]") {
    CheckedStack stack(small_config());
    std::deque<Client> clients;
    std::vector<ConnectionId> ids;
    for (std::uint16_t i = 0; i < 3; ++i) {
        ids.push_back(open(stack, clients.emplace_back(static_cast<std::uint16_t>(2000 + i))));
    }
    CHECK(stack.next().kind == dumbo::NextSegmentStatus::Kind::nothing);
    const std::uint64_t start = stack.now;
    for (const std::size_t i : {2U, 0U, 1U}) {
        CHECK(stack.write(ids[i], Bytes(5)) == 5);
        CHECK(stack.next_frame().tcp);
        stack.now += 10;
    }
    CHECK(stack.next() == dumbo::NextSegmentStatus{dumbo::NextSegmentStatus::Kind::timeout, start + 100});
    // An ACK takes the earliest one away.
    TcpFrame ack = clients[2].segment(stack_test::ack);
    ack.ack += 5;
    stack.receive(ack);
    CHECK(stack.next().deadline == start + 110);
    stack.now = start + 115;
    CHECK(stack.next_frame().tcp->destination_port == 2000);
    CHECK(stack.next_bytes().empty());
    CHECK(stack.next().deadline == start + 120);
    stack.abort(ids[1]);
    CHECK(stack.next().kind == dumbo::NextSegmentStatus::Kind::available);
    CHECK(stack.next_frame().tcp->flags == stack_test::rst);
    CHECK(stack.next().deadline == start + 215);
}

TEST_CASE("timeouts that strike at once are all acted on", "[stack]") {
    auto config = small_config();
    config.connections = 50;
    config.half_open = 50;
    CheckedStack stack(config, 10);
    for (std::uint16_t port = 1; port <= 50; ++port) {
        stack.receive(TcpFrame{.source_port = port, .flags = stack_test::syn});
    }
    for (const int round : {0, 1, 2}) {
        int frames = 0;
        while (stack.next_frame().tcp) {
            ++frames;
        }
        CHECK(frames == 50);
        CHECK(stack.next().kind == dumbo::NextSegmentStatus::Kind::timeout);
        stack.now += round == 1 ? 100U : 5000U;  // in time, or much too late
    }
    while (stack.next_frame().tcp) {
    }
    CHECK(stack.count() == 0);
    CHECK(stack.counters().timed_out == 50);
}

TEST_CASE("a time at the end of all times is no trouble", "[stack]") {
    CheckedStack stack(small_config());
    stack.now = UINT64_MAX - 50;
    Client client(2000);
    const ConnectionId id = open(stack, client);
    CHECK(stack.write(id, Bytes(5)) == 5);
    CHECK(stack.next_frame().tcp);
    CHECK(stack.next().kind == dumbo::NextSegmentStatus::Kind::nothing);  // the deadline never comes
    stack.now = UINT64_MAX - 1;
    CHECK(stack.next_bytes().empty());
    stack.abort(id);
    CHECK(stack.next_frame().tcp);
}
