// SPDX-License-Identifier: Apache-2.0
#include <dumbo/stack.hpp>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "scenario/dice.hpp"
#include "stack/checked_stack.hpp"
#include "support/catch.hpp"

using dumbo::ConnectionId;
using dumbo::Error;
using dumbo::Stack;
using dumbo::StackConfig;
using stack_test::Bytes;
using stack_test::CheckedStack;
using stack_test::Client;
using stack_test::events_of;
using stack_test::restored;
using stack_test::small_config;
using stack_test::snapshot_of;

// That a restored stack does what the original does is looked at after every
// call of every test, by CheckedStack.
namespace {

// Where things are in a snapshot (docs/snapshot.md), and in each of its
// connections.
constexpr std::size_t latest_now_at = 14;
constexpr std::size_t begun_at = 22;
constexpr std::size_t mac_at = 30;
constexpr std::size_t address_at = 36;
constexpr std::size_t arp_count_at = 43;
constexpr std::size_t rst_count_at = 44;
constexpr std::size_t connection_count_at = 48;
constexpr std::size_t turn_count_at = 52;
constexpr std::size_t event_count_at = 56;
constexpr std::size_t header_end = 60;
constexpr std::size_t id_at = 0;
constexpr std::size_t last_heard_at = 8;
constexpr std::size_t lent_at = 16;
constexpr std::size_t in_length_at = 24;
constexpr std::size_t out_length_at = 28;
constexpr std::size_t peer_mac_at = 32;
constexpr std::size_t peer_address_at = 38;
constexpr std::size_t our_port_at = 44;
constexpr std::size_t life_at = 46;
constexpr std::size_t ttl_at = 47;
constexpr std::size_t closing_at = 48;
constexpr std::size_t fin_told_at = 50;
constexpr std::size_t reason_at = 51;
constexpr std::size_t events_at = 52;
constexpr std::size_t core_at = 53;
constexpr std::size_t rings_at = core_at + 96;

// CRC-32 of IEEE 802.3, bit by bit.
std::uint32_t crc_of(std::span<const std::uint8_t> bytes) {
    std::uint32_t remainder = 0xffffffff;
    for (const std::uint8_t byte : bytes) {
        remainder ^= byte;
        for (int bit = 0; bit < 8; ++bit) {
            remainder = (remainder >> 1U) ^ ((remainder & 1U) != 0 ? 0xedb88320U : 0U);
        }
    }
    return ~remainder;
}

void seal(Bytes& snapshot) {
    const std::uint32_t crc = crc_of(std::span(snapshot).first(snapshot.size() - 4));
    for (unsigned i = 0; i < 4; ++i) {
        snapshot[snapshot.size() - 4 + i] = static_cast<std::uint8_t>(crc >> (8 * i));
    }
}

// Cuts bytes out of a snapshot and makes its length right again.
void cut(Bytes& snapshot, std::size_t at, std::size_t count) {
    const auto from = snapshot.begin() + static_cast<std::ptrdiff_t>(at);
    snapshot.erase(from, from + static_cast<std::ptrdiff_t>(count));
    snapshot[6] = static_cast<std::uint8_t>(snapshot.size());
    snapshot[7] = static_cast<std::uint8_t>(snapshot.size() >> 8U);
}

std::optional<Error> error_of(const Bytes& snapshot, const StackConfig& config = small_config(),
                              const std::optional<dumbo::ClockRebase>& rebase = std::nullopt) {
    const auto result = restored(config, snapshot, rebase);
    return result.stack ? std::nullopt : std::optional(result.stack.error());
}

// Sealed again after a change of one byte.
std::optional<Error> error_with(Bytes snapshot, std::size_t at, std::uint8_t value) {
    REQUIRE(at < snapshot.size());
    snapshot[at] = value;
    seal(snapshot);
    return error_of(snapshot);
}

// A connection in each stage of its life, and something of everything else.
struct Everything {
    CheckedStack stack{small_config()};
    Client half_open{2000};
    Client open{2001};
    Client closing{2002};
    Client aborted{2003};
    ConnectionId open_id = 0;
    ConnectionId closing_id = 0;
    ConnectionId aborted_id = 0;
    Bytes loan = stack_test::some_bytes(5000, 9);

    Everything() {
        aborted_id = stack_test::open(stack, aborted);
        open_id = stack_test::open(stack, open);
        closing_id = stack_test::open(stack, closing);
        stack.receive(aborted.segment(stack_test::ack, Bytes(20, 'a')));
        stack.abort(aborted_id);
        CHECK(stack.next_frame().tcp->flags == stack_test::rst);
        CHECK(stack.write(closing_id, stack_test::some_bytes(300, 3)) == 300);
        CHECK(stack.lend(closing_id, loan) == std::nullopt);
        stack.close(closing_id);
        stack.receive(open.segment(stack_test::ack, Bytes(7, 'o')));
        CHECK(stack.write(open_id, stack_test::some_bytes(900, 4)) == 900);
        CHECK(stack.next_frame().tcp);
        stack.receive(*half_open.next());
        stack.receive(stack_test::ArpFrame{});
        stack.receive(stack_test::TcpFrame{.source_port = 9, .seq = 1, .ack = 2, .flags = stack_test::ack});
    }

