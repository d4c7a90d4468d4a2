// SPDX-License-Identifier: Apache-2.0
// The guest's FIN, and what comes after it: BEHAVIOUR.md section 4, steps 6 and 7.
#include "scenario/play.hpp"

#include <fmt/format.h>

#include <string_view>

using scenario::play;

TEST_CASE("what the guest sends after it acknowledged our FIN is delivered and answered without it") {
    play(R"(
        established
        close
        > F. 1:1(0) ack 1 win 65535
        < P. 1:11(10) ack 2 win 65535  => deliver 10
        expect state=FIN_WAIT_2
        > . 2:2(0) ack 11 win 65525
        < F. 11:11(0) ack 2 win 65535
        expect state=CLOSED
        > . 2:2(0) ack 12 win 65524
    )");
}

TEST_CASE("a FIN of the guest that carries data delivers the data") {
    play(R"(
        established
        < F. 1:11(10) ack 1 win 65535  => deliver 10
        expect fin=1 rcv_nxt=12 rwnd=65524
        > . 1:1(0) ack 12 win 65524
    )");
}

TEST_CASE("a FIN needs no ACK flag") {
    play(R"(
        established
        < F 1:1(0) win 65535
        expect fin=1 rcv_nxt=2
        > . 1:1(0) ack 2 win 65534
    )");
}

TEST_CASE("a FIN that is not next is reported, and not answered") {
    const auto range =
        GENERATE(as<std::string_view>{}, "2:2(0)", "0:0(0)", "1000:1000(0)", "-1073725440:-1073725440(0)");
    CAPTURE(range);
    play(fmt::format(R"(
        established
        < F. {} ack 1 win 65535  => anomalies INVALID_FIN
        expect fin=0 rcv_nxt=1 state=ESTABLISHED next=nothing
    )",
                     range));
}

TEST_CASE("a FIN behind data that is not next is not looked at") {
    play(R"(
        established
        < F. 11:21(10) ack 1 win 65535  => anomalies UNEXPECTED_SEQ
        expect fin=0 rcv_nxt=1
        > . 1:1(0) ack 1 win 65535
    )");
}

TEST_CASE("a FIN that arrives twice is silently ignored") {
    play(R"(
        established
        < F. 1:1(0) ack 1 win 65535
        > . 1:1(0) ack 2 win 65534
        < F. 1:1(0) ack 1 win 65535
        < F. 2:2(0) ack 1 win 65535
        expect rcv_nxt=2 next=nothing
        silent
    )");
}

TEST_CASE("data that is repeated after the FIN is old, and answered") {
    play(R"(
        established
        < F. 1:11(10) ack 1 win 65535  => deliver 10
        > . 1:1(0) ack 12 win 65524
        < F. 1:11(10) ack 1 win 65535  => anomalies UNEXPECTED_SEQ
        > . 1:1(0) ack 12 win 65524
    )");
}

TEST_CASE("data past the guest's FIN is reported, and not answered") {
    const auto range = GENERATE(as<std::string_view>{}, "11:12(1)", "12:13(1)", "2:12(10)", "2:13(11)", "500:510(10)");
    CAPTURE(range);
    play(fmt::format(R"(
        established
        < F. 1:11(10) ack 1 win 65535  => deliver 10
        > . 1:1(0) ack 12 win 65524
        < P. {} ack 1 win 65535  => anomalies DATA_BEYOND_FIN
        expect rcv_nxt=12 next=nothing
    )",
                     range));
}

TEST_CASE("data past the guest's FIN is past the FIN first, and past the window second") {
    play(R"(
        established window=20
        < F. 1:11(10) ack 1 win 65535  => deliver 10
        < P. 12:112(100) ack 1 win 65535  => anomalies DATA_BEYOND_FIN
    )");
}

TEST_CASE("a FIN is accepted whatever our window is") {
    play(R"(
        established window=10
        < F. 1:11(10) ack 1 win 65535  => deliver 10
        expect fin=1 rcv_nxt=12 rwnd=0
        > . 1:1(0) ack 12 win 0
    )");
}

TEST_CASE("after the guest's FIN we go on sending") {
    play(R"(
        established peer=100
        < F. 1:1(0) ack 1 win 100
        > . 1:1(0) ack 2 win 65534
        send 150
        > . 1:101(100) ack 2 win 65534
        < . 2:2(0) ack 101 win 65535
        > . 101:151(50) ack 2 win 65534
        < . 2:2(0) ack 151 win 65535
        expect state=CLOSE_WAIT
    )");
}
