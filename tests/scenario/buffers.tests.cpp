// SPDX-License-Identifier: Apache-2.0
// Buffers that are too small, times that go back, segments that do not parse: an error, and nothing has changed. That
// nothing has changed is checked by the player at each of these lines.
#include "scenario/play.hpp"

#include <fmt/format.h>

#include <string_view>

using scenario::play;

TEST_CASE("a payload that fits the receive buffer exactly is delivered") {
    play(R"(
        established
        < P. 1:11(10) ack 1 win 65535 into 10  => deliver 10
        < P. 11:12(1) ack 1 win 65535 into 1   => deliver 1
        < . 12:12(0) ack 1 win 65535 into 0
    )");
}

TEST_CASE("a payload longer than the receive buffer can be received again with a larger one") {
    play(R"(
        established
        < P. 1:11(10) ack 1 win 65535 into 9  => error BUFFER_TOO_SMALL needs 10
        < P. 1:11(10) ack 1 win 65535 into 0  => error BUFFER_TOO_SMALL needs 10
        < P. 1:11(10) ack 1 win 65535 into 10 => deliver 10
    )");
}

TEST_CASE("a receive buffer that is too small leaves the segment's acknowledgement, window and FIN untaken") {
    play(R"(
        established peer=100
        send 50
        > . 1:51(50) ack 1 win 65535
        +10 < F. 1:11(10) ack 51 win 900 into 9  => error BUFFER_TOO_SMALL needs 10
        expect snd_una=1 edge=101 fin=0 next=timeout@100
        < F. 1:11(10) ack 51 win 900 into 10     => deliver 10
        expect snd_una=51 edge=951 fin=1 rcv_nxt=12
    )");
}

TEST_CASE("a receive buffer that is too small leaves a duplicate ACK uncounted") {
    play(R"(
        established
        send 50
        > . 1:51(50) ack 1 win 65535
        < P. 1:11(10) ack 1 win 65535 into 9  => error BUFFER_TOO_SMALL needs 10
        expect dup=0
        silent
    )");
}

TEST_CASE("a receive buffer that is too small leaves a timeout counted") {
    play(R"(
        established rto=100 rto_max=2
        send 50
        > . 1:51(50) ack 1 win 65535
        +100 > . 1:51(50) ack 1 win 65535
        < P. 1:11(10) ack 21 win 65535 into 9  => error BUFFER_TOO_SMALL needs 10
        +100 > R 51:51(0) win 65535
    )");
}

TEST_CASE("a receive buffer that is too small leaves the handshake open") {
    play(R"(
        open
        < S 0:0(0) win 1000 <mss 1460>
        > S. 0:0(0) ack 1 win 65535 <mss 1460>
        +10 < P. 1:11(10) ack 1 win 1000 into 9  => error BUFFER_TOO_SMALL needs 10
        expect state=SYN_RECEIVED snd_una=0 next=timeout@100
        +90 > S. 0:0(0) ack 1 win 65535 <mss 1460>
        < P. 1:11(10) ack 1 win 1000 into 10  => deliver 10
        expect state=ESTABLISHED
    )");
}

TEST_CASE("a payload that would not be delivered needs no buffer") {
    play(R"(
        established window=100
        < P. 11:21(10) ack 1 win 65535 into 0     => anomalies UNEXPECTED_SEQ
        < P. 1:102(101) ack 1 win 65535 into 0    => anomalies SEGMENT_BEYOND_RWND
        < F. 1:11(10) ack 1 win 65535             => deliver 10
        < P. 12:22(10) ack 1 win 65535 into 0     => anomalies DATA_BEYOND_FIN
        < RP. 12:22(10) ack 1 win 65535 into 0    => anomalies RESET_RECEIVED
    )");
}

TEST_CASE("a payload before the handshake needs no buffer") {
    play(R"(
        open
        < S 0:0(0) win 1000 <mss 1460>
        > S. 0:0(0) ack 1 win 65535 <mss 1460>
        < P 1:11(10) win 1000 into 0
        < P. 1:11(10) ack 5 win 1000 into 0  => anomalies INVALID_ACK|CONN_RESETTING
    )");
}

TEST_CASE("a header needs 20 bytes, that of a SYNACK 24") {
    play(R"(
        open
        < S 0:0(0) win 1000 <mss 1460>
        write room 0  => error BUFFER_TOO_SMALL needs 24
        write room 20 => error BUFFER_TOO_SMALL needs 24
        write room 23 => error BUFFER_TOO_SMALL needs 24
        > S. 0:0(0) ack 1 win 65535 <mss 1460> room 24
        < P. 1:11(10) ack 1 win 1000  => deliver 10
        write room 0  => error BUFFER_TOO_SMALL needs 20
        write room 19 => error BUFFER_TOO_SMALL needs 20
        > . 1:1(0) ack 11 win 65525 room 20
        close
        write room 19 => error BUFFER_TOO_SMALL needs 20
        expect state=ESTABLISHED snd_nxt=1 next=available
        > F. 1:1(0) ack 11 win 65525 room 20
        reset
        write room 19 => error BUFFER_TOO_SMALL needs 20
        expect reset=0 next=available
        > R 2:2(0) win 65525 room 20
    )");
}

TEST_CASE("a RST before the handshake is over needs no room for an option") {
    play(R"(
        open rto_max=1
        < S 0:0(0) win 1000 <mss 1460>
        > S. 0:0(0) ack 1 win 65535 <mss 1460>
        +100 write room 19 => error BUFFER_TOO_SMALL needs 20
        expect reset=0 next=timeout@100
        reset
        write room 0 => error BUFFER_TOO_SMALL needs 20
        > R. @0:@0(0) ack 1 win 65535 room 20
    )");
}

