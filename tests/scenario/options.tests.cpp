// SPDX-License-Identifier: Apache-2.0
// The options of section 8 of the behaviour, each on; the other scenarios show the connection with all of them off.
#include "scenario/play.hpp"

using scenario::play;

TEST_CASE("ack_unacceptable: a keep-alive is answered, with and without a byte") {
    play(R"(
        established options=ack_unacceptable
        < P. 1:11(10) ack 1 win 65535  => deliver 10
        > . 1:1(0) ack 11 win 65525
        < . 10:10(0) ack 1 win 65535
        > . 1:1(0) ack 11 win 65525
        < . 10:11(1) ack 1 win 65535   => anomalies UNEXPECTED_SEQ
        > . 1:1(0) ack 11 win 65525
    )");
}

TEST_CASE("ack_unacceptable: a segment that is acceptable and empty draws no ACK") {
    play(R"(
        established options=ack_unacceptable
        < . 1:1(0) ack 1 win 65535
        silent
        < . 100:100(0) ack 1 win 65535
        silent
    )");
}

TEST_CASE("ack_unacceptable: a window probe and data past the window are answered") {
    play(R"(
        established options=ack_unacceptable window=10
        < P. 1:11(10) ack 1 win 65535  => deliver 10
        > . 1:1(0) ack 11 win 0
        < P. 11:12(1) ack 1 win 65535  => anomalies SEGMENT_BEYOND_RWND
        > . 1:1(0) ack 11 win 0
        < . 12:12(0) ack 1 win 65535
        > . 1:1(0) ack 11 win 0
        < . 11:11(0) ack 1 win 65535
        silent
    )");
}

TEST_CASE("ack_unacceptable: a repeated FIN, an early FIN and data past the FIN are answered") {
    play(R"(
        established options=ack_unacceptable
        < F. 5:5(0) ack 1 win 65535    => anomalies INVALID_FIN
        > . 1:1(0) ack 1 win 65535
        < F. 1:1(0) ack 1 win 65535
        > . 1:1(0) ack 2 win 65534
        < F. 1:1(0) ack 1 win 65535
        > . 1:1(0) ack 2 win 65534
        < P. 2:3(1) ack 1 win 65535    => anomalies DATA_BEYOND_FIN
        > . 1:1(0) ack 2 win 65534
    )");
}

TEST_CASE("strict_dup_ack: payload, a FIN or another window make no duplicate ACK") {
    play(R"(
        established options=strict_dup_ack
        send 100
        > . 1:101(100) ack 1 win 65535
        < P. 1:11(10) ack 1 win 65535   => deliver 10
        > . 101:101(0) ack 11 win 65525  # an ACK, and nothing is repeated
    )");
}

TEST_CASE("strict_dup_ack: a window update is none, an exact repetition is one") {
    play(R"(
        established options=strict_dup_ack peer=1000
        send 100
        > . 1:101(100) ack 1 win 65535
        < . 1:1(0) ack 1 win 2000
        expect dup=0 edge=2001
        < . 1:1(0) ack 1 win 1500       => anomalies REMOTE_RWND_EDGE
        expect dup=0
        < . 1:1(0) ack 1 win 2000       => anomalies DUP_ACK
        expect dup=1
        > . 1:101(100) ack 1 win 65535
        expect dup=0
    )");
}

TEST_CASE("strict_dup_ack: an ACK that moves nothing does not put off the timeout, but is a sign of life") {
    play(R"(
        established options=strict_dup_ack rto=100 rto_max=2 peer=1000
        send 100
        > . 1:101(100) ack 1 win 65535
        +100 > . 1:101(100) ack 1 win 65535
        +50  < . 1:1(0) ack 1 win 2000
        expect next=timeout@200
        +50  > . 1:101(100) ack 1 win 65535
    )");
}

TEST_CASE(
    "strict_dup_ack: an ACK that announces a closed window is none, so that a FIN before it waits for its timeout") {
    play(R"(
        established options=strict_dup_ack rto=100 peer=10
        send 10
        > . 1:11(10) ack 1 win 65535
        < . 1:1(0) ack 11 win 0
        close
        > F. 11:11(0) ack 1 win 65535
        < . 1:1(0) ack 11 win 0         # RFC 9293, 3.10.7.4: a FIN before a closed window is not acceptable
        expect dup=0 next=timeout@100
        +100 > F. 11:11(0) ack 1 win 65535
    )");
}

TEST_CASE("zero_window_probe: one byte goes out each rto_period, and an answering peer is never given up") {
    play(R"(
        established options=zero_window_probe rto=100 rto_max=2 peer=0
        send 50
        silent
        expect next=timeout@100
        +99 silent
        +1  > . 1:2(1) ack 1 win 65535
        expect snd_nxt=2 next=timeout@200
        +10 < . 1:1(0) ack 1 win 0
        expect dup=0
        +90 > . 1:2(1) ack 1 win 65535
        +10 < . 1:1(0) ack 1 win 0
        +90 > . 1:2(1) ack 1 win 65535
        +10 < . 1:1(0) ack 1 win 0
        +90 > . 1:2(1) ack 1 win 65535
    )");
}

