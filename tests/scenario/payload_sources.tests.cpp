// SPDX-License-Identifier: Apache-2.0
// What an application may lend as its payload: BEHAVIOUR.md section 5, steps 5 and 6. That the three kinds of source
// mean the same is checked by every scenario, as each is played with all of them.
#include "scenario/connections.hpp"
#include "scenario/play.hpp"

#include <fmt/format.h>

#include <string_view>

using scenario::play;

TEST_CASE("no source and an empty source both have nothing to send") {
    play(R"(
        established
        source none
        silent
        source 1 0
        silent
        < P. 1:11(10) ack 1 win 65535  => deliver 10
        > . 1:1(0) ack 11 win 65525
    )");
}

TEST_CASE("an empty source has a place all the same, no source has none") {
    play(R"(
        established
        source 2 0
        write => error PAYLOAD_MISSING_SEQ
        source 1 0
        silent
        source none
        silent
    )");
}

TEST_CASE("a source that starts behind the byte to send is an error") {
    play(R"(
        established
        source 2 100
        write => error PAYLOAD_MISSING_SEQ
        source 1000 100
        write => error PAYLOAD_MISSING_SEQ
        source 1 100
        > . 1:101(100) ack 1 win 65535
        source 102 100
        write => error PAYLOAD_MISSING_SEQ
        source 101 100
        > . 101:201(100) ack 1 win 65535
    )");
}

TEST_CASE("a source that starts behind the byte to send counts no timeout while nothing is outstanding") {
    play(R"(
        established rto=100 rto_max=1
        source 2 100
        +500 write => error PAYLOAD_MISSING_SEQ
        +500 write => error PAYLOAD_MISSING_SEQ
        expect next=nothing reset=0
    )");
}

TEST_CASE("a source that starts behind the byte to send keeps back the ACK that is due") {
    play(R"(
        established
        < P. 1:11(10) ack 1 win 65535  => deliver 10
        source 2 100
        write => error PAYLOAD_MISSING_SEQ
        expect next=available
        source none
        > . 1:1(0) ack 11 win 65525
    )");
}

TEST_CASE("a source may start anywhere before the byte to send") {
    const auto source =
        GENERATE(as<std::string_view>{}, "1 150", "0 151", "-5 156", "60 91", "101 50", "-1000000 1000151");
    CAPTURE(source);
    play(fmt::format(R"(
        established
        send 100
        > . 1:101(100) ack 1 win 65535
        < . 1:1(0) ack 101 win 65535
        source {}
        > . 101:151(50) ack 1 win 65535
    )",
                     source));
}

TEST_CASE("a source may start anywhere before the byte to send again") {
    const auto source =
        GENERATE(as<std::string_view>{}, "1 150", "0 151", "-5 156", "31 120", "41 110", "-1000000 1000151");
    CAPTURE(source);
    play(fmt::format(R"(
        established
        send 100
        > . 1:101(100) ack 1 win 65535
        < . 1:1(0) ack 41 win 65535
        < . 1:1(0) ack 41 win 65535  => anomalies DUP_ACK
        source {}
        > . 41:151(110) ack 1 win 65535
    )",
                     source));
}

TEST_CASE("a source lies before a byte only within the horizon of sequence numbers") {
    play(R"(
        only callback
        established
        source -1073725438 1073725440
        > . 1:2(1) ack 1 win 65535
        established
        source -1073725439 1073725440
        write => error PAYLOAD_MISSING_SEQ
    )");
}

TEST_CASE("a source that ends before the byte to send has nothing to send") {
    play(R"(
        established
        send 100
        > . 1:101(100) ack 1 win 65535
        < . 1:1(0) ack 51 win 65535
        source 1 100
        silent
        source 1 60
        silent
        source 1 10
        silent
        +100 silent
        expect next=timeout@200 snd_nxt=101
    )");
}

TEST_CASE("a retransmission sends what the source has of it") {
    play(R"(
        established
        send 100
        > . 1:101(100) ack 1 win 65535
        source 1 30
        +100 > . 1:31(30) ack 1 win 65535
        expect snd_una=1 snd_nxt=101
    )");
}

TEST_CASE("a retransmission from a source that starts behind SND.UNA is an error") {
    play(R"(
        established
        send 100
        > . 1:101(100) ack 1 win 65535
        < . 1:1(0) ack 1 win 65535  => anomalies DUP_ACK
        source 2 99
        write => error PAYLOAD_MISSING_SEQ
        expect dup=1
        source 1 100
        > . 1:101(100) ack 1 win 65535
    )");
}

