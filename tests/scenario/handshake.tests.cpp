// SPDX-License-Identifier: Apache-2.0
// From SYN-RECEIVED to ESTABLISHED, or not: BEHAVIOUR.md section 4, steps 3 to 5, and section 5, steps 3 and 4.
#include "scenario/play.hpp"

#include <fmt/format.h>

#include <string_view>

using scenario::play;

TEST_CASE("the SYN once more, before the SYNACK is written, changes nothing") {
    play(R"(
        open
        < S 0:0(0) win 1000 <mss 1460>
        < S 0:0(0) win 2000 <mss 1460>
        expect state=SYN_RECEIVED edge=1001 next=available
        > S. 0:0(0) ack 1 win 65535 <mss 1460>
    )");
}

TEST_CASE("the SYN once more, after the SYNACK was written, asks for the SYNACK again") {
    play(R"(
        open
        +0  < S 0:0(0) win 1000 <mss 1460>
        +0  > S. 0:0(0) ack 1 win 65535 <mss 1460>
        +30 < S 0:0(0) win 1000 <mss 1460>
        expect next=available snd_nxt=1 snd_una=0
        +5  > S. 0:0(0) ack 1 win 65535 <mss 1460>
        expect next=timeout@135
        +1  < . 1:1(0) ack 1 win 1000
        expect state=ESTABLISHED
    )");
}

TEST_CASE("a SYN without an option is the same SYN as one with the default MSS") {
    play(R"(
        open
        < S 0:0(0) win 1000
        < S 0:0(0) win 1000 <mss 536>
        > S. 0:0(0) ack 1 win 65535 <mss 536>
        < S 0:0(0) win 1000 <mss 536>
        < S 0:0(0) win 1000
        > S. 0:0(0) ack 1 win 65535 <mss 536>
    )");
}

TEST_CASE("anything but the same SYN, before the SYNACK is written, resets the connection") {
    struct Row {
        std::string_view segment;
        std::string_view answer;
    };
    const auto row = GENERATE(values<Row>({
        {". 1:1(0) ack 1 win 1000", "R 1:1(0) win 65535"},
        {". 1:1(0) ack 77 win 1000", "R 77:77(0) win 65535"},
        {"P. 1:11(10) ack 1 win 1000", "R 1:1(0) win 65535"},
        {"S. 0:0(0) ack 0 win 1000 <mss 1460>", "R 0:0(0) win 65535"},
        {"- 1:1(0) win 1000", "R. @0:@0(0) ack 1 win 65535"},
        {"F 1:1(0) win 1000", "R. @0:@0(0) ack 2 win 65535"},
        {"P 1:11(10) win 1000", "R. @0:@0(0) ack 11 win 65535"},
        {"S 5:5(0) win 1000 <mss 1460>", "R. @0:@0(0) ack 6 win 65535"},
        {"S -1:-1(0) win 1000 <mss 1460>", "R. @0:@0(0) ack 0 win 65535"},
        {"S 0:4(4) win 1000 <mss 1460>", "R. @0:@0(0) ack 5 win 65535"},
        {"SF 0:4(4) win 1000 <mss 1460>", "R. @0:@0(0) ack 6 win 65535"},
        {"SP 0:0(0) win 1000 <mss 1460>", "R. @0:@0(0) ack 1 win 65535"},
        {"S 0:0(0) win 1000 <mss 1459>", "R. @0:@0(0) ack 1 win 65535"},
        {"S 0:0(0) win 1000 <mss 99>", "R. @0:@0(0) ack 1 win 65535"},
        {"S 0:0(0) win 1000", "R. @0:@0(0) ack 1 win 65535"},
    }));
    CAPTURE(row.segment);
    play(fmt::format(R"(
        open
        < S 0:0(0) win 1000 <mss 1460>
        < {}  => anomalies INVALID_SEGMENT|CONN_RESETTING
        expect state=SYN_RECEIVED reset=0 done=0 next=available
        > {}
        expect state=CLOSED reset=1 done=1 next=nothing
    )",
                     row.segment, row.answer));
}

TEST_CASE("a SYN that is not the same, after the SYNACK was written, resets the connection") {
    struct Row {
        std::string_view segment;
        std::string_view answer;
    };
    const auto row = GENERATE(values<Row>({
        {"S. 0:0(0) ack 1 win 1000 <mss 1460>", "R 1:1(0) win 65535"},
        {"SP 0:0(0) win 1000 <mss 1460>", "R. @0:@0(0) ack 1 win 65535"},
        {"S 1:1(0) win 1000 <mss 1460>", "R. @0:@0(0) ack 2 win 65535"},
        {"S 0:10(10) win 1000 <mss 1460>", "R. @0:@0(0) ack 11 win 65535"},
        {"S 0:0(0) win 1000 <mss 1000>", "R. @0:@0(0) ack 1 win 65535"},
        {"S 0:0(0) win 1000 <hex 08000000>", "R. @0:@0(0) ack 1 win 65535"},
    }));
    CAPTURE(row.segment);
    play(fmt::format(R"(
        open
        < S 0:0(0) win 1000 <mss 1460>
        > S. 0:0(0) ack 1 win 65535 <mss 1460>
        < {}  => anomalies INVALID_SEGMENT|CONN_RESETTING
        > {}
        expect reset=1
    )",
                     row.segment, row.answer));
}

