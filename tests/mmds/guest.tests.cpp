// SPDX-License-Identifier: Apache-2.0
#include "guest.hpp"

#include <array>
#include <deque>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "document.hpp"
#include "service.hpp"
#include "stack/guest.hpp"
#include "state.hpp"
#include "support/catch.hpp"

namespace {

using mmds::Guest;
using mmds::GuestConfig;
using mmds::second;
using mmds::Time;
using stack_test::Bytes;
using stack_test::Client;
using stack_test::TcpFrame;

constexpr Time noon = 1000 * second;

GuestConfig small() {
    GuestConfig config;
    config.connections = 4;
    config.exchange.request_timeout = 10 * second;
    config.exchange.idle_timeout = 60 * second;
    return config;
}

Bytes bytes_of(std::string_view text) {
    return {text.begin(), text.end()};
}

/** A guest with several connections at the end of a cable that loses nothing, and a clock that is moved by hand. */
struct Cable {
    explicit Cable(const GuestConfig& its_config = small()) : config(its_config) {
        document.replace(R"({"a":"text","big":")" + std::string(50000, 'x') + R"("})");
    }

    Client& connect() {
        clients.emplace_back(next_port++);
        return clients.back();
    }

    /** Lets both sides say all they have to say. */
    void exchange() {
        bool moved = true;
        while (moved) {
            moved = false;
            for (auto& client : clients) {
                while (const auto frame = client.next()) {
                    guest.receive(stack_test::bytes_of(*frame), now);
                    moved = true;
                }
            }
            moved = deliver() || moved;
        }
    }

    /** Moves the clock to a time, by way of everything that was to happen before. */
    void wait_until(Time then) {
        exchange();
        while (guest.deadline(now) <= then) {
            now = std::max(now, guest.deadline(now));
            guest.expire(now);
            exchange();
        }
        now = then;
    }

    bool deliver() {
        std::array<std::uint8_t, 1514> buffer{};
        bool moved = false;
        while (const auto length = guest.next_frame(buffer, now)) {
            const auto frame = stack_test::read_frame(std::span(buffer).first(length));
            REQUIRE(frame.tcp.has_value());
            for (auto& client : clients) {
                if (client.port() == frame.tcp->destination_port) {
                    client.take(*frame.tcp);
                }
            }
            moved = true;
        }
        return moved;
    }

    GuestConfig config;
    mmds::Counters counters;
    mmds::Document document{65536};
    mmds::Tokens tokens;
    mmds::Service service{document, tokens, mmds::Imds::any, counters};
    Guest guest{config, service, "cable", nullptr};
    std::deque<Client> clients;
    std::uint16_t next_port = 1024;
    Time now = noon;
};

std::string text(const Client& client) {
    return {client.received().begin(), client.received().end()};
}

std::string get(const std::string& target, const std::string& fields = "") {
    return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
}

std::size_t count(const std::string& text, const std::string& what) {
    std::size_t found = 0;
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
        ++found;
    }
    return found;
}

}  // namespace

TEST_CASE("A guest fetches over TCP what the document holds", "[mmds][guest]") {
    Cable cable;
    auto& client = cable.connect();
    client.send(bytes_of(get("/a")));
    cable.exchange();
    CHECK(text(client).ends_with("\r\n\r\ntext"));
    client.send(bytes_of(get("/big", "Connection: close\r\n")));
    cable.exchange();
    CHECK(text(client).ends_with(std::string(50000, 'x')));
    CHECK(client.fin_taken());
    client.close();
    cable.exchange();
    CHECK(client.is_over());
    CHECK(cable.guest.connections() == 0);
    CHECK(cable.counters.connections_closed == 1);
}

TEST_CASE("A guest asks several connections at once", "[mmds][guest]") {
    Cable cable;
    for (int i = 0; i < 4; ++i) {
        cable.connect().send(bytes_of(get("/big")));
    }
    cable.exchange();
    for (const auto& client : cable.clients) {
        CHECK(text(client).ends_with(std::string(50000, 'x')));
    }
    CHECK(cable.guest.connections() == 4);
}

TEST_CASE("Pipelined requests, more than the receive ring holds, are all answered in turn", "[mmds][guest]") {
    Cable cable;
    auto& client = cable.connect();
    std::string requests;
    for (int i = 0; i < 2000; ++i) {
        requests += get(i % 2 == 0 ? "/a" : "/nothing");
    }
    client.send(bytes_of(requests));
    client.close();
    cable.exchange();
    CHECK(count(text(client), " 200 OK") == 1000);
    CHECK(count(text(client), " 404 Not Found") == 1000);
    CHECK(client.is_over());
}

