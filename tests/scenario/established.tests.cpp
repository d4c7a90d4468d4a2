// SPDX-License-Identifier: Apache-2.0
// Data in both directions: BEHAVIOUR.md section 4, steps 4 to 8, and section 5, steps 6 and 7.
#include "scenario/play.hpp"

#include <fmt/format.h>

#include <string_view>

using scenario::play;

TEST_CASE("an established connection without traffic stays silent for ever") {
    play(R"(
        established
        expect next=nothing
        silent
        +100000000 silent
        expect state=ESTABLISHED next=nothing
    )");
}

TEST_CASE("data of the guest is delivered and acknowledged, and takes up the window") {
    play(R"(
        established
        < P. 1:101(100) ack 1 win 65535  => deliver 100
        expect rcv_nxt=101 rwnd=65435 next=available
        > . 1:1(0) ack 101 win 65435
        expect next=nothing
    )");
}

TEST_CASE("one ACK answers all the data before it") {
    play(R"(
        established
        < . 1:101(100) ack 1 win 65535    => deliver 100
        < . 101:301(200) ack 1 win 65535  => deliver 200
        < P. 301:302(1) ack 1 win 65535   => deliver 1
        > . 1:1(0) ack 302 win 65234
    )");
}

TEST_CASE("an ACK that is due rides on data") {
    play(R"(
        established
        < P. 1:101(100) ack 1 win 65535  => deliver 100
        send 50
        > . 1:51(50) ack 101 win 65435
        expect next=timeout@100
    )");
}

TEST_CASE("a pure ACK of the guest is not answered") {
    play(R"(
        established
        < . 1:1(0) ack 1 win 65535
        expect next=nothing
        send 50
        > . 1:51(50) ack 1 win 65535
        < . 1:1(0) ack 51 win 65535
        expect next=nothing
        silent
    )");
}

TEST_CASE("what is sent is cut into pieces of the MSS") {
    play(R"(
        established mss=1460
        send 3000
        > . 1:1461(1460) ack 1 win 65535
        > . 1461:2921(1460) ack 1 win 65535
        > . 2921:3001(80) ack 1 win 65535
        expect snd_una=1 snd_nxt=3001
    )");
}

TEST_CASE("the largest and the smallest MSS are filled") {
    play(R"(
        established mss=65495 window=1073725440
        send 65500
        > . 1:65496(65495) ack 1 win 65535
        > . 65496:65501(5) ack 1 win 65535
        established mss=100
        send 101
        > . 1:101(100) ack 1 win 65535
        > . 101:102(1) ack 1 win 65535
    )");
}

TEST_CASE("an acknowledgement moves SND.UNA, wholly or in part") {
    play(R"(
        established
        send 300
        > . 1:301(300) ack 1 win 65535
        < . 1:1(0) ack 2 win 65535
        expect snd_una=2 snd_nxt=301 dup=0
        < . 1:1(0) ack 300 win 65535
        expect snd_una=300 snd_nxt=301
        < . 1:1(0) ack 301 win 65535
        expect snd_una=301 snd_nxt=301 next=nothing
    )");
}

TEST_CASE("an acknowledgement of what was not sent, or what was long since, is reported and ignored") {
    const auto ack = GENERATE(as<std::string_view>{}, "0", "-1", "102", "1073725440", "-1073725440");
    CAPTURE(ack);
    play(fmt::format(R"(
        established
        send 100
        > . 1:101(100) ack 1 win 65535
        +10 < . 1:1(0) ack {} win 65535  => anomalies INVALID_ACK
        expect snd_una=1 snd_nxt=101 dup=0 next=timeout@100
    )",
                     ack));
}

TEST_CASE("an acknowledgement below SND.UNA is invalid, not a duplicate") {
    play(R"(
        established
        send 100
        > . 1:101(100) ack 1 win 65535
        < . 1:1(0) ack 101 win 65535
        < . 1:1(0) ack 100 win 65535  => anomalies INVALID_ACK
        expect snd_una=101 dup=0
    )");
}

