// SPDX-License-Identifier: Apache-2.0
// Duplicate ACKs and what is sent again for them: BEHAVIOUR.md section 4, step 4, and section 5, step 6.
#include "scenario/play.hpp"

using scenario::play;

TEST_CASE("the first duplicate ACK has the data from SND.UNA on sent again") {
    play(R"(
        established rto=100 mss=100
        send 200
        > . 1:101(100) ack 1 win 65535
        > . 101:201(100) ack 1 win 65535
        +10 < . 1:1(0) ack 1 win 65535  => anomalies DUP_ACK
        expect dup=1
        +10 > . 1:101(100) ack 1 win 65535
        expect dup=0 snd_nxt=201 next=timeout@100
    )");
}

TEST_CASE("several duplicate ACKs before a write are answered by one retransmission, later ones by another") {
    play(R"(
        established
        send 50
        > . 1:51(50) ack 1 win 65535
        < . 1:1(0) ack 1 win 65535  => anomalies DUP_ACK
        < . 1:1(0) ack 1 win 65535  => anomalies DUP_ACK
        > . 1:51(50) ack 1 win 65535
        < . 1:1(0) ack 1 win 65535  => anomalies DUP_ACK
        > . 1:51(50) ack 1 win 65535
    )");
}

TEST_CASE("data that repeats an acknowledgement is a duplicate ACK too") {
    play(R"(
        established
        send 50
        > . 1:51(50) ack 1 win 65535
        < P. 1:11(10) ack 1 win 65535  => deliver 10 anomalies DUP_ACK
        expect dup=1
        > . 1:51(50) ack 11 win 65525
    )");
}

TEST_CASE("with nothing outstanding no ACK is a duplicate") {
    play(R"(
        established
        < . 1:1(0) ack 1 win 65535
        < . 1:1(0) ack 1 win 65535
        expect dup=0
        send 50
        > . 1:51(50) ack 1 win 65535
        < . 1:1(0) ack 51 win 65535
        < . 1:1(0) ack 51 win 65535
        expect dup=0
    )");
}

TEST_CASE("an ACK that advances forgets a retransmission that was pending") {
    play(R"(
        established
        send 50
        > . 1:51(50) ack 1 win 65535
        < . 1:1(0) ack 1 win 65535  => anomalies DUP_ACK
        < . 1:1(0) ack 21 win 65535
        expect dup=0
        silent
    )");
}

TEST_CASE("a duplicate ACK stays pending while no payload source is shown") {
    play(R"(
        established
        send 50
        > . 1:51(50) ack 1 win 65535
        < P. 1:11(10) ack 1 win 65535  => deliver 10 anomalies DUP_ACK
        source none
        > . 51:51(0) ack 11 win 65525
        silent
        expect dup=1
        source 1 50
        > . 1:51(50) ack 11 win 65525
        expect dup=0
    )");
}

TEST_CASE("a duplicate ACK stays pending while the payload source has nothing from SND.UNA on") {
    play(R"(
        established
        send 50
        > . 1:51(50) ack 1 win 65535
        < . 1:1(0) ack 1 win 65535  => anomalies DUP_ACK
        source 1 0
        silent
        expect dup=1
        source 1 50
        > . 1:51(50) ack 1 win 65535
        expect dup=0
    )");
}

TEST_CASE("a timeout settles the retransmission that a duplicate ACK asked for") {
    play(R"(
        established rto=100
        send 50
        > . 1:51(50) ack 1 win 65535
        < . 1:1(0) ack 1 win 65535  => anomalies DUP_ACK
        +100 > . 1:51(50) ack 1 win 65535
        expect dup=0 next=timeout@200
    )");
}

TEST_CASE("a retransmission for a duplicate ACK counts no timeout") {
    play(R"(
        established rto=100 rto_max=2
        send 50
        > . 1:51(50) ack 1 win 65535
        < . 1:1(0) ack 1 win 65535  => anomalies DUP_ACK
        > . 1:51(50) ack 1 win 65535
        < . 1:1(0) ack 1 win 65535  => anomalies DUP_ACK
        > . 1:51(50) ack 1 win 65535
        +100 > . 1:51(50) ack 1 win 65535
        +100 > R 51:51(0) win 65535
    )");
}
