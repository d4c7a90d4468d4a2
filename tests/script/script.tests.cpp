// SPDX-License-Identifier: Apache-2.0
// The language itself: what it refuses to read, and what it says when the library does something else.
#include "script/content.hpp"
#include "script/failure.hpp"
#include "script/packet.hpp"
#include "script/parser.hpp"
#include "script/player.hpp"
#include "script/wire.hpp"
#include "support/catch.hpp"

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace {

// Plays a script that is expected to fail, and returns what it says.
std::string failure_of(std::string_view script) {
    const auto failure = script::play(script, script::all_setups().front());
    return failure.value_or("it played through");
}

std::string complaint_about(std::string_view script) {
    try {
        static_cast<void>(script::parse(script));
    } catch (const script::BadScript& complaint) {
        return complaint.what();
    }
    return "it was read without complaint";
}

bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

}  // namespace

TEST_CASE("a line that is not of the language is an error with its number") {
    struct Row {
        std::string_view line;
        std::string_view complaint;
    };
    const auto row = GENERATE(values<Row>({
        {"frobnicate", "unknown event 'frobnicate'"},
        {"+10", "the line ends where an event should be"},
        {"+x silent", "'x' is not a number"},
        {"open speed=3", "unknown term 'speed'"},
        {"open mss=3", "unknown term 'mss'"},
        {"open window", "'window' is not of the form NAME=VALUE"},
        {"open rto_max=65536", "'65536' is not a number from 0 to 65535"},
        {"established colour=1", "unknown term 'colour'"},
        {"< S 0:0(0) win 1 nonsense", "unknown word 'nonsense'"},
        {"< Q 0:0(0) win 1", "unknown flag 'Q'"},
        {"< S 0:0(0)", "'win' is missing"},
        {"< S 0:0(0) win 65536", "'65536' is not a number from 0 to 65535"},
        {"< . 0:0(0) win 1", "the flag '.' asks for 'ack'"},
        {"< S 0:1(0) win 1", "'0:1(0)' does not add up"},
        {"< S 0-1(0) win 1", "'0-1(0)' is not of the form FIRST:END(LENGTH)"},
        {"< S 0:0(0) win 1 <speed 3>", "unknown option 'speed 3'"},
        {"< S 0:0(0) win 1 <mss 1460", "an option list ends with '>'"},
        {"< S 0:0(0) win 1 <nop>", "1 bytes of options"},
        {"< S 0:0(0) win 1 <hex 020>", "'020' is not a string of bytes"},
        {"< S 0:0(0) win 1 => error SOMETHING", "unknown error 'SOMETHING'"},
        {"< S 0:0(0) win 1 => error BUFFER_TOO_SMALL", "'needs' is missing"},
        {"< S 0:0(0) win 1 => anomalies DUP_ACK|LATE", "unknown anomaly in 'DUP_ACK|LATE'"},
        {"< S 0:0(0) win 1 => anomalies DUP_ACK late", "unknown word 'late'"},
        {"< S 0:0(0) win 1 =>", "the line ends where an outcome should be"},
        {"> S 0:0(0) win 1 into 5", "unknown word 'into'"},
        {"silent more", "unknown word 'more'"},
        {"write room 5", "'write' goes on with '=> error'"},
        {"send", "the line ends where a number of bytes should be"},
        {"source 1", "the line ends where a length should be"},
        {"only water", "unknown kind of source 'water'"},
        {"reset now", "unknown word 'now'"},
        {"advance -1", "'-1' is not a number"},
        {"expect", "the line ends where NAME=VALUE should be"},
        {"expect mood=1", "there is no observer 'mood'"},
        {"expect est=yes", "'est' cannot be 'yes'"},
        {"expect state=OPEN", "'state' cannot be 'OPEN'"},
        {"expect next=soon", "'next' cannot be 'soon'"},
        {"expect rst=5", "'rst' cannot be '5'"},
    }));
    const auto complaint = complaint_about(fmt::format("open\n\n# a comment\n{}\nclose\n", row.line));
    CAPTURE(row.line, complaint);
    CHECK(contains(complaint, "script line 4: "));
    CHECK(contains(complaint, row.complaint));
}

TEST_CASE("an event of a connection is an error before there is one") {
    CHECK_THROWS_AS(failure_of("open\nclose"), script::BadScript);
    CHECK_THROWS_AS(failure_of("silent"), script::BadScript);
}

TEST_CASE("a time before the beginning is an error") {
    CHECK_THROWS_AS(failure_of("established\n-1 silent"), script::BadScript);
}

TEST_CASE("blanks and comments say nothing") {
    CHECK(script::parse("").empty());
    CHECK(script::parse("\n  \t\n # a comment\n").empty());
    CHECK(script::parse("  close  # and why\r\n").size() == 1);
}

TEST_CASE("an established line is a whole handshake") {
    CHECK(script::parse("established").size() == 4);
}

TEST_CASE("a segment is printed as it is written") {
    const auto text =
        GENERATE(as<std::string_view>{}, "S 0:0(0) win 65535 <mss 1460>", "SEW 0:0(0) win 1", "- 1:1(0) win 0",
                 "SFRPUEW. -5:95(100) ack -7 win 9", "F. 1:1(0) ack 2 win 3 <hex 01010101>",
                 "P 2147483647:2147483647(0) win 1", "- 3:3(0) ack 4 win 1");
    const auto line = script::split(text).front();
    script::Words words(line);
    const script::Numbering numbering;
    const auto packet = script::parse_packet(words, script::Sender::guest, numbering);
    CHECK(script::to_text(packet, script::Sender::guest, numbering) == text);
}