TEST_CASE("zero_window_probe: a peer that does not answer is given up") {
    play(R"(
        established options=zero_window_probe rto=100 rto_max=2 peer=0
        send 50
        silent
        +100 > . 1:2(1) ack 1 win 65535
        +100 > . 1:2(1) ack 1 win 65535
        +100 > R 2:2(0) win 65535
    )");
}

TEST_CASE("zero_window_probe: an answer that opens the window brings the byte again, with what follows it") {
    play(R"(
        established options=zero_window_probe rto=100 peer=0
        send 50
        silent
        +100 > . 1:2(1) ack 1 win 65535
        +10  < . 1:1(0) ack 1 win 20
        > . 1:21(20) ack 1 win 65535
        < . 1:1(0) ack 21 win 1000
        > . 21:51(30) ack 1 win 65535
    )");
}

TEST_CASE("zero_window_probe: the byte that was taken is not sent again") {
    play(R"(
        established options=zero_window_probe rto=100 peer=0
        send 50
        silent
        +100 > . 1:2(1) ack 1 win 65535
        +10  < . 1:1(0) ack 2 win 0
        silent
        expect snd_una=2 next=timeout@210
        +100 > . 2:3(1) ack 1 win 65535
    )");
}

TEST_CASE("zero_window_probe: without data, or with room, there is nothing to probe") {
    play(R"(
        established options=zero_window_probe rto=100 peer=0
        silent
        expect next=nothing
        send 0
        silent
        expect next=nothing
        send 5
        silent
        expect next=timeout@100
        source none
        silent
        expect next=nothing
    )");
}

TEST_CASE(
    "zero_window_probe: the longest source there can be has a byte to probe with, although its end has no order") {
    play(R"(
        established options=zero_window_probe rto=100 peer=0
        source 1 1073725440
        silent
        expect next=timeout@100
        +100 > . 1:2(1) ack 1 win 65535
    )");
}

TEST_CASE("zero_window_probe: a probe does not carry the FIN behind its byte") {
    play(R"(
        established options=zero_window_probe rto=100 peer=0
        send 1
        silent
        +100 > . 1:2(1) ack 1 win 65535
        close
        < . 1:1(0) ack 2 win 0
        > F. 2:2(0) ack 1 win 65535
    )");
}

TEST_CASE("zero_window_probe: a probe does not carry the FIN that was recorded before it") {
    play(R"(
        established options=zero_window_probe rto=100 peer=0
        send 1
        close 1
        silent
        +100 > . 1:2(1) ack 1 win 65535
        +100 > . 1:2(1) ack 1 win 65535
        < . 1:1(0) ack 2 win 0
        > F. 2:2(0) ack 1 win 65535
    )");
}

TEST_CASE("zero_window_probe: what a source holds past the recorded FIN is no byte to probe with") {
    play(R"(
        established options=zero_window_probe rto=100 peer=0
        send 5
        silent
        close
        +100 > F. 1:1(0) ack 1 win 65535
        < . 1:1(0) ack 2 win 65535
        expect fin_acked=1 snd_nxt=2
    )");
}

TEST_CASE("window_update: growth by an MSS is announced, less is not") {
    play(R"(
        established options=window_update window=10000 mss=1000
        < P. 1:1001(1000) ack 1 win 65535     => deliver 1000
        > . 1:1(0) ack 1001 win 9000
        advance 999
        silent
        advance 1
        > . 1:1(0) ack 1001 win 10000
        advance 0
        silent
    )");
}

TEST_CASE("window_update: growth by half of a small window is announced, and none beyond what can be advertised") {
    play(R"(
        established options=window_update window=100 mss=1000
        < P. 1:101(100) ack 1 win 65535       => deliver 100
        > . 1:1(0) ack 101 win 0
        advance 49
        > . 1:1(0) ack 101 win 49
        advance 49
        silent
        advance 1
        > . 1:1(0) ack 101 win 99
        established options=window_update window=1000000
        advance 500000
        silent
    )");
}

TEST_CASE("tolerant_handshake: an ACK that crossed a repeated SYN establishes the connection") {
    play(R"(
        open options=tolerant_handshake
        < S 0:0(0) win 65535 <mss 1460>
        > S. 0:0(0) ack 1 win 65535 <mss 1460>
        < S 0:0(0) win 65535 <mss 1460>
        expect next=available
        < P. 1:11(10) ack 1 win 65535  => deliver 10
        expect est=1
        > . 1:1(0) ack 11 win 65525
    )");
}

