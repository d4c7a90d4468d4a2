// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "capi/support/endpoint.hpp"
#include "invariants/rules.hpp"
#include "invariants/watch.hpp"
#include "support/catch.hpp"
#include "unit/support/bytes.hpp"

using dumbo_test::ack_bit;
using dumbo_test::Bytes;
using dumbo_test::Handle;
using invariants::Sight;
using invariants::Watch;

// The rules themselves: each is broken here by a sight that is a little different from what was really seen.
namespace {

const Bytes data(300, 'd');

struct Watched {
    explicit Watched(dumbo_connection_config how = dumbo_test::config()) : connection(dumbo_test::established(how)) {
        watch.begin(connection.get());
    }

    std::int32_t write(const dumbo_payload* source, std::uint64_t now = 1) {
        const auto to_peer = dumbo_test::addressing();
        before = watch.sight();
        buffer.assign(2000, 0);
        std::size_t written = 0;
        sent = dumbo_test::sized<dumbo_sent>();
        const auto code = watch.write_next_segment(connection.get(), buffer.data(), buffer.size(), 0, source, &to_peer,
                                                   now, &written, &sent);
        buffer.resize(written);
        return code;
    }

    std::int32_t receive(const dumbo_test::SegmentSpec& spec, std::uint64_t now = 1) {
        before = watch.sight();
        segment = dumbo_test::segment_bytes(spec);
        buffer.assign(spec.payload.size(), 0);
        std::size_t received = 0;
        const auto code = watch.receive_segment(connection.get(), segment.data(), segment.size(), nullptr,
                                                buffer.data(), buffer.size(), now, &received, &anomalies);
        buffer.resize(received);
        return code;
    }

    Handle connection;
    std::vector<std::string> complaints;
    Watch watch{[this](const std::string& complaint) { complaints.push_back(complaint); }};
    Sight before;
    Bytes buffer;
    Bytes segment;
    dumbo_sent sent{};
    std::uint32_t anomalies = 0;
};

std::string text(const char* broken) {
    return broken != nullptr ? broken : "";
}

}  // namespace

TEST_CASE("a sight that no connection can show breaks a rule", "[invariants]") {
    Watched subject;
    const auto source = dumbo_test::payload(data, dumbo_connection_first_not_sent(subject.connection.get()));
    REQUIRE(subject.write(&source) == DUMBO_OK);
    REQUIRE(subject.complaints.empty());
    const Sight seen = subject.watch.sight();
    REQUIRE(text(invariants::broken_by_state(seen)).empty());

    const std::vector<std::pair<std::string, std::function<void(Sight&)>>> changes = {
        {"a connection has a snapshot", [](Sight& s) { s.length = 0; }},
        {"snapshot and observers agree", [](Sight& s) { s.agrees = false; }},
        {"the flags are one of the combinations that there are", [](Sight& s) { s.done = true; }},
        {"the flags are one of the combinations that there are", [](Sight& s) { s.state = DUMBO_STATE_LAST_ACK; }},
        {"the flags are one of the combinations that there are", [](Sight& s) { s.established = false; }},
        {"the flags are one of the combinations that there are", [](Sight& s) { s.fin_received = true; }},
        {"the flags are one of the combinations that there are",
         [](Sight& s) {
             s.snd_nxt = s.snd_una;
             s.dup_ack_pending = true;
         }},
        {"no more timeouts in a row than allowed", [](Sight& s) { s.timeout_count = 4; }},
        {"the last timeout resets", [](Sight& s) { s.timeout_count = 3; }},
        {"the remote edge lies 0 ... 65535 after SND.UNA", [](Sight& s) { s.snd_edge = s.snd_una + 65536; }},
        {"SND.UNA <= SND.NXT <= remote edge + 1", [](Sight& s) { s.snd_nxt = s.snd_edge + 2; }},
        {"only a FIN or a probe lies past the remote edge", [](Sight& s) { s.snd_nxt = s.snd_edge + 1; }},
        {"a probe is one octet on its own", [](Sight& s) { s.probe = 1; }},
        {"nothing was sent past the recorded FIN",
         [](Sight& s) {
             s.fin_recorded = true;
             s.fin = s.snd_nxt - 2;
         }},
        {"RCV.NXT <= local edge + 1, and the window is at most W", [](Sight& s) { s.rcv_nxt = s.rcv_edge + 2; }},
        {"only a FIN takes RCV.NXT past the local edge", [](Sight& s) { s.rcv_nxt = s.rcv_edge + 1; }},
        {"the window observed is the one there is", [](Sight& s) { s.window += 1; }},
        {"the status is what section 6 of the behaviour makes it",
         [](Sight& s) { s.next = DUMBO_NEXT_SEGMENT_NOTHING; }},
        {"the deadline is the timeout's end", [](Sight& s) { s.deadline += 1; }},
    };
    for (const auto& [rule, change] : changes) {
        Sight other = seen;
        change(other);
        CHECK(text(invariants::broken_by_state(other)) == rule);
    }
}