    [[nodiscard]] Bytes snapshot() const { return snapshot_of(const_cast<CheckedStack&>(stack).raw()); }
};

// Where the connections begin in the snapshot of Everything: the longest silent
// ones first.
struct Places {
    std::size_t half_open = header_end + 10 + 19;
    std::size_t closing = half_open + rings_at;
    std::size_t open = closing + rings_at + 300;
    std::size_t aborted = open + rings_at + 7 + 900;
    std::size_t turns = aborted + rings_at + 20;
};

// Drives a stack to the end of all its connections, whatever state they are in.
void exhaust(Stack stack, std::uint64_t now) {
    constexpr int enough = 10'000;
    Bytes frame(65549);
    int calls = 0;
    for (; calls < enough && stack.connection_count() > 0; ++calls) {
        while (const auto event = stack.next_event()) {
            const auto bytes = stack.readable(event->connection);
            if (bytes) {
                REQUIRE(stack.consume(event->connection, bytes->size()));
                static_cast<void>(stack.write(event->connection, Bytes(10)));
                static_cast<void>(stack.abort(event->connection));
            }
        }
        for (std::uint16_t port = 2000; port < 2004; ++port) {
            Client client(port);
            REQUIRE(stack.receive_frame(bytes_of(*client.next()), now));
        }
        auto length = stack.next_frame(frame, now);
        for (int frames = 0; length && *length > 0; ++frames) {
            REQUIRE(frames < enough);
            length = stack.next_frame(frame, now);
        }
        REQUIRE(length);
        now += std::min<std::uint64_t>(UINT64_MAX - now, 100);
        if (calls > 50) {
            break;  // lent bytes that nobody has, or times that are far away
        }
    }
}

}  // namespace

TEST_CASE("the snapshot of version 1 that was kept restores to what it meant", "[stack][snapshot]") {
    std::ifstream file(STACK_SNAPSHOT_VERSION_1);
    REQUIRE(file);
    Bytes snapshot;
    for (std::string line; std::getline(file, line);) {
        for (std::size_t at = 0; !line.starts_with('#') && at + 1 < line.size(); at += 2) {
            snapshot.push_back(static_cast<std::uint8_t>(std::stoul(line.substr(at, 2), nullptr, 16)));
        }
    }
    const auto config = small_config();
    const auto kept = restored(config, snapshot);
    REQUIRE(kept.stack);
    Stack stack = *kept.stack;
    CHECK(snapshot_of(stack) == snapshot);
    CHECK(stack.connection_count() == 4);
    constexpr ConnectionId aborted = 1U << 20U;
    constexpr ConnectionId open = 2U << 20U | 1U;
    constexpr ConnectionId closing = 3U << 20U | 2U;
    constexpr ConnectionId half_open = 4U << 20U | 3U;
    CHECK_FALSE(stack.info(half_open));  // as far as the application goes
    const auto one = stack.info(open);
    REQUIRE(one);
    CHECK(one->peer.mac == stack_test::guest_mac);
    CHECK(one->peer.address == stack_test::guest_ip);
    CHECK(one->peer.port == 2001);
    CHECK(one->peer.our_port == stack_test::our_port);
    CHECK(one->state == dumbo::State::established);
    CHECK(one->mss == 1460);
    CHECK(one->readable == 7);
    CHECK(one->queued == 900);
    CHECK(one->last_heard == 1000);
    CHECK_FALSE(one->is_closing);
    const auto other = stack.info(closing);
    REQUIRE(other);
    CHECK(other->queued == 300);
    CHECK(other->lent == 5000);
    CHECK(other->lent_is_missing);
    CHECK(other->is_closing);
    CHECK(stack.readable(aborted)->size() == 20);
    auto event = stack.next_event();
    REQUIRE(event);
    CHECK(event->connection == aborted);
    CHECK(event->kind == dumbo::StackEvent::Kind::readable);
    event = stack.next_event();
    REQUIRE(event);
    CHECK(event->connection == open);
    CHECK(event->kind == dumbo::StackEvent::Kind::readable);
    event = stack.next_event();
    REQUIRE(event);
    CHECK(event->connection == aborted);
    CHECK(event->reason == dumbo::StackEvent::Reason::reset);
    // Who had the latest frame was a connection: now an ARP reply, a RST, and the
    // connections again.
    Bytes frame(1514);
    const auto next_length = [&] { return *stack.next_frame(frame, 1000); };
    CHECK(next_length() == 42);
    CHECK(next_length() == 54);
    CHECK(next_length() == 54 + 900);
    CHECK(next_length() == 58);
    CHECK(next_length() == 0);
}

