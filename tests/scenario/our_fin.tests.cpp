// SPDX-License-Identifier: Apache-2.0
// Our FIN: when it goes out, with what, and when again: BEHAVIOUR.md section 5, steps 5 to 7, and section 6.
#include "scenario/play.hpp"

#include <fmt/format.h>

#include <string_view>

using scenario::play;

TEST_CASE("after close with data outstanding the FIN waits for its acknowledgement") {
    play(R"(
        established
        send 100
        > . 1:101(100) ack 1 win 65535
        close
        expect state=ESTABLISHED snd_nxt=101 next=timeout@100
        silent
        < . 1:1(0) ack 100 win 65535
        expect next=timeout@100
        silent
        < . 1:1(0) ack 101 win 65535
        expect state=ESTABLISHED next=available
        > F. 101:101(0) ack 1 win 65535
        expect state=FIN_WAIT_1 snd_nxt=102
    )");
}

TEST_CASE("an ACK that is due while data before the FIN is outstanding goes out without the FIN") {
    play(R"(
        established
        send 100
        > . 1:101(100) ack 1 win 65535
        close
        < P 1:11(10) win 65535  => deliver 10
        > . 101:101(0) ack 11 win 65525
        expect state=ESTABLISHED snd_nxt=101
    )");
}

TEST_CASE("a retransmission that ends at the FIN carries it") {
    play(R"(
        established
        send 100
        > . 1:101(100) ack 1 win 65535
        close
        +100 > F. 1:101(100) ack 1 win 65535
        expect state=FIN_WAIT_1 snd_una=1 snd_nxt=102 next=timeout@200
        < . 1:1(0) ack 101 win 65535
        expect state=FIN_WAIT_1 fin_acked=0 snd_una=101 next=timeout@200
        < . 1:1(0) ack 102 win 65535
        expect state=FIN_WAIT_2 fin_acked=1
    )");
}

TEST_CASE("a retransmission for a duplicate ACK carries the FIN too, and again") {
    play(R"(
        established
        send 100
        > . 1:101(100) ack 1 win 65535
        close
        < . 1:1(0) ack 1 win 65535  => anomalies DUP_ACK
        > F. 1:101(100) ack 1 win 65535
        expect snd_nxt=102
        < . 1:1(0) ack 1 win 65535  => anomalies DUP_ACK
        > F. 1:101(100) ack 1 win 65535
        expect snd_nxt=102
    )");
}

TEST_CASE("a retransmission that ends before the FIN does not carry it") {
    play(R"(
        established mss=100
        send 150
        > . 1:101(100) ack 1 win 65535
        > . 101:151(50) ack 1 win 65535
        close
        +100 > . 1:101(100) ack 1 win 65535
        expect snd_nxt=151 state=ESTABLISHED
        < . 1:1(0) ack 101 win 65535
        +100 > F. 101:151(50) ack 1 win 65535
        expect snd_nxt=152 state=FIN_WAIT_1
    )");
}

TEST_CASE("close is once and for all") {
    play(R"(
        established
        close
        close
        > F. 1:1(0) ack 1 win 65535
        close
        expect next=timeout@100
        silent
        < . 1:1(0) ack 2 win 65535
        close
        expect state=FIN_WAIT_2 next=nothing
        silent
    )");
}

TEST_CASE("after close the source must end where the FIN is") {
    play(R"(
        established
        send 10
        > . 1:11(10) ack 1 win 65535
        close
        send 1
        write => error DATA_AFTER_FIN
        +100 write => error DATA_AFTER_FIN
        source 1 10
        > F. 1:11(10) ack 1 win 65535
    )");
}

TEST_CASE("data that was not sent when close was called is not sent any more") {
    play(R"(
        established
        send 10
        close
        write => error DATA_AFTER_FIN
        source none
        > F. 1:1(0) ack 1 win 65535
    )");
}

TEST_CASE("data past the FIN is no error as long as the guest's window hides it") {
    play(R"(
        established peer=50
        send 100
        > . 1:51(50) ack 1 win 65535
        close
        silent
        < . 1:1(0) ack 51 win 0
        > F. 51:51(0) ack 1 win 65535
        < . 1:1(0) ack 52 win 100
        write => error DATA_AFTER_FIN
    )");
}

