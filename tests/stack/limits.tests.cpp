// SPDX-License-Identifier: Apache-2.0
#include <dumbo/stack.hpp>

#include <cstdint>
#include <deque>
#include <vector>

#include "stack/checked_stack.hpp"
#include "support/catch.hpp"

using dumbo::ConnectionId;
using dumbo::FrameVerdict;
using stack_test::Bytes;
using stack_test::CheckedStack;
using stack_test::Client;
using stack_test::events_of;
using stack_test::hash_of;
using stack_test::small_config;
using stack_test::TcpFrame;

namespace {

TcpFrame syn_from(std::uint16_t port) {
    return {.source_port = port, .seq = port, .flags = stack_test::syn};
}

// As many open connections as there is room for, the first one silent for the longest time.
std::deque<Client> fill(CheckedStack& stack, std::vector<ConnectionId>& ids) {
    std::deque<Client> clients;
    for (std::uint16_t i = 0; i < 4; ++i) {
        stack.now += 10;
        ids.push_back(open(stack, clients.emplace_back(static_cast<std::uint16_t>(3000 + i))));
    }
    return clients;
}

}  // namespace

TEST_CASE("a flood of SYNs does not keep an open connection from its work", "[stack]") {
    auto config = small_config();
    config.connections = 8;
    CheckedStack stack(config, 50);
    Client client(999);
    Client* const clients[] = {&client};
    const ConnectionId id = open(stack, client);
    const Bytes bytes = stack_test::some_bytes(300'000);
    std::size_t written = 0;
    client.send(bytes);
    Bytes received;
    std::uint16_t port = 1024;
    const auto step = [&] {
        bool did_anything = false;
        if (written < bytes.size()) {
            const std::size_t taken = stack.write(id, std::span(bytes).subspan(written));
            written += taken;
            did_anything = taken > 0;
        }
        const Bytes piece = stack.read(id);
        received.insert(received.end(), piece.begin(), piece.end());
        for (int i = 0; i < 40 && port < 1024 + 10'000; ++i, ++port) {
            CHECK(stack.receive(syn_from(port)).kind == FrameVerdict::Kind::opening);
            CHECK(stack.count() <= 3);
            did_anything = true;
        }
        ++stack.now;
        return did_anything || !piece.empty();
    };
    talk(stack, clients, step);
    CHECK(port == 1024 + 10'000);
    CHECK(hash_of(received) == hash_of(bytes));
    CHECK(hash_of(client.received()) == hash_of(bytes));
    CHECK(stack.counters().half_open_evicted == 10'000 - 2);
    CHECK(stack.counters().evicted == 0);
    CHECK(stack.counters().established == 1);
    stack.close(id);
    client.close();
    talk(stack, clients);
    CHECK(client.is_over());
}

TEST_CASE("of half-open connections the oldest gives way, even if there is room for others", "[stack]") {
    CheckedStack stack(small_config());  // 2 of 4
    const auto first = stack.receive(syn_from(1));
    static_cast<void>(stack.receive(syn_from(2)));
    const auto third = stack.receive(syn_from(3));
    CHECK(third.kind == FrameVerdict::Kind::opening);
    CHECK(third.connection != first.connection);
    CHECK(stack.count() == 2);
    CHECK(stack.counters().half_open_evicted == 1);
    // Nothing goes to the one that is gone.
    std::vector<std::uint16_t> ports;
    while (const auto frame = stack.next_frame().tcp) {
        ports.push_back(frame->destination_port);
    }
    CHECK(ports == std::vector<std::uint16_t>{2, 3});
    CHECK(stack.receive(TcpFrame{.source_port = 1, .seq = 2, .ack = 1, .flags = stack_test::ack}).kind ==
          FrameVerdict::Kind::refused);
    CHECK(events_of(stack).empty());
}

TEST_CASE("while everybody is busy a SYN goes unanswered", "[stack]") {
    CheckedStack stack(small_config());
    std::vector<ConnectionId> ids;
    auto clients = fill(stack, ids);
    CHECK(stack.receive(syn_from(1)).kind == FrameVerdict::Kind::dropped);
    CHECK(stack.next_bytes().empty());
    CHECK(stack.count() == 4);
    CHECK(stack.counters().syns_dropped == 1);
    CHECK(stack.counters().opened == 4);
    // One goes, and there is room.
    stack.receive(clients[2].segment(stack_test::rst));
    CHECK(stack.receive(syn_from(1)).kind == FrameVerdict::Kind::dropped);  // the application does not know yet
    CHECK(events_of(stack) == "closed: reset_by_peer");
    CHECK(stack.receive(syn_from(1)).kind == FrameVerdict::Kind::opening);
}

TEST_CASE("who was silent for longest gives way once that was long enough", "[stack]") {
    CheckedStack stack(small_config());
    std::vector<ConnectionId> ids;
    auto clients = fill(stack, ids);
    const std::uint64_t heard = stack.now - 30;  // of the first
    stack.now = heard + 999'999;
    CHECK(stack.receive(syn_from(1)).kind == FrameVerdict::Kind::dropped);
    CHECK(stack.next_bytes().empty());
    // The first one says something: now it is the second one's turn.
    stack.receive(clients[0].segment(stack_test::ack));
    stack.now = heard + 10 + 999'999;
    CHECK(stack.receive(syn_from(1)).kind == FrameVerdict::Kind::dropped);
    CHECK(stack.next_bytes().empty());
    ++stack.now;
    CHECK(stack.receive(syn_from(1)).kind == FrameVerdict::Kind::dropped);
    const auto reset = stack.next_frame().tcp;
    REQUIRE(reset);
    CHECK(reset->flags == stack_test::rst);
    CHECK(reset->destination_port == 3001);
    CHECK(reset->seq == clients[1].expected());  // one that it believes
    const auto event = stack.event();
    REQUIRE(event);
    CHECK(event->kind == dumbo::StackEvent::Kind::closed);
    CHECK(event->reason == dumbo::StackEvent::Reason::evicted);
    CHECK(event->connection == ids[1]);
    CHECK(stack.counters().evicted == 1);
    CHECK(stack.receive(syn_from(1)).kind == FrameVerdict::Kind::opening);
    CHECK(stack.count() == 4);
}

// One new connection needs one place. While an evicted one's place waits for the application, nobody else need go.
TEST_CASE("a SYN that is repeated drives out one idle connection, not all of them", "[stack]") {
    CheckedStack stack(small_config());
    std::vector<ConnectionId> ids;
    auto clients = fill(stack, ids);
    stack.now += 2'000'000;
    for (int i = 0; i < 4; ++i) {
        CHECK(stack.receive(syn_from(1)).kind == FrameVerdict::Kind::dropped);
    }
    CHECK(stack.counters().evicted == 1);
    CHECK(events_of(stack) == "closed: evicted");
}

TEST_CASE("a RST of an evicted connection that finds no room is counted", "[stack]") {
    auto config = small_config();
    config.replies = 1;
    CheckedStack stack(config);
    std::vector<ConnectionId> ids;
    auto clients = fill(stack, ids);
    stack.now += 2'000'000;
    stack.receive(TcpFrame{.destination_port = 81, .flags = stack_test::syn});
    stack.receive(syn_from(1));
    CHECK(stack.counters().evicted == 1);
    CHECK(stack.counters().rsts_lost == 1);
}

TEST_CASE("whatever the guest does, the memory is what it was", "[stack]") {
    // The one buffer behind the other: what is written into the last connection's stays inside.
    auto config = small_config();
    config.receive_buffer = 17;
    config.send_buffer = 19;
    CheckedStack stack(config);
    std::vector<ConnectionId> ids;
    auto clients = fill(stack, ids);
    std::vector<Client*> all;
    for (std::size_t i = 0; i < 4; ++i) {
        clients[i].send(stack_test::some_bytes(17, static_cast<std::uint32_t>(i)));
        CHECK(stack.write(ids[i], stack_test::some_bytes(19, static_cast<std::uint32_t>(i + 10))) == 19);
        all.push_back(&clients[i]);
    }
    talk(stack, all);
    for (std::size_t i = 0; i < 4; ++i) {
        // Past the window, which is closed: nobody's buffer changes.
        stack.receive(clients[i].segment(stack_test::ack, Bytes(50, 0xbb)));
    }
    for (std::size_t i = 0; i < 4; ++i) {
        CHECK(clients[i].received() == stack_test::some_bytes(19, static_cast<std::uint32_t>(i + 10)));
        CHECK(stack.read(ids[i]) == stack_test::some_bytes(17, static_cast<std::uint32_t>(i)));
    }
}

TEST_CASE("with the threshold of never, nobody gives way, not even at the end of time", "[stack]") {
    auto config = small_config();
    config.connections = 1;
    config.half_open = 1;
    config.idle_threshold = UINT64_MAX;
    CheckedStack stack(config);
    stack.now = 0;
    Client client(2000);
    open(stack, client);
    stack.now = UINT64_MAX;
    Client newcomer(2001);
    CHECK(stack.receive(*newcomer.next()).kind == dumbo::FrameVerdict::Kind::dropped);
    CHECK(stack.counters().evicted == 0);
}
