// SPDX-License-Identifier: Apache-2.0
#include "model/walk.hpp"

#include "model/lockstep.hpp"
#include "model/shrink.hpp"
#include "snapshot/layout.hpp"

#include <algorithm>
#include <memory>
#include <numeric>
#include <unordered_map>

namespace model {
namespace {

namespace field = snapshot_test::field;

// Windows of a few octets: all of their edges are near.
[[nodiscard]] Setup small_setup(std::uint32_t options) {
    Setup setup;
    setup.options = options;
    setup.local_window = 2;
    setup.peer_window = 2;
    setup.mss = 100;
    setup.rto_count_max = 2;
    // Both wrap on the way.
    setup.isn = 0xfffffffe;
    setup.peer_isn = 0xfffffffd;
    return setup;
}

[[nodiscard]] Event segment(std::uint8_t flags, std::int32_t seq, std::uint16_t length = 0) {
    Event event;
    event.flags = flags;
    event.seq = seq;
    event.length = length;
    event.window = 2;
    return event;
}

[[nodiscard]] Event ack(Event::Ack from, std::int32_t offset, std::uint16_t window) {
    Event event = segment(DUMBO_TCP_ACK, 0);
    event.ack_from = from;
    event.ack = offset;
    event.window = window;
    return event;
}

[[nodiscard]] Event writing(Event::Lent lent, std::int64_t length, Event::When when = Event::When::later) {
    Event event;
    event.kind = Event::Kind::write;
    event.lent = lent;
    event.last = length;
    event.when = when;
    return event;
}

[[nodiscard]] Event command(Event::Kind kind, std::uint32_t octets = 0) {
    Event event;
    event.kind = kind;
    event.octets = octets;
    return event;
}

[[nodiscard]] Event with(Event event, void (*change)(Event&)) {
    change(event);
    return event;
}

// ------------------------------------------------------------------------------------------------------ states ----

using Key = std::string;

// The snapshot, with numbers that count from SND.UNA and RCV.NXT, and times from the latest `now`, and the model's
// state likewise. By how much a timeout or a challenge is overdue makes no difference but in the deadline that is told.
class Relative {
public:
    explicit Relative(const invariants::Sight& sight) : sight_(sight), bytes_(sight.bytes) {}

    [[nodiscard]] Key key() {
        const std::uint32_t una = sight_.snd_una;
        const std::uint32_t next = sight_.rcv_nxt;
        const std::uint64_t latest = sight_.latest_now;
        count_back(field::timeout_start, latest);
        if (get(field::challenged) != 0) {
            count_back(field::latest_challenge, latest);
        }
        for (const auto& number : {field::snd_nxt, field::snd_edge}) {
            set(number, get(number) - una);
        }
        for (const auto& number : {field::rcv_edge, field::advertised_edge}) {
            set(number, get(number) - next);
        }
        if (sight_.fin_recorded) {
            set(field::fin, get(field::fin) - una);
        }
        if (sight_.rst != 0 && get(field::rst_number) + get(field::rst_kind) != 0) {
            set(field::rst_number, get(field::rst_number) - (sight_.rst_kind == 0 ? una : next));
        }
        set(field::snd_una, 0);
        set(field::rcv_nxt, 0);
        set(field::latest_now, 0);
        return {bytes_.begin(), bytes_.begin() + snapshot_test::crc_at};
    }

private:
    [[nodiscard]] std::uint64_t get(snapshot_test::Field field) const {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < field.size; ++i) {
            value |= std::uint64_t{bytes_[field.at + i]} << (8 * i);
        }
        return value;
    }
    void set(snapshot_test::Field field, std::uint64_t value) {
        for (std::size_t i = 0; i < field.size; ++i) {
            bytes_[field.at + i] = static_cast<std::uint8_t>(value >> (8 * i));
        }
    }
    void count_back(snapshot_test::Field field, std::uint64_t latest) {
        set(field, std::min(latest - get(field), sight_.rto_period));
    }

    const invariants::Sight& sight_;
    std::array<std::uint8_t, DUMBO_SNAPSHOT_LENGTH_MAX> bytes_;
};

[[nodiscard]] Key key_of(const Lockstep& both) {
    const Bytes state = both.expected().relative_state();
    return Relative(both.sight()).key() + Key(state.begin(), state.end());
}

// ------------------------------------------------------------------------------------------------------- graph ----

struct State {
    std::unique_ptr<Lockstep> both;  // until it was gone on from
    std::uint32_t parent = 0;
    std::uint32_t letter = 0;
    std::vector<std::uint32_t> successors;
};

class Walk {
public:
    explicit Walk(std::uint32_t options) : letters_(alphabet()), setup_(small_setup(options)) {
        find(std::make_unique<Lockstep>(setup_), 0, 0);
    }

    [[nodiscard]] WalkResult to(unsigned depth) {
        std::size_t first = 0;
        for (unsigned step = 0; step < depth && result_.failure.empty(); ++step) {
            const std::size_t end = states_.size();
            for (; first < end && result_.failure.empty(); ++first) {
                go_on_from(static_cast<std::uint32_t>(first));
            }
        }
        result_.states = states_.size();
        result_.sequences = result_.failure.empty() ? sequences(depth) : 0;
        return result_;
    }

private:
    // The number of a state, which is new or not.
    std::uint32_t find(std::unique_ptr<Lockstep> both, std::uint32_t parent, std::uint32_t letter) {
        const auto number = static_cast<std::uint32_t>(states_.size());
        const auto [place, is_new] = numbers_.try_emplace(key_of(*both), number);
        if (is_new) {
            states_.push_back({std::move(both), parent, letter, {}});
        }
        return place->second;
    }

