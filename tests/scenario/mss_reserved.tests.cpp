// SPDX-License-Identifier: Apache-2.0
// Bytes of the MSS that lower layers use up: BEHAVIOUR.md section 5.
#include "scenario/play.hpp"

using scenario::play;

TEST_CASE("reserved bytes make segments shorter") {
    play(R"(
        established mss=1000
        send 2000
        > . 1:961(960) ack 1 win 65535 reserved 40 more
        > . 961:1961(1000) ack 1 win 65535 more
        > . 1961:1962(1) ack 1 win 65535 reserved 999 more
        > . 1962:2001(39) ack 1 win 65535 reserved 1
    )");
}

TEST_CASE("with the whole MSS reserved there is no room for a payload") {
    play(R"(
        established mss=1000
        send 10
        write reserved 1000 => error EMPTY_PAYLOAD
        > . 1:11(10) ack 1 win 65535
    )");
}

TEST_CASE("more than the MSS cannot be reserved") {
    play(R"(
        established mss=1000
        send 10
        write reserved 1001 => error MSS_RESERVED
        write reserved 65535 => error MSS_RESERVED
        > . 1:11(10) ack 1 win 65535
    )");
}

TEST_CASE("what is reserved does not matter when there is nothing to write") {
    play(R"(
        established mss=1000
        silent reserved 65535
        source 1 0
        silent reserved 65535
    )");
}

TEST_CASE("a SYNACK needs room for its option") {
    play(R"(
        open
        < S 0:0(0) win 65535 <mss 1000>
        write reserved 1001 => error MSS_RESERVED
        write reserved 1000 => error MSS_OPTION_ROOM
        write reserved 997  => error MSS_OPTION_ROOM
        expect next=available
        > S. 0:0(0) ack 1 win 65535 <mss 1000> reserved 996
    )");
}

TEST_CASE("a SYNACK that cannot be written again counts no timeout") {
    play(R"(
        open rto=100 rto_max=2
        < S 0:0(0) win 65535 <mss 1000>
        > S. 0:0(0) ack 1 win 65535 <mss 1000>
        +100 write reserved 1000 => error MSS_OPTION_ROOM
        write reserved 1001 => error MSS_RESERVED
        > S. 0:0(0) ack 1 win 65535 <mss 1000>
        expect next=timeout@200
        +100 > R. @0:@0(0) ack 1 win 65535
    )");
}

TEST_CASE("a segment without payload may have the whole MSS reserved, but no more") {
    play(R"(
        established mss=1000
        < P. 1:11(10) ack 1 win 65535  => deliver 10
        write reserved 1001 => error MSS_RESERVED
        > . 1:1(0) ack 11 win 65525 reserved 1000
        close
        write reserved 1001 => error MSS_RESERVED
        > F. 1:1(0) ack 11 win 65525 reserved 1000
    )");
}

TEST_CASE("a FIN written again may have the whole MSS reserved, but no more") {
    play(R"(
        established mss=1000 rto=100 rto_max=2
        close
        > F. 1:1(0) ack 1 win 65535
        +100 write reserved 1001 => error MSS_RESERVED
        > F. 1:1(0) ack 1 win 65535 reserved 1000
        < . 1:1(0) ack 1 win 65535  => anomalies DUP_ACK
        write reserved 1001 => error MSS_RESERVED
        expect dup=1
        > F. 1:1(0) ack 1 win 65535 reserved 1000
    )");
}

TEST_CASE("reserved bytes can leave the FIN to a later segment") {
    play(R"(
        established mss=100 rto=100
        send 50
        > . 1:51(50) ack 1 win 65535
        close
        +100 > . 1:41(40) ack 1 win 65535 reserved 60
        expect state=ESTABLISHED
        +100 > F. 1:51(50) ack 1 win 65535 reserved 50
        expect state=FIN_WAIT_1
    )");
}

TEST_CASE("what is wrong with the source is looked at before what is reserved") {
    play(R"(
        established mss=1000
        source 2 10
        write reserved 1001 => error PAYLOAD_MISSING_SEQ
        source 1 1073725441
        write reserved 1001 => error PAYLOAD_TOO_LARGE
        source 1 10
        close
        write reserved 1001 => error DATA_AFTER_FIN
    )");
}

TEST_CASE("what is reserved is looked at before the room for the header, and that before the room for a payload") {
    play(R"(
        open
        < S 0:0(0) win 65535 <mss 1000>
        write room 0 reserved 1001 => error MSS_RESERVED
        write room 0 reserved 1000 => error MSS_OPTION_ROOM
        write room 0 reserved 996  => error BUFFER_TOO_SMALL needs 24
        > S. 0:0(0) ack 1 win 65535 <mss 1000>
        < . 1:1(0) ack 1 win 65535
        send 10
        write room 0 reserved 1001 => error MSS_RESERVED
        write room 0 reserved 1000 => error BUFFER_TOO_SMALL needs 20
    )");
}

TEST_CASE("a RST may have the whole MSS reserved, but no more") {
    play(R"(
        established mss=1000
        reset
        write reserved 1001 => error MSS_RESERVED
        > R 1:1(0) win 65535 reserved 1000
    )");
}

TEST_CASE("a retransmission that reserved bytes leave no room for counts no timeout") {
    play(R"(
        established mss=1000 rto=100 rto_max=2
        send 10
        > . 1:11(10) ack 1 win 65535
        +100 write reserved 1001 => error MSS_RESERVED
        write reserved 1000 => error EMPTY_PAYLOAD
        write reserved 1000 => error EMPTY_PAYLOAD
        > . 1:11(10) ack 1 win 65535
        +100 > R 11:11(0) win 65535
    )");
}