TEST_CASE("a small buffer shortens the payload, down to a single byte") {
    play(R"(
        established
        send 10
        write room 19 => error BUFFER_TOO_SMALL needs 20
        write room 20 => error EMPTY_PAYLOAD
        > . 1:2(1) ack 1 win 65535 room 21 more
        > . 2:5(3) ack 1 win 65535 room 23 more
        > . 5:11(6) ack 1 win 65535 room 26
    )");
}

TEST_CASE("nothing to write needs no buffer") {
    play(R"(
        established
        silent room 0
        send 0
        silent room 0
    )");
}

TEST_CASE("a payload that has no room keeps back the ACK that is due") {
    play(R"(
        established
        < P. 1:11(10) ack 1 win 65535  => deliver 10
        send 10
        write room 20 => error EMPTY_PAYLOAD
        expect next=available
        > . 1:11(10) ack 11 win 65525
    )");
}

TEST_CASE("a segment that is to be written again and finds no room counts no timeout") {
    play(R"(
        established rto=100 rto_max=2
        send 10
        > . 1:11(10) ack 1 win 65535
        +100 write room 19 => error BUFFER_TOO_SMALL needs 20
        write room 20 => error EMPTY_PAYLOAD
        +50 write room 20 => error EMPTY_PAYLOAD
        expect next=timeout@100
        > . 1:11(10) ack 1 win 65535
        expect next=timeout@250
        +100 write room 19 => error BUFFER_TOO_SMALL needs 20
        expect reset=0
        > R 11:11(0) win 65535
    )");
}

TEST_CASE("a SYNACK that is to be written again and finds no room counts no timeout") {
    play(R"(
        open rto=100 rto_max=2
        < S 0:0(0) win 1000 <mss 1460>
        > S. 0:0(0) ack 1 win 65535 <mss 1460>
        +100 write room 23 => error BUFFER_TOO_SMALL needs 24
        write room 23 => error BUFFER_TOO_SMALL needs 24
        > S. 0:0(0) ack 1 win 65535 <mss 1460>
        expect next=timeout@200
    )");
}

TEST_CASE("a FIN that is to be written again and finds no room counts no timeout") {
    const auto source = GENERATE(as<std::string_view>{}, "source none", "source 1 0");
    CAPTURE(source);
    play(fmt::format(R"(
        established rto=100 rto_max=2
        {}
        close
        > F. 1:1(0) ack 1 win 65535
        +100 write room 19 => error BUFFER_TOO_SMALL needs 20
        write room 19 => error BUFFER_TOO_SMALL needs 20
        expect next=timeout@100
        > F. 1:1(0) ack 1 win 65535
        < . 1:1(0) ack 1 win 65535  => anomalies DUP_ACK
        write room 19 => error BUFFER_TOO_SMALL needs 20
        expect dup=1
        > F. 1:1(0) ack 1 win 65535
    )",
                     source));
}

TEST_CASE("a timeout without source that cannot let a due ACK out counts nothing") {
    play(R"(
        established rto=100 rto_max=2
        send 10
        > . 1:11(10) ack 1 win 65535
        < P 1:11(10) win 65535  => deliver 10
        source none
        +100 write room 19 => error BUFFER_TOO_SMALL needs 20
        write room 19 => error BUFFER_TOO_SMALL needs 20
        > . 11:11(0) ack 11 win 65525
        expect next=timeout@200
    )");
}

TEST_CASE("a retransmission for a duplicate ACK that finds no room stays pending") {
    play(R"(
        established
        send 10
        > . 1:11(10) ack 1 win 65535
        < . 1:1(0) ack 1 win 65535  => anomalies DUP_ACK
        write room 20 => error EMPTY_PAYLOAD
        expect dup=1
        > . 1:11(10) ack 1 win 65535
    )");
}

TEST_CASE("a time before that of an earlier call is an error") {
    play(R"(
        established
        +10 < P. 1:11(10) ack 1 win 65535  => deliver 10
        -1  < P. 11:21(10) ack 1 win 65535 => error TIMESTAMP_DECREASED
        -1  write => error TIMESTAMP_DECREASED
        +10 > . 1:1(0) ack 11 win 65525
        -5  write => error TIMESTAMP_DECREASED
        -5  < . 11:11(0) ack 1 win 65535 => error TIMESTAMP_DECREASED
        +0  < . 11:11(0) ack 1 win 65535
        +5  silent
        -1  write => error TIMESTAMP_DECREASED
    )");
}

TEST_CASE("a segment that does not parse changes nothing") {
    play(R"(
        established
        send 10
        > . 1:11(10) ack 1 win 65535
        < P. 1:11(10) ack 11 win 65535 corrupt => error CHECKSUM
        < R 1:1(0) win 65535 corrupt           => error CHECKSUM
        < P. 1:11(10) ack 11 win 65535 cut 0   => error TRUNCATED
        < P. 1:11(10) ack 11 win 65535 cut 19  => error TRUNCATED
        < P. 1:11(10) ack 11 win 65535 cut 29  => error CHECKSUM
        < P. 1:11(10) ack 11 win 65535 <nop,nop,nop,nop> cut 23 => error HEADER_LENGTH
        expect snd_una=1 next=timeout@100
        < P. 1:11(10) ack 11 win 65535         => deliver 10
    )");
}
