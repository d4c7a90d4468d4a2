// SPDX-License-Identifier: Apache-2.0
#include <dumbo/format.hpp>

#include <cstdint>
#include <set>
#include <string>

#include "support/catch.hpp"
#include "unit/support/peer.hpp"

using dumbo::address_text;
using dumbo::anomalies_text;
using dumbo::flags_text;
using dumbo_test::Bytes;

TEST_CASE("sequence numbers and addresses read as usual", "[format]") {
    CHECK(fmt::format("{}", dumbo::SeqNumber(0)) == "0");
    CHECK(fmt::format("{}", dumbo::SeqNumber(0xffffffff)) == "4294967295");
    CHECK(fmt::format("{}", address_text(dumbo::Ipv4Address{169, 254, 0, 255})) == "169.254.0.255");
    CHECK(fmt::format("{}", address_text(dumbo::MacAddress{0x06, 0, 0x23, 0xff, 0x67, 0x89})) == "06:00:23:ff:67:89");
}

TEST_CASE("every error has a text of its own, and so has a number that is none", "[format]") {
    std::set<std::string> texts;
    int errors = 0;
    for (auto number = static_cast<std::uint8_t>(dumbo::Error::invalid_argument);
         number <= static_cast<std::uint8_t>(dumbo::Error::no_entropy); ++number) {
        texts.insert(fmt::format("{}", static_cast<dumbo::Error>(number)));
        ++errors;
    }
    texts.insert(fmt::format("{}", static_cast<dumbo::Error>(255)));
    CHECK(texts.size() == static_cast<std::size_t>(errors) + 1);
    CHECK(texts.count("") == 0);
    CHECK(fmt::format("{}", dumbo::Error::checksum) == "wrong checksum");
    CHECK(fmt::format("{}", static_cast<dumbo::Error>(255)) == "unknown error");
}

TEST_CASE("states have the names of RFC 9293", "[format]") {
    const std::pair<dumbo::State, const char*> names[] = {
        {dumbo::State::closed, "CLOSED"},           {dumbo::State::syn_received, "SYN-RECEIVED"},
        {dumbo::State::established, "ESTABLISHED"}, {dumbo::State::fin_wait_1, "FIN-WAIT-1"},
        {dumbo::State::fin_wait_2, "FIN-WAIT-2"},   {dumbo::State::close_wait, "CLOSE-WAIT"},
        {dumbo::State::last_ack, "LAST-ACK"},       {static_cast<dumbo::State>(200), "unknown"}};
    for (const auto& [state, name] : names) {
        CHECK(fmt::format("{}", state) == name);
    }
}

TEST_CASE("control bits are letters, ACK a dot behind them", "[format]") {
    using namespace dumbo::tcp_flag;
    CHECK(fmt::format("{}", flags_text(0)) == "none");
    CHECK(fmt::format("{}", flags_text(syn)) == "S");
    CHECK(fmt::format("{}", flags_text(syn | ack)) == "S.");
    CHECK(fmt::format("{}", flags_text(ack)) == ".");
    CHECK(fmt::format("{}", flags_text(fin | psh | ack)) == "FP.");
    CHECK(fmt::format("{}", flags_text(0xff)) == "SFRPUEW.");
}

TEST_CASE("anomalies are listed by name", "[format]") {
    CHECK(fmt::format("{}", anomalies_text(0)) == "none");
    CHECK(fmt::format("{}", anomalies_text(dumbo::anomaly::dup_ack)) == "DUP_ACK");
    CHECK(fmt::format("{}", anomalies_text(dumbo::anomaly::dup_ack | dumbo::anomaly::remote_rwnd_edge)) ==
          "DUP_ACK|REMOTE_RWND_EDGE");
    std::set<std::string> names;
    for (std::uint32_t bit = 1; bit <= dumbo::anomaly::challenge_ack; bit <<= 1U) {
        names.insert(fmt::format("{}", anomalies_text(bit)));
    }
    CHECK(names.size() == 12);
    CHECK(names.count("none") == 0);
}

TEST_CASE("a segment reads like a line of a packet trace", "[format]") {
    const auto text = [](const dumbo_test::SegmentSpec& spec) {
        const Bytes bytes = dumbo_test::segment_bytes(spec);
        const auto segment = dumbo::TcpSegment::parse(bytes);
        REQUIRE(segment);
        return fmt::format("{}", *segment);
    };
    CHECK(text({.seq = 1000, .flags = 0x02, .window = 65535, .options = dumbo_test::mss_option(1460)}) ==
          "S 1000:1000(0) win 65535 <mss 1460>");
    CHECK(text({.seq = 0xfffffffe, .ack = 2000, .flags = 0x18, .window = 9, .payload = Bytes(5)}) ==
          "P. 4294967294:3(5) ack 2000 win 9");
    CHECK(text({.seq = 1, .ack = 77, .flags = 0x04, .window = 0, .options = dumbo_test::mss_option(1)}) ==
          "R 1:1(0) win 0 <bad mss>");
}

TEST_CASE("a connection tells its state, its numbers and what comes next", "[format]") {
    auto connection = dumbo_test::opened();
    CHECK(fmt::format("{}", connection) ==
          "SYN-RECEIVED snd_una 4294967291 snd_nxt 4294967292 snd_edge 8188 rcv_nxt 4294967294 rwnd 5000, next now");
    dumbo_test::write(connection, 11);
    CHECK(fmt::format("{}", connection) ==
          "SYN-RECEIVED snd_una 4294967291 snd_nxt 4294967292 snd_edge 8188 rcv_nxt 4294967294 rwnd 5000, next timeout "
          "at 111");
    dumbo_test::receive(connection, dumbo_test::next_from_peer(connection), 12);
    CHECK(fmt::format("{}", connection) ==
          "ESTABLISHED snd_una 4294967292 snd_nxt 4294967292 snd_edge 8188 rcv_nxt 4294967294 rwnd 5000, next nothing");
}

TEST_CASE("each cause has a text of its own", "[format]") {
    std::set<std::string> texts;
    for (int cause = 0; cause <= static_cast<int>(dumbo::Cause::given_up); ++cause) {
        texts.insert(fmt::format("{}", static_cast<dumbo::Cause>(cause)));
    }
    CHECK(texts.size() == 12);
    CHECK(texts.count("unknown") == 0);
    CHECK(fmt::format("{}", dumbo::Cause::dup_ack) == "duplicate ACK");
}

TEST_CASE("what was received and what was counted can be printed", "[format]") {
    const dumbo::Received received{.length = 100, .anomalies = dumbo::anomaly::dup_ack};
    CHECK(fmt::format("{}", received) == "delivered 100, anomalies DUP_ACK");
    dumbo::Counters counters;
    counters.count(received);
    counters.count(dumbo::Error::checksum);
    CHECK(fmt::format("{}", counters) ==
          "in 1 segments 100 bytes, out 0 segments 0 bytes, again 0 bytes: timeout 0 dup_ack 0 window_opened 0 "
          "repeated_syn 0; probes 0; resets: peer 0 segment 0 caller 0 given_up 0; dropped: malformed 0 checksum 1 "
          "after_reset 0, DUP_ACK 1");
}
