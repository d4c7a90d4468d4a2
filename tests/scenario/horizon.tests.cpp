// SPDX-License-Identifier: Apache-2.0
// Sequence numbers so far apart that no order holds between them: BEHAVIOUR.md section 1. What is not known to be
// inside a window is outside it. The horizon is 1073725440 numbers away.
#include "scenario/play.hpp"

#include <fmt/format.h>

#include <string_view>

using scenario::play;

TEST_CASE("payload that has no order with our window is outside it") {
    const auto range = GENERATE(as<std::string_view>{}, "1500000000:1500000010(10)", "-1500000000:-1499999990(10)",
                                "-1073659905:-1073659904(1)", "2147483647:-2147483648(1)");
    CAPTURE(range);
    play(fmt::format(R"(
        established
        < P. {} ack 1 win 65535  => anomalies SEGMENT_BEYOND_RWND
        expect rcv_nxt=1 next=nothing
    )",
                     range));
}

TEST_CASE("payload within the horizon of our window's edge is old") {
    play(R"(
        established
        < P. -1073659904:-1073659903(1) ack 1 win 65535  => anomalies UNEXPECTED_SEQ
        > . 1:1(0) ack 1 win 65535
    )");
}

TEST_CASE("payload that has no order with the guest's FIN is past it") {
    const auto range = GENERATE(as<std::string_view>{}, "1500000000:1500000010(10)", "-1500000000:-1499999990(10)",
                                "-1073725440:-1073725439(1)");
    CAPTURE(range);
    play(fmt::format(R"(
        established
        < F. 1:1(0) ack 1 win 65535
        > . 1:1(0) ack 2 win 65534
        < P. {} ack 1 win 65535  => anomalies DATA_BEYOND_FIN
        expect next=nothing
    )",
                     range));
}

TEST_CASE("payload within the horizon of the guest's FIN is old") {
    play(R"(
        established window=0
        < F. 1:1(0) ack 1 win 65535
        > . 1:1(0) ack 2 win 0
        < P. -1073725439:-1073725438(1) ack 1 win 65535  => anomalies UNEXPECTED_SEQ
        > . 1:1(0) ack 2 win 0
    )");
}

TEST_CASE("an acknowledgement that has no order with what was sent is invalid") {
    const auto ack = GENERATE(as<std::string_view>{}, "1500000000", "-1500000000", "2147483647");
    CAPTURE(ack);
    play(fmt::format(R"(
        established
        send 100
        > . 1:101(100) ack 1 win 65535
        < . 1:1(0) ack {} win 65535  => anomalies INVALID_ACK
        expect snd_una=1 edge=65536
    )",
                     ack));
}

TEST_CASE("a RST that has no order with our window is invalid") {
    const auto number = GENERATE(as<std::string_view>{}, "1500000000", "-1500000000", "2147483647");
    CAPTURE(number);
    play(fmt::format(R"(
        established
        < R {0}:{0}(0) win 0  => anomalies INVALID_RST
        expect reset=0
    )",
                     number));
}

TEST_CASE("a source that has no order with the byte to send is one that starts behind it") {
    const auto source = GENERATE(as<std::string_view>{}, "1500000000 100", "-1500000000 1000", "-1073725439 1000");
    CAPTURE(source);
    play(fmt::format(R"(
        established
        source {}
        write => error PAYLOAD_MISSING_SEQ
    )",
                     source));
}

TEST_CASE(
    "a source that ends before the byte to send, and has no order with the guest's window, is not read past its end") {
    play(R"(
        established peer=65535
        source -1073725438 10
        write => error EMPTY_PAYLOAD
        source -1073659914 10
        write => error EMPTY_PAYLOAD
        source -1073659913 10
        silent
    )");
}
