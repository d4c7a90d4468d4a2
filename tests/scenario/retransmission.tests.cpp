// SPDX-License-Identifier: Apache-2.0
// What is sent again, by expiry and by duplicate ACK, and when the connection is given up: BEHAVIOUR.md sections 4
// and 5.
#include "scenario/play.hpp"

using scenario::play;

TEST_CASE("data that is not acknowledged within rto_period is sent again") {
    play(R"(
        established rto=100
        send 50
        +20 > . 1:51(50) ack 1 win 65535
        expect next=timeout@120
        +99 silent
        +1  > . 1:51(50) ack 1 win 65535
        expect next=timeout@220 snd_una=1 snd_nxt=51
    )");
}

TEST_CASE("a timeout that is acted on late starts the next one from then") {
    play(R"(
        established rto=100
        send 50
        > . 1:51(50) ack 1 win 65535
        +177 > . 1:51(50) ack 1 win 65535
        expect next=timeout@277
    )");
}

TEST_CASE("a timeout sends one segment from SND.UNA on, not all that is outstanding") {
    play(R"(
        established mss=100 rto=100
        send 250
        > . 1:101(100) ack 1 win 65535
        > . 101:201(100) ack 1 win 65535
        > . 201:251(50) ack 1 win 65535
        +100 > . 1:101(100) ack 1 win 65535
        +100 > . 1:101(100) ack 1 win 65535
        < . 1:1(0) ack 101 win 65535
        +100 > . 101:201(100) ack 1 win 65535
    )");
}

TEST_CASE("a retransmission starts from what is acknowledged, not from where a segment began") {
    play(R"(
        established rto=100
        send 50
        > . 1:51(50) ack 1 win 65535
        < . 1:1(0) ack 31 win 65535
        +100 > . 31:51(20) ack 1 win 65535
    )");
}

TEST_CASE("a retransmission takes along data that was not sent before") {
    play(R"(
        established rto=100
        send 50
        > . 1:51(50) ack 1 win 65535
        send 100
        +100 > . 1:151(150) ack 1 win 65535
        expect snd_nxt=151
    )");
}

TEST_CASE("a retransmission into a small buffer leaves the rest to the next timeout") {
    play(R"(
        established rto=100
        send 50
        > . 1:51(50) ack 1 win 65535
        +100 > . 1:31(30) ack 1 win 65535 room 50
        expect snd_nxt=51 next=timeout@200
        +100 > . 1:51(50) ack 1 win 65535
    )");
}

TEST_CASE("a retransmission carries the ACK that is due") {
    play(R"(
        established rto=100
        send 50
        > . 1:51(50) ack 1 win 65535
        +100 < P 1:11(10) win 65535  => deliver 10
        +0   > . 1:51(50) ack 11 win 65525
    )");
}

TEST_CASE("the timeout starts with the first data outstanding, not with what follows") {
    play(R"(
        established rto=100
        send 50
        +10 > . 1:51(50) ack 1 win 65535
        send 50
        +10 > . 51:101(50) ack 1 win 65535
        expect next=timeout@110
    )");
}

TEST_CASE("the timeout starts anew when data follows after everything was acknowledged") {
    play(R"(
        established rto=100
        send 50
        > . 1:51(50) ack 1 win 65535
        +10 < . 1:1(0) ack 51 win 65535
        expect next=nothing
        send 50
        +500 > . 51:101(50) ack 1 win 65535
        expect next=timeout@610
    )");
}

TEST_CASE("an acknowledgement of a part restarts the timeout") {
    play(R"(
        established rto=100
        send 50
        > . 1:51(50) ack 1 win 65535
        +60 < . 1:1(0) ack 2 win 65535
        expect next=timeout@160
    )");
}

TEST_CASE("a duplicate or invalid acknowledgement does not restart the timeout") {
    play(R"(
        established rto=100
        send 50
        > . 1:51(50) ack 1 win 65535
        +60 < . 1:1(0) ack 1 win 65535  => anomalies DUP_ACK
        expect next=timeout@100
        +10 < . 1:1(0) ack 0 win 65535  => anomalies INVALID_ACK
        expect next=timeout@100
        +10 < . 1:1(0) ack 52 win 65535  => anomalies INVALID_ACK
        expect next=timeout@100
    )");
}

