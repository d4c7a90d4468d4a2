// SPDX-License-Identifier: Apache-2.0
//
// That a replay notices: every kind of recorded result is made untrue in turn, and so are the things that are compared
// without being recorded.

#include "conformance/replay.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "conformance/alteration.hpp"
#include "conformance/spoiling_subject.hpp"
#include "conformance/trace.hpp"
#include "support/catch.hpp"

using conformance::Document;
using conformance::Kind;
using conformance::Record;
using conformance::Summary;
using conformance_test::Spoil;

namespace {

std::string read_vectors(const std::string& name) {
    std::ifstream file(std::string(CONFORMANCE_VECTORS) + "/" + name + ".txt", std::ios::binary);
    REQUIRE(file.is_open());
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::string header_of(const std::string& name) {
    return fmt::format("dumbo-vectors version=1 kind={}\n", name);
}

Summary replay_text(const std::string& text, conformance::Subject& subject, bool restores = false) {
    const Document document(text);
    return replay(document, subject, conformance::Variation(0, restores));
}

Summary replay_text(const std::string& text) {
    const auto subject = conformance::make_subject();
    return replay_text(text, *subject);
}

// Few of each shape of result are enough.
class Selection {
public:
    bool takes(std::string_view line) { return ++taken_[conformance_test::result_shape(line)] <= of_a_shape; }

private:
    static constexpr int of_a_shape = 2;
    std::map<std::string, int> taken_;
};

std::string text_of(const conformance::Trace& trace, std::size_t events) {
    std::string text = fmt::format("{}\n{}\n", trace.header->text, trace.open->text);
    for (std::size_t i = 0; i < events; ++i) {
        text += fmt::format("{}\n", trace.events[i].record->text);
    }
    return text;
}

void check_untrue_are_noticed(const std::string& before, std::string_view line, const std::string& after) {
    for (const std::string& untrue : conformance_test::untrue_results(line)) {
        CAPTURE(line, untrue);
        const Summary summary = replay_text(before + untrue + "\n" + after);
        REQUIRE(summary.differences.size() == 1);
        CHECK(untrue.find(summary.differences.front().input) == 0);
    }
}

}  // namespace

TEST_CASE("An untrue result of a codec is noticed", "[conformance]") {
    const std::string name =
        GENERATE(as<std::string>{}, "tcp_parse", "tcp_write", "checksum", "seq", "rst", "ethernet", "arp", "ipv4");
    CAPTURE(name);
    const Document document(read_vectors(name));
    Selection selection;
    for (const Record& record : document.records()) {
        if (selection.takes(record.text)) {
            CHECK(replay_text(header_of(name) + std::string(record.text)).differences.empty());
            check_untrue_are_noticed(header_of(name), record.text, "");
        }
    }
}

TEST_CASE("An untrue result of an event is noticed", "[conformance]") {
    const Document document(read_vectors("connection"));
    const std::string header = header_of("connection");
    Selection selection;
    for (const conformance::Trace& trace : read_traces(document)) {
        const Summary summary = replay_text(header + text_of(trace, trace.events.size()) + "end\n");
        if (!summary.differences.empty() || !summary.contradictions.empty()) {
            continue;  // it would hide the difference that is looked for
        }
        if (selection.takes(trace.open->text)) {
            check_untrue_are_noticed(header + std::string(trace.header->text) + "\n", trace.open->text, "end\n");
        }
        for (std::size_t i = 0; i < trace.events.size(); ++i) {
            const std::string_view line = trace.events[i].record->text;
            if (selection.takes(line)) {
                check_untrue_are_noticed(header + text_of(trace, i), line, "end\n");
            }
        }
    }
}

TEST_CASE("An opening that comes out otherwise is noticed", "[conformance]") {
    const Document document(read_vectors("connection"));
    bool failed = false;
    bool succeeded = false;
    const std::string state = " | fns=1 har=0 rre=1 est=0 fin=0 done=0 dup=0 next=A";
    for (const conformance::Trace& trace : read_traces(document)) {
        const std::string line(trace.open->text);
        const std::string before = header_of("connection") + std::string(trace.header->text) + "\n";
        const std::string input = line.substr(0, line.find(" -> ") + 4);
        if (trace.failure.empty() && !succeeded) {
            succeeded = true;
            CHECK(replay_text(before + input + "err=invalid_syn\nend\n").differences.size() == 1);
        } else if (!trace.failure.empty() && !failed) {
            failed = true;
            CHECK(replay_text(before + input + "ok" + state + "\nend\n").differences.size() == 1);
        }
    }
    CHECK((failed && succeeded));
}

TEST_CASE("A source that is too long to be allocated is replayed all the same", "[conformance]") {
    const Summary summary = replay_text(
        "dumbo-vectors version=1 kind=connection\n"
        "trace id=1 kind=x huge=1 now=0 rbuf=2000 wbuf=1500 res=0 sport=1 dport=2 csum=-\n"
        "open seg=00020001000000000000000060020fa00000000002040064 rwnd=1000 rto=100 rto_max=3 isn=1"
        " -> ok | fns=2 har=1 rre=4002 est=0 fin=0 done=0 dup=0 next=A\n"
        "write -> seg=000100020000000100000001601203e80000000002040064 | next=T100\n"
        "recv seg=00020001000000010000000250100fa000000000 -> len=0 flags=0 | har=2 est=1 next=N\n"
        "write src=4294967301@2 -> err=payload_buf_too_large\n"
        "write src=1073725440@2 -> seg=000100020000000200000001501003e800000000+100@2 | fns=102 next=T100\n"
        "end\n");
    CHECK(summary.cases == 1);
    CHECK(summary.differences.empty());
}

TEST_CASE("A delivery that is not the payload and nothing but the payload is noticed", "[conformance]") {
    const auto spoil = GENERATE(Spoil::payload_byte, Spoil::byte_behind, Spoil::byte_when_none, Spoil::offset_in_place,
                                Spoil::promise);
    const std::string text = read_vectors("connection");
    const auto honest = conformance_test::make_spoiling_subject(Spoil::nothing);
    const auto spoiling = conformance_test::make_spoiling_subject(spoil);
    constexpr std::size_t traces_with_deliveries = 300;
    const std::size_t honest_differences = replay_text(text, *honest).differences.size();
    CHECK(replay_text(text, *spoiling).differences.size() > honest_differences + traces_with_deliveries);
}

TEST_CASE("A snapshot that does not restore, or damage that goes unnoticed, is a difference in each trace with events",
          "[conformance]") {
    std::string text = read_vectors("connection");
    text.resize(text.find("trace id=000201 "));  // the first hundred will do
    const auto honest = conformance_test::make_spoiling_subject(Spoil::nothing);
    const auto spoiling = conformance_test::make_spoiling_subject(GENERATE(Spoil::snapshot, Spoil::damage_accepted));
    const Summary right = replay_text(text, *honest, true);
    CHECK(right.differences.empty());
    CHECK(right.restored > 1000);
    CHECK(replay_text(text, *honest).restored == 0);
    CHECK(replay_text(text, *spoiling, true).differences.size() > 50);
}
