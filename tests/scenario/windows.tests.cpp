// SPDX-License-Identifier: Apache-2.0
// Both receive windows: BEHAVIOUR.md section 4, steps 4 and 6, section 5 and section 6.
#include "scenario/play.hpp"

using scenario::play;

TEST_CASE("payload up to the right edge of our window is accepted, and closes it") {
    play(R"(
        established window=100
        < P. 1:101(100) ack 1 win 65535  => deliver 100
        expect rwnd=0
        > . 1:1(0) ack 101 win 0
    )");
}

TEST_CASE("payload past the right edge of our window is dropped without an answer") {
    play(R"(
        established window=100
        < P. 1:102(101) ack 1 win 65535     => anomalies SEGMENT_BEYOND_RWND
        < P. 50:102(52) ack 1 win 65535     => anomalies SEGMENT_BEYOND_RWND
        < P. 101:102(1) ack 1 win 65535     => anomalies SEGMENT_BEYOND_RWND
        < P. 5000:5001(1) ack 1 win 65535   => anomalies SEGMENT_BEYOND_RWND
        expect rcv_nxt=1 rwnd=100 next=nothing
        < P. 91:101(10) ack 1 win 65535     => anomalies UNEXPECTED_SEQ
    )");
}

TEST_CASE("the acknowledgement of a segment past our window counts all the same") {
    play(R"(
        established window=100
        send 50
        > . 1:51(50) ack 1 win 100
        < P. 1:102(101) ack 51 win 65535  => anomalies SEGMENT_BEYOND_RWND
        expect snd_una=51 next=nothing
    )");
}

TEST_CASE("a FIN behind payload past our window is not looked at") {
    play(R"(
        established window=100
        < F. 1:102(101) ack 1 win 65535  => anomalies SEGMENT_BEYOND_RWND
        expect fin=0 rcv_nxt=1 state=ESTABLISHED
    )");
}

TEST_CASE("a closed window lets no byte in") {
    play(R"(
        established window=0
        < P. 1:2(1) ack 1 win 65535  => anomalies SEGMENT_BEYOND_RWND
        expect next=nothing
        < . 1:1(0) ack 1 win 65535
    )");
}

TEST_CASE("old payload is old, and not past a closed window") {
    play(R"(
        established window=10
        < P. 1:11(10) ack 1 win 65535  => deliver 10
        > . 1:1(0) ack 11 win 0
        < P. 1:11(10) ack 1 win 65535  => anomalies UNEXPECTED_SEQ
        > . 1:1(0) ack 11 win 0
    )");
}

TEST_CASE("a closed window that opens is announced") {
    play(R"(
        established window=100
        < P. 1:101(100) ack 1 win 65535  => deliver 100
        > . 1:1(0) ack 101 win 0
        expect next=nothing
        advance 30
        expect rwnd=30 next=available
        > . 1:1(0) ack 101 win 30
        < P. 101:131(30) ack 1 win 65535  => deliver 30
        > . 1:1(0) ack 131 win 0
    )");
}

TEST_CASE("a window that was not closed opens further without a word") {
    play(R"(
        established window=100
        < P. 1:100(99) ack 1 win 65535  => deliver 99
        > . 1:1(0) ack 100 win 1
        advance 500
        expect rwnd=501 next=nothing
        silent
        < P. 100:101(1) ack 1 win 65535  => deliver 1
        > . 1:1(0) ack 101 win 500
    )");
}

TEST_CASE("opening a closed window by nothing still makes an ACK due") {
    play(R"(
        established window=0
        advance 0
        expect rwnd=0 next=available
        > . 1:1(0) ack 1 win 0
    )");
}

TEST_CASE("an ACK that a window makes due before the handshake is over waits for its end") {
    play(R"(
        open window=0
        < S 0:0(0) win 1000 <mss 1460>
        > S. 0:0(0) ack 1 win 0 <mss 1460>
        advance 50
        expect state=SYN_RECEIVED rwnd=50 next=available
        silent
        < . 1:1(0) ack 1 win 1000
        > . 1:1(0) ack 1 win 50
    )");
}

