// SPDX-License-Identifier: Apache-2.0
#include <dumbo/stack.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>

#include "stack/checked_stack.hpp"
#include "support/catch.hpp"

using dumbo::ConnectionId;
using stack_test::Bytes;
using stack_test::CheckedStack;
using stack_test::Client;
using stack_test::events_of;
using stack_test::small_config;

namespace {

std::size_t lent(CheckedStack& stack, ConnectionId id) {
    const auto length = stack.raw().lent(id);
    REQUIRE(length);
    return *length;
}

void lend(CheckedStack& stack, ConnectionId id, std::span<const std::uint8_t> bytes) {
    REQUIRE_FALSE(stack.lend(id, bytes));
    stack.examine();
}

}  // namespace

TEST_CASE("lent bytes go out behind what was written, and come back when they are acknowledged", "[stack]") {
    CheckedStack stack(small_config());
    Client client(2000);
    Client* const clients[] = {&client};
    const ConnectionId id = open(stack, client);
    const Bytes head = stack_test::some_bytes(700, 1);
    const Bytes body = stack_test::some_bytes(100'000, 2);
    const Bytes tail = stack_test::some_bytes(300, 3);
    CHECK(stack.write(id, head) == 700);
    lend(stack, id, body);
    CHECK(lent(stack, id) == body.size());
    CHECK(stack.lend(id, tail) == dumbo::Error::lent);
    CHECK(stack.write(id, tail) == 0);  // it would have to overtake them
    CHECK(events_of(stack).empty());
    talk(stack, clients);
    CHECK(events_of(stack) == "writable");
    CHECK(lent(stack, id) == 0);
    CHECK(stack.write(id, tail) == 300);
    stack.close(id);
    talk(stack, clients);
    Bytes all = head;
    all.insert(all.end(), body.begin(), body.end());
    all.insert(all.end(), tail.begin(), tail.end());
    CHECK(client.received() == all);
    CHECK(client.fin_taken());
}

TEST_CASE("what was acknowledged of lent bytes is not looked at any more", "[stack]") {
    CheckedStack stack(small_config());
    Client client(2000);
    client.mss = 100;
    const ConnectionId id = open(stack, client);
    const Bytes body = stack_test::some_bytes(1000);
    // The lent ones lie alone, so that a sanitizer sees who reads what is gone.
    auto buffer = std::make_unique<Bytes>(body);
    lend(stack, id, *buffer);
    std::size_t told = body.size();
    while (const auto frame = stack.next_frame().tcp) {
        client.take(*frame);
        stack.receive(*client.next());
        const std::size_t left = lent(stack, id);
        CHECK(left == body.size() - client.received().size());
        CHECK(left < told);
        told = left;
        // What is not needed any more may change.
        std::fill_n(buffer->begin(), body.size() - left, std::uint8_t{0xdd});
    }
    CHECK(client.received() == body);
    buffer.reset();
    CHECK(events_of(stack) == "writable");
    stack.now += 1000;
    CHECK(stack.next_bytes().empty());
}

TEST_CASE("lent bytes that are lost go again", "[stack]") {
    CheckedStack stack(small_config());
    Client client(2000);
    client.mss = 100;
    Client* const clients[] = {&client};
    const ConnectionId id = open(stack, client);
    CHECK(stack.write(id, stack_test::some_bytes(50, 5)) == 50);
    const Bytes body = stack_test::some_bytes(350);
    lend(stack, id, body);
    // The first frame arrives, the others are lost.
    const auto first = stack.next_frame().tcp;
    REQUIRE(first);
    client.take(*first);
    stack.receive(*client.next());
    while (stack.next_frame().tcp) {
    }
    CHECK(lent(stack, id) == 300);
    for (int i = 0; i < 10 && lent(stack, id) > 0; ++i) {
        CHECK(events_of(stack).empty());
        stack.now += 100;
        talk(stack, clients);
    }
    Bytes all = stack_test::some_bytes(50, 5);
    all.insert(all.end(), body.begin(), body.end());
    CHECK(client.received() == all);
    CHECK(events_of(stack) == "writable");
}

TEST_CASE("a duplicate ACK has lent bytes sent again as well", "[stack]") {
    CheckedStack stack(small_config());
    Client client(2000);
    const ConnectionId id = open(stack, client);
    const Bytes body = stack_test::some_bytes(100);
    lend(stack, id, body);
    REQUIRE(stack.next_frame().tcp);
    CHECK(stack.next_bytes().empty());
    stack.receive(client.segment(stack_test::ack));
    const auto again = stack.next_frame().tcp;
    REQUIRE(again);
    CHECK(again->payload == body);
}

TEST_CASE("the FIN waits for lent bytes", "[stack]") {
    CheckedStack stack(small_config());
    Client client(2000);
    Client* const clients[] = {&client};
    const ConnectionId id = open(stack, client);
    const Bytes body = stack_test::some_bytes(200'000);
    lend(stack, id, body);
    stack.close(id);
    talk(stack, clients);
    CHECK(client.received() == body);
    CHECK(client.fin_taken());
    CHECK(lent(stack, id) == 0);
    CHECK(events_of(stack) == "writable");
}

TEST_CASE("lent bytes come back whichever way a connection ends", "[stack]") {
    for (const int way : {0, 1, 2}) {
        CheckedStack stack(small_config());
        Client client(2000);
        Client* const clients[] = {&client};
        const ConnectionId id = open(stack, client);
        auto buffer = std::make_unique<Bytes>(1'000);
        lend(stack, id, *buffer);
        if (way == 0) {
            stack.abort(id);
            talk(stack, clients);
        } else if (way == 1) {
            stack.receive(client.segment(stack_test::rst));
        } else {
            while (stack.counters().timed_out == 0) {
                static_cast<void>(stack.next_bytes());
                stack.now += 100;
            }
        }
        CHECK(lent(stack, id) == 0);
        buffer.reset();
        stack.examine();
        CHECK(stack.next_bytes().empty());
        const auto event = stack.event();
        REQUIRE(event);
        CHECK(event->kind == dumbo::StackEvent::Kind::closed);
    }
}

TEST_CASE("lending one thing after the other needs no ring at all", "[stack]") {
    auto config = small_config();
    config.send_buffer = 1;
    CheckedStack stack(config, 8);
    Client client(2000);
    Client* const clients[] = {&client};
    const ConnectionId id = open(stack, client);
    const Bytes bytes = stack_test::some_bytes(50'000);
    std::size_t given = 0;
    while (given < bytes.size()) {
        const auto piece = std::span(bytes).subspan(given, std::min<std::size_t>(777, bytes.size() - given));
        lend(stack, id, piece);
        given += piece.size();
        talk(stack, clients);
        REQUIRE(events_of(stack) == "writable");
    }
    CHECK(client.received() == bytes);
}

TEST_CASE("lending nothing is no loan", "[stack]") {
    CheckedStack stack(small_config());
    Client client(2000);
    const ConnectionId id = open(stack, client);
    lend(stack, id, {});
    CHECK(lent(stack, id) == 0);
    CHECK(stack.next_bytes().empty());
    CHECK(stack.write(id, Bytes(3)) == 3);
}