TEST_CASE("Who does not read its responses is not sent more than its window, and has to wait", "[mmds][guest]") {
    Cable cable;
    auto& reader = cable.connect();
    cable.exchange();
    reader.acknowledges = false;
    std::string requests;
    for (int i = 0; i < 1000; ++i) {
        requests += get("/big");
    }
    reader.send(bytes_of(requests));
    cable.exchange();
    CHECK(reader.unsent() > 0);
    CHECK(reader.received().size() <= 65535);
    CHECK(cable.counters.requests <= 2);
    auto& other = cable.connect();
    other.send(bytes_of(get("/a")));
    cable.exchange();
    CHECK(text(other).ends_with("text"));
}

TEST_CASE("A slow request is refused, a silent connection closed, in time", "[mmds][guest]") {
    Cable cable;
    auto& slow = cable.connect();
    auto& silent = cable.connect();
    slow.send(bytes_of("GET /"));
    cable.wait_until(noon + 9 * second);
    CHECK(slow.received().empty());
    slow.send(bytes_of("a HTTP/1.1"));
    cable.wait_until(noon + 10 * second);
    CHECK(text(slow).starts_with("HTTP/1.1 408 "));
    CHECK(slow.fin_taken());
    CHECK_FALSE(silent.fin_taken());
    cable.wait_until(noon + 60 * second);
    CHECK(silent.fin_taken());
    CHECK(silent.received().empty());
}

TEST_CASE("Who neither reads nor closes is reset", "[mmds][guest]") {
    auto config = small();
    config.rto = 1000 * second;
    Cable cable(config);
    auto& reader = cable.connect();
    reader.window = 0;
    cable.exchange();
    reader.send(bytes_of(get("/big")));
    cable.wait_until(noon + 59 * second);
    CHECK_FALSE(reader.was_reset());
    cable.wait_until(noon + 60 * second);
    CHECK(reader.was_reset());
    auto& lingerer = cable.connect();
    lingerer.send(bytes_of(get("/a", "Connection: close\r\n")));
    cable.wait_until(noon + 119 * second);
    CHECK(lingerer.fin_taken());
    CHECK_FALSE(lingerer.was_reset());
    cable.wait_until(noon + 120 * second);
    CHECK(lingerer.was_reset());
    CHECK(cable.guest.connections() == 0);
    CHECK(cable.counters.connections_aborted == 2);
}

TEST_CASE("A new connection takes the place of one that is idle", "[mmds][guest]") {
    Cable cable;
    for (int i = 0; i < 4; ++i) {
        cable.connect();
        cable.exchange();
        cable.now += second;
    }
    auto& early = cable.connect();
    cable.exchange();
    CHECK_FALSE(early.is_open());
    cable.now = noon + 10 * second;
    auto& late = cable.connect();
    cable.exchange();
    late.go_back();
    cable.exchange();
    CHECK(cable.clients[0].was_reset());
    CHECK(late.is_open());
    CHECK(cable.guest.connections() == 4);
}

TEST_CASE("In the end every connection is reset", "[mmds][guest]") {
    Cable cable;
    cable.connect().send(bytes_of(get("/a")));
    cable.connect().send(bytes_of("GET"));
    cable.exchange();
    cable.guest.abort_all();
    cable.exchange();
    CHECK(cable.clients[0].was_reset());
    CHECK(cable.clients[1].was_reset());
    CHECK(cable.guest.connections() == 0);
    CHECK(cable.guest.deadline(cable.now) == mmds::never);
}

TEST_CASE("A reset in the middle of a response is taken", "[mmds][guest]") {
    Cable cable;
    auto& client = cable.connect();
    cable.exchange();
    client.acknowledges = false;
    client.send(bytes_of(get("/big") + get("/big")));
    cable.exchange();
    cable.guest.receive(stack_test::bytes_of(client.segment(stack_test::rst)), cable.now);
    CHECK(cable.guest.connections() == 0);
    CHECK(cable.guest.deadline(cable.now) == mmds::never);
}