TEST_CASE("an invalid acknowledgement does not keep the payload from being delivered") {
    play(R"(
        established
        < P. 1:101(100) ack 2 win 65535    => deliver 100 anomalies INVALID_ACK
        < P. 101:201(100) ack 0 win 65535  => deliver 100 anomalies INVALID_ACK
        > . 1:1(0) ack 201 win 65335
    )");
}

TEST_CASE("the window beside an invalid acknowledgement is not looked at") {
    play(R"(
        established peer=1000
        < . 1:1(0) ack 2 win 5000  => anomalies INVALID_ACK
        expect edge=1001
        < . 1:1(0) ack 0 win 10  => anomalies INVALID_ACK
        expect edge=1001
    )");
}

TEST_CASE("a segment without ACK has its payload delivered, and its ack and window fields ignored") {
    play(R"(
        established peer=1000
        send 10
        > . 1:11(10) ack 1 win 65535
        < P 1:101(100) ack 11 win 5000  => deliver 100
        expect snd_una=1 edge=1001 rcv_nxt=101
        > . 11:11(0) ack 101 win 65435
    )");
}

TEST_CASE("flags that have no meaning here change nothing") {
    play(R"(
        established
        < UEW. 1:11(10) ack 1 win 65535    => deliver 10
        < PUEW. 11:21(10) ack 1 win 65535  => deliver 10
        > . 1:1(0) ack 21 win 65515
    )");
}

TEST_CASE("options on an established connection change nothing") {
    play(R"(
        established
        < P. 1:11(10) ack 1 win 65535 <mss 500>       => deliver 10
        < P. 11:21(10) ack 1 win 65535 <hex 08000000> => deliver 10
        expect mss=1460
        > . 1:1(0) ack 21 win 65515
    )");
}

TEST_CASE("payload that is not the next is dropped, and an ACK says what is") {
    const auto range =
        GENERATE(as<std::string_view>{}, "2:12(10)", "1000:1010(10)", "0:10(10)", "-99:1(100)", "-5:5(10)");
    CAPTURE(range);
    play(fmt::format(R"(
        established
        < P. {} ack 1 win 65535  => anomalies UNEXPECTED_SEQ
        expect rcv_nxt=1 rwnd=65535 next=available
        > . 1:1(0) ack 1 win 65535
        expect next=nothing
    )",
                     range));
}

TEST_CASE("payload that arrives twice is delivered once") {
    play(R"(
        established
        < P. 1:101(100) ack 1 win 65535  => deliver 100
        > . 1:1(0) ack 101 win 65435
        < P. 1:101(100) ack 1 win 65535  => anomalies UNEXPECTED_SEQ
        > . 1:1(0) ack 101 win 65435
    )");
}

TEST_CASE("payload that arrives out of order is not kept") {
    play(R"(
        established
        < P. 101:201(100) ack 1 win 65535  => anomalies UNEXPECTED_SEQ
        < P. 1:101(100) ack 1 win 65535    => deliver 100
        expect rcv_nxt=101
        < P. 101:201(100) ack 1 win 65535  => deliver 100
        > . 1:1(0) ack 201 win 65335
    )");
}

TEST_CASE("a segment without payload is not judged by its sequence number") {
    play(R"(
        established
        send 10
        > . 1:11(10) ack 1 win 65535
        < . 5000:5000(0) ack 6 win 65535
        expect snd_una=6 next=timeout@100
        < . -70000:-70000(0) ack 11 win 65535
        expect snd_una=11 next=nothing
    )");
}

TEST_CASE("a keep-alive probe is ignored") {
    play(R"(
        established
        < . 0:0(0) ack 1 win 65535
        expect next=nothing
    )");
}

TEST_CASE("a conversation goes back and forth across the wrap of both sides") {
    play(R"(
        established window=1000
        < P. 1:13(12) ack 1 win 65535  => deliver 12
        send 60
        > . 1:61(60) ack 13 win 988
        < P. 13:17(4) ack 61 win 65535  => deliver 4
        send 10
        > . 61:71(10) ack 17 win 984
        < P. 17:20(3) ack 66 win 65535  => deliver 3
        advance 19
        send 1
        > . 71:72(1) ack 20 win 1000
        < . 20:20(0) ack 72 win 65535
        expect snd_una=72 snd_nxt=72 rcv_nxt=20 rwnd=1000 next=nothing
    )");
}