TEST_CASE("a stack without connections has a snapshot", "[stack][snapshot]") {
    CheckedStack stack(small_config());
    const Bytes snapshot = snapshot_of(stack.raw());
    CHECK(snapshot.size() == header_end + 4);
    CHECK(std::string(snapshot.begin(), snapshot.begin() + 4) == "dSTK");
    CHECK(error_of(snapshot) == std::nullopt);
    Bytes buffer(snapshot.size() - 1);
    const auto refused = stack.raw().snapshot(buffer);
    REQUIRE_FALSE(refused);
    CHECK(refused.error() == Error::buffer_too_small);
    CHECK(buffer == Bytes(buffer.size()));
}

TEST_CASE("everything that a stack holds arrives in the restored one", "[stack][snapshot]") {
    Everything all;
    all.stack.move_by_snapshot();
    Client* const clients[] = {&all.half_open, &all.open, &all.closing};
    CHECK(all.stack.raw().info(all.closing_id)->lent == 5000);
    CHECK(all.stack.read(all.open_id) == Bytes(7, 'o'));
    const auto others = talk(all.stack, clients);
    REQUIRE(others.size() == 2);  // the ARP reply and the RST of nobody
    CHECK(std::count_if(others.begin(), others.end(), [](const auto& frame) { return frame.arp.has_value(); }) == 1);
    for (int i = 0; i < 5; ++i) {  // the first frame of `closing` was not delivered
        all.stack.now += 100;
        talk(all.stack, clients);
    }
    CHECK(all.open.received() == stack_test::some_bytes(900, 4));
    Bytes sent = stack_test::some_bytes(300, 3);
    sent.insert(sent.end(), all.loan.begin(), all.loan.end());
    CHECK(all.closing.received() == sent);
    CHECK(all.closing.fin_taken());
    CHECK(all.half_open.is_open());
    CHECK(all.stack.raw().connection_count() == 4);
}

