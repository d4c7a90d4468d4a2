// SPDX-License-Identifier: Apache-2.0
// RSTs of both sides: BEHAVIOUR.md section 4, steps 1 and 2, section 5, steps 1 and 2, and section 6.
#include "scenario/play.hpp"

#include <fmt/format.h>

#include <string_view>

using scenario::play;

TEST_CASE("a RST inside our window resets the connection") {
    const auto segment = GENERATE(as<std::string_view>{}, "R 1:1(0) win 0", "R 2:2(0) win 0", "R 1000:1000(0) win 0",
                                  "R. 1:1(0) ack 1 win 0", "R. 1:1(0) ack 5000 win 0", "RP. 1:11(10) ack 1 win 0",
                                  "SR 1:1(0) win 0", "FR. 1:1(0) ack 1 win 0");
    CAPTURE(segment);
    play(fmt::format(R"(
        established window=1000
        < {}  => anomalies RESET_RECEIVED
        expect state=CLOSED reset=1 done=1 est=1 rcv_nxt=1 next=nothing
        write => error CONNECTION_RESET
    )",
                     segment));
}

TEST_CASE("a RST outside our window is reported and ignored") {
    const auto segment = GENERATE(as<std::string_view>{}, "R 0:0(0) win 0", "R -1:-1(0) win 0", "R 1001:1001(0) win 0",
                                  "R 1002:1002(0) win 0", "R. 1001:1001(0) ack 1 win 0",
                                  "R 1073725441:1073725441(0) win 0", "R -1073725440:-1073725440(0) win 0");
    CAPTURE(segment);
    play(fmt::format(R"(
        established window=1000 peer=100
        send 10
        > . 1:11(10) ack 1 win 1000
        +10 < {}  => anomalies INVALID_RST
        expect state=ESTABLISHED reset=0 snd_una=1 dup=0 edge=101 next=timeout@100
    )",
                     segment));
}

TEST_CASE("the acknowledgement, payload and FIN of an invalid RST are not looked at") {
    play(R"(
        established window=1000
        send 10
        > . 1:11(10) ack 1 win 1000
        < FR. 1001:1011(10) ack 11 win 0  => anomalies INVALID_RST
        expect snd_una=1 fin=0 next=timeout@100
    )");
}

TEST_CASE("the right edge of the window for RSTs is where payload left it") {
    play(R"(
        established window=100
        < P. 1:51(50) ack 1 win 65535  => deliver 50
        < R 50:50(0) win 0             => anomalies INVALID_RST
        < R 101:101(0) win 0           => anomalies INVALID_RST
        < R 100:100(0) win 0           => anomalies RESET_RECEIVED
        expect reset=1
    )");
}

TEST_CASE("a RST at RCV.NXT is valid while our window is closed, and no other is") {
    play(R"(
        established window=10
        < P. 1:11(10) ack 1 win 65535  => deliver 10
        > . 1:1(0) ack 11 win 0
        < R 10:10(0) win 0  => anomalies INVALID_RST
        < R 12:12(0) win 0  => anomalies INVALID_RST
        < R 11:11(0) win 0  => anomalies RESET_RECEIVED
        expect reset=1
    )");
}

TEST_CASE("a RST at RCV.NXT is valid after a FIN that closed window had no room for") {
    play(R"(
        established window=10
        < F. 1:11(10) ack 1 win 65535  => deliver 10
        < R 13:13(0) win 0  => anomalies INVALID_RST
        < R 11:11(0) win 0  => anomalies INVALID_RST
        < R 12:12(0) win 0  => anomalies RESET_RECEIVED
    )");
}

TEST_CASE("a RST before the SYNACK is written resets the connection without a word") {
    play(R"(
        open
        < S 0:0(0) win 1000 <mss 1460>
        < R 0:0(0) win 0  => anomalies INVALID_RST
        expect next=available
        < R 1:1(0) win 0  => anomalies RESET_RECEIVED
        expect state=CLOSED reset=1 est=0 next=nothing
        write => error CONNECTION_RESET
    )");
}

TEST_CASE("a RST that refuses our SYNACK resets the connection") {
    play(R"(
        open
        < S 0:0(0) win 1000 <mss 1460>
        > S. 0:0(0) ack 1 win 65535 <mss 1460>
        < R. 65536:65536(0) ack 1 win 0  => anomalies INVALID_RST
        < R. 1:1(0) ack 1 win 0          => anomalies RESET_RECEIVED
        expect state=CLOSED reset=1 est=0
    )");
}

TEST_CASE("a RST resets a connection that is closing") {
    play(R"(
        established
        close
        > F. 1:1(0) ack 1 win 65535
        < R. 1:1(0) ack 2 win 0  => anomalies RESET_RECEIVED
        expect state=CLOSED reset=1 done=1 fin_acked=0
        established
        < F. 1:1(0) ack 1 win 65535
        < R. 2:2(0) ack 1 win 0  => anomalies RESET_RECEIVED
        expect state=CLOSED reset=1 done=1 fin=1
    )");
}