TEST_CASE("a segment that no connection can write breaks a rule", "[invariants]") {
    Watched subject;
    const auto source = dumbo_test::payload(data, dumbo_connection_first_not_sent(subject.connection.get()));
    REQUIRE(subject.write(&source) == DUMBO_OK);
    REQUIRE(subject.complaints.empty());
    const Sight before = subject.before;
    const Sight after = subject.watch.sight();

    Bytes segment = subject.buffer;
    invariants::Writing writing;
    writing.room = 2000;
    writing.source = &source;
    writing.addressing = dumbo_test::addressing();
    writing.now = 1;
    writing.sent = subject.sent;
    writing.is_sent_known = true;
    const auto broken = [&](const std::function<void(Bytes&, invariants::Writing&, Sight&)>& change) {
        Bytes bytes = segment;
        invariants::Writing other = writing;
        Sight then = after;
        other.segment = bytes;
        change(bytes, other, then);
        return text(invariants::broken_by_writing(before, other, then));
    };
    using invariants::Writing;
    CHECK(broken([](Bytes&, Writing&, Sight&) {}).empty());
    CHECK(broken([](Bytes&, Writing&, Sight& s) { s.rcv_nxt += 1; }) == "writing does not touch what was received");
    CHECK(broken([](Bytes&, Writing&, Sight& s) { s.snd_una += 1; }) == "writing moves nothing but SND.NXT");
    CHECK(broken([](Bytes&, Writing&, Sight& s) { s.latest_now = 0; }) == "the latest now is that of the call");
    CHECK(broken([](Bytes&, Writing& w, Sight&) { w.segment = w.segment.first(19); }) == "a segment has a header");
    CHECK(broken([](Bytes& b, Writing&, Sight&) { b[1] ^= 1; }) == "a segment has its source port");
    CHECK(broken([](Bytes& b, Writing&, Sight&) { b[3] ^= 1; }) == "a segment has its destination port");
    CHECK(broken([](Bytes& b, Writing&, Sight&) { b[12] |= 1; }) == "unused bits of a header are 0");
    CHECK(broken([](Bytes& b, Writing&, Sight&) { b[17] = 1; }) == "a segment has the checksum that was asked for");
    CHECK(broken([](Bytes&, Writing& w, Sight&) { w.addressing.checksum = DUMBO_CHECKSUM_FULL; }) ==
          "a segment has the checksum that was asked for");
    CHECK(broken([](Bytes&, Writing& w, Sight&) { w.room = 300; }) == "a segment fits the buffer");
    CHECK(broken([](Bytes&, Writing& w, Sight&) { w.mss_reserved = 701; }) == "payload fits what is left of the MSS");
    CHECK(broken([](Bytes&, Writing& w, Sight&) { w.sent.gso_size = 5; }) ==
          "gso_size is told where a device has to cut, and is what is left of the MSS");
    CHECK(broken([](Bytes&, Writing& w, Sight&) { w.sent.cause = 0; }) == "a segment has a cause");
    CHECK(broken([](Bytes& b, Writing&, Sight&) { b[100] ^= 1; }) == "payload is what the source has at its number");
    CHECK(broken([](Bytes&, Writing& w, Sight&) { w.source = nullptr; }) == "there is payload without a source");
    CHECK(broken([](Bytes& b, Writing&, Sight&) { b[13] |= dumbo_test::psh_bit; }) ==
          "a segment is one of SYN|ACK, ACK, FIN|ACK, RST, RST|ACK");
    CHECK(broken([](Bytes& b, Writing&, Sight&) { b[11] ^= 1; }) == "a segment with ACK acknowledges RCV.NXT");
    CHECK(broken([](Bytes& b, Writing&, Sight&) { b[15] ^= 1; }) == "a segment announces our window");
    CHECK(broken([](Bytes& b, Writing&, Sight&) { b[13] |= dumbo_test::fin_bit; }) ==
          "a FIN stands where it was recorded");
    CHECK(broken([](Bytes& b, Writing&, Sight&) { b[13] = dumbo_test::rst_bit; }) == "a RST is a header alone");
    CHECK(broken([](Bytes&, Writing&, Sight& s) { s.snd_nxt -= 1; }) == "SND.NXT is past all that was sent");
    CHECK(broken([](Bytes&, Writing&, Sight& s) { s.ack_due = true; }) ==
          "a segment with ACK settles the ACK that is due");
    CHECK(broken([](Bytes&, Writing& w, Sight&) { w.segment = {}; }) == "nothing is sent where nothing is written");
}

