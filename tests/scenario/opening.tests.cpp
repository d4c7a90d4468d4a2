// SPDX-License-Identifier: Apache-2.0
// Passive open: BEHAVIOUR.md section 3.
#include "scenario/play.hpp"
#include "script/endpoint.hpp"
#include "script/wire.hpp"

#include <fmt/format.h>

#include <set>
#include <string_view>

using scenario::play;

TEST_CASE("a SYN opens a connection that waits to write its SYNACK") {
    play(R"(
        open window=5000
        < S 0:0(0) win 1000 <mss 1460>
        expect state=SYN_RECEIVED est=0 fin=0 fin_acked=0 done=0 reset=0 dup=0
        expect snd_una=0 snd_nxt=1 edge=1001 rcv_nxt=1 rwnd=5000 mss=1460 next=available rst=ack:1
        > S. 0:0(0) ack 1 win 5000 <mss 1460>
        expect state=SYN_RECEIVED est=0 snd_una=0 snd_nxt=1 edge=1001 next=timeout@100 rst=ack:1
        < . 1:1(0) ack 1 win 2000
        expect state=ESTABLISHED est=1 snd_una=1 snd_nxt=1 edge=2001 rcv_nxt=1 rwnd=5000 next=nothing rst=seq:1
    )");
}

TEST_CASE("initial sequence numbers are anything, for either side") {
    const auto isn = GENERATE(as<std::string_view>{}, "0", "1", "0x7fffffff", "0x80000000", "0xfffffffe", "0xffffffff");
    const auto guest_isn = GENERATE(as<std::string_view>{}, "0", "0x7fffffff", "0xfffffffe", "0xffffffff");
    play(fmt::format(R"(
        established isn={} guest_isn={}
        < P. 1:11(10) ack 1 win 65535  => deliver 10
        send 10
        > . 1:11(10) ack 11 win 65525
        < . 11:11(0) ack 11 win 65535
        expect snd_una=11 snd_nxt=11 rcv_nxt=11 next=nothing
    )",
                     isn, guest_isn));
}

TEST_CASE("the MSS is what the options of the SYN say, and the SYNACK says the same") {
    struct Row {
        std::string_view options;
        unsigned mss;
    };
    const auto row = GENERATE(values<Row>({
        {"", 536},
        {"<mss 100>", 100},
        {"<mss 536>", 536},
        {"<mss 65495>", 65495},
        {"<nop,nop,nop,nop,mss 1000>", 1000},
        {"<hex 030307,nop,mss 1000>", 1000},                  // another kind is skipped by its length
        {"<hex 0402,hex 0802,hex fe04aaaa,mss 1000>", 1000},  // and another three
        {"<hex 02ff03e8>", 1000},                             // the option's own length byte is not looked at
        {"<hex 020003e8>", 1000},                             //
        {"<mss 700,mss 800>", 700},                           // the first one ends the search
        {"<mss 700,mss 99>", 700},                            //
        {"<mss 700,hex 08000000>", 700},                      //
        {"<eol,eol,eol,eol,mss 1000>", 536},                  // nothing counts behind the end of the list
        {"<eol,hex 080000>", 536},                            //
        {"<hex 01020405>", 536},                              // three bytes hold no option, not even a wrong one
        {"<hex 01080001>", 536},                              //
        {"<hex 08280000>", 536},                              // skipped to behind the header
        {"<hex 0824,hex 00000000000000000000000000000000,hex 000000000000000000000000000000000000,mss 900>", 900},
    }));
    CAPTURE(row.options);
    play(fmt::format(R"(
        open
        < S 0:0(0) win 1000 {}
        expect mss={}
        > S. 0:0(0) ack 1 win 65535 <mss {}>
    )",
                     row.options, row.mss, row.mss));
}

TEST_CASE("a SYN whose MSS option is malformed or out of range is refused") {
    const auto options = GENERATE(as<std::string_view>{}, "<mss 0>", "<mss 99>", "<mss 65496>", "<mss 65535>",
                                  "<hex 02000063>", "<nop,nop,nop,nop,mss 99>", "<hex 08000101,mss 1000>",
                                  "<hex 08010101,mss 1000>", "<nop,nop,hex 0800,nop,nop,nop,nop>");
    CAPTURE(options);
    play(fmt::format("open\n < S 0:0(0) win 1000 {} => error MSS_OPTION", options));
}

TEST_CASE("a segment with any other flags than SYN does not open a connection") {
    const auto segment =
        GENERATE(as<std::string_view>{}, "- 0:0(0) win 1", "F 0:0(0) win 1", "SF 0:0(0) win 1", "R 0:0(0) win 1",
                 "SR 0:0(0) win 1", "P 0:0(0) win 1", "SP 0:0(0) win 1", ". 0:0(0) ack 0 win 1",
                 "S. 0:0(0) ack 0 win 1", "SU 0:0(0) win 1", "SE 0:0(0) win 1", "SW 0:0(0) win 1");
    CAPTURE(segment);
    play(fmt::format("open\n < {} => error INVALID_SYN", segment));
}