TEST_CASE("a timeout counts even if the source starts behind SND.UNA, and resets in the end") {
    play(R"(
        established rto=100 rto_max=3
        send 100
        > . 1:101(100) ack 1 win 65535
        source 2 99
        +100 write => error PAYLOAD_MISSING_SEQ counted
        expect next=timeout@200
        +50  silent
        +50  write => error PAYLOAD_MISSING_SEQ counted
        +100 > R 101:101(0) win 65535
        expect reset=1
    )");
}

TEST_CASE("a counted timeout with a useless source makes way for a write from SND.NXT") {
    play(R"(
        established rto=100 rto_max=3
        send 100
        > . 1:101(100) ack 1 win 65535
        source 2 99
        +100 write => error PAYLOAD_MISSING_SEQ counted
        silent
        source 2 109
        > . 101:111(10) ack 1 win 65535
        expect next=timeout@200 snd_nxt=111
        source 1 110
        +100 > . 1:111(110) ack 1 win 65535
    )");
}

TEST_CASE("a source longer than the largest window is an error, whatever is to be sent") {
    play(R"(
        established rto=100 rto_max=2
        source 1 1073725441
        write => error PAYLOAD_TOO_LARGE
        source 1000 18446744073709551615
        only callback
        write => error PAYLOAD_TOO_LARGE
    )");
}

TEST_CASE("a source of pieces that add up past all numbers is too long as well") {
    const auto connection = scenario::established_connection();
    const std::uint8_t byte = 0;
    const dumbo_iovec half{&byte, SIZE_MAX / 2 + 1};  // of all there can be: two of them would be 0 bytes
    const dumbo_iovec pieces[] = {half, half, half, half};
    dumbo_payload payload{};
    payload.struct_size = sizeof payload;
    payload.kind = DUMBO_PAYLOAD_IOVEC;
    payload.seq = dumbo_connection_first_not_sent(connection.get());
    payload.iovecs = pieces;
    for (const std::size_t count : {1U, 2U, 3U, 4U}) {
        payload.iovec_count = count;
        CHECK(script::write(connection.get(), 100, 0, &payload, 0).code == DUMBO_ERR_PAYLOAD_TOO_LARGE);
    }
}

TEST_CASE("a source that is too long leaves a timeout uncounted") {
    play(R"(
        established rto=100 rto_max=2
        send 100
        > . 1:101(100) ack 1 win 65535
        source 1 1073725441
        +100 write => error PAYLOAD_TOO_LARGE
        write => error PAYLOAD_TOO_LARGE
        write => error PAYLOAD_TOO_LARGE
        source 1 100
        > . 1:101(100) ack 1 win 65535
    )");
}

TEST_CASE("a source that is too long keeps even the last timeout from resetting") {
    play(R"(
        established rto=100 rto_max=1
        send 100
        > . 1:101(100) ack 1 win 65535
        source 1 1073725441
        +100 write => error PAYLOAD_TOO_LARGE
        expect reset=0 next=timeout@100
        source none
        > R 101:101(0) win 65535
    )");
}

TEST_CASE("a source as long as the largest window is read no further than a segment") {
    play(R"(
        established
        source 1 1073725440
        > . 1:1461(1460) ack 1 win 65535 more
        < . 1:1(0) ack 1461 win 65535
        > . 1461:2921(1460) ack 1 win 65535 more
    )");
}

TEST_CASE("a source that cannot be read is an error that changes nothing") {
    play(R"(
        only callback
        established rto=100 rto_max=2
        send 100
        < P. 1:11(10) ack 1 win 65535  => deliver 10
        source fails
        write => error CALLBACK
        write => error CALLBACK
        expect snd_nxt=1 next=available
        source works
        > . 1:101(100) ack 11 win 65525
        source fails
        +100 write => error CALLBACK
        write => error CALLBACK
        write => error CALLBACK
        source works
        > . 1:101(100) ack 11 win 65525
        < . 11:11(0) ack 1 win 65535  => anomalies DUP_ACK
        source fails
        write => error CALLBACK
        expect dup=1
    )");
}

TEST_CASE("a source is not read when none of it is sent") {
    play(R"(
        only callback
        established peer=0
        send 100
        source fails
        silent
        < P. 1:11(10) ack 1 win 0  => deliver 10
        > . 1:1(0) ack 11 win 65525
        close
        > F. 1:1(0) ack 11 win 65525
    )");
}

TEST_CASE("the FIN goes out with whatever source has no byte behind it") {
    const auto source =
        GENERATE(as<std::string_view>{}, "source none", "source 11 0", "source 1 10", "source 5 6", "source 1 3");
    CAPTURE(source);
    play(fmt::format(R"(
        established
        send 10
        > . 1:11(10) ack 1 win 65535
        < . 1:1(0) ack 11 win 65535
        close
        {}
        > F. 11:11(0) ack 1 win 65535
    )",
                     source));
}
