// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>

#include "ends/conversation.hpp"

namespace ends {

namespace {

template <typename T, std::size_t size>
T one_of(Random& random, const T (&values)[size]) {
    return values[random.below(size)];
}

// From one byte up: every size of window is as likely as the ones twice as large.
std::uint32_t some_window(Random& random) {
    const auto magnitude = std::uint32_t{1} << random.below(17);
    return std::min<std::uint32_t>(magnitude + static_cast<std::uint32_t>(random.below(magnitude)), 65535);
}

std::uint32_t some_isn(Random& random) {
    return random.below(2) == 0 ? static_cast<std::uint32_t>(random.next())
                                : std::uint32_t{0} - static_cast<std::uint32_t>(random.below(3000));
}

// So much that it takes some dozens of windows at most.
std::size_t some_length(Random& random, std::uint32_t window) {
    return random.below(6) == 0 ? 0 : 1 + random.below(std::min<std::size_t>(15000, 40 * std::size_t{window}));
}

Habits some_habits(Random& random) {
    Habits habits;
    habits.isn = some_isn(random);
    if (random.below(8) != 0) {
        habits.mss = static_cast<std::uint16_t>(one_of(random, {100U, 101U, 536U, 1460U}));
    }
    habits.buffer = some_window(random);
    habits.keeps_out_of_order = random.below(2) == 0;
    habits.avoids_silly_windows = random.below(3) != 0;
    habits.probes_with_data = random.below(2) == 0;
    habits.closes_first = random.below(2) == 0;
    habits.rto = 60 + random.below(400);
    habits.rto_max = habits.rto * 8;
    habits.ack_delay = random.below(3) == 0 ? 0 : 1 + random.below(50);
    habits.pause = random.below(2) == 0 ? 0 : 1 + random.below(300);
    habits.read_max = some_window(random);
    return habits;
}

Service some_service(Random& random) {
    Service service;
    service.is_stack = random.below(3) == 0;
    service.options = random.below(3) == 0 ? DUMBO_OPTIONS_NONE : DUMBO_OPTIONS_GUEST_FACING;
    service.isn = some_isn(random);
    service.window = some_window(random);
    service.rto_period = 50 + random.below(400);
    service.rto_count_max = static_cast<std::uint16_t>(random.below(3) == 0 ? 1 + random.below(15) : 15);
    service.write_buffer = one_of<std::size_t>(random, {25, 60, 1600, 1600, 1600});
    service.close =
        one_of(random, {Service::Close::at_once, Service::Close::when_all_is_sent, Service::Close::after_the_client});
    service.pause = random.below(2) == 0 ? 0 : 1 + random.below(300);
    service.read_max = some_window(random);
    return service;
}

Forecast some_weather(Random& random) {
    Forecast forecast;
    if (random.below(8) != 0) {
        forecast.loss = static_cast<std::uint32_t>(random.below(3) == 0 ? random.below(40) : random.below(8));
        forecast.duplication = static_cast<std::uint32_t>(random.below(15));
        forecast.damage = static_cast<std::uint32_t>(random.below(10));
        forecast.overtaking = static_cast<std::uint32_t>(random.below(25));
    }
    forecast.delay = random.below(40);
    forecast.jitter = random.below(30);
    forecast.dead_from = random.below(12) == 0 ? 1 + random.below(2000) : never;
    return forecast;
}

// What the contract asks of a link and of a client, or else a connection without options does not get to its end: a SYN
// must not come again once its connection is established (behaviour, section 4, step 3), which in order it does not
// if the client waits for the answer; an old sequence number is not answered ("no answer to keep-alives"); and each
// duplicate ACK has our FIN go again (D14), so that with a client that refuses a FIN before its closed window, as RFC
// 9293, 3.10.7.4 has it, nothing but the link's delay slows down the exchange.
void suit_base(Plan& plan) {
    plan.forecast.overtaking = 0;
    plan.forecast.delay = std::max<Time>(plan.forecast.delay, 1);
    plan.habits.rto = std::max(plan.habits.rto, 2 * (plan.forecast.delay + plan.forecast.jitter) + 1);
    plan.habits.rto_max = plan.habits.rto * 8;
    plan.habits.probes_with_data = true;
}

}  // namespace

Plan plan_of(std::uint64_t seed) {
    Random random(Random(seed).next());  // neighbours must have nothing in common
    Plan plan{
        .seed = seed, .habits = some_habits(random), .service = some_service(random), .forecast = some_weather(random)};
    plan.from_client = some_length(random, plan.service.window);
    plan.from_server = some_length(random, plan.habits.buffer);
    if (plan.service.close == Service::Close::after_the_client) {
        plan.habits.closes_first = true;  // or else each would wait for the other
    }
    if (plan.service.options == DUMBO_OPTIONS_NONE) {
        suit_base(plan);
    }
    return plan;
}

std::string text_of(const Plan& plan) {
    const Habits& habits = plan.habits;
    const Service& service = plan.service;
    const Forecast& weather = plan.forecast;
    return fmt::format(
        "seed {}: {} with {}, window {}, rto {} x {}, buffer {}, close {}, pause {}; client: mss {}, window {}, rto "
        "{}, "
        "{}{}{}{}, ack delay {}, pause {}; loss {} %, doubled {} %, damaged {} %, overtaken {} %, delay {} + {}{}; {} "
        "bytes from the client, {} from the server",
        plan.seed, service.is_stack ? "stack" : "connection",
        service.options == DUMBO_OPTIONS_NONE ? "no options" : "all options", service.window, service.rto_period,
        service.rto_count_max, service.write_buffer, static_cast<int>(service.close), service.pause,
        habits.mss ? *habits.mss : 0, habits.buffer, habits.rto,
        habits.keeps_out_of_order ? "keeps what is early, " : "",
        habits.avoids_silly_windows ? "no silly windows, " : "", habits.probes_with_data ? "probes with data, " : "",
        habits.closes_first ? "closes first" : "closes second", habits.ack_delay, habits.pause, weather.loss,
        weather.duplication, weather.damage, weather.overtaking, weather.delay, weather.jitter,
        weather.dead_from == never ? "" : fmt::format(", dead from {}", weather.dead_from), plan.from_client,
        plan.from_server);
}

}  // namespace ends