TEST_CASE("a SYN with a payload does not open a connection") {
    play("open\n < S 0:1(1) win 1000 <mss 1460> => error INVALID_SYN");
}

TEST_CASE("a segment that is no SYN is refused as such, whatever its options say") {
    play("open\n < S. 0:0(0) ack 0 win 1000 <mss 99> => error INVALID_SYN");
    play("open\n < S 0:1(1) win 1000 <mss 99> => error INVALID_SYN");
}

TEST_CASE("terms out of range are refused") {
    const auto terms = GENERATE(as<std::string_view>{}, "rto=0", "rto_max=0", "window=1073725441", "window=4294967295");
    CAPTURE(terms);
    play(fmt::format("open {}\n < S 0:0(0) win 1000 <mss 1460> => error INVALID_ARGUMENT", terms));
}

TEST_CASE("terms are looked at before the SYN") {
    const auto terms = GENERATE(as<std::string_view>{}, "rto=0", "rto_max=0", "window=1073725441");
    CAPTURE(terms);
    play(fmt::format("open {}\n < S. 0:0(0) ack 0 win 1000 => error INVALID_ARGUMENT", terms));
    play(fmt::format("open {}\n < S 0:0(0) win 1000 <mss 99> => error INVALID_ARGUMENT", terms));
    play(fmt::format("open {}\n < S 0:0(0) win 1000 cut 5 => error INVALID_ARGUMENT", terms));
}

TEST_CASE("terms at the ends of their ranges are accepted") {
    const auto terms = GENERATE(as<std::string_view>{}, "rto=1 rto_max=1", "rto=18446744073709551615 rto_max=65535",
                                "window=0", "window=1073725440");
    CAPTURE(terms);
    play(fmt::format("open {}\n < S 0:0(0) win 1000 <mss 1460>\n expect state=SYN_RECEIVED", terms));
}

TEST_CASE("the SYNACK announces the window that was asked for, as far as 16 bits can") {
    struct Row {
        unsigned window;
        unsigned announced;
    };
    const auto row = GENERATE(values<Row>({{0, 0}, {1, 1}, {65535, 65535}, {65536, 65535}, {1073725440, 65535}}));
    play(fmt::format(R"(
        open window={}
        < S 0:0(0) win 1000 <mss 1460>
        expect rwnd={}
        > S. 0:0(0) ack 1 win {} <mss 1460>
    )",
                     row.window, row.window, row.announced));
}

TEST_CASE("a SYN with a window of zero opens a connection that may send nothing yet") {
    play(R"(
        established peer=0
        send 10
        expect edge=1
        silent
    )");
}

TEST_CASE("a SYN that does not parse does not open a connection") {
    play("open\n < S 0:0(0) win 1000 <mss 1460> corrupt => error CHECKSUM");
    play("open\n < S 0:0(0) win 1000 <mss 1460> cut 0 => error TRUNCATED");
    play("open\n < S 0:0(0) win 1000 <mss 1460> cut 19 => error TRUNCATED");
    play("open\n < S 0:0(0) win 1000 <mss 1460> cut 23 => error HEADER_LENGTH");
}

TEST_CASE("a refused SYN leaves room for a better one") {
    play(R"(
        open
        < S 0:0(0) win 1000 <mss 99>  => error MSS_OPTION
        < S 0:0(0) win 1000 <mss 1460>
        > S. 0:0(0) ack 1 win 65535 <mss 1460>
    )");
}

TEST_CASE("an initial sequence number that is not given cannot be foretold") {
    const script::Numbering numbering;
    const auto syn = script::encode({DUMBO_TCP_SYN, numbering.guest, 0, 1000, 0, {}}, script::Sender::guest, numbering);
    dumbo_connection_config config{};
    REQUIRE(dumbo_connection_config_init(&config, sizeof config) == DUMBO_OK);
    config.rto_period = 100;
    config.isn = 5;  // without DUMBO_CONFIG_ISN it has no meaning
    std::set<std::uint32_t> numbers;
    for (int i = 0; i < 64; ++i) {
        dumbo_connection* opened = nullptr;
        REQUIRE(dumbo_connection_passive_open(&opened, syn.data(), syn.size(), nullptr, &config, nullptr) == DUMBO_OK);
        const script::OwnedConnection connection(opened);
        numbers.insert(dumbo_connection_highest_ack_received(opened));
        CHECK(dumbo_connection_first_not_sent(opened) == dumbo_connection_highest_ack_received(opened) + 1);
    }
    // Two equal ones among 64 of 32 random bits happen once in two million runs; three do not happen.
    CHECK(numbers.size() >= 63);
}
