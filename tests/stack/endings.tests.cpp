// SPDX-License-Identifier: Apache-2.0
#include <dumbo/stack.hpp>

#include <cstdint>
#include <set>

#include "stack/checked_stack.hpp"
#include "support/catch.hpp"

using dumbo::ConnectionId;
using dumbo::FrameVerdict;
using dumbo::NextSegmentStatus;
using stack_test::Bytes;
using stack_test::CheckedStack;
using stack_test::Client;
using stack_test::events_of;
using stack_test::small_config;

namespace {

// The next frame that is due at some time, and that time.
stack_test::ReadFrame wait_for_frame(CheckedStack& stack) {
    const auto status = stack.next();
    if (status.kind == NextSegmentStatus::Kind::timeout) {
        stack.now = status.deadline;
    }
    return stack.next_frame();
}

bool means_nothing(CheckedStack& stack, ConnectionId id) {
    return stack.raw().connection(id) == nullptr && stack.raw().readable(id).error() == dumbo::Error::no_connection &&
           stack.raw().close(id) == dumbo::Error::no_connection;
}

}  // namespace

TEST_CASE("the guest closes first", "[stack]") {
    CheckedStack stack(small_config());
    Client client(2000);
    Client* const clients[] = {&client};
    const ConnectionId id = open(stack, client);
    client.send(stack_test::some_bytes(10));
    client.close();
    talk(stack, clients);
    CHECK(events_of(stack) == "readable, peer_closed");
    CHECK(client.fin_acknowledged());
    CHECK(stack.read(id) == stack_test::some_bytes(10));
    CHECK(stack.write(id, stack_test::some_bytes(20)) == 20);  // the other direction is open
    stack.close(id);
    talk(stack, clients);
    CHECK(client.received() == stack_test::some_bytes(20));
    CHECK(client.is_over());
    CHECK(events_of(stack) == "closed: finished");
    CHECK(means_nothing(stack, id));
    CHECK(stack.count() == 0);
}

TEST_CASE("the last byte goes out with the FIN, be it written or lent", "[stack]") {
    CheckedStack stack(small_config());
    Client client(2000);
    client.mss = 400;
    const ConnectionId id = open(stack, client);
    CHECK(stack.write(id, Bytes(900)) == 900);
    const bool lends = GENERATE(false, true);
    const Bytes loan(500);
    if (lends) {
        CHECK(stack.lend(id, loan) == std::nullopt);
    }
    CHECK(stack.next_frame().tcp->payload.size() == 400);  // one is out already
    stack.close(id);
    std::size_t octets = 400;
    while (const auto frame = stack.next_frame().tcp) {
        octets += frame->payload.size();
        CHECK((frame->flags & stack_test::fin) == (octets == (lends ? 1400 : 900) ? stack_test::fin : 0));
        client.take(*frame);
    }
    CHECK(octets == (lends ? 1400 : 900));
}

TEST_CASE("we close first", "[stack]") {
    CheckedStack stack(small_config());
    Client client(2000);
    Client* const clients[] = {&client};
    const ConnectionId id = open(stack, client);
    CHECK(stack.write(id, stack_test::some_bytes(1000)) == 1000);
    stack.close(id);
    stack.close(id);  // no effect
    CHECK(stack.raw().write(id, Bytes(1)).error() == dumbo::Error::connection_closing);
    CHECK(stack.lend(id, Bytes(1)) == dumbo::Error::connection_closing);
    talk(stack, clients);
    CHECK(client.fin_taken());
    CHECK(client.received() == stack_test::some_bytes(1000));
    CHECK(events_of(stack).empty());
    client.send(stack_test::some_bytes(500));
    talk(stack, clients);
    CHECK(stack.read(id) == stack_test::some_bytes(500));
    client.close();
    talk(stack, clients);
    CHECK(client.is_over());
    CHECK(events_of(stack) == "readable, peer_closed, closed: finished");
    CHECK(stack.count() == 0);
}