TEST_CASE("tolerant_handshake: before any SYNACK was written, and for a wrong ACK, nothing is tolerated") {
    play(R"(
        open options=tolerant_handshake
        < S 0:0(0) win 65535 <mss 1460>
        < . 1:1(0) ack 1 win 65535  => anomalies INVALID_SEGMENT|CONN_RESETTING
        > R 1:1(0) win 65535
        open options=tolerant_handshake
        < S 0:0(0) win 65535 <mss 1460>
        > S. 0:0(0) ack 1 win 65535 <mss 1460>
        < S 0:0(0) win 65535 <mss 1460>
        < . 1:1(0) ack 2 win 65535  => anomalies INVALID_ACK|CONN_RESETTING
        > R 2:2(0) win 65535
    )");
}

TEST_CASE("strict_acceptance: a segment without ACK, or with an impossible one, is dropped whole") {
    play(R"(
        established options=strict_acceptance
        < P 1:11(10) win 65535             => anomalies INVALID_ACK
        silent
        < P. 1:11(10) ack 2 win 65535      => anomalies INVALID_ACK|CHALLENGE_ACK
        > . 1:1(0) ack 1 win 65535
        expect rcv_nxt=1
    )");
}

TEST_CASE("strict_acceptance: an old ACK within the largest window is acceptable") {
    play(R"(
        established options=strict_acceptance
        send 100
        > . 1:101(100) ack 1 win 65535
        < . 1:1(0) ack 101 win 65535
        < P. 1:11(10) ack 1 win 65535       => deliver 10 anomalies INVALID_ACK
        > . 101:101(0) ack 11 win 65525
        < P. 11:21(10) ack -65434 win 65535 => deliver 10 anomalies INVALID_ACK
        > . 101:101(0) ack 21 win 65515
        < P. 21:31(10) ack -65435 win 65535 => anomalies INVALID_ACK|CHALLENGE_ACK
        > . 101:101(0) ack 21 win 65515
    )");
}

TEST_CASE("strict_acceptance: the handshake's ACK must stand in the window") {
    play(R"(
        open options=strict_acceptance window=1000
        < S 0:0(0) win 65535 <mss 1460>
        > S. 0:0(0) ack 1 win 1000 <mss 1460>
        < . 1001:1001(0) ack 1 win 65535  => anomalies UNEXPECTED_SEQ
        < . 0:0(0) ack 1 win 65535        => anomalies UNEXPECTED_SEQ
        expect est=0
        < . 1:1(0) ack 1 win 65535
        expect est=1
    )");
}

TEST_CASE("rfc5961: a RST in the window draws a challenge ACK, one at RCV.NXT resets") {
    play(R"(
        established options=rfc5961 window=1000
        < R 2:2(0) win 0      => anomalies INVALID_RST|CHALLENGE_ACK
        > . 1:1(0) ack 1 win 1000
        expect reset=0
        < R 1001:1001(0) win 0  => anomalies INVALID_RST
        silent
        < R 1:1(0) win 0      => anomalies RESET_RECEIVED
        expect reset=1
    )");
}

TEST_CASE("rfc5961: a SYN, wherever it stands, draws a challenge ACK") {
    play(R"(
        established options=rfc5961
        < S 0:0(0) win 65535 <mss 1460>  => anomalies INVALID_SEGMENT|CHALLENGE_ACK
        > . 1:1(0) ack 1 win 65535
        +100 < S 5000:5000(0) win 65535  => anomalies INVALID_SEGMENT|CHALLENGE_ACK
        > . 1:1(0) ack 1 win 65535
        expect est=1 reset=0
    )");
}

TEST_CASE("rfc5961: one challenge ACK in an rto_period") {
    play(R"(
        established options=rfc5961 rto=100
        < R 2:2(0) win 0       => anomalies INVALID_RST|CHALLENGE_ACK
        > . 1:1(0) ack 1 win 65535
        +99 < R 2:2(0) win 0   => anomalies INVALID_RST
        silent
        +1  < R 2:2(0) win 0   => anomalies INVALID_RST|CHALLENGE_ACK
        > . 1:1(0) ack 1 win 65535
    )");
}

TEST_CASE("linger: the connection is done only when our FIN is acknowledged") {
    play(R"(
        established options=linger
        < F. 1:1(0) ack 1 win 65535
        close
        > F. 1:1(0) ack 2 win 65534
        expect done=0 state=LAST_ACK
        < . 2:2(0) ack 2 win 65535
        expect done=1 state=CLOSED
    )");
}

TEST_CASE("linger: a reset connection, and one that is given up, are done") {
    play(R"(
        established options=linger rto=100 rto_max=1
        close
        > F. 1:1(0) ack 1 win 65535
        < F. 1:1(0) ack 1 win 65535     => anomalies DUP_ACK
        +100 > R 2:2(0) win 65534
        expect done=1 reset=1
    )");
}