TEST_CASE("an ACK while the SYNACK is due again resets the connection") {
    play(R"(
        open
        < S 0:0(0) win 1000 <mss 1460>
        > S. 0:0(0) ack 1 win 65535 <mss 1460>
        < S 0:0(0) win 1000 <mss 1460>
        < . 1:1(0) ack 1 win 1000  => anomalies INVALID_SEGMENT|CONN_RESETTING
        > R 1:1(0) win 65535
    )");
}

TEST_CASE("an ACK of anything but the SYNACK resets the connection") {
    const auto ack = GENERATE(as<std::string_view>{}, "0", "2", "-1", "1073725441", "-1073725440");
    CAPTURE(ack);
    play(fmt::format(R"(
        open
        < S 0:0(0) win 1000 <mss 1460>
        > S. 0:0(0) ack 1 win 65535 <mss 1460>
        < P. 1:11(10) ack {} win 1000  => anomalies INVALID_ACK|CONN_RESETTING
        expect state=SYN_RECEIVED est=0 rcv_nxt=1 snd_una=0 next=available
        > R {}:{}(0) win 65535
        expect state=CLOSED reset=1 est=0
    )",
                     ack, ack, ack));
}

TEST_CASE("a segment without SYN, RST or ACK does not get through before the handshake is over") {
    const auto segment = GENERATE(as<std::string_view>{}, "- 1:1(0) win 5", "P 1:11(10) win 5", "F 1:1(0) win 5",
                                  "FP 1:11(10) win 5", "P 50:60(10) win 5", "U 1:1(0) win 5", "P 0:65540(65540) win 5");
    CAPTURE(segment);
    play(fmt::format(R"(
        open
        < S 0:0(0) win 1000 <mss 1460>
        > S. 0:0(0) ack 1 win 65535 <mss 1460>
        < {}
        expect state=SYN_RECEIVED edge=1001 rcv_nxt=1 fin=0 next=timeout@100
        < . 1:1(0) ack 1 win 1000
        expect state=ESTABLISHED next=nothing
    )",
                     segment));
}

TEST_CASE("the ACK that ends the handshake can carry data") {
    play(R"(
        open
        < S 0:0(0) win 1000 <mss 1460>
        > S. 0:0(0) ack 1 win 65535 <mss 1460>
        < P. 1:101(100) ack 1 win 1000  => deliver 100
        expect state=ESTABLISHED rcv_nxt=101 rwnd=65435 next=available
        > . 1:1(0) ack 101 win 65435
    )");
}

TEST_CASE("the ACK that ends the handshake can carry data and a FIN") {
    play(R"(
        open
        < S 0:0(0) win 1000 <mss 1460>
        > S. 0:0(0) ack 1 win 65535 <mss 1460>
        < F. 1:101(100) ack 1 win 1000  => deliver 100
        expect state=CLOSE_WAIT fin=1 rcv_nxt=102
        > . 1:1(0) ack 102 win 65434
    )");
}

TEST_CASE("the ACK that ends the handshake is not judged by its sequence number") {
    play(R"(
        open
        < S 0:0(0) win 1000 <mss 1460>
        > S. 0:0(0) ack 1 win 65535 <mss 1460>
        < . 90000:90000(0) ack 1 win 1000
        expect state=ESTABLISHED rcv_nxt=1 next=nothing
    )");
}

TEST_CASE("the window of the handshake's ACK counts already, but only to the right") {
    play(R"(
        open
        < S 0:0(0) win 1000 <mss 1460>
        > S. 0:0(0) ack 1 win 65535 <mss 1460>
        < . 1:1(0) ack 1 win 999  => anomalies REMOTE_RWND_EDGE
        expect state=ESTABLISHED edge=1001
        open
        < S 0:0(0) win 1000 <mss 1460>
        > S. 0:0(0) ack 1 win 65535 <mss 1460>
        < . 1:1(0) ack 1 win 1001
        expect state=ESTABLISHED edge=1002
    )");
}

TEST_CASE("the window of an ACK that does not end the handshake does not count") {
    play(R"(
        open
        < S 0:0(0) win 1000 <mss 1460>
        > S. 0:0(0) ack 1 win 65535 <mss 1460>
        < . 1:1(0) ack 0 win 3000  => anomalies INVALID_ACK|CONN_RESETTING
        expect edge=1001
    )");
}

