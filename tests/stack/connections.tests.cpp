// SPDX-License-Identifier: Apache-2.0
#include <dumbo/stack.hpp>

#include <algorithm>
#include <cstddef>
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
using stack_test::events_of;
using stack_test::small_config;

namespace {

// Sends back what comes in, as far as there is room, and closes behind the guest.
class Echo {
public:
    explicit Echo(CheckedStack& stack) : stack_(stack) {}

    bool operator()() {
        bool did_anything = false;
        while (const auto event = stack_.event()) {
            did_anything = true;
            if (event->kind == dumbo::StackEvent::Kind::opened) {
                waiting_[event->connection];
            } else if (event->kind == dumbo::StackEvent::Kind::peer_closed) {
                waiting_[event->connection].is_over = true;
            } else if (event->kind == dumbo::StackEvent::Kind::closed) {
                CHECK(event->reason == dumbo::StackEvent::Reason::finished);
                waiting_.erase(event->connection);
                ++finished;
            }
        }
        for (auto& [id, waiting] : waiting_) {
            did_anything = pump(id, waiting) || did_anything;
        }
        return did_anything;
    }

    int finished = 0;

private:
    struct Waiting {
        Bytes bytes;
        bool is_over = false;
        bool is_closed = false;
    };

    bool pump(ConnectionId id, Waiting& waiting) {
        if (waiting.bytes.empty()) {
            waiting.bytes = stack_.read(id);
        }
        if (!waiting.bytes.empty()) {
            const std::size_t taken = stack_.write(id, waiting.bytes);
            waiting.bytes.erase(waiting.bytes.begin(), waiting.bytes.begin() + static_cast<std::ptrdiff_t>(taken));
            return taken > 0;
        }
        const bool closes = waiting.is_over && !waiting.is_closed;
        if (closes) {
            stack_.close(id);
            waiting.is_closed = true;
        }
        return closes;
    }

    CheckedStack& stack_;
    std::map<ConnectionId, Waiting> waiting_;
};

}  // namespace