TEST_CASE("a RST|ACK of the host is printed at its own sequence number") {
    const auto line = script::split("R. @0:@0(0) ack 1 win 5").front();
    script::Words words(line);
    const script::Numbering numbering;
    const auto packet = script::parse_packet(words, script::Sender::host, numbering);
    CHECK(packet.seq == 0);
    CHECK(script::to_text(packet, script::Sender::host, numbering) == line.text);
}

TEST_CASE("a failure tells the line, what was wanted and what was got") {
    const auto text = failure_of("established\n+5 < P. 1:11(10) ack 1 win 9 => deliver 9 anomalies DUP_ACK # odd\n");
    CHECK(contains(text, "script line 2: +5 < P. 1:11(10) ack 1 win 9 => deliver 9 anomalies DUP_ACK\n"));
    CHECK(contains(text, "wanted  deliver 9 anomalies DUP_ACK\n"));
    CHECK(contains(text, "got     deliver 10 anomalies REMOTE_RWND_EDGE\n"));
}

TEST_CASE("a segment other than the wanted one is a failure in the notation of segments") {
    const auto text = failure_of("established\nsend 5\n> . 1:6(5) ack 2 win 65535\n");
    CHECK(contains(text, "wanted  > . 1:6(5) ack 2 win 65535\n"));
    CHECK(contains(text, "got     > . 1:6(5) ack 1 win 65535\n"));
}

TEST_CASE("silence where a segment was wanted is a failure, and the reverse") {
    CHECK(contains(failure_of("established\n> . 1:1(0) ack 1 win 65535"), "got     silent"));
    CHECK(contains(failure_of("established\nsend 5\nsilent"), "got     > . 1:6(5) ack 1 win 65535"));
}

TEST_CASE("an error where a segment was wanted is a failure, and the reverse") {
    CHECK(contains(failure_of("established\nsend 5\n> . 1:6(5) ack 1 win 65535 room 3"),
                   "got     error BUFFER_TOO_SMALL needs 20"));
    CHECK(contains(failure_of("established\nsend 5\nwrite => error DATA_AFTER_FIN"), "wanted  error DATA_AFTER_FIN"));
    CHECK(contains(failure_of("established\n< . 1:1(0) ack 1 win 1 => error CHECKSUM"), "wanted  error CHECKSUM"));
    CHECK(contains(failure_of("open\n< S 0:0(0) win 1 => error INVALID_SYN"), "got     a connection"));
    CHECK(contains(failure_of("open\n< S. 0:0(0) ack 1 win 1"), "got     error INVALID_SYN"));
}

TEST_CASE("a segment that is left unwritten is a failure unless the line says more") {
    constexpr std::string_view opening = "established\nsend 20\n> . 1:11(10) ack 1 win 65535 room 30";
    CHECK(contains(failure_of(opening), "wanted  nothing after this segment\n"));
    CHECK(contains(failure_of(opening), "got     > . 11:21(10) ack 1 win 65535\n"));
    CHECK(contains(failure_of(fmt::format("{}\n+1 > . 11:21(10) ack 1 win 65535", opening)), "nothing after this"));
    CHECK(failure_of(fmt::format("{} more", opening)) == "it played through");
    CHECK(failure_of(fmt::format("{}\n> . 11:21(10) ack 1 win 65535", opening)) == "it played through");
}

TEST_CASE("an observer with another value is a failure") {
    CHECK(contains(failure_of("established\nexpect est=1 snd_nxt=7"), "wanted  snd_nxt=7\n  got     snd_nxt=1\n"));
}

TEST_CASE("a payload byte that is not of its place or sender is noticed") {
    const script::Numbering numbering;
    script::Packet packet;
    packet.flags = DUMBO_TCP_ACK;
    packet.seq = numbering.host + 60;
    packet.length = 10;
    const auto segment = script::encode(packet, script::Sender::host, numbering);
    CHECK_NOTHROW(script::require_content(segment, packet, numbering));
    for (std::size_t offset = 20; offset < segment.size(); ++offset) {
        auto damaged = segment;
        damaged[offset] ^= 1;
        CHECK_THROWS_AS(script::require_content(damaged, packet, numbering), script::Mismatch);
    }
    CHECK(script::content(script::Sender::host, 1, 64) != script::content(script::Sender::guest, 1, 64));
    CHECK(script::content(script::Sender::host, 1, 64) != script::content(script::Sender::host, 2, 64));
}

TEST_CASE("a written segment with any bit of its header wrong is noticed") {
    const script::Numbering numbering;
    const script::Packet packet{DUMBO_TCP_ACK, numbering.host + 1, numbering.guest + 1, 500, 0, {}};
    const auto segment = script::encode(packet, script::Sender::host, numbering);
    CHECK(script::decode(segment) == packet);
    for (std::size_t bit = 0; bit < 8 * segment.size(); ++bit) {
        auto damaged = segment;
        damaged[bit / 8] = static_cast<std::uint8_t>(damaged[bit / 8] ^ 1U << bit % 8);
        CAPTURE(bit);
        CHECK_THROWS_AS(script::decode(damaged), script::Mismatch);
    }
}
