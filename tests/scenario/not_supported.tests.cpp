// SPDX-License-Identifier: Apache-2.0
// What the README says that this TCP does not do, with all options off: one test a line, named after it.
#include "scenario/play.hpp"

#include <dumbo/dumbo.h>

#include <array>
#include <cstdint>

using scenario::play;

TEST_CASE("README: No active open") {
    play(R"(
        open
        < S. 0:0(0) ack 1 win 65535  => error INVALID_SYN
        open
        < . 0:0(0) ack 1 win 65535   => error INVALID_SYN
    )");
}

TEST_CASE("README: No reassembly") {
    play(R"(
        established window=1000
        < P. 101:201(100) ack 1 win 65535  => anomalies UNEXPECTED_SEQ
        > . 1:1(0) ack 1 win 1000
        < P. 1:101(100) ack 1 win 65535    => deliver 100
        > . 1:1(0) ack 101 win 900
    )");
}

TEST_CASE("README: No congestion control") {
    play(R"(
        established peer=500 mss=100
        send 1000
        > . 1:101(100) ack 1 win 65535    more
        > . 101:201(100) ack 1 win 65535  more
        > . 201:301(100) ack 1 win 65535  more
        > . 301:401(100) ack 1 win 65535  more
        > . 401:501(100) ack 1 win 65535
    )");
}

TEST_CASE("README: No window scaling, SACK or timestamps") {
    play(R"(
        open
        < S 0:0(0) win 10 <mss 1460,hex 0303070402080a000000010000000000>
        > S. 0:0(0) ack 1 win 65535 <mss 1460>
        < . 1:1(0) ack 1 win 10
        send 100
        > . 1:11(10) ack 1 win 65535
    )");
}

TEST_CASE("README: No round-trip measurement") {
    play(R"(
        established rto=100 rto_max=9
        send 10
        > . 1:11(10) ack 1 win 65535
        expect next=timeout@100
        +100 > . 1:11(10) ack 1 win 65535
        +100 > . 1:11(10) ack 1 win 65535
        +100 > . 1:11(10) ack 1 win 65535
        expect next=timeout@400
    )");
}

TEST_CASE("README: No TIME-WAIT") {
    play(R"(
        established
        close
        > F. 1:1(0) ack 1 win 65535
        < F. 1:1(0) ack 2 win 65535
        expect done=1 state=CLOSED
        > . 2:2(0) ack 2 win 65534
        expect next=nothing
    )");
}

TEST_CASE("README: No urgent data") {
    play(R"(
        established
        < U. 1:11(10) ack 1 win 65535  => deliver 10
        > . 1:1(0) ack 11 win 65525
    )");
}

TEST_CASE("README: No answer to keep-alives") {
    play(R"(
        established
        < . 0:0(0) ack 1 win 65535
        silent
        expect next=nothing
    )");
}

TEST_CASE("README: No answer to data past the window or the FIN") {
    play(R"(
        established window=10
        < P. 1:11(10) ack 1 win 65535   => deliver 10
        > . 1:1(0) ack 11 win 0
        < P. 11:12(1) ack 1 win 65535   => anomalies SEGMENT_BEYOND_RWND
        silent
        < F. 11:11(0) ack 1 win 65535
        > . 1:1(0) ack 12 win 0
        < P. 12:13(1) ack 1 win 65535   => anomalies DATA_BEYOND_FIN
        silent
    )");
}

TEST_CASE("README: No answer to a repeated FIN") {
    play(R"(
        established
        < F. 1:1(0) ack 1 win 65535
        > . 1:1(0) ack 2 win 65534
        < F. 1:1(0) ack 1 win 65535
        silent
    )");
}

TEST_CASE("README: No zero-window probes") {
    play(R"(
        established peer=0
        send 10
        silent
        +100000 silent
        expect next=nothing
        < . 1:1(0) ack 1 win 5
        > . 1:6(5) ack 1 win 65535
    )");
}

TEST_CASE("README: No MSS below 100") {
    play(R"(
        open
        < S 0:0(0) win 65535 <mss 99>   => error MSS_OPTION
        open
        < S 0:0(0) win 65535 <mss 100>
        > S. 0:0(0) ack 1 win 65535 <mss 100>
    )");
}

namespace {

// A TCP packet without payload, its checksum left out.
constexpr std::array<std::uint8_t, 40> a_packet{0x45, 0, 0, 40, 0, 0, 0x20, 0x01, 64, 6};

}  // namespace

TEST_CASE("README: No IP fragments") {
    dumbo_ipv4_header header{};
    header.struct_size = sizeof header;
    REQUIRE(dumbo_ipv4_parse(a_packet.data(), a_packet.size(), 0, &header) == DUMBO_OK);
    CHECK(header.flags == 1);  // more fragments follow: who takes this for a segment does so knowingly
    CHECK(header.fragment_offset == 1);
}

TEST_CASE("README: No IPv6") {
    auto packet = a_packet;
    packet[0] = 0x60;
    dumbo_ipv4_header header{};
    header.struct_size = sizeof header;
    CHECK(dumbo_ipv4_parse(packet.data(), packet.size(), 0, &header) == DUMBO_ERR_IP_VERSION);
}