TEST_CASE("a SYNACK announces a window that opened before it, and no ACK follows") {
    play(R"(
        open window=0
        < S 0:0(0) win 1000 <mss 1460>
        advance 50
        > S. 0:0(0) ack 1 win 50 <mss 1460>
        expect next=timeout@100
        < . 1:1(0) ack 1 win 1000
        expect next=nothing
    )");
}

TEST_CASE("the window field is the window, up to 65535") {
    play(R"(
        established window=65536
        < P. 1:2(1) ack 1 win 65535  => deliver 1
        > . 1:1(0) ack 2 win 65535
        < P. 2:3(1) ack 1 win 65535  => deliver 1
        > . 1:1(0) ack 3 win 65534
        established window=1000000
        < P. 1:1001(1000) ack 1 win 65535  => deliver 1000
        > . 1:1(0) ack 1001 win 65535
        expect rwnd=999000
    )");
}

TEST_CASE("our window never grows past its largest size") {
    play(R"(
        established window=1073725339
        advance 100
        expect rwnd=1073725439
        advance 1
        expect rwnd=1073725440
        advance 1
        expect rwnd=1073725440
        < P. 1:11(10) ack 1 win 65535  => deliver 10
        expect rwnd=1073725430
        advance 100
        expect rwnd=1073725440
        < P. 11:21(10) ack 1 win 65535  => deliver 10
    )");
}

TEST_CASE("a window at its largest size still has a right edge") {
    play(R"(
        established window=1073725440
        < P. 1073725431:1073725441(10) ack 1 win 65535  => anomalies UNEXPECTED_SEQ
        < P. 1073725432:1073725442(10) ack 1 win 65535  => anomalies SEGMENT_BEYOND_RWND
    )");
}

TEST_CASE("nothing is sent at or past the right edge of the guest's window") {
    play(R"(
        established peer=100
        send 250
        > . 1:101(100) ack 1 win 65535
        expect edge=101 snd_nxt=101
        < . 1:1(0) ack 101 win 50
        > . 101:151(50) ack 1 win 65535
        < . 1:1(0) ack 151 win 0
        expect edge=151 next=nothing
        silent
    )");
}

TEST_CASE("a closed window of the guest is not probed") {
    play(R"(
        established peer=0
        send 100
        silent
        +1000 silent
        +100000 silent
        < . 1:1(0) ack 1 win 1
        > . 1:2(1) ack 1 win 65535
    )");
}

TEST_CASE("an ACK is written whatever the guest's window is") {
    play(R"(
        established peer=0
        send 100
        < P. 1:11(10) ack 1 win 0  => deliver 10
        > . 1:1(0) ack 11 win 65525
    )");
}

TEST_CASE("an edge that moves to the left is reported and ignored") {
    play(R"(
        established peer=1000
        < . 1:1(0) ack 1 win 999  => anomalies REMOTE_RWND_EDGE
        expect edge=1001
        < . 1:1(0) ack 1 win 0  => anomalies REMOTE_RWND_EDGE
        expect edge=1001
        send 2000
        > . 1:1001(1000) ack 1 win 65535
    )");
}

TEST_CASE("an edge that stays, or moves to the right, is nothing to report") {
    play(R"(
        established peer=1000
        < . 1:1(0) ack 1 win 1000
        expect edge=1001
        < . 1:1(0) ack 1 win 1001
        expect edge=1002
        send 100
        > . 1:101(100) ack 1 win 65535
        < . 1:1(0) ack 101 win 901
        expect edge=1002
        < . 1:1(0) ack 101 win 65535
        expect edge=65636
    )");
}

TEST_CASE("a duplicate ACK can move the edge") {
    play(R"(
        established peer=100
        send 200
        > . 1:101(100) ack 1 win 65535
        < . 1:1(0) ack 1 win 150  => anomalies DUP_ACK
        expect edge=151
        > . 1:151(150) ack 1 win 65535
        < . 1:1(0) ack 1 win 149  => anomalies DUP_ACK|REMOTE_RWND_EDGE
        expect edge=151
    )");
}

TEST_CASE("a window update and data in one segment both count") {
    play(R"(
        established peer=0
        send 20
        < P. 1:11(10) ack 1 win 15  => deliver 10
        > . 1:16(15) ack 11 win 65525
    )");
}