TEST_CASE("an echo comes back through rings of every odd size", "[stack]") {
    for (const auto& [receive_buffer, send_buffer] :
         {std::pair{1U, 1U}, {1U, 7U}, {7U, 1U}, {7U, 7U}, {13U, 100U}, {1000U, 999U}, {70'000U, 80'000U}}) {
        auto config = small_config();
        config.receive_buffer = receive_buffer;
        config.send_buffer = send_buffer;
        CheckedStack stack(config, receive_buffer > 10'000 ? 64 : 1);
        Echo echo(stack);
        Client client(2000, 0xffffff00);  // its numbers wrap around
        const Bytes bytes = stack_test::some_bytes(std::min<std::size_t>(receive_buffer * 300, 200'000));
        client.send(bytes);
        client.close();
        Client* const clients[] = {&client};
        talk(stack, clients, [&echo] { return echo(); });
        CHECK(client.received() == bytes);
        CHECK(client.is_over());
        CHECK(echo.finished == 1);
        CHECK(stack.count() == 0);
    }
}

TEST_CASE("many connections at the same time do not mix", "[stack]") {
    auto config = small_config();
    config.connections = 60;
    config.half_open = 60;
    config.receive_buffer = 300;
    config.send_buffer = 170;
    CheckedStack stack(config, 97);
    Echo echo(stack);
    std::deque<Client> clients;
    std::vector<Client*> all;
    for (std::uint32_t i = 0; i < 60; ++i) {
        const auto port = static_cast<std::uint16_t>(1000 + i);
        Client& client =
            clients.emplace_back(port, i * 77'777'777U, i % 2 == 0 ? std::uint16_t{80} : std::uint16_t{8080});
        client.send(stack_test::some_bytes(3000 + i, i));
        client.close();
        all.push_back(&client);
    }
    talk(stack, all, [&echo] { return echo(); });
    for (std::uint32_t i = 0; i < 60; ++i) {
        CHECK(clients[i].received() == stack_test::some_bytes(3000 + i, i));
        CHECK(clients[i].is_over());
    }
    CHECK(echo.finished == 60);
    CHECK(stack.count() == 0);
    CHECK(stack.counters().finished == 60);
    CHECK(stack.counters().established == 60);
}

TEST_CASE("the window closes when the application does not read, and an ACK opens it again", "[stack]") {
    CheckedStack stack(small_config());  // 1000 bytes
    Client client(2000);
    Client* const clients[] = {&client};
    const ConnectionId id = open(stack, client);
    client.send(stack_test::some_bytes(5000));
    talk(stack, clients);
    CHECK(events_of(stack) == "readable");
    CHECK(client.unsent() == 4000);
    CHECK(client.their_edge() == client.next_seq());
    CHECK(stack.read(id, 400).size() == 400);
    talk(stack, clients);
    CHECK(client.unsent() == 3600);
    // 1000 are in a ring that begins in the middle.
    const auto first = stack.raw().readable(id);
    REQUIRE(first);
    CHECK(first->size() == 600);
    Bytes received = stack_test::some_bytes(400);
    while (client.unsent() > 0 || stack.raw().readable(id)->size() > 0) {
        const Bytes piece = stack.read(id, 333);
        received.insert(received.end(), piece.begin(), piece.end());
        talk(stack, clients);
    }
    CHECK(received == stack_test::some_bytes(5000));
}

TEST_CASE("no more can be consumed than there is", "[stack]") {
    CheckedStack stack(small_config());
    Client client(2000);
    Client* const clients[] = {&client};
    const ConnectionId id = open(stack, client);
    CHECK(*stack.raw().consume(id, 100) == 0);
    client.send(stack_test::some_bytes(10));
    talk(stack, clients);
    CHECK(*stack.raw().consume(id, 4) == 4);
    CHECK(*stack.raw().consume(id, SIZE_MAX) == 6);
    CHECK(*stack.raw().consume(id, 1) == 0);
    stack.examine();
    client.send(stack_test::some_bytes(2000, 2));
    talk(stack, clients);
    CHECK(client.unsent() == 1000);  // the window has grown by what was consumed, and by nothing else
}

TEST_CASE("a write that falls short is told once there is room", "[stack]") {
    CheckedStack stack(small_config());
    Client client(2000);
    Client* const clients[] = {&client};
    const ConnectionId id = open(stack, client);
    const Bytes bytes = stack_test::some_bytes(2500);
    CHECK(stack.write(id, bytes) == 1000);
    CHECK(stack.write(id, std::span(bytes).subspan(1000)) == 0);
    CHECK(events_of(stack).empty());
    talk(stack, clients);
    CHECK(events_of(stack) == "writable");
    CHECK(stack.write(id, std::span(bytes).subspan(1000, 1000)) == 1000);
    talk(stack, clients);
    CHECK(events_of(stack).empty());  // that one fitted
    CHECK(stack.write(id, std::span(bytes).subspan(2000)) == 500);
    CHECK(stack.write(id, {}) == 0);
    talk(stack, clients);
    CHECK(events_of(stack).empty());
    CHECK(client.received() == bytes);
}

TEST_CASE("a guest whose window is closed is asked now and then, and gets everything once it opens", "[stack]") {
    CheckedStack stack(small_config());
    Client client(2000);
    Client* const clients[] = {&client};
    const ConnectionId id = open(stack, client);
    client.window = 0;
    client.send(Bytes(1));
    talk(stack, clients);
    CHECK(stack.read(id).size() == 1);
    talk(stack, clients);
    // The window that was announced first stays until it is used up.
    const Bytes bytes = stack_test::some_bytes(200'000);
    std::size_t written = 0;
    client.window = 0;
    for (int i = 0; i < 1000; ++i) {
        written += stack.write(id, std::span(bytes).subspan(written));
        talk(stack, clients);
        stack.now += 50;
    }
    CHECK(client.received().size() < 67'000);  // it takes the octet of each probe
    CHECK(stack.count() == 1);                 // it answers: it is not given up
    client.window = 65535;
    while (written < bytes.size()) {
        const std::size_t taken = stack.write(id, std::span(bytes).subspan(written));
        written += taken;
        talk(stack, clients);
        stack.now += 50;
        REQUIRE(stack.count() == 1);
    }
    for (int i = 0; i < 10; ++i) {
        talk(stack, clients);
        stack.now += 50;
    }
    CHECK(client.received() == bytes);
}

TEST_CASE("frames are as long as the buffer and the guest's MSS allow", "[stack]") {
    for (const std::size_t room : {std::size_t{58}, std::size_t{100}, std::size_t{1514}}) {
        CheckedStack stack(small_config());
        Client client(2000);
        client.mss = 500;
        const ConnectionId id = open(stack, client);
        const Bytes bytes = stack_test::some_bytes(1000);
        CHECK(stack.write(id, bytes) == 1000);
        std::size_t frames = 0;
        for (auto frame = stack.next_frame(room); frame.tcp; frame = stack.next_frame(room)) {
            ++frames;
            client.take(*frame.tcp);
        }
        CHECK(client.received() == bytes);
        const std::size_t each = std::min<std::size_t>(500, room - 54);
        CHECK(frames == (1000 + each - 1) / each);
    }
}

TEST_CASE("numbers that mean no connection are refused by every call", "[stack]") {
    CheckedStack stack(small_config());
    Client client(2000);
    const ConnectionId id = open(stack, client);
    const Bytes bytes(1);
    for (const ConnectionId other : {ConnectionId{0}, ConnectionId{1}, id + 1, id + 100, id + (ConnectionId{1} << 32U),
                                     id - (ConnectionId{1} << 32U), ~ConnectionId{0}}) {
        CHECK(stack.raw().readable(other).error() == dumbo::Error::no_connection);
        CHECK(stack.raw().consume(other, 1).error() == dumbo::Error::no_connection);
        CHECK(stack.raw().write(other, bytes).error() == dumbo::Error::no_connection);
        CHECK(stack.lend(other, bytes) == dumbo::Error::no_connection);
        CHECK(stack.raw().lent(other).error() == dumbo::Error::no_connection);
        CHECK(stack.raw().close(other) == dumbo::Error::no_connection);
        CHECK(stack.raw().abort(other) == dumbo::Error::no_connection);
        CHECK(stack.raw().connection(other) == nullptr);
    }
    REQUIRE(stack.raw().connection(id) != nullptr);
    CHECK(stack.raw().connection(id)->is_established());
}
