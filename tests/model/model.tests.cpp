// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <string>

#include "model/chance.hpp"
#include "model/lockstep.hpp"
#include "model/model.hpp"
#include "model/shrink.hpp"
#include "support/catch.hpp"

using model::Event;
using model::Program;

// What the model is built with; that it is right is for the lockstep to say.
namespace {

Event command(Event::Kind kind) {
    Event event;
    event.kind = kind;
    return event;
}

Event writing(std::int64_t length) {
    Event event;
    event.kind = Event::Kind::write;
    event.lent = Event::Lent::bytes;
    event.last = length;
    return event;
}

Event ack() {
    return Event{};
}

std::size_t count(const Program& program, Event::Kind kind) {
    return static_cast<std::size_t>(std::ranges::count(program.events, kind, &Event::kind));
}

Program random_program(std::size_t length) {
    model::Chance chance(7);
    Program program{chance.setup(), {}};
    const model::Lockstep both(program.setup);
    while (program.events.size() < length) {
        program.events.push_back(chance.event(both.expected()));
    }
    return program;
}

}  // namespace

TEST_CASE("a program that fails is shrunk to what makes it fail", "[model]") {
    Program program = random_program(200);
    program.setup.options = DUMBO_OPTIONS_GUEST_FACING;
    program.events.insert(program.events.begin() + 50, command(Event::Kind::close));
    program.events.insert(program.events.begin() + 120, writing(70000));
    const auto fails = [](const Program& other) {
        return count(other, Event::Kind::close) >= 1 && (other.setup.options & DUMBO_OPTION_LINGER) != 0 &&
               std::ranges::any_of(other.events, [](const Event& event) { return event.last >= 5; });
    };
    const Program shortest = model::shrink(program, fails);
    REQUIRE(fails(shortest));
    CHECK(shortest.events.size() <= 2);
    CHECK(shortest.setup.options == DUMBO_OPTION_LINGER);
    CHECK(std::ranges::all_of(shortest.events, [](const Event& event) { return event.step == 0 && event.seq == 0; }));
}

TEST_CASE("a program is printed in words", "[model]") {
    Event event = writing(10);
    event.when = Event::When::at_timeout;
    event.step = -1;
    event.first_from = Event::From::nxt;
    event.first = 2;
    CHECK(model::to_text(event) == "timeout-1 write bytes first=SND.NXT+2 length=10 reserved=0 room=3000 checksum=1");
    Event segment = ack();
    segment.flags = DUMBO_TCP_ACK | DUMBO_TCP_FIN;
    segment.seq_from = Event::Seq::edge;
    segment.ack = -3;
    CHECK(model::to_text(segment) ==
          "       +0 receive FA seq=local_edge ack=SND.NXT-3 window=1000 length=0 room=3000");
}

TEST_CASE("library and model go through a connection's life together", "[model]") {
    model::Lockstep both(model::Setup{});
    Event fin = ack();
    fin.flags = DUMBO_TCP_ACK | DUMBO_TCP_FIN;
    for (const Event& event : {writing(0), ack(), writing(700), writing(700), ack(), command(Event::Kind::close),
                               writing(0), fin, writing(0)}) {
        const auto difference = both.play(event);
        INFO(difference.value_or(""));
        REQUIRE_FALSE(difference);
    }
    CHECK(both.expected().state() == DUMBO_STATE_CLOSED);
    CHECK(both.expected().is_fin_acknowledged());
    CHECK(both.expected().una() == model::Setup{}.isn + 702);
}

TEST_CASE("a copy of a lockstep goes its own way", "[model]") {
    model::Lockstep both(model::Setup{});
    REQUIRE_FALSE(both.play(writing(0)));
    model::Lockstep copy(both);
    REQUIRE_FALSE(copy.play(ack()));
    CHECK(copy.expected().is_established());
    CHECK_FALSE(both.expected().is_established());
    REQUIRE_FALSE(both.play(command(Event::Kind::reset)));
    CHECK_FALSE(copy.expected().is_reset());
    CHECK(copy.expected().relative_state() != both.expected().relative_state());
}

TEST_CASE("sequence numbers have an order up to the largest window", "[model]") {
    constexpr std::uint32_t w = DUMBO_MAX_WINDOW_SIZE;
    CHECK(model::is_after(w - 1, 0));
    CHECK_FALSE(model::is_after(w, 0));
    CHECK_FALSE(model::is_after(0, 0));
    CHECK(model::is_at_or_after(0, 0));
    CHECK(model::is_after(1, 0xffffffff));
    CHECK_FALSE(model::is_at_or_after(0, w));
}
