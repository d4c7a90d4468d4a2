// SPDX-License-Identifier: Apache-2.0
// Both sides close, in every order: BEHAVIOUR.md sections 4 to 6.
#include "scenario/play.hpp"

using scenario::play;

TEST_CASE("we close first, the guest follows") {
    play(R"(
        established
        close
        expect state=ESTABLISHED snd_nxt=1 next=available
        +10 > F. 1:1(0) ack 1 win 65535
        expect state=FIN_WAIT_1 snd_una=1 snd_nxt=2 done=0 next=timeout@110
        +10 < . 1:1(0) ack 2 win 65535
        expect state=FIN_WAIT_2 fin_acked=1 snd_una=2 done=0 next=nothing
        +10 < F. 1:1(0) ack 2 win 65535
        expect state=CLOSED fin=1 rcv_nxt=2 done=1 reset=0 next=available
        +0  > . 2:2(0) ack 2 win 65534
        expect next=nothing
    )");
}

TEST_CASE("the guest closes first, we follow") {
    play(R"(
        established
        < F. 1:1(0) ack 1 win 65535
        expect state=CLOSE_WAIT fin=1 rcv_nxt=2 done=0 next=available
        > . 1:1(0) ack 2 win 65534
        send 10
        > . 1:11(10) ack 2 win 65534
        < . 2:2(0) ack 11 win 65535
        close
        expect state=CLOSE_WAIT done=0 next=available
        > F. 11:11(0) ack 2 win 65534
        expect state=LAST_ACK done=1 fin_acked=0 snd_nxt=12
        < . 2:2(0) ack 12 win 65535
        expect state=CLOSED fin_acked=1 done=1 reset=0 next=nothing
    )");
}

TEST_CASE("our FIN answers the guest's FIN in one segment") {
    play(R"(
        established
        < F. 1:1(0) ack 1 win 65535
        close
        > F. 1:1(0) ack 2 win 65534
        expect state=LAST_ACK done=1
        < . 2:2(0) ack 2 win 65535
        expect state=CLOSED fin_acked=1
    )");
}

TEST_CASE("the guest acknowledges our FIN with its own") {
    play(R"(
        established
        close
        > F. 1:1(0) ack 1 win 65535
        < F. 1:1(0) ack 2 win 65535
        expect state=CLOSED fin=1 fin_acked=1 done=1 next=available
        > . 2:2(0) ack 2 win 65534
    )");
}

TEST_CASE("FINs that cross: the guest's repeats an old ACK, so ours goes out once more with the answer") {
    play(R"(
        established
        close
        > F. 1:1(0) ack 1 win 65535
        < F. 1:1(0) ack 1 win 65535  => anomalies DUP_ACK
        expect state=LAST_ACK done=1 fin=1 fin_acked=0 dup=1 next=available
        > F. 1:1(0) ack 2 win 65534
        expect dup=0
        < . 2:2(0) ack 2 win 65535
        expect state=CLOSED fin_acked=1 next=nothing
    )");
}

TEST_CASE("with bytes still to be sent, the last segment carries the FIN") {
    play(R"(
        established mss=100
        send 250
        close 250
        expect state=ESTABLISHED snd_nxt=1 next=nothing
        > . 1:101(100) ack 1 win 65535 more
        > . 101:201(100) ack 1 win 65535 more
        > F. 201:251(50) ack 1 win 65535
        expect state=FIN_WAIT_1 snd_nxt=252 next=timeout@100
        +10 < . 1:1(0) ack 201 win 65535
        +100 > F. 201:251(50) ack 1 win 65535 because TIMEOUT
        < . 1:1(0) ack 252 win 65535
        expect state=FIN_WAIT_2 fin_acked=1 next=nothing
    )");
}

TEST_CASE("a FIN behind bytes that the window holds back waits with the last of them") {
    play(R"(
        established peer=100
        send 150
        close 150
        > . 1:101(100) ack 1 win 65535
        expect state=ESTABLISHED
        silent
        < . 1:1(0) ack 101 win 50
        > F. 101:151(50) ack 1 win 65535
        < . 1:1(0) ack 152 win 50
        expect state=FIN_WAIT_2
    )");
}

TEST_CASE("a FIN behind bytes that the source lacks waits for them, and the source may not reach past it") {
    play(R"(
        established
        send 10
        close 20
        > . 1:11(10) ack 1 win 65535
        < . 1:1(0) ack 11 win 65535
        expect state=ESTABLISHED next=nothing
        silent
        send 11
        write => error DATA_AFTER_FIN
        source 1 20
        > F. 11:21(10) ack 1 win 65535
        close
        close 7
        expect state=FIN_WAIT_1 snd_nxt=22
    )");
}

TEST_CASE("a FIN behind bytes goes with them after the handshake when it was recorded before") {
    play(R"(
        open
        < S 0:0(0) win 1000 <mss 1460>
        close 30
        send 30
        > S. 0:0(0) ack 1 win 65535 <mss 1460>
        < . 1:1(0) ack 1 win 1000
        > F. 1:31(30) ack 1 win 65535
        expect state=FIN_WAIT_1
    )");
}

TEST_CASE("close before the SYNACK is written: the FIN goes out once the connection is established") {
    play(R"(
        open
        < S 0:0(0) win 1000 <mss 1460>
        close
        expect state=SYN_RECEIVED next=available
        > S. 0:0(0) ack 1 win 65535 <mss 1460>
        expect state=SYN_RECEIVED snd_nxt=1 next=timeout@100
        < . 1:1(0) ack 1 win 1000
        expect state=ESTABLISHED next=available
        > F. 1:1(0) ack 1 win 65535
        expect state=FIN_WAIT_1 snd_nxt=2
    )");
}

TEST_CASE("close before the SYNACK is acknowledged: the FIN goes out once the connection is established") {
    play(R"(
        open
        < S 0:0(0) win 1000 <mss 1460>
        > S. 0:0(0) ack 1 win 65535 <mss 1460>
        close
        expect state=SYN_RECEIVED next=timeout@100
        silent
        +100 > S. 0:0(0) ack 1 win 65535 <mss 1460>
        < P. 1:11(10) ack 1 win 1000  => deliver 10
        > F. 1:1(0) ack 11 win 65525
        < . 11:11(0) ack 2 win 1000
        expect state=FIN_WAIT_2
    )");
}
