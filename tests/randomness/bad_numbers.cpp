// SPDX-License-Identifier: Apache-2.0
#include "randomness/bad_numbers.hpp"

#include <random>
#include <utility>

#include "unit/support/bytes.hpp"

namespace randomness {

namespace {

using dumbo_test::Random;

template <typename Next>
Sample sample(std::string name, std::size_t count, Next next) {
    Sample result{.name = std::move(name), .numbers = {}};
    result.numbers.reserve(count);
    while (result.numbers.size() < count) {
        result.numbers.push_back(static_cast<std::uint32_t>(next()));
    }
    return result;
}

// A bijection of 32-bit numbers that looks random (Mulvey and Wellons' triple32).
std::uint32_t scrambled(std::uint32_t number) {
    number = (number ^ number >> 17U) * 0xed5ad4bbU;
    number = (number ^ number >> 11U) * 0xac4c1b51U;
    number = (number ^ number >> 15U) * 0x31848babU;
    return number ^ number >> 14U;
}

}  // namespace

std::vector<Sample> bad_samples(std::size_t count) {
    Random random(1);
    std::vector<Sample> samples;
    const auto add = [&](const char* name, auto next) { samples.push_back(sample(name, count, next)); };
    add("a counter", [n = 7U]() mutable { return n += 1; });
    add("a counter of 64000 (4.2BSD)", [n = 7U]() mutable { return n += 64000; });
    add("a counter with odd steps, in all bits", [n = 7U]() mutable { return n += 0x9e3779b9U; });
    add("a counter with a little noise", [&, n = 7U]() mutable { return n += 64000 + random.byte(); });
    add("a counter with 16 bits of noise", [&, n = 7U]() mutable { return n += random.word(); });
    // 4 microseconds a tick, and some dozens of them between two connections.
    add("RFC 793's clock",
        [&, now = 0U]() mutable { return now += 10 + static_cast<std::uint32_t>(random.below(50)); });
    add("31 bits", [&] { return random.next() >> 33U; });
    add("bit 0 always set", [&] { return random.next() | 1U; });
    add("15 bits twice", [&] { return (random.next() & 0x7fffU) << 16U | (random.next() & 0x7fffU); });
    add("the low bits of a linear congruential generator",
        [state = std::uint64_t{1}]() mutable { return state = state * 6364136223846793005U + 1442695040888963407U; });
    add("a 32-bit linear congruential generator",
        [state = 1U]() mutable { return state = state * 1664525U + 1013904223U; });
    add("a number in ten again",
        [&, last = std::uint64_t{0}]() mutable { return last = random.below(10) == 0 ? last : random.next(); });
    add("a generator that begins anew", [&, n = 0U, again = Random(2)]() mutable {
        again = ++n % 100000 == 0 ? Random(2) : again;
        return again.next();
    });
    add("a scrambled counter, which never repeats itself", [n = 7U]() mutable { return scrambled(++n); });
    return samples;
}

std::vector<Sample> good_samples(std::size_t count) {
    std::vector<Sample> samples;
    for (const std::uint32_t seed : {1U, 2U}) {
        samples.push_back(
            sample("a Mersenne twister", count, [twister = std::mt19937(seed)]() mutable { return twister(); }));
        samples.push_back(
            sample("splitmix64", count, [random = Random(seed)]() mutable { return random.next() >> 32U; }));
    }
    return samples;
}

}  // namespace randomness
