// SPDX-License-Identifier: Apache-2.0
// The deviations from the observed system, one test for each row of BEHAVIOUR.md section 7. Each fails when its
// deviation is undone.
#include "scenario/play.hpp"
#include "scenario/storm.hpp"
#include "script/content.hpp"
#include "script/endpoint.hpp"
#include "script/wire.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

using scenario::play;

TEST_CASE("D1: a time that goes back is an error and changes nothing") {
    play(R"(
        established rto=100
        send 10
        +50  > . 1:11(10) ack 1 win 65535
        -1   write => error TIMESTAMP_DECREASED
        -50  write => error TIMESTAMP_DECREASED
        -1   < P. 1:11(10) ack 11 win 65535 => error TIMESTAMP_DECREASED
        expect snd_una=1 rcv_nxt=1 next=timeout@150
        +99  silent
        +1   > . 1:11(10) ack 1 win 65535
    )");
}

TEST_CASE("D2: a timeout past the end of time is at the end of time") {
    play(R"(
        established rto=100 epoch=18446744073709551565
        send 10
        > . 1:11(10) ack 1 win 65535
        expect next=timeout@max
        +49 silent
        expect next=timeout@max
    )");
}

TEST_CASE("D3: a timeout without a payload source counts, and sends the FIN again") {
    play(R"(
        established rto=100 rto_max=3
        close
        > F. 1:1(0) ack 1 win 65535
        +100 > F. 1:1(0) ack 1 win 65535
        +100 > F. 1:1(0) ack 1 win 65535
        +100 > R 2:2(0) win 65535
        established rto=100 rto_max=2
        send 10
        > . 1:11(10) ack 1 win 65535
        source none
        +100 silent
        +100 > R 11:11(0) win 65535
    )");
}

TEST_CASE("D4: a RST at RCV.NXT is valid while our window is closed or at its largest") {
    play(R"(
        established window=0
        < R 1:1(0) win 0  => anomalies RESET_RECEIVED
        established window=1073725440
        < R 1:1(0) win 0  => anomalies RESET_RECEIVED
    )");
}

TEST_CASE("D5: a window above the largest is refused when opening") {
    play(R"(
        open window=1073725441
        < S 0:0(0) win 1000 <mss 1460>  => error INVALID_ARGUMENT
        open window=1073725440
        < S 0:0(0) win 1000 <mss 1460>
    )");
}

TEST_CASE("D6: from a source that starts before the byte to send, that byte is sent") {
    play(R"(
        established rto=100
        send 100
        > . 1:101(100) ack 1 win 65535
        < . 1:1(0) ack 41 win 65535
        source 1 100
        +100 > . 41:101(60) ack 1 win 65535     # the player compares the bytes
        source 1 150
        > . 101:151(50) ack 1 win 65535
    )");
}

TEST_CASE("D7: a pure ACK while data is outstanding carries SND.NXT") {
    play(R"(
        established
        send 100
        > . 1:101(100) ack 1 win 65535
        < P 1:11(10) win 65535  => deliver 10
        > . 101:101(0) ack 11 win 65525
    )");
}

TEST_CASE("D8: a RST in answer to a segment without ACK acknowledges its SYN and FIN") {
    struct Row {
        unsigned flags;
        std::uint32_t payload;
        std::uint32_t counted;
    };
    const auto row = GENERATE(values<Row>({
        {DUMBO_TCP_SYN, 0, 1},
        {DUMBO_TCP_SYN, 10, 11},
        {DUMBO_TCP_FIN, 0, 1},
        {DUMBO_TCP_FIN | DUMBO_TCP_PSH, 10, 11},
        {DUMBO_TCP_SYN | DUMBO_TCP_FIN, 10, 12},
        {DUMBO_TCP_PSH, 10, 10},
        {0, 0, 0},
    }));
    const script::Numbering numbering;
    const auto flags = static_cast<std::uint8_t>(row.flags);
    const auto segment =
        script::encode({flags, numbering.guest, 0, 1000, row.payload, {}}, script::Sender::guest, numbering);
    dumbo_rst_config rst{};
    rst.struct_size = sizeof rst;
    REQUIRE(dumbo_rst_config_for_segment(segment.data(), segment.size(), &rst) == DUMBO_OK);
    CHECK(rst.flags == (DUMBO_TCP_RST | DUMBO_TCP_ACK));
    CHECK(rst.seq == 0);
    CHECK(rst.ack == numbering.guest + row.counted);
}