TEST_CASE("data past the peer's window, or from beside the oldest and the next number, breaks a rule", "[invariants]") {
    Watched subject;
    const auto source = dumbo_test::payload(data, dumbo_connection_first_not_sent(subject.connection.get()));
    REQUIRE(subject.write(&source) == DUMBO_OK);
    const Sight after = subject.watch.sight();
    invariants::Writing writing;
    writing.room = 2000;
    writing.source = &source;
    writing.segment = subject.buffer;
    writing.addressing = dumbo_test::addressing();
    writing.now = 1;

    Sight before = subject.before;
    before.snd_edge = before.snd_una + 299;
    Sight then = after;
    then.snd_edge = before.snd_edge;
    CHECK(text(invariants::broken_by_writing(before, writing, then)) ==
          "data stays inside the peer's window, but for a probe's octet");

    before = subject.before;
    before.fin_recorded = true;
    before.fin = before.snd_nxt + 299;
    CHECK(text(invariants::broken_by_writing(before, writing, after)) == "no data is sent past the recorded FIN");

    before = subject.before;
    before.snd_una -= 1;
    then = after;
    then.snd_una -= 1;
    before.snd_nxt += 1;
    CHECK(text(invariants::broken_by_writing(before, writing, then)) == "data goes from SND.UNA or SND.NXT on");
}

TEST_CASE("a reception that cannot be breaks a rule", "[invariants]") {
    Watched subject;
    REQUIRE(subject.receive(dumbo_test::next_from_peer(subject.connection, ack_bit, data)) == DUMBO_OK);
    REQUIRE(subject.complaints.empty());
    const auto broken = [&](const std::function<void(Sight&, invariants::Reception&, Sight&)>& change) {
        Sight before = subject.before;
        Sight after = subject.watch.sight();
        invariants::Reception reception{subject.segment, subject.buffer, subject.anomalies};
        change(before, reception, after);
        return text(invariants::broken_by_reception(before, reception, after));
    };
    using invariants::Reception;
    CHECK(broken([](Sight&, Reception&, Sight&) {}).empty());
    CHECK(broken([](Sight& b, Reception&, Sight&) { b.rst = 1; }) ==
          "nothing is received once a RST is queued or the connection is reset");
    CHECK(broken([](Sight&, Reception& r, Sight&) { r.delivered = r.delivered.first(299); }) ==
          "RCV.NXT moves by what is delivered, and by a FIN");
    CHECK(broken([](Sight&, Reception&, Sight& a) { a.rcv_edge += 1; }) ==
          "what is received does not move our window's edge");
    CHECK(broken([](Sight& b, Reception&, Sight& a) {
              b.rcv_nxt += 1;
              a.rcv_nxt += 1;
          }) == "what is delivered stood at RCV.NXT");
    CHECK(broken([](Sight& b, Reception&, Sight&) { b.window = 299; }) == "what is delivered was inside our window");
    CHECK(broken([](Sight& b, Reception&, Sight&) { b.fin_received = true; }) == "nothing is delivered past a FIN");
    CHECK(broken([](Sight&, Reception&, Sight& a) {
              a.fin_received = true;
              a.rcv_nxt += 1;
          }) == "a FIN that was received was there");
    CHECK(broken([](Sight&, Reception&, Sight& a) { a.ack_due = false; }) == "what is taken is to be acknowledged");
    CHECK(broken([](Sight&, Reception&, Sight& a) { a.snd_nxt += 1; }) == "what is received does not move SND.NXT");
    CHECK(broken([](Sight&, Reception&, Sight& a) { a.snd_una += 1; }) == "no more is acknowledged than was sent");
    CHECK(broken([](Sight&, Reception&, Sight& a) { a.snd_edge -= 1; }) == "the remote edge does not move to the left");
    CHECK(broken([](Sight&, Reception& r, Sight&) { r.anomalies = DUMBO_ANOMALY_RESET_RECEIVED; }) ==
          "RESET_RECEIVED is told where a RST resets");
    CHECK(broken([](Sight&, Reception& r, Sight&) { r.anomalies = DUMBO_ANOMALY_DUP_ACK; }) ==
          "a duplicate ACK has a retransmission pending");
}

