// SPDX-License-Identifier: Apache-2.0
// Why a segment is sent, one case for each enum dumbo_cause.
#include "scenario/play.hpp"

using scenario::play;

TEST_CASE("cause: the SYNACK, again after a timeout, and again for a repeated SYN") {
    play(R"(
        open rto=100
        < S 0:0(0) win 65535 <mss 1460>
        > S. 0:0(0) ack 1 win 65535 <mss 1460> because SYN
        +100 > S. 0:0(0) ack 1 win 65535 <mss 1460> because TIMEOUT
        < S 0:0(0) win 65535 <mss 1460>
        > S. 0:0(0) ack 1 win 65535 <mss 1460> because REPEATED_SYN
    )");
}

TEST_CASE("cause: new data, again after a timeout, and again for a duplicate ACK") {
    play(R"(
        established rto=100
        send 100
        > . 1:101(100) ack 1 win 65535 because DATA
        +100 > . 1:101(100) ack 1 win 65535 because TIMEOUT
        < . 1:1(0) ack 1 win 65535 => anomalies DUP_ACK
        > . 1:101(100) ack 1 win 65535 because DUP_ACK
        < . 1:1(0) ack 1 win 65535 => anomalies DUP_ACK
        +100 > . 1:101(100) ack 1 win 65535 because TIMEOUT
    )");
}

TEST_CASE("cause: data that a timeout lets begin where nothing was sent yet is new") {
    play(R"(
        established options=zero_window_probe rto=100 peer=0
        send 10
        silent
        < . 1:1(0) ack 1 win 100
        +100 > . 1:11(10) ack 1 win 65535 because DATA
    )");
}

TEST_CASE("cause: an ACK, for data and for a window that opens") {
    play(R"(
        established window=10
        < P. 1:11(10) ack 1 win 65535 => deliver 10
        > . 1:1(0) ack 11 win 0 because ACK
        advance 10
        > . 1:1(0) ack 11 win 10 because ACK
    )");
}

TEST_CASE("cause: our FIN alone, behind data, again, and along with an ACK") {
    play(R"(
        established rto=100
        close
        > F. 1:1(0) ack 1 win 65535 because FIN
        +100 > F. 1:1(0) ack 1 win 65535 because TIMEOUT
        < . 1:1(0) ack 1 win 65535 => anomalies DUP_ACK
        > F. 1:1(0) ack 1 win 65535 because DUP_ACK
        established rto=100 options=strict_dup_ack
        close
        > F. 1:1(0) ack 1 win 65535 because FIN
        < P. 1:11(10) ack 1 win 65535 => deliver 10
        > F. 1:1(0) ack 11 win 65525 because ACK
        established rto=100
        send 10
        > . 1:11(10) ack 1 win 65535 because DATA
        close
        +100 > F. 1:11(10) ack 1 win 65535 because TIMEOUT
    )");
}

TEST_CASE("cause: probes of a closed window, and their octet again once it is open") {
    play(R"(
        established options=zero_window_probe rto=100 peer=0
        send 50
        silent
        +100 > . 1:2(1) ack 1 win 65535 because PROBE
        +100 > . 1:2(1) ack 1 win 65535 because PROBE
        < . 1:1(0) ack 1 win 0
        < . 1:1(0) ack 1 win 30
        < . 1:1(0) ack 1 win 30 => anomalies DUP_ACK
        > . 1:31(30) ack 1 win 65535 because WINDOW_OPENED
        < . 1:1(0) ack 1 win 30 => anomalies DUP_ACK
        > . 1:31(30) ack 1 win 65535 because DUP_ACK
    )");
}

TEST_CASE("cause: RSTs, asked for, because of a segment, and after the last timeout") {
    play(R"(
        established
        reset
        > R 1:1(0) win 65535 because RESET
        established
        < S 0:0(0) win 65535 => anomalies INVALID_SEGMENT|CONN_RESETTING
        > R. @0:@0(0) ack 1 win 65535 because RESET
        established rto=100 rto_max=2
        send 10
        > . 1:11(10) ack 1 win 65535 because DATA
        +100 > . 1:11(10) ack 1 win 65535 because TIMEOUT
        +100 > R 11:11(0) win 65535 because GIVEN_UP
    )");
}