TEST_CASE("A guest goes on in another process, in the middle of everything", "[mmds][guest]") {
    Cable before;
    auto& asking = before.connect();
    auto& reading = before.connect();
    auto& closing = before.connect();
    asking.send(bytes_of("GET /a HTTP/1.1\r\nHo"));
    closing.send(bytes_of(get("/a", "Connection: close\r\n")));
    before.exchange();
    reading.acknowledges = false;
    reading.send(bytes_of(get("/big") + get("/a")));
    reading.close();
    before.exchange();

    mmds::State state{before.now, before.tokens.save(before.now), {before.guest.save(before.now)}};
    const auto read_back = mmds::parse_state(mmds::to_bytes(state));
    Cable after;
    after.now = 5 * second;  // another machine's clock
    after.guest.restore(read_back.guests.at(0), read_back.now, after.now);
    CHECK(after.guest.connections() == 3);
    after.clients = before.clients;
    after.clients[0].send(bytes_of("st: x\r\n\r\n"));
    after.clients[1].acknowledges = true;
    after.clients[1].go_back();
    after.clients[2].close();
    after.wait_until(after.now + 3 * second);
    CHECK(text(after.clients[0]).ends_with("text"));
    CHECK(count(text(after.clients[1]), std::string(50000, 'x')) == 1);
    CHECK(text(after.clients[1]).ends_with("text"));
    CHECK(after.clients[1].fin_taken());
    CHECK(after.clients[2].is_over());
    CHECK(after.guest.connections() == 1);
}

TEST_CASE("A state that is none is refused", "[mmds][guest]") {
    Cable cable;
    cable.connect().send(bytes_of("GET"));
    cable.exchange();
    const mmds::State state{cable.now, cable.tokens.save(cable.now), {cable.guest.save(cable.now)}};
    const auto bytes = mmds::to_bytes(state);
    for (std::size_t length = 0; length < bytes.size(); ++length) {
        CHECK_THROWS_AS(mmds::parse_state({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length)}),
                        mmds::StateError);
    }
    std::size_t refused = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        auto damaged = bytes;
        damaged[i] ^= 0x20U;
        try {
            const auto parsed = mmds::parse_state(damaged);
            Cable other;
            other.now = noon;
            for (const auto& guest : parsed.guests) {
                other.guest.restore(guest, parsed.now, other.now);
            }
            other.exchange();
        } catch (const mmds::StateError&) {
            ++refused;
        }
    }
    CHECK(refused > bytes.size() / 2);
    auto foreign = state;
    foreign.guests[0].exchanges.emplace(12345, mmds::ExchangeState{});
    CHECK_THROWS_AS(Cable().guest.restore(foreign.guests[0], noon, noon), mmds::StateError);
}

TEST_CASE("What follows a request for a token travels one hop", "[mmds][guest]") {
    Cable cable;
    const auto hops = [&cable](const std::string& request) {
        auto& client = cable.connect();
        cable.exchange();
        client.send(bytes_of(request));
        cable.guest.receive(stack_test::bytes_of(*client.next()), cable.now);
        std::array<std::uint8_t, 1514> buffer{};
        REQUIRE(cable.guest.next_frame(buffer, cable.now) > 0);
        return static_cast<int>(buffer[22]);
    };
    CHECK(hops(get("/a")) == 64);
    CHECK(hops("PUT /latest/api/token HTTP/1.1\r\nHost: x\r\n\r\n") == 1);
}

TEST_CASE("Whatever a guest sends, it is served afterwards", "[mmds][guest]") {
    std::mt19937 random(1);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same every time
    const auto any = [&random](std::uint32_t below) { return static_cast<std::uint32_t>(random() % below); };
    Cable cable;
    for (int round = 0; round < 20000; ++round) {
        TcpFrame frame{.source_port = static_cast<std::uint16_t>(2000 + any(8)),
                       .seq = any(2) == 0 ? any(100000) : static_cast<std::uint32_t>(random()),
                       .ack = static_cast<std::uint32_t>(random()),
                       .flags = static_cast<std::uint8_t>(any(64)),
                       .window = static_cast<std::uint16_t>(random()),
                       .payload = bytes_of(get("/big").substr(0, any(30)))};
        auto bytes = stack_test::bytes_of(frame);
        if (any(4) == 0) {
            bytes[any(static_cast<std::uint32_t>(bytes.size()))] = static_cast<std::uint8_t>(random());
            stack_test::repair_checksums(bytes);
        }
        cable.guest.receive(bytes, cable.now);
        std::array<std::uint8_t, 1514> buffer{};
        while (any(4) != 0 && cable.guest.next_frame(buffer, cable.now) > 0) {
        }
        cable.now += any(2) == 0 ? 0 : second / 10;
        cable.guest.expire(cable.now);
    }
    std::array<std::uint8_t, 1514> buffer{};
    while (cable.guest.next_frame(buffer, cable.now) > 0) {
    }
    cable.now += 3600 * second;
    cable.guest.expire(cable.now);
    CHECK(cable.counters.requests == 0);
    auto& client = cable.connect();
    client.send(bytes_of(get("/a")));
    cable.exchange();
    client.go_back();
    cable.exchange();
    CHECK(text(client).ends_with("text"));
}
