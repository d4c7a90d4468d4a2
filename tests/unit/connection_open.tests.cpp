// SPDX-License-Identifier: Apache-2.0
#include <dumbo/connection.hpp>

#include <cstdint>
#include <set>
#include <type_traits>

#include "support/catch.hpp"
#include "unit/support/peer.hpp"
#include "unit/support/result.hpp"

using dumbo::Connection;
using dumbo::Error;
using dumbo::max_window_size;
using dumbo::SeqNumber;
using dumbo_test::Bytes;
using dumbo_test::config;
using dumbo_test::error_of;
using dumbo_test::open;
using dumbo_test::syn;

TEST_CASE("a connection is small and a plain value", "[connection]") {
    STATIC_REQUIRE(sizeof(Connection) <= 128);
    STATIC_REQUIRE(std::is_trivially_copyable_v<Connection>);
    STATIC_REQUIRE(std::is_trivially_destructible_v<Connection>);
}

TEST_CASE("an opened connection takes its numbers from the SYN and the config", "[connection]") {
    const auto connection = open(syn());
    REQUIRE(connection);
    CHECK(connection->next_expected() == SeqNumber(0xfffffffe));
    CHECK(connection->highest_ack_received() == SeqNumber(0xfffffffb));
    CHECK(connection->first_not_sent() == SeqNumber(0xfffffffc));
    CHECK(connection->remote_rwnd_edge() == SeqNumber(0xfffffffc) + 8192);
    CHECK(connection->local_rwnd() == 5000);
    CHECK(connection->mss() == 1000);
    CHECK(connection->state() == dumbo::State::syn_received);
    CHECK_FALSE(connection->is_established());
    CHECK_FALSE(connection->is_done());
    CHECK_FALSE(connection->is_reset());
    CHECK_FALSE(connection->fin_received());
    CHECK_FALSE(connection->fin_acknowledged());
    CHECK_FALSE(connection->dup_ack_pending());
    CHECK(connection->control_segment_or_timeout_status().kind == dumbo::NextSegmentStatus::Kind::available);
}

TEST_CASE("a config is refused when a number is out of its range, and accepted at the ends of it", "[connection]") {
    auto how = config();
    SECTION("no retransmission timeout") {
        how.rto_period = 0;
        CHECK(error_of(open(syn(), how)) == Error::invalid_argument);
        how.rto_period = 1;
        CHECK(open(syn(), how));
        how.rto_period = ~std::uint64_t{0};
        CHECK(open(syn(), how));
    }
    SECTION("no timeout allowed") {
        how.rto_count_max = 0;
        CHECK(error_of(open(syn(), how)) == Error::invalid_argument);
        how.rto_count_max = 1;
        CHECK(open(syn(), how));
        how.rto_count_max = 65535;
        CHECK(open(syn(), how));
    }
    SECTION("a window larger than TCP knows") {
        for (const std::uint32_t window : {max_window_size + 1, 0x80000000U, 0xffffffffU}) {
            how.local_rwnd_size = window;
            CHECK(error_of(open(syn(), how)) == Error::invalid_argument);
        }
        for (const std::uint32_t window : {0U, 1U, 65535U, 65536U, max_window_size}) {
            how.local_rwnd_size = window;
            const auto connection = open(syn(), how);
            REQUIRE(connection);
            CHECK(connection->local_rwnd() == window);
        }
    }
}

TEST_CASE("accepts() answers as opening does", "[connection]") {
    for (const std::uint64_t period : {std::uint64_t{0}, std::uint64_t{1}}) {
        for (const std::uint16_t count : {std::uint16_t{0}, std::uint16_t{1}}) {
            for (const std::uint32_t window : {max_window_size, max_window_size + 1}) {
                auto how = config();
                how.rto_period = period;
                how.rto_count_max = count;
                how.local_rwnd_size = window;
                CHECK(Connection::accepts(how) == open(syn(), how).has_value());
            }
        }
    }
}

TEST_CASE("by default a connection has a window of 65535, gives up after 15 timeouts and has no timeout set",
          "[connection]") {
    const dumbo::ConnectionConfig defaults;
    CHECK(defaults.local_rwnd_size == 65535);
    CHECK(defaults.rto_count_max == 15);
    CHECK(defaults.rto_period == 0);
    CHECK_FALSE(defaults.isn);
    CHECK(defaults.options == dumbo::option::none);
    CHECK_FALSE(Connection::accepts(defaults));
}