TEST_CASE("both close at once", "[stack]") {
    CheckedStack stack(small_config());
    Client client(2000);
    Client* const clients[] = {&client};
    const ConnectionId id = open(stack, client);
    client.close();
    const auto fin = client.next();
    REQUIRE(fin);
    stack.close(id);
    const auto ours = stack.next_frame().tcp;
    REQUIRE(ours);
    CHECK((ours->flags & stack_test::fin) != 0);
    stack.receive(*fin);  // they cross
    client.take(*ours);
    talk(stack, clients);
    CHECK(client.is_over());
    CHECK(events_of(stack) == "peer_closed, closed: finished");
    CHECK(stack.count() == 0);
}

TEST_CASE("abort sends a RST and ends it", "[stack]") {
    CheckedStack stack(small_config());
    Client client(2000);
    Client* const clients[] = {&client};
    const ConnectionId id = open(stack, client);
    CHECK(stack.write(id, Bytes(100)) == 100);
    stack.abort(id);
    stack.abort(id);
    CHECK_FALSE(means_nothing(stack, id));  // the RST comes first
    talk(stack, clients);
    CHECK(client.was_reset());
    CHECK(client.received().empty());
    CHECK(events_of(stack) == "closed: reset");
    CHECK(means_nothing(stack, id));
    CHECK(stack.counters().reset == 1);
}

TEST_CASE("a RST of the guest's ends it at once, and what came before can be read until that is heard of", "[stack]") {
    CheckedStack stack(small_config());
    Client client(2000);
    Client* const clients[] = {&client};
    const ConnectionId id = open(stack, client);
    client.send(stack_test::some_bytes(30));
    talk(stack, clients);
    stack.receive(client.segment(stack_test::rst));
    CHECK(stack.next_bytes().empty());
    CHECK(stack.read(id) == stack_test::some_bytes(30));
    stack.close(id);
    stack.abort(id);
    CHECK(events_of(stack) == "readable, closed: reset_by_peer");
    CHECK(means_nothing(stack, id));
    CHECK(stack.counters().reset_by_peer == 1);
}

TEST_CASE("a guest that falls silent is given up", "[stack]") {
    CheckedStack stack(small_config());  // at the third timeout
    Client client(2000);
    const ConnectionId id = open(stack, client);
    CHECK(stack.write(id, Bytes(10)) == 10);
    const auto data = stack.next_frame().tcp;
    REQUIRE(data);
    const std::uint64_t start = stack.now;
    for (std::uint64_t i = 1; i <= 2; ++i) {
        const auto again = wait_for_frame(stack).tcp;
        REQUIRE(again);
        CHECK(again->seq == data->seq);
        CHECK(again->payload == data->payload);
        CHECK(stack.now == start + i * 100);
        CHECK(events_of(stack).empty());
    }
    const auto end = wait_for_frame(stack).tcp;
    REQUIRE(end);
    CHECK((end->flags & stack_test::rst) != 0);
    CHECK(events_of(stack) == "closed: timed_out");
    CHECK(stack.next().kind == NextSegmentStatus::Kind::nothing);
    CHECK(stack.counters().timed_out == 1);
    CHECK(means_nothing(stack, id));
}

TEST_CASE("a FIN that nobody acknowledges is given up as well", "[stack]") {
    CheckedStack stack(small_config());
    Client client(2000);
    const ConnectionId id = open(stack, client);
    stack.close(id);
    int fins = 0;
    for (auto frame = stack.next_frame(); frame.tcp && (frame.tcp->flags & stack_test::rst) == 0;
         frame = wait_for_frame(stack)) {
        fins += (frame.tcp->flags & stack_test::fin) != 0 ? 1 : 0;
    }
    CHECK(fins == 3);
    CHECK(events_of(stack) == "closed: timed_out");
}

TEST_CASE("a handshake that nobody goes on with is given up without an event", "[stack]") {
    CheckedStack stack(small_config());
    Client client(2000);
    stack.receive(*client.next());
    int synacks = 0;
    for (auto frame = stack.next_frame(); frame.tcp && (frame.tcp->flags & stack_test::rst) == 0;
         frame = wait_for_frame(stack)) {
        ++synacks;
    }
    CHECK(synacks == 3);
    CHECK(events_of(stack).empty());
    CHECK(stack.count() == 0);
    CHECK(stack.counters().timed_out == 1);
    CHECK(stack.counters().established == 0);
}