TEST_CASE("our FIN does not ask for room in the guest's window") {
    play(R"(
        established peer=0
        close
        > F. 1:1(0) ack 1 win 65535
    )");
}

TEST_CASE("a FIN that is not acknowledged is sent again by timeout, and in the end given up") {
    const auto source = GENERATE(as<std::string_view>{}, "source none", "source 1 0", "source 1 10", "source -20 31");
    CAPTURE(source);
    play(fmt::format(R"(
        established rto=100 rto_max=3
        send 10
        > . 1:11(10) ack 1 win 65535
        < . 1:1(0) ack 11 win 65535
        {}
        close
        +0   > F. 11:11(0) ack 1 win 65535
        expect next=timeout@100
        +99  silent
        +1   > F. 11:11(0) ack 1 win 65535
        expect next=timeout@200 snd_nxt=12
        +100 > F. 11:11(0) ack 1 win 65535
        +100 > R 12:12(0) win 65535
        expect state=CLOSED reset=1 done=1
    )",
                     source));
}

TEST_CASE("a FIN is sent again for a duplicate ACK") {
    const auto source = GENERATE(as<std::string_view>{}, "source none", "source 1 0", "source 1 10");
    CAPTURE(source);
    play(fmt::format(R"(
        established
        send 10
        > . 1:11(10) ack 1 win 65535
        < . 1:1(0) ack 11 win 65535
        {}
        close
        > F. 11:11(0) ack 1 win 65535
        +10 < . 1:1(0) ack 11 win 65535  => anomalies DUP_ACK
        expect dup=1 next=available
        > F. 11:11(0) ack 1 win 65535
        expect dup=0 next=timeout@100
        silent
    )",
                     source));
}

TEST_CASE("a FIN that is sent again does not ask where the source is, or how far it goes") {
    const auto source = GENERATE(as<std::string_view>{}, "source 50 10", "source 1 10");
    CAPTURE(source);
    play(fmt::format(R"(
        established rto=100
        close
        > F. 1:1(0) ack 1 win 65535
        {0}
        +100 > F. 1:1(0) ack 1 win 65535
        source none
        < . 1:1(0) ack 1 win 65535  => anomalies DUP_ACK
        {0}
        > F. 1:1(0) ack 1 win 65535
        expect dup=0
    )",
                     source));
}

TEST_CASE("a FIN that a timeout repeats leaves a duplicate ACK to be answered") {
    play(R"(
        established
        close
        > F. 1:1(0) ack 1 win 65535
        < . 1:1(0) ack 1 win 65535  => anomalies DUP_ACK
        +100 > F. 1:1(0) ack 1 win 65535 more
        expect dup=1 next=available
        > F. 1:1(0) ack 1 win 65535
        expect dup=0 next=timeout@200
    )");
}

TEST_CASE("what the guest sends before it acknowledges our FIN is answered with the FIN") {
    play(R"(
        established
        close
        > F. 1:1(0) ack 1 win 65535
        +10 < P 1:11(10) win 65535  => deliver 10
        > F. 1:1(0) ack 11 win 65525
        expect snd_nxt=2 next=timeout@100
    )");
}

TEST_CASE("a connection that is done still acknowledges, retransmits and gives up") {
    play(R"(
        established rto=100 rto_max=2
        < F. 1:1(0) ack 1 win 65535
        close
        > F. 1:1(0) ack 2 win 65534
        expect done=1 next=timeout@100
        +100 > F. 1:1(0) ack 2 win 65534
        +100 > R 2:2(0) win 65534
        expect done=1 reset=1 state=CLOSED
    )");
}

TEST_CASE("our FIN can be recorded where the sequence numbers wrap") {
    play(R"(
        established isn=0xfffffffd
        send 1
        > . 1:2(1) ack 1 win 65535
        close
        +100 > F. 1:2(1) ack 1 win 65535
        expect snd_nxt=3
        < . 1:1(0) ack 3 win 65535
        expect fin_acked=1
        established isn=0xfffffffe
        close
        > F. 1:1(0) ack 1 win 65535
        < . 1:1(0) ack 2 win 65535
        expect fin_acked=1 snd_nxt=2
    )");
}
