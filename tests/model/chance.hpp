// SPDX-License-Identifier: Apache-2.0
// Programs at random: with a preference for what lies at, or next to, the numbers at which something changes.
#pragma once

#include "model/event.hpp"
#include "model/lockstep.hpp"
#include "unit/support/bytes.hpp"

#include <cstdint>
#include <vector>

namespace model {

class Chance {
public:
    explicit Chance(std::uint64_t seed) : random_(seed) {}

    [[nodiscard]] Setup setup();

    // How a connection comes to be established, or nothing.
    [[nodiscard]] std::vector<Event> handshake();

    // Something that can happen to any connection, and often what moves this one on.
    [[nodiscard]] Event event(const Connection& connection);

private:
    [[nodiscard]] bool one_in(std::size_t times) { return random_.below(times) == 0; }
    template <typename Value, std::size_t count>
    [[nodiscard]] Value one_of(const Value (&values)[count]) {
        return values[random_.below(count)];
    }
    [[nodiscard]] std::int32_t near_zero();
    void spoil_setup(Setup& setup);
    [[nodiscard]] Event before_closed_window(const Connection& connection);
    void choose_time(Event& event);
    [[nodiscard]] Event segment(const Connection& connection);
    void spoil_segment(Event& event);
    [[nodiscard]] Event writing(const Connection& connection);
    void spoil_writing(Event& event);
    [[nodiscard]] Event command();

    dumbo_test::Random random_;
};

}  // namespace model