TEST_CASE("a handshake that the guest breaks off leaves nothing behind", "[stack]") {
    CheckedStack stack(small_config());
    Client client(2000);
    const auto first = client.next();
    REQUIRE(first);
    CHECK(stack.receive(*first).kind == FrameVerdict::Kind::opening);
    CHECK(stack.receive(*first).kind == FrameVerdict::Kind::received);  // again: the same one
    CHECK(stack.next_frame().tcp);
    stack.receive(client.segment(stack_test::rst));
    CHECK(stack.next_bytes().empty());
    CHECK(events_of(stack).empty());
    CHECK(stack.count() == 0);
}

TEST_CASE("a connection that is over is no more to the guest, even if the application has not heard of it", "[stack]") {
    CheckedStack stack(small_config());
    Client client(2000);
    const ConnectionId id = open(stack, client);
    stack.receive(client.segment(stack_test::rst));
    CHECK(stack.count() == 1);
    CHECK(stack.receive(client.segment(stack_test::ack)).kind == FrameVerdict::Kind::refused);
    CHECK(stack.next_frame().tcp);
    Client again(2000, 5);
    Client* const clients[] = {&again};
    talk(stack, clients);
    CHECK(again.is_open());
    CHECK(stack.count() == 2);
    const auto closed = stack.event();
    REQUIRE(closed);
    CHECK(closed->kind == dumbo::StackEvent::Kind::closed);
    CHECK(closed->connection == id);
    CHECK(events_of(stack) == "opened");
}

TEST_CASE("whoever comes next to the same place has another number", "[stack]") {
    auto config = small_config();
    config.connections = 1;
    config.half_open = 1;
    CheckedStack stack(config);
    std::set<ConnectionId> numbers;
    for (std::uint16_t i = 0; i < 300; ++i) {
        Client client(static_cast<std::uint16_t>(2000 + i % 3), i * 1000U);
        if (i % 2 == 0) {  // one that was never open has a number too
            const auto verdict = stack.receive(*client.next());
            CHECK(numbers.insert(verdict.connection).second);
            stack.receive(client.segment(stack_test::rst));
            continue;
        }
        const ConnectionId id = open(stack, client);
        CHECK(numbers.insert(id).second);
        stack.receive(client.segment(stack_test::rst));
        CHECK(events_of(stack) == "closed: reset_by_peer");
    }
    CHECK(stack.counters().opened == 300);
}

TEST_CASE("events of one kind that follow each other are one, and come in their order", "[stack]") {
    CheckedStack stack(small_config());
    Client client(2000);
    Client* const clients[] = {&client};
    talk(stack, clients);
    for (int i = 0; i < 5; ++i) {
        client.send(Bytes(3));
        talk(stack, clients);
    }
    client.close();
    talk(stack, clients);
    stack.receive(client.segment(stack_test::rst | stack_test::ack));
    CHECK(events_of(stack) == "opened, readable, peer_closed, closed: reset_by_peer");
}

TEST_CASE("connections take turns in being heard of", "[stack]") {
    CheckedStack stack(small_config());
    Client one(2000);
    Client two(2001);
    Client* const clients[] = {&one, &two};
    one.send(Bytes(1));
    two.send(Bytes(1));
    talk(stack, clients);
    CHECK(events_of(stack) == "opened, opened, readable, readable");
}

TEST_CASE("what has arrived can be read however late, and the connection is over only then", "[stack]") {
    CheckedStack stack(small_config());
    Client client(2000);
    Client* const clients[] = {&client};
    const ConnectionId id = open(stack, client);
    stack.close(id);
    client.send(stack_test::some_bytes(700));
    client.close();
    talk(stack, clients);
    CHECK(client.is_over());
    CHECK(events_of(stack) == "readable, peer_closed");
    CHECK(stack.next().kind == dumbo::NextSegmentStatus::Kind::nothing);
    CHECK(stack.read(id, 300).size() == 300);
    CHECK(events_of(stack).empty());
    CHECK(stack.read(id).size() == 400);
    CHECK(events_of(stack) == "closed: finished");
    CHECK(stack.count() == 0);
}
