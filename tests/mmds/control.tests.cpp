// SPDX-License-Identifier: Apache-2.0
#include "control.hpp"

#include <string>
#include <string_view>

#include "document.hpp"
#include "host_commands.hpp"
#include "support/catch.hpp"

namespace {

using mmds::ControlMessage;
using mmds::ControlReader;
using mmds::Document;
using mmds::HostCommands;

constexpr std::size_t plenty = 65536;

/** A host that puts one document, patches it, and gets it back. */
struct Merge {
    const char* original;
    const char* patch;
    const char* result;
};

// The examples of RFC 7396, appendix A, as far as both are objects: a document of ours is one.
constexpr Merge merges[] = {
    {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
    {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
    {R"({"a":"b"})", R"({"a":null})", "{}"},
    {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
    {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
    {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
    {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
    {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
    {R"({"e":null})", R"({"a":1})", R"({"a":1,"e":null})"},
    {R"({})", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
};

struct Host {
    ControlMessage say(const std::string& word, const std::string& body = {}) { return commands.execute({word, body}); }

    [[nodiscard]] std::string served() const { return mmds::as_json(*document.find({})); }

    Document document{plenty};
    HostCommands commands{document, [] { return std::string("counter 1\n"); }};
};

ControlReader read(std::string_view bytes, std::size_t body_max = plenty) {
    ControlReader reader(body_max);
    reader.take(bytes);
    return reader;
}

}  // namespace

TEST_CASE("A patch merges as RFC 7396 says", "[mmds][control]") {
    for (const auto& merge : merges) {
        INFO(merge.original << " + " << merge.patch);
        Host host;
        CHECK(is_success(host.say("PUT", merge.original)));
        CHECK(is_success(host.say("PATCH", merge.patch)));
        CHECK(host.served() == merge.result);
    }
}

TEST_CASE("A refused command changes nothing and says why", "[mmds][control]") {
    Host host;
    REQUIRE(is_success(host.say("PUT", R"({"a":"b"})")));
    for (const auto* word : {"PUT", "PATCH"}) {
        for (const auto* body : {"", "[1]", "null", R"({"a":)", "7"}) {
            const auto response = host.say(word, body);
            CHECK(response.word == "ERROR");
            CHECK(response.body.size() > 1);
        }
    }
    CHECK(host.served() == R"({"a":"b"})");
}

TEST_CASE("The host reads the document and the counters back", "[mmds][control]") {
    Host host;
    host.say("PUT", R"({"a":{"b":1}})");
    CHECK(host.say("GET").body == "{\n  \"a\": {\n    \"b\": 1\n  }\n}\n");
    CHECK(host.say("COUNTERS").body == "counter 1\n");
}

TEST_CASE("There are no other commands", "[mmds][control]") {
    Host host;
    for (const auto* word : {"", "get", "DELETE", "PUT "}) {
        CHECK_FALSE(is_success(host.say(word)));
    }
}

TEST_CASE("A message arrives in any pieces", "[mmds][control]") {
    const auto text = mmds::to_text({"PUT", "{\"a\":\n\"b\"}"});
    CHECK(text == "PUT 10\n{\"a\":\n\"b\"}");
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        ControlReader reader(plenty);
        reader.take(text.substr(0, cut));
        CHECK((reader.state() == ControlReader::State::complete) == (cut == text.size()));
        reader.take(text.substr(cut));
        REQUIRE(reader.state() == ControlReader::State::complete);
        CHECK(reader.message().word == "PUT");
        CHECK(reader.message().body == "{\"a\":\n\"b\"}");
    }
}

TEST_CASE("A message without a length has no body", "[mmds][control]") {
    const auto reader = read("GET\nignored");
    CHECK(reader.state() == ControlReader::State::complete);
    CHECK(reader.message().word == "GET");
    CHECK(reader.message().body.empty());
}

TEST_CASE("A message that lies about itself is malformed", "[mmds][control]") {
    for (const auto* text : {"PUT x\n", "PUT \n", "PUT -1\n", "PUT 1 \n", "PUT 1x\n", "PUT  1\n"}) {
        INFO(text);
        CHECK(read(text).state() == ControlReader::State::malformed);
    }
    CHECK(read(std::string(32, 'A')).state() == ControlReader::State::incomplete);
    CHECK(read(std::string(33, 'A')).state() == ControlReader::State::malformed);
    CHECK(read(std::string(33, 'A') + "\n").state() == ControlReader::State::malformed);
}

TEST_CASE("A message has a size at most", "[mmds][control]") {
    CHECK(read("PUT 5\n12345", 5).state() == ControlReader::State::complete);
    CHECK(read("PUT 6\n", 5).state() == ControlReader::State::too_large);
    CHECK(read("PUT 99999999999999999999999\n", 5).state() == ControlReader::State::too_large);
}