TEST_CASE("a failed call that changes something breaks a rule, but for a counted timeout", "[invariants]") {
    Watched subject;
    const auto source = dumbo_test::payload(data, dumbo_connection_first_not_sent(subject.connection.get()));
    REQUIRE(subject.write(&source) == DUMBO_OK);
    const Sight before = subject.watch.sight();
    CHECK(text(invariants::broken_by_failure(before, subject.before, DUMBO_ERR_CHECKSUM, false, 1)) ==
          "a call that fails changes nothing");
    // The byte to send again is not there any more.
    const auto rest = dumbo_test::payload(data, dumbo_connection_first_not_sent(subject.connection.get()));
    REQUIRE(subject.write(&rest, 1 + dumbo_test::rto) == DUMBO_ERR_PAYLOAD_MISSING_SEQ);
    CHECK(subject.complaints.empty());
    const Sight after = subject.watch.sight();
    const auto broken = [&](std::int32_t code, std::uint64_t now) {
        return text(invariants::broken_by_failure(before, after, code, true, now));
    };
    CHECK(broken(DUMBO_ERR_PAYLOAD_MISSING_SEQ, 1 + dumbo_test::rto).empty());
    CHECK(broken(DUMBO_ERR_PAYLOAD_MISSING_SEQ, dumbo_test::rto) == "a call that fails changes nothing");
    CHECK(broken(DUMBO_ERR_CALLBACK, 1 + dumbo_test::rto) == "a call that fails changes nothing");
}

TEST_CASE("what a copy writes contradicts the status, or goes on for ever: a rule is broken", "[invariants]") {
    Watched subject;
    const Sight idle = subject.watch.sight();
    CHECK(text(invariants::broken_by_trial(idle, 5, {DUMBO_OK, 0, false})).empty());
    CHECK(text(invariants::broken_by_trial(idle, 5, {DUMBO_OK, 20, true})) ==
          "nothing is written where there is nothing to write");
    Sight due = idle;
    due.next = DUMBO_NEXT_SEGMENT_AVAILABLE;
    CHECK(text(invariants::broken_by_trial(due, 5, {DUMBO_OK, 0, false})) == "what is available can be written");
    Sight reset = idle;
    reset.reset = true;
    CHECK(text(invariants::broken_by_trial(reset, 5, {DUMBO_OK, 0, false})) == "a reset connection refuses to write");
}

TEST_CASE("a connection that changes behind its watch's back is noticed", "[invariants]") {
    Watched subject;
    REQUIRE(dumbo_connection_close(subject.connection.get()) == DUMBO_OK);
    REQUIRE(subject.write(nullptr) == DUMBO_OK);
    REQUIRE(subject.complaints.size() == 1);
    CHECK(subject.complaints.front().find("a connection changes by calls on it alone") != std::string::npos);
}

TEST_CASE("a source's callback is watched, and its bytes are looked for in the segment", "[invariants]") {
    Watched subject;
    auto source = dumbo_test::sized<dumbo_payload>();
    source.kind = DUMBO_PAYLOAD_CALLBACK;
    source.seq = dumbo_connection_first_not_sent(subject.connection.get());
    source.len = 40;
    source.read = [](void*, std::uint64_t offset, std::uint8_t* dst, std::size_t len) {
        std::fill_n(dst, len, static_cast<std::uint8_t>(offset + 1));
        return std::int32_t{0};
    };
    REQUIRE(subject.write(&source) == DUMBO_OK);
    CHECK(subject.buffer.size() == 60);
    CHECK(subject.complaints.empty());
}