TEST_CASE("received data does not restart the timeout") {
    play(R"(
        established rto=100
        send 50
        > . 1:51(50) ack 1 win 65535
        +60 < P 1:11(10) win 65535  => deliver 10
        > . 51:51(0) ack 11 win 65525
        expect next=timeout@100
    )");
}

TEST_CASE("after rto_count_max consecutive timeouts the connection is reset") {
    play(R"(
        established rto=100 rto_max=3
        send 50
        +0   > . 1:51(50) ack 1 win 65535
        +100 > . 1:51(50) ack 1 win 65535
        +100 > . 1:51(50) ack 1 win 65535
        expect state=ESTABLISHED
        +100 > R 51:51(0) win 65535
        expect state=CLOSED reset=1 done=1 est=1 next=nothing
        write => error CONNECTION_RESET
    )");
}

TEST_CASE("a vanished guest is given up even if no payload source is ever shown") {
    play(R"(
        established rto=100 rto_max=3
        send 50
        +0   > . 1:51(50) ack 1 win 65535
        source none
        +100 silent
        expect next=timeout@200
        +100 silent
        expect next=timeout@300
        +100 > R 51:51(0) win 65535
        expect reset=1
    )");
}

TEST_CASE("the RST of giving up carries the window and nothing else") {
    play(R"(
        established rto_max=1 window=500
        < P. 1:101(100) ack 1 win 65535  => deliver 100
        send 50
        > . 1:51(50) ack 101 win 400
        < P 101:201(100) win 65535  => deliver 100
        +100 > R 51:51(0) win 300
    )");
}

TEST_CASE("any valid acknowledgement takes the count of timeouts back to zero") {
    play(R"(
        established rto=100 rto_max=2
        send 50
        +0   > . 1:51(50) ack 1 win 65535
        +100 > . 1:51(50) ack 1 win 65535
        < . 1:1(0) ack 11 win 65535                          # one that advances
        +100 > . 11:51(40) ack 1 win 65535
        < . 1:1(0) ack 11 win 65535  => anomalies DUP_ACK    # one that does not
        > . 11:51(40) ack 1 win 65535
        +100 > . 11:51(40) ack 1 win 65535
        +100 > R 51:51(0) win 65535
    )");
}

TEST_CASE("an invalid acknowledgement does not take back a counted timeout") {
    play(R"(
        established rto=100 rto_max=2
        send 50
        +0   > . 1:51(50) ack 1 win 65535
        +100 > . 1:51(50) ack 1 win 65535
        < . 1:1(0) ack 0 win 65535     => anomalies INVALID_ACK
        < P 1:11(10) win 65535         => deliver 10
        > . 51:51(0) ack 11 win 65525
        +100 > R 51:51(0) win 65525
    )");
}

TEST_CASE("a timeout needs something outstanding") {
    play(R"(
        established rto=100 rto_max=1
        send 50
        +0   > . 1:51(50) ack 1 win 65535
        +50  < . 1:1(0) ack 51 win 65535
        +1000 silent
        send 10
        +1000 > . 51:61(10) ack 1 win 65535
        expect next=timeout@2150
    )");
}

TEST_CASE("a timeout with an empty payload source is counted, and sends nothing") {
    play(R"(
        established rto=100 rto_max=2
        send 50
        > . 1:51(50) ack 1 win 65535
        source 1 0
        +100 silent
        expect next=timeout@200
        +100 > R 51:51(0) win 65535
    )");
}

TEST_CASE("a timeout without a payload source still lets a due ACK out") {
    play(R"(
        established rto=100
        send 50
        > . 1:51(50) ack 1 win 65535
        source none
        +100 < P 1:11(10) win 65535  => deliver 10
        expect next=available
        > . 51:51(0) ack 11 win 65525
        expect next=timeout@200
    )");
}

TEST_CASE("the longest timeout there is never expires") {
    play(R"(
        established rto=18446744073709551615 epoch=5
        send 50
        > . 1:51(50) ack 1 win 65535
        expect next=timeout@max
        +18446744073709551610 silent
        expect next=timeout@max
    )");
}

TEST_CASE("the shortest timeout there is expires at the next instant") {
    play(R"(
        established rto=1 rto_max=2
        send 50
        > . 1:51(50) ack 1 win 65535
        +1 > . 1:51(50) ack 1 win 65535
        +1 > R 51:51(0) win 65535
    )");
}