TEST_CASE("every combination of options opens, with the same first SYNACK", "[connection]") {
    auto first = open(syn());
    REQUIRE(first);
    const Bytes synack = dumbo_test::write(*first);
    for (unsigned options = 0; options <= dumbo::option::guest_facing; ++options) {
        auto how = config();
        how.options = static_cast<std::uint8_t>(options);
        auto connection = open(syn(), how);
        REQUIRE(connection);
        CHECK(connection->state() == dumbo::State::syn_received);
        CHECK(dumbo_test::write(*connection) == synack);
    }
}

TEST_CASE("the arguments are looked at before the SYN", "[connection]") {
    auto how = config();
    how.rto_period = 0;
    auto not_a_syn = syn();
    not_a_syn.flags = dumbo_test::ack_bit;
    CHECK(error_of(open(not_a_syn, how)) == Error::invalid_argument);
}

TEST_CASE("only the flag byte SYN opens", "[connection]") {
    for (unsigned flags = 0; flags < 256; ++flags) {
        auto segment = syn();
        segment.flags = static_cast<std::uint8_t>(flags);
        CAPTURE(flags);
        if (flags == dumbo_test::syn_bit) {
            CHECK(open(segment));
        } else {
            CHECK(error_of(open(segment)) == Error::invalid_syn);
        }
    }
}

TEST_CASE("reserved bits and NS do not keep a SYN from opening", "[connection]") {
    for (unsigned low = 0; low < 16; ++low) {
        Bytes bytes = dumbo_test::segment_bytes(syn());
        bytes[12] = static_cast<std::uint8_t>(bytes[12] | low);
        const auto segment = dumbo::TcpSegment::parse(bytes);
        REQUIRE(segment);
        CHECK(Connection::passive_open(*segment, config()));
    }
}

TEST_CASE("a SYN with a payload does not open, a missing payload is looked for before the MSS", "[connection]") {
    auto segment = syn();
    segment.payload = Bytes(1);
    CHECK(error_of(open(segment)) == Error::invalid_syn);
    segment.options = dumbo_test::mss_option(1);
    CHECK(error_of(open(segment)) == Error::invalid_syn);
}

TEST_CASE("the MSS is the option's, 536 without one, and an error if the option is no use", "[connection]") {
    auto segment = syn();
    for (const std::uint16_t mss : {std::uint16_t{100}, std::uint16_t{1460}, std::uint16_t{65495}}) {
        segment.options = dumbo_test::mss_option(mss);
        const auto connection = open(segment);
        REQUIRE(connection);
        CHECK(connection->mss() == mss);
    }
    for (const std::uint16_t mss : {std::uint16_t{0}, std::uint16_t{99}, std::uint16_t{65496}}) {
        segment.options = dumbo_test::mss_option(mss);
        CHECK(error_of(open(segment)) == Error::mss_option);
    }
    segment.options = {3, 1, 0, 0};
    CHECK(error_of(open(segment)) == Error::mss_option);
    segment.options = {};
    const auto connection = open(segment);
    REQUIRE(connection);
    CHECK(connection->mss() == dumbo::mss_default);
}

TEST_CASE("a given initial sequence number is used", "[connection]") {
    for (const std::uint32_t isn : {0U, 1U, 0x7fffffffU, 0xffffffffU}) {
        auto how = config();
        how.isn = SeqNumber(isn);
        auto connection = open(syn(), how);
        REQUIRE(connection);
        CHECK(connection->highest_ack_received() == SeqNumber(isn));
        CHECK(connection->first_not_sent() == SeqNumber(isn) + 1);
        CHECK(dumbo_test::get32(dumbo_test::write(*connection), 4) == isn);
    }
}

TEST_CASE("without one the initial sequence numbers are random: hardly two of them agree", "[connection]") {
    auto how = config();
    how.isn.reset();
    std::set<std::uint32_t> numbers;
    std::uint32_t ones = 0;
    std::uint32_t zeros = 0;
    for (int i = 0; i < 100; ++i) {
        const auto connection = open(syn(), how);
        REQUIRE(connection);
        const std::uint32_t isn = connection->highest_ack_received().value();
        numbers.insert(isn);
        ones |= isn;
        zeros |= ~isn;
    }
    CHECK(numbers.size() >= 98);  // two equal pairs among 100 in 2^32: once in 10^12 runs
    CHECK(ones == 0xffffffffU);   // every bit was set at least once ...
    CHECK(zeros == 0xffffffffU);  // ... and clear at least once
}