TEST_CASE("D8: so does the RST that a connection sends on its own") {
    play(R"(
        established
        < S 0:0(0) win 1000  => anomalies INVALID_SEGMENT|CONN_RESETTING
        > R. @0:@0(0) ack 1 win 65535
        established
        < SF 5:15(10) win 1000  => anomalies INVALID_SEGMENT|CONN_RESETTING
        > R. @0:@0(0) ack 17 win 65535
    )");
}

TEST_CASE("D9: opening the window by more than it can hold leaves it at its largest") {
    play(R"(
        established window=65535
        advance 4294967295
        expect rwnd=1073725440
        advance 4294967295
        expect rwnd=1073725440
        established window=65535
        advance 4294901761
        expect rwnd=1073725440
    )");
}

TEST_CASE("D10: a FIN into a closed window is accepted, and the window stays closed until it is opened") {
    play(R"(
        established window=10
        < P. 1:11(10) ack 1 win 65535  => deliver 10
        > . 1:1(0) ack 11 win 0
        < F. 11:11(0) ack 1 win 65535
        expect fin=1 rcv_nxt=12 rwnd=0 next=available
        > . 1:1(0) ack 12 win 0
        send 5
        > . 1:6(5) ack 12 win 0
        advance 100
        expect rwnd=100 next=available
        > . 6:6(0) ack 12 win 100
    )");
}

TEST_CASE("D11: of a segment longer than 65535 bytes the first 65535 are looked at") {
    constexpr std::uint32_t payload_length = 70000;
    constexpr std::uint32_t most_payload = 65535 - 20;
    const script::Numbering numbering;
    const script::Packet packet{DUMBO_TCP_ACK, numbering.guest + 1, numbering.host + 1, 1000, payload_length, {}};
    const auto segment = script::encode(packet, script::Sender::guest, numbering);
    const auto addresses = script::addresses_of(script::Sender::guest);

    dumbo_tcp_segment parsed{};
    parsed.struct_size = sizeof parsed;
    REQUIRE(dumbo_tcp_parse(segment.data(), segment.size(), &addresses, &parsed) == DUMBO_OK);
    CHECK(parsed.length == 65535);
    CHECK(parsed.payload_length == most_payload);

    play(R"(
        established window=100000
        < P. 1:70001(70000) ack 1 win 65535 into 65514  => error BUFFER_TOO_SMALL needs 65515
        < P. 1:70001(70000) ack 1 win 65535 into 65515  => deliver 65515
        expect rcv_nxt=65516 rwnd=34485
        > . 1:1(0) ack 65516 win 34485
        < F. 65516:135516(70000) ack 1 win 65535  => anomalies SEGMENT_BEYOND_RWND
    )");
}

TEST_CASE("D12: the timeout of a FIN on a control segment starts when it is written") {
    play(R"(
        established rto=100
        +5000 silent
        close
        +1   > F. 1:1(0) ack 1 win 65535
        expect next=timeout@5101
        +99  silent
        +1   > F. 1:1(0) ack 1 win 65535
    )");
}

TEST_CASE("D13: an ACK that advances forgets the duplicate before it") {
    play(R"(
        established
        send 100
        > . 1:101(100) ack 1 win 65535
        < . 1:1(0) ack 1 win 65535  => anomalies DUP_ACK
        expect dup=1
        < . 1:1(0) ack 51 win 65535
        expect dup=0
        silent
    )");
}