TEST_CASE("no payload goes out before the handshake is over") {
    play(R"(
        open
        < S 0:0(0) win 1000 <mss 1460>
        send 50
        > S. 0:0(0) ack 1 win 65535 <mss 1460>
        silent
        < . 1:1(0) ack 1 win 1000
        > . 1:51(50) ack 1 win 65535
    )");
}

TEST_CASE("a payload source is not looked at before the handshake is over") {
    play(R"(
        open
        < S 0:0(0) win 1000 <mss 1460>
        source 500 1073725441
        > S. 0:0(0) ack 1 win 65535 <mss 1460>
        silent
        +100 > S. 0:0(0) ack 1 win 65535 <mss 1460>
    )");
}

TEST_CASE("an unanswered SYNACK is written again whenever its timeout expires, and in the end given up") {
    play(R"(
        open rto=100 rto_max=3
        +7   < S 0:0(0) win 1000 <mss 1460>
        +13  > S. 0:0(0) ack 1 win 65535 <mss 1460>
        expect next=timeout@120
        +99  silent
        +1   > S. 0:0(0) ack 1 win 65535 <mss 1460>
        expect next=timeout@220
        +130 > S. 0:0(0) ack 1 win 65535 <mss 1460>
        expect next=timeout@350 state=SYN_RECEIVED
        +99  silent
        +1   > R. @0:@0(0) ack 1 win 65535
        expect state=CLOSED reset=1 done=1 est=0 next=nothing
    )");
}

TEST_CASE("with a single timeout allowed the first one resets") {
    play(R"(
        open rto_max=1
        < S 0:0(0) win 1000 <mss 1460>
        > S. 0:0(0) ack 1 win 65535 <mss 1460>
        +100 > R. @0:@0(0) ack 1 win 65535
    )");
}

TEST_CASE("a SYN that is repeated does not take back a counted timeout") {
    play(R"(
        open rto_max=2
        < S 0:0(0) win 1000 <mss 1460>
        > S. 0:0(0) ack 1 win 65535 <mss 1460>
        +100 > S. 0:0(0) ack 1 win 65535 <mss 1460>
        +50  < S 0:0(0) win 1000 <mss 1460>
        +0   > S. 0:0(0) ack 1 win 65535 <mss 1460>
        +100 > R. @0:@0(0) ack 1 win 65535
    )");
}

TEST_CASE("a SYNACK that is due goes out without counting the timeout that passed meanwhile") {
    play(R"(
        open rto_max=1
        +0   < S 0:0(0) win 1000 <mss 1460>
        +500 > S. 0:0(0) ack 1 win 65535 <mss 1460>
        expect next=timeout@600
        +50  < S 0:0(0) win 1000 <mss 1460>
        +500 > S. 0:0(0) ack 1 win 65535 <mss 1460>
        expect next=timeout@1150
    )");
}

TEST_CASE("the handshake's ACK takes back the timeouts that were counted") {
    play(R"(
        open rto_max=2
        < S 0:0(0) win 1000 <mss 1460>
        > S. 0:0(0) ack 1 win 65535 <mss 1460>
        +100 > S. 0:0(0) ack 1 win 65535 <mss 1460>
        < . 1:1(0) ack 1 win 1000
        send 10
        > . 1:11(10) ack 1 win 65535
        +100 > . 1:11(10) ack 1 win 65535
        +100 > R 11:11(0) win 65535
    )");
}

TEST_CASE("any SYN on an established connection resets it") {
    struct Row {
        std::string_view segment;
        std::string_view answer;
    };
    const auto row = GENERATE(values<Row>({
        {"S 0:0(0) win 1000 <mss 1460>", "R. @0:@0(0) ack 1 win 65535"},
        {"S 1:1(0) win 1000", "R. @0:@0(0) ack 2 win 65535"},
        {"S 700000:700000(0) win 1000", "R. @0:@0(0) ack 700001 win 65535"},
        {"S. 0:0(0) ack 1 win 1000 <mss 1460>", "R 1:1(0) win 65535"},
        {"S. 0:0(0) ack 500 win 1000 <mss 1460>", "R 500:500(0) win 65535"},
        {"SP. 1:11(10) ack 1 win 1000", "R 1:1(0) win 65535"},
        {"SF 1:11(10) win 1000", "R. @0:@0(0) ack 13 win 65535"},
    }));
    CAPTURE(row.segment);
    play(fmt::format(R"(
        established
        < {}  => anomalies INVALID_SEGMENT|CONN_RESETTING
        expect state=ESTABLISHED rcv_nxt=1 edge=65536 next=available
        > {}
        expect state=CLOSED reset=1
    )",
                     row.segment, row.answer));
}