    void go_on_from(std::uint32_t number) {
        const auto both = std::move(states_[number].both);
        std::vector<std::uint32_t> successors;
        for (std::uint32_t letter = 0; letter < letters_.size(); ++letter) {
            auto next = std::make_unique<Lockstep>(*both);
            result_.transitions += 1;
            if (next->play(letters_[letter].event)) {
                result_.failure = report(program_to(number, letter));
                return;
            }
            successors.push_back(find(std::move(next), number, letter));
        }
        states_[number].successors = std::move(successors);
    }

    [[nodiscard]] Program program_to(std::uint32_t number, std::uint32_t last_letter) const {
        Program program{setup_, {letters_[last_letter].event}};
        for (; number != 0; number = states_[number].parent) {
            program.events.push_back(letters_[states_[number].letter].event);
        }
        std::ranges::reverse(program.events);
        return program;
    }

    // How many sequences lead through the graph: each once, with its multiplicity.
    [[nodiscard]] double sequences(unsigned depth) const {
        std::vector<double> ways(states_.size(), 0);
        ways[0] = 1;
        for (unsigned step = 0; step < depth; ++step) {
            std::vector<double> next(states_.size(), 0);
            for (std::size_t number = 0; number < states_.size(); ++number) {
                for (const std::uint32_t successor : states_[number].successors) {
                    next[successor] += ways[number];
                }
            }
            ways = std::move(next);
        }
        return std::accumulate(ways.begin(), ways.end(), 0.0);
    }

    std::vector<Letter> letters_;
    Setup setup_;
    std::vector<State> states_;
    std::unordered_map<Key, std::uint32_t> numbers_;
    WalkResult result_;
};

}  // namespace

std::vector<Letter> alphabet() {
    using enum Event::Kind;
    using enum Event::Ack;
    using enum Event::Lent;
    constexpr auto late = Event::When::at_timeout;
    constexpr std::uint8_t fin_ack = DUMBO_TCP_FIN | DUMBO_TCP_ACK;
    std::vector<Letter> letters = {
        {"the SYN again", with(segment(DUMBO_TCP_SYN, -1), [](Event& e) { e.mss = Event::Mss::same; })},
        {"another SYN", segment(DUMBO_TCP_SYN, 0)},
        {"ACK of everything", ack(nxt, 0, 2)},
        {"ACK of everything, window 0", ack(nxt, 0, 0)},
        {"ACK of everything, window 1", ack(nxt, 0, 1)},
        {"ACK of a part", ack(una, 1, 2)},
        {"ACK of nothing", ack(una, 0, 3)},
        {"ACK of nothing, same edge",
         with(ack(una, 0, 1000), [](Event& e) { e.window_from = Event::Window::same_edge; })},
        {"ACK of what was not sent", ack(nxt, 1, 2)},
        {"ACK of long ago", ack(una, -1, 2)},
        {"data, next", segment(DUMBO_TCP_ACK, 0, 1)},
        {"data, old", segment(DUMBO_TCP_ACK, -1, 1)},
        {"data, ahead", segment(DUMBO_TCP_ACK, 1, 1)},
        {"data up to the edge", segment(DUMBO_TCP_ACK, 0, 2)},
        {"data past the edge", segment(DUMBO_TCP_ACK, 0, 3)},
        {"data without ACK", segment(0, 0, 1)},
        {"keep-alive", segment(DUMBO_TCP_ACK, -1)},
        {"FIN", segment(fin_ack, 0)},
        {"FIN with data", segment(fin_ack, 0, 1)},
        {"FIN ahead", segment(fin_ack, 1)},
        {"RST", segment(DUMBO_TCP_RST, 0)},
        {"RST inside the window", segment(DUMBO_TCP_RST, 1)},
        {"RST outside", segment(DUMBO_TCP_RST, -1)},
        {"write nothing", writing(nothing, 0)},
        {"write nothing, late", writing(nothing, 0, late)},
        {"write three bytes", writing(bytes, 3)},
        {"write three bytes, late", writing(bytes, 3, late)},
        {"write one byte", with(writing(pieces, 3), [](Event& e) { e.room = 21; })},
        {"write up to the FIN", with(writing(callback, 0), [](Event& e) { e.until = Event::Until::fin; })},
        {"write up to the FIN, late", with(writing(callback, 0, late), [](Event& e) { e.until = Event::Until::fin; })},
        {"write what comes next, late",
         with(writing(bytes, 1, late), [](Event& e) { e.first_from = Event::From::nxt; })},
        {"write, but the source fails", writing(failing_callback, 3)},
        {"close", command(Event::Kind::close)},
        {"close after two", command(close_after, 2)},
        {"reset", command(reset)},
        {"open the window", command(advance, 1)},
    };
    // Nothing here is long.
    for (Letter& letter : letters) {
        letter.event.room = std::min(letter.event.room, 100U);
    }
    return letters;
}

WalkResult walk(std::uint32_t options, unsigned depth) {
    return Walk(options).to(depth);
}

}  // namespace model
