// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

#include <algorithm>
#include <cstdint>

#include "support/catch.hpp"
#include "threads/at_once.hpp"
#include "threads/conversation.hpp"

using dumbo_test::all_said_of;
using dumbo_test::at_once;
using dumbo_test::Bytes;
using dumbo_test::Conversation;

// What dumbo.h says of threads. That the results are right is seen here; that nothing else is shared is seen by
// ThreadSanitizer, under which these tests run as well.
namespace {

constexpr std::uint32_t rounds = 50;

std::uint32_t isn_of(std::size_t thread, std::uint32_t round) {
    return static_cast<std::uint32_t>(thread) * 0x40000000U + round;
}

Bytes conversations(std::size_t thread) {
    Bytes all;
    for (std::uint32_t round = 0; round < rounds; ++round) {
        const Bytes one = dumbo_test::conversation(isn_of(thread, round));
        all.insert(all.end(), one.begin(), one.end());
    }
    return all;
}

}  // namespace

// The first of all tests: nobody has computed a checksum yet, and each thread finds out for itself how to.
TEST_CASE("connections on threads of their own know nothing of each other", "[threads]") {
    const auto records = at_once(conversations);
    for (std::size_t thread = 0; thread < records.size(); ++thread) {
        CHECK(records[thread] == conversations(thread));
    }
}

TEST_CASE("a conversation gets to its end", "[threads]") {
    const Bytes record = dumbo_test::conversation(1);
    CHECK(record.size() > 700 + 3000);
    CHECK(record.back() == 1);  // it is done
}

TEST_CASE("calls that do not change a connection may overlap", "[threads]") {
    Conversation talk(0xfffffff0);
    const Bytes said = all_said_of(talk.connection());
    const auto all_say = at_once([&](std::size_t) {
        Bytes last;
        bool is_the_same = true;
        for (std::uint32_t round = 0; round < rounds; ++round) {
            Bytes now = all_said_of(talk.connection());
            is_the_same = is_the_same && (round == 0 || now == last);
            last = std::move(now);
        }
        return is_the_same ? last : Bytes{};
    });
    CHECK(std::ranges::all_of(all_say, [&](const Bytes& bytes) { return bytes == said; }));
    talk.finish();
    CHECK(talk.record() == dumbo_test::conversation(0xfffffff0));
}

TEST_CASE("a connection goes from thread to thread", "[threads]") {
    Conversation talk(7);
    std::jthread([&] { talk.finish(); }).join();
    CHECK(talk.record() == dumbo_test::conversation(7));
}