TEST_CASE("a reset connection refuses everything and stays as it is") {
    play(R"(
        established
        < R 1:1(0) win 0  => anomalies RESET_RECEIVED
        +10 < . 1:1(0) ack 1 win 65535    => error CONNECTION_RESET
        +10 < P. 1:11(10) ack 1 win 65535 => error CONNECTION_RESET
        +10 < S 0:0(0) win 65535          => error CONNECTION_RESET
        +10 < R 1:1(0) win 0              => error CONNECTION_RESET
        send 10
        write => error CONNECTION_RESET
        source none
        write => error CONNECTION_RESET
        close
        reset
        expect state=CLOSED reset=1 next=nothing
        write => error CONNECTION_RESET
    )");
}

TEST_CASE("a reset before the handshake is over is a RST|ACK at zero") {
    play(R"(
        open window=5000
        < S 0:0(0) win 1000 <mss 1460>
        reset
        expect state=SYN_RECEIVED reset=0 done=0 next=available
        > R. @0:@0(0) ack 1 win 5000
        expect state=CLOSED reset=1 done=1 est=0 next=nothing
        open window=5000
        < S 0:0(0) win 1000 <mss 1460>
        > S. 0:0(0) ack 1 win 5000 <mss 1460>
        reset
        expect next=available
        > R. @0:@0(0) ack 1 win 5000
        expect state=CLOSED reset=1
    )");
}

TEST_CASE("a reset of an established connection is a RST at SND.NXT") {
    play(R"(
        established
        send 100
        > . 1:101(100) ack 1 win 65535
        < P. 1:11(10) ack 51 win 65535  => deliver 10
        expect rst=seq:101
        reset
        expect reset=0 done=0 state=ESTABLISHED next=available
        > R 101:101(0) win 65525
        expect state=CLOSED reset=1 done=1 next=nothing
    )");
}

TEST_CASE("a reset of a closing connection is a RST behind the FIN") {
    play(R"(
        established
        close
        expect rst=seq:1
        > F. 1:1(0) ack 1 win 65535
        expect rst=seq:2
        < . 1:1(0) ack 2 win 65535
        reset
        > R 2:2(0) win 65535
        established
        < F. 1:1(0) ack 1 win 65535
        > . 1:1(0) ack 2 win 65534
        reset
        > R 1:1(0) win 65534
        expect state=CLOSED
    )");
}

TEST_CASE("the RST has the window field of any other segment") {
    play(R"(
        established window=100000
        reset
        > R 1:1(0) win 65535
        established window=0
        reset
        > R 1:1(0) win 0
    )");
}

TEST_CASE("a queued RST is written before anything else") {
    play(R"(
        established
        send 10
        < P. 1:11(10) ack 1 win 65535  => deliver 10
        close
        reset
        > R 1:1(0) win 65525
        established rto=100
        send 10
        > . 1:11(10) ack 1 win 65535
        +500 < . 1:1(0) ack 1 win 65535  => anomalies DUP_ACK
        reset
        +500 > R 11:11(0) win 65535
    )");
}

TEST_CASE("a queued RST does not look at the payload source") {
    play(R"(
        established
        source 500 1073725441
        reset
        > R 1:1(0) win 65535
    )");
}

TEST_CASE("while a RST waits to be written nothing is received") {
    play(R"(
        established
        reset
        < P. 1:11(10) ack 1 win 65535 => error CONNECTION_RESET
        < R 1:1(0) win 0              => error CONNECTION_RESET
        expect reset=0 next=available
        > R 1:1(0) win 65535
        < P. 1:11(10) ack 1 win 65535 => error CONNECTION_RESET
    )");
}

TEST_CASE("the first RST that was queued is the one that is written") {
    play(R"(
        established
        < S. 0:0(0) ack 500 win 1000  => anomalies INVALID_SEGMENT|CONN_RESETTING
        reset
        > R 500:500(0) win 65535
        established
        send 10
        reset
        reset
        > R 1:1(0) win 65535
    )");
}

TEST_CASE("a RST that was queued keeps its number while the window changes") {
    play(R"(
        established window=10
        reset
        advance 20
        > R 1:1(0) win 30
    )");
}

TEST_CASE("the RST that a reset would send follows the connection") {
    play(R"(
        open
        < S 0:0(0) win 1000 <mss 1460>
        expect rst=ack:1
        > S. 0:0(0) ack 1 win 65535 <mss 1460>
        expect rst=ack:1
        < P. 1:11(10) ack 1 win 1000  => deliver 10
        expect rst=seq:1
        send 70
        > . 1:71(70) ack 11 win 65525
        expect rst=seq:71
    )");
}