TEST_CASE("a conversation goes on from stack to stack", "[stack][snapshot]") {
    scenario::Dice dice(5);
    CheckedStack stack(small_config());
    Client client(2000);
    Client* const clients[] = {&client};
    const ConnectionId id = open(stack, client);
    const Bytes up = stack_test::some_bytes(30'000, 1);
    const Bytes down = stack_test::some_bytes(30'000, 2);
    client.send(up);
    Bytes arrived;
    std::size_t written = 0;
    for (int moves = 0; moves < 300 && (arrived.size() < up.size() || client.received().size() < down.size());
         ++moves) {
        written += stack.write(id, std::span(down).subspan(written));
        for (std::uint64_t frames = dice.below(5); frames > 0; --frames) {
            if (const auto frame = client.next()) {
                stack.receive(*frame);
            }
            if (const auto frame = stack.next_frame().tcp) {
                client.take(*frame);
            }
        }
        const Bytes piece = stack.read(id, dice.size_below(900));
        arrived.insert(arrived.end(), piece.begin(), piece.end());
        stack.move_by_snapshot();
        stack.now += 1;
    }
    talk(stack, clients);
    CHECK(arrived == up);
    CHECK(client.received() == down);
}

TEST_CASE("lent bytes are asked for again, exactly those that are needed", "[stack][snapshot]") {
    CheckedStack stack(small_config());
    Client client(2000);
    client.mss = 100;
    const ConnectionId id = open(stack, client);
    const Bytes body = stack_test::some_bytes(1000);
    CHECK(stack.lend(id, body) == std::nullopt);
    client.take(*stack.next_frame().tcp);
    stack.receive(*client.next());
    stack.close(id);
    const auto config = small_config();
    const auto twin = restored(config, snapshot_of(stack.raw()));
    REQUIRE(twin.stack);
    Stack other = *twin.stack;
    CHECK(other.info(id)->lent_is_missing);
    CHECK(*other.lent(id) == 900);
    CHECK(other.lend(id, Bytes(899)) == Error::lent);
    CHECK(other.lend(id, Bytes(901)) == Error::lent);
    Bytes frame(1514);
    CHECK(*other.next_frame(frame, stack.now) == 0);  // nothing to send it from
    CHECK(other.lend(id, std::span(body).last(900)) == std::nullopt);
    CHECK_FALSE(other.info(id)->lent_is_missing);
    CHECK(other.lend(id, Bytes(900)) == Error::connection_closing);
    const auto length = other.next_frame(frame, stack.now);
    REQUIRE(length);
    REQUIRE(*length == 54 + 100);
    CHECK(std::equal(frame.begin() + 54, frame.begin() + 154, body.begin() + 100));
}

TEST_CASE("a restored stack never uses a number again", "[stack][snapshot]") {
    CheckedStack stack(small_config());
    std::map<ConnectionId, int> seen;
    for (std::uint16_t port = 2000; port < 2010; ++port) {
        Client client(port);
        const ConnectionId id = open(stack, client);
        CHECK(++seen[id] == 1);
        stack.abort(id);
        CHECK_FALSE(stack.next_bytes().empty());
        CHECK(events_of(stack) == "closed: reset");
        stack.move_by_snapshot();
        CHECK_FALSE(stack.raw().info(id));
    }
}

TEST_CASE("another clock leaves every timeout as much time as it had", "[stack][snapshot]") {
    auto config = small_config();
    config.connections = 2;
    config.half_open = 1;
    config.idle_threshold = 500;
    CheckedStack stack(config);
    Client client(2000);
    Client idle(2001);
    open(stack, idle);
    stack.now += 460;
    const ConnectionId id = open(stack, client);
    CHECK(stack.write(id, Bytes(10)) == 10);
    CHECK(stack.next_frame().tcp);
    stack.now += 30;
    const Bytes snapshot = snapshot_of(stack.raw());
    CHECK(error_of(snapshot, config, dumbo::ClockRebase{.old_now = 1459, .new_now = 0}) == Error::timestamp_decreased);
    const std::uint64_t new_now = GENERATE(std::uint64_t{5}, std::uint64_t{1'000'000'000'000});
    const auto twin = restored(config, snapshot, dumbo::ClockRebase{.old_now = stack.now, .new_now = new_now});
    REQUIRE(twin.stack);
    Stack other = *twin.stack;
    CHECK_FALSE(other.next(new_now - 1));
    const auto next = other.next(new_now);
    REQUIRE(next);
    CHECK(next->kind == dumbo::NextSegmentStatus::Kind::timeout);
    CHECK(next->deadline == new_now + 70);
    // Silent for 490 so far: 10 more, and it gives way. On a clock younger than
    // that nobody can have been silent for longer than the clock runs.
    Client newcomer(2002);
    const Bytes syn = bytes_of(*newcomer.next());
    const std::uint64_t until = new_now < 490 ? 495 : 9;
    REQUIRE(other.receive_frame(syn, new_now + until - 1));
    CHECK(other.counters().evicted == 0);
    REQUIRE(other.receive_frame(syn, new_now + until + 1));
    CHECK(other.counters().evicted == 1);
}

TEST_CASE(
    "the config of a restored stack may be another one if everything "
    "finds its place",
    "[stack][snapshot]") {
    Everything all;
    const Bytes snapshot = all.snapshot();
    auto config = small_config();
    config.connections = 5;
    config.half_open = 1;
    config.receive_buffer = 5000;
    config.send_buffer = 900;
    config.replies = 1;
    config.ports = {9};
    config.mtu = 576;
    CHECK(error_of(snapshot, config) == std::nullopt);
    using Change = void (*)(StackConfig&);
    const Change changes[] = {
        [](StackConfig& how) { how.mac[5] ^= 1U; }, [](StackConfig& how) { how.address[3] ^= 1U; },
        [](StackConfig& how) { how.connections = 3; }, [](StackConfig& how) { how.receive_buffer = 999; },
        [](StackConfig& how) { how.send_buffer = 899; }};
    for (const Change change : changes) {
        auto other = config;
        change(other);
        CHECK(error_of(snapshot, other) == Error::snapshot_config);
    }
    const stack_test::Memory memory(1000);
    CHECK(Stack::restore(memory.span(), config, snapshot).error() == Error::buffer_too_small);
    config.send_buffer = 0;
    CHECK(Stack::restore(memory.span(), config, snapshot).error() == Error::invalid_argument);
    config.send_buffer = 900;

    all.stack.receive(*Client(2010).next());
    config = small_config();
    CHECK(error_of(snapshot_of(all.stack.raw()), config) == std::nullopt);
    config.half_open = 1;
    config.connections = 8;
    all.stack.move_by_snapshot(config);
    config.replies = 1;
    all.stack.receive(stack_test::TcpFrame{.source_port = 9, .seq = 1, .ack = 2, .flags = stack_test::ack});
    CHECK(error_of(snapshot_of(all.stack.raw()), config) == Error::snapshot_config);
}

TEST_CASE("handshakes beyond what the config allows do not fit", "[stack][snapshot]") {
    CheckedStack stack(small_config());
    Client one(2000);
    Client other(2001);
    stack.receive(*one.next());
    stack.receive(*other.next());
    auto config = small_config();
    CHECK(error_of(snapshot_of(stack.raw()), config) == std::nullopt);
    config.half_open = 1;
    CHECK(error_of(snapshot_of(stack.raw()), config) == Error::snapshot_config);
}

TEST_CASE("damage of a snapshot is always noticed", "[stack][snapshot]") {
    const Bytes snapshot = Everything().snapshot();
    REQUIRE(error_of(snapshot) == std::nullopt);
    for (std::size_t at = 0; at < snapshot.size(); ++at) {
        Bytes damaged = snapshot;
        damaged[at] ^= static_cast<std::uint8_t>(1U << (at % 8));
        CAPTURE(at);
        CHECK(error_of(damaged));
    }
    for (std::size_t length = 0; length < snapshot.size(); ++length) {
        CAPTURE(length);
        CHECK(error_of(Bytes(snapshot.begin(), snapshot.begin() + static_cast<std::ptrdiff_t>(length))) ==
              Error::snapshot_length);
    }
    Bytes longer = snapshot;
    longer.push_back(0);
    CHECK(error_of(longer) == Error::snapshot_length);
}

TEST_CASE("a snapshot of anything else is told apart", "[stack][snapshot]") {
    const Bytes snapshot = Everything().snapshot();
    CHECK(error_with(snapshot, 0, 'x') == Error::snapshot_format);
    CHECK(error_with(snapshot, 4, 2) == Error::snapshot_version);
    CHECK(error_with(snapshot, 6, 1) == Error::snapshot_length);
    Bytes damaged = snapshot;
    damaged[header_end] ^= 1U;
    CHECK(error_of(damaged) == Error::snapshot_checksum);
}

TEST_CASE("a snapshot whose parts are too many or too few is refused", "[stack][snapshot]") {
    const Bytes snapshot = Everything().snapshot();
    CHECK(error_with(snapshot, connection_count_at, 5) == Error::snapshot_config);
    CHECK(error_with(snapshot, connection_count_at, 3) == Error::snapshot_length);
    CHECK(error_with(snapshot, arp_count_at, 9) == Error::snapshot_config);
    CHECK(error_with(snapshot, rst_count_at, 5) == Error::snapshot_config);
    CHECK(error_with(snapshot, rst_count_at + 3, 1) == Error::snapshot_config);
    CHECK(error_with(snapshot, turn_count_at, 9) == Error::snapshot_length);
    CHECK(error_with(snapshot, event_count_at + 3, 0xff) == Error::snapshot_length);
    const Places places;
    CHECK(error_with(snapshot, places.aborted + in_length_at, 19) == Error::snapshot_length);
    CHECK(error_with(snapshot, places.aborted + in_length_at + 1, 1) == Error::snapshot_length);
}

TEST_CASE("a state that a stack cannot be in is refused", "[stack][snapshot]") {
    const Bytes snapshot = Everything().snapshot();
    const Places at;
    struct Change {
        const char* what;
        std::size_t at;
        std::uint8_t value;
        Error error;
    };
    const Change changes[] = {
        {"fewer connections were begun than there are", begun_at, 3, Error::snapshot_stack},
        {"latest_now before a connection's", latest_now_at + 1, 0, Error::snapshot_stack},
        {"an ARP reply for a group", header_end, 1, Error::snapshot_stack},
        {"an ARP reply to an impossible address", header_end + 6, 127, Error::snapshot_stack},
        {"a RST for a group", header_end + 10, 1, Error::snapshot_stack},
        {"a RST to an impossible address", header_end + 16, 224, Error::snapshot_stack},
        {"a RST of an unknown kind", header_end + 24, 2, Error::snapshot_value},
        {"more connections begun than there are numbers", begun_at + 7, 1, Error::snapshot_value},
        {"a FIN in the handshake", at.half_open + closing_at, 1, Error::snapshot_stack},
        {"a reason without a RST", at.open + reason_at, 3, Error::snapshot_stack},
        {"a FIN that nobody recorded", at.open + closing_at, 1, Error::snapshot_stack},
        {"a peer that closes without a FIN", at.open + events_at, 8, Error::snapshot_stack},
        {"a closed one among the first", at.half_open + life_at, 3, Error::snapshot_stack},
        {"silent for longer than the one before", at.open + last_heard_at, 0, Error::snapshot_stack},
        {"two with one place", at.open + id_at, snapshot[at.closing + id_at], Error::snapshot_stack},
        {"a place behind the last", at.open + id_at, 4, Error::snapshot_config},
        {"a number from the future", at.open + id_at + 4, 1, Error::snapshot_stack},
        {"heard in the future", at.open + last_heard_at + 7, 1, Error::snapshot_stack},
        {"more lent than there can be", at.closing + lent_at + 7, 0x80, Error::snapshot_stack},
        {"lent during the handshake", at.half_open + lent_at, 1, Error::snapshot_stack},
        {"lent behind the end", at.aborted + lent_at, 1, Error::snapshot_stack},
        {"more received than the ring holds", at.open + in_length_at + 1, 0x10, Error::snapshot_config},
        {"more received than the window leaves", at.open + in_length_at, 8, Error::snapshot_config},
        {"more queued than the ring holds", at.open + out_length_at + 1, 0x10, Error::snapshot_config},
        {"less queued than was sent", at.closing + lent_at + 1, 0, Error::snapshot_stack},
        {"a peer in a group", at.open + peer_mac_at, 1, Error::snapshot_stack},
        {"a peer that is nobody", at.open + peer_address_at, 0, Error::snapshot_stack},
        {"an unknown life", at.open + life_at, 4, Error::snapshot_value},
        {"no life", at.open + life_at, 0, Error::snapshot_stack},
        {"half-open, and established", at.open + life_at, 1, Error::snapshot_stack},
        {"open, and not established", at.half_open + life_at, 2, Error::snapshot_stack},
        {"open, and reset", at.aborted + life_at, 2, Error::snapshot_stack},
        {"closed, and nobody is told", at.open + life_at, 3, Error::snapshot_stack},
        {"no time to live", at.open + ttl_at, 0, Error::snapshot_value},
        {"a flag that is none", at.open + closing_at, 2, Error::snapshot_value},
        {"a FIN that did not come", at.open + fin_told_at, 1, Error::snapshot_stack},
        {"an unknown reason", at.aborted + reason_at, 6, Error::snapshot_value},
        {"closed without a reason", at.aborted + reason_at, 0, Error::snapshot_stack},
        {"an unknown event", at.open + events_at, 32, Error::snapshot_value},
        {"closed, as an event of an open one", at.open + events_at, 16, Error::snapshot_stack},
        {"an event of a half-open one", at.half_open + events_at, 1, Error::snapshot_stack},
        {"a closed one without that event", at.aborted + events_at, 2, Error::snapshot_stack},
        {"an impossible core", at.open + core_at + 8, 1, Error::snapshot_checksum},
        {"a turn of nobody", at.turns + 3, 1, Error::snapshot_stack},
        {"a turn of a closed one", at.turns, snapshot[at.aborted + id_at], Error::snapshot_stack},
        {"a turn taken twice", at.turns, snapshot[at.turns + 4], Error::snapshot_stack},
        {"an event of nobody", snapshot.size() - 5, 1, Error::snapshot_stack},
        {"an event of one without", snapshot.size() - 8, snapshot[at.half_open + id_at], Error::snapshot_stack},
    };
    for (const Change& change : changes) {
        INFO(change.what);
        REQUIRE(snapshot[change.at] != change.value);
        const auto error = error_with(snapshot, change.at, change.value);
        CAPTURE(error ? static_cast<int>(*error) : -1);
        CHECK(error == change.error);
    }
    Bytes no_port = snapshot;
    no_port[at.open + our_port_at] = no_port[at.open + our_port_at + 1] = 0;
    seal(no_port);
    CHECK(error_of(no_port) == Error::snapshot_stack);
    Bytes no_number = snapshot;
    std::fill_n(no_number.begin() + static_cast<std::ptrdiff_t>(at.open + id_at + 2), 6, std::uint8_t{0});
    seal(no_number);
    CHECK(error_of(no_number) == Error::snapshot_stack);
    Bytes twins = snapshot;
    std::copy_n(twins.begin() + static_cast<std::ptrdiff_t>(at.closing + peer_mac_at), 14,
                twins.begin() + static_cast<std::ptrdiff_t>(at.open + peer_mac_at));
    seal(twins);
    CHECK(error_of(twins) == Error::snapshot_stack);
    Bytes turnless = snapshot;
    turnless[turn_count_at] = static_cast<std::uint8_t>(turnless[turn_count_at] - 1);
    turnless.erase(turnless.begin() + static_cast<std::ptrdiff_t>(at.turns),
                   turnless.begin() + static_cast<std::ptrdiff_t>(at.turns) + 4);
    turnless[6] = static_cast<std::uint8_t>(turnless.size());
    turnless[7] = static_cast<std::uint8_t>(turnless.size() >> 8U);
    seal(turnless);
    CHECK(error_of(turnless) == Error::snapshot_stack);
    CHECK(error_with(snapshot, mac_at, 0x0e) == Error::snapshot_config);
    CHECK(error_with(snapshot, address_at, 1) == Error::snapshot_config);
}

TEST_CASE(
    "a snapshot whose core and whose connection contradict each other is "
    "refused",
    "[stack][snapshot]") {
    // Where things are in a core (docs/snapshot.md).
    constexpr std::size_t snd_nxt = core_at + 44;
    constexpr std::size_t rcv_nxt = core_at + 52;
    constexpr std::size_t rcv_edge = core_at + 56;
    constexpr std::size_t fin = core_at + 64;
    constexpr std::size_t fin_recorded = core_at + 85;
    const Places at;
    const Bytes snapshot = Everything().snapshot();
    const auto changed = [&](std::size_t connection, const std::function<void(std::span<std::uint8_t>)>& change) {
        Bytes bytes = snapshot;
        const auto record = std::span(bytes).subspan(connection, rings_at);
        change(record);
        Bytes core(record.begin() + core_at, record.end());
        seal(core);
        std::copy(core.begin(), core.end(), record.begin() + core_at);
        seal(bytes);
        return error_of(bytes);
    };
    const auto copy4 = [](std::span<std::uint8_t> record, std::size_t from, std::size_t to) {
        std::copy_n(record.begin() + static_cast<std::ptrdiff_t>(from), 4,
                    record.begin() + static_cast<std::ptrdiff_t>(to));
    };
    CHECK(changed(at.half_open, [](auto) {}) == std::nullopt);
    CHECK(changed(at.half_open, [&](auto record) {  // which nobody can have closed
              record[fin_recorded] = 1;
              copy4(record, snd_nxt, fin);
          }) == Error::snapshot_stack);
    CHECK(changed(at.open, [&](auto record) {  // closed by nobody
              record[fin_recorded] = 1;
              copy4(record, snd_nxt, fin);
          }) == Error::snapshot_stack);
    CHECK(changed(at.closing, [&](auto record) { copy4(record, snd_nxt, fin); }) == Error::snapshot_stack);
    CHECK(changed(at.half_open, [&](auto record) { copy4(record, rcv_nxt, rcv_edge); }).has_value());
}

TEST_CASE("connections come in the order of their lives, and of their silence", "[stack][snapshot]") {
    const auto swapped = [](const std::function<void(CheckedStack&, Client&, Client&)>& lead) {
        CheckedStack stack(small_config());
        Client one(2000);
        Client other(2001);
        lead(stack, one, other);
        Bytes snapshot = snapshot_of(stack.raw());
        CHECK(error_of(snapshot) == std::nullopt);
        REQUIRE(snapshot[connection_count_at] == 2);
        const auto first = snapshot.begin() + header_end;  // nothing is in any ring, and nobody waits for an answer
        std::rotate(first, first + rings_at, first + 2 * static_cast<std::ptrdiff_t>(rings_at));
        seal(snapshot);
        return error_of(snapshot);
    };
    CHECK(swapped([](auto& stack, auto& one, auto& other) {  // open, half-open
              open(stack, one);
              stack.receive(*other.next());
          }) == Error::snapshot_stack);
    CHECK(swapped([](auto& stack, auto& one, auto& other) {  // closed, half-open
              const ConnectionId id = open(stack, one);
              stack.abort(id);
              CHECK(stack.next_frame().tcp);
              stack.receive(*other.next());
          }) == Error::snapshot_stack);
    CHECK(swapped([](auto& stack, auto& one, auto& other) {  // closed, open
              const ConnectionId id = open(stack, one);
              open(stack, other);
              stack.abort(id);
              CHECK(stack.next_frame().tcp);
          }) == Error::snapshot_stack);
}

TEST_CASE("a connection that cannot be in its place alone is refused", "[stack][snapshot]") {
    CheckedStack stack(small_config());
    Client client(2000);
    const ConnectionId id = open(stack, client);
    const Bytes idle = snapshot_of(stack.raw());
    REQUIRE(error_of(idle) == std::nullopt);

    Bytes from_the_future = idle;
    std::fill_n(from_the_future.begin() + latest_now_at, 8, std::uint8_t{0});
    std::fill_n(from_the_future.begin() + header_end + last_heard_at, 8, std::uint8_t{0});
    seal(from_the_future);
    CHECK(error_of(from_the_future) == Error::snapshot_stack);

    CHECK(stack.write(id, Bytes(100)) == 100);
    Bytes without_turn = snapshot_of(stack.raw());
    REQUIRE(without_turn[turn_count_at] == 1);
    without_turn[turn_count_at] = 0;
    cut(without_turn, header_end + rings_at + 100, 4);
    seal(without_turn);
    CHECK(error_of(without_turn) == Error::snapshot_stack);

    CHECK(stack.next_frame().tcp);
    Bytes sent_from_nowhere = snapshot_of(stack.raw());
    REQUIRE(sent_from_nowhere[header_end + out_length_at] == 100);
    sent_from_nowhere[header_end + out_length_at] = 0;
    cut(sent_from_nowhere, header_end + rings_at, 100);
    seal(sent_from_nowhere);
    CHECK(error_of(sent_from_nowhere) == Error::snapshot_stack);
}

TEST_CASE("a FIN behind more than sequence numbers can tell apart is still to come", "[stack][snapshot]") {
    CheckedStack stack(small_config());
    Client client(2000);
    open(stack, client);
    Bytes snapshot = snapshot_of(stack.raw());
    snapshot[header_end + closing_at] = 1;
    snapshot[header_end + lent_at + 3] = 0x80;
    seal(snapshot);
    CHECK(error_of(snapshot) == std::nullopt);
    snapshot[header_end + lent_at + 3] = 0x10;
    seal(snapshot);
    CHECK(error_of(snapshot) == Error::snapshot_stack);
}

TEST_CASE("an open connection has something left to do, or to read", "[stack][snapshot]") {
    CheckedStack stack(small_config());
    Client client(2000);
    const ConnectionId id = open(stack, client);
    stack.receive(client.segment(stack_test::ack | stack_test::fin, Bytes(10)));
    stack.close(id);
    Client* const clients[] = {&client};
    talk(stack, clients);
    Bytes snapshot = snapshot_of(stack.raw());
    REQUIRE(error_of(snapshot) == std::nullopt);
    REQUIRE(snapshot[header_end + in_length_at] == 10);
    snapshot[header_end + in_length_at] = 0;
    cut(snapshot, header_end + rings_at, 10);
    seal(snapshot);
    CHECK(error_of(snapshot) == Error::snapshot_stack);
}

TEST_CASE("a snapshot has room for what it announces", "[stack][snapshot]") {
    CheckedStack stack(small_config());
    Bytes snapshot = snapshot_of(stack.raw());
    CHECK(error_with(snapshot, arp_count_at, 1) == Error::snapshot_length);
    snapshot.resize(20);
    snapshot[6] = 20;
    seal(snapshot);
    CHECK(error_of(snapshot) == Error::snapshot_length);

    stack.receive(stack_test::ArpFrame{});
    stack.receive(stack_test::ArpFrame{});
    snapshot = snapshot_of(stack.raw());
    REQUIRE(snapshot[arp_count_at] == 2);
    CHECK(error_with(snapshot, header_end, 1) == Error::snapshot_stack);  // the first of them to a group
}

TEST_CASE("a window that nobody can open again is refused", "[stack][snapshot]") {
    CheckedStack stack(small_config());
    Client client(2000);
    const ConnectionId id = open(stack, client);
    stack.receive(client.segment(stack_test::ack, Bytes(1000)));
    CHECK(stack.next_frame().tcp->window == 0);
    Bytes snapshot = snapshot_of(stack.raw());
    CHECK(error_of(snapshot) == std::nullopt);
    // Nothing in the ring, and no room either.
    snapshot[header_end + in_length_at] = snapshot[header_end + in_length_at + 1] = 0;
    snapshot.erase(snapshot.begin() + header_end + rings_at, snapshot.begin() + header_end + rings_at + 1000);
    snapshot[6] = static_cast<std::uint8_t>(snapshot.size());
    snapshot[7] = static_cast<std::uint8_t>(snapshot.size() >> 8U);
    seal(snapshot);
    CHECK(error_of(snapshot) == Error::snapshot_stack);
    CHECK(stack.read(id).size() == 1000);
    // Who wants room has something that takes it.
    snapshot = snapshot_of(stack.raw());
    constexpr std::size_t wants_room_at = header_end + 49;
    CHECK(error_with(snapshot, wants_room_at, 1) == Error::snapshot_stack);
}

TEST_CASE("a RST that waits has its reason and its turn, in a snapshot too", "[stack][snapshot]") {
    CheckedStack stack(small_config());
    Client client(2000);
    stack.abort(open(stack, client));
    const Bytes snapshot = snapshot_of(stack.raw());
    CHECK(error_of(snapshot) == std::nullopt);
    CHECK(error_with(snapshot, header_end + reason_at, 0) == Error::snapshot_stack);
    CHECK(error_with(snapshot, header_end + reason_at, 1) == Error::snapshot_stack);
    CHECK(error_with(snapshot, header_end + closing_at, 0) == Error::snapshot_stack);
}

TEST_CASE("numbers never begin anew", "[stack][snapshot]") {
    CheckedStack stack(small_config());
    Bytes snapshot = snapshot_of(stack.raw());
    snapshot[begun_at + 5] = 0x08;  // 2^43
    seal(snapshot);
    const auto config = small_config();
    const auto last = restored(config, snapshot);
    REQUIRE(last.stack);
    Stack other = *last.stack;
    const auto verdict = other.receive_frame(bytes_of(*Client(2000).next()), stack.now);
    REQUIRE(verdict);
    CHECK(verdict->connection >> 20U == (std::uint64_t{1} << 43U) + 1);
    CHECK(error_with(snapshot, begun_at, 1) == Error::snapshot_value);
}

TEST_CASE("whatever bytes become a stack, it lives on without harm", "[stack][snapshot][long]") {
    const Bytes snapshot = Everything().snapshot();
    const auto config = small_config();
    scenario::Dice dice(11);
    std::uint32_t accepted = 0;
    for (std::size_t at = 4; at + 4 < snapshot.size(); ++at) {
        for (const auto value :
             {std::uint8_t{0}, std::uint8_t{1}, std::uint8_t{0xff}, static_cast<std::uint8_t>(dice.any())}) {
            Bytes changed = snapshot;
            changed[at] = value;
            seal(changed);
            const auto twin = restored(config, changed);
            if (!twin.stack) {
                continue;
            }
            CAPTURE(at, value);
            CHECK(snapshot_of(*twin.stack) == changed);
            ++accepted;
            std::uint64_t now = 0;
            for (unsigned i = 0; i < 8; ++i) {
                now |= std::uint64_t{changed[latest_now_at + i]} << (8 * i);
            }
            exhaust(*twin.stack, now);
        }
    }
    CHECK(accepted > 500);
}