TEST_CASE("D14: a duplicate ACK while only our FIN is outstanding has the FIN sent again, once") {
    play(R"(
        established
        close
        > F. 1:1(0) ack 1 win 65535
        < . 1:1(0) ack 1 win 65535  => anomalies DUP_ACK
        expect dup=1 next=available
        > F. 1:1(0) ack 1 win 65535
        expect dup=0 next=timeout@100
        send 0
        < . 1:1(0) ack 1 win 65535  => anomalies DUP_ACK
        > F. 1:1(0) ack 1 win 65535
        expect dup=0 next=timeout@100
    )");
}

TEST_CASE("D15: a timeout whose segment cannot be written is counted once, when it is written") {
    play(R"(
        established rto=100 rto_max=3
        send 100
        > . 1:101(100) ack 1 win 65535
        +100 write room 20 => error EMPTY_PAYLOAD
        write room 20 => error EMPTY_PAYLOAD
        write room 20 => error EMPTY_PAYLOAD
        write room 20 => error EMPTY_PAYLOAD
        expect reset=0 next=timeout@100
        > . 1:101(100) ack 1 win 65535
        +100 > . 1:101(100) ack 1 win 65535
        +100 > R 101:101(0) win 65535
        established rto=100 rto_max=2
        send 100
        > . 1:101(100) ack 1 win 65535
        close
        send 1
        +100 write => error DATA_AFTER_FIN
        write => error DATA_AFTER_FIN
        expect reset=0 next=timeout@100
        source 1 100
        > F. 1:101(100) ack 1 win 65535
    )");
}

TEST_CASE("D15: but where the source has lost the byte, each timeout is counted") {
    play(R"(
        established rto=100 rto_max=3
        send 100
        > . 1:101(100) ack 1 win 65535
        source 101 0
        +100 write => error PAYLOAD_MISSING_SEQ counted
        silent
        silent
        silent
        expect reset=0 next=timeout@200
        +100 write => error PAYLOAD_MISSING_SEQ counted
        +100 > R 101:101(0) win 65535
    )");
}

TEST_CASE("D16: a payload longer than the receive buffer leaves its ACK untaken") {
    play(R"(
        established
        send 100
        > . 1:101(100) ack 1 win 65535
        < P. 1:11(10) ack 51 win 65535 into 9   => error BUFFER_TOO_SMALL needs 10
        expect snd_una=1
        < P. 1:11(10) ack 51 win 65535 into 10  => deliver 10
        expect snd_una=51 dup=0
    )");
}

TEST_CASE("D16: a payload that would be refused is no error, whatever the receive buffer is") {
    play(R"(
        established window=100
        < P. 2:12(10) ack 1 win 65535 into 0   => anomalies UNEXPECTED_SEQ
        < P. 1:102(101) ack 1 win 65535 into 0 => anomalies SEGMENT_BEYOND_RWND
    )");
}

TEST_CASE("D17: a reset connection has nothing to say and no timeout") {
    play(R"(
        established
        send 100
        > . 1:101(100) ack 1 win 65535
        < P. 1:11(10) ack 1 win 65535  => deliver 10 anomalies DUP_ACK
        close
        < R 11:11(0) win 0  => anomalies RESET_RECEIVED
        expect next=nothing
        established
        send 100
        > . 1:101(100) ack 1 win 65535
        reset
        > R 101:101(0) win 65535
        expect next=nothing
        open
        < S 0:0(0) win 1000 <mss 1460>
        < R 1:1(0) win 0  => anomalies RESET_RECEIVED
        expect next=nothing
    )");
}

TEST_CASE("D18: a storm of calls with any arguments ends in results and nothing else") {
    constexpr std::uint64_t calls = 200'000;
    const auto seed = GENERATE(1U, 2U, 3U);
    scenario::Storm storm(seed);
    const auto report = storm.rage(calls);
    CAPTURE(seed, report.complaint);
    CHECK(report.complaint.empty());
    CHECK(report.calls >= calls);
    // A storm that never gets anywhere would prove little.
    CHECK(report.opened > 100);
    CHECK(report.established > 100);
    CHECK(report.delivered > 1000);
    CHECK(report.written > 1000);
    CHECK(report.restored > 1000);
    CHECK(report.failed > 1000);
}
