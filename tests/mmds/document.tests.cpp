// SPDX-License-Identifier: Apache-2.0
#include "document.hpp"

#include <string>

#include "path.hpp"
#include "support/catch.hpp"

namespace {

using mmds::Document;
using mmds::DocumentError;
using mmds::parse_target;
using mmds::Path;

constexpr std::size_t plenty = 65536;

Document make(const std::string& text) {
    Document document(plenty);
    document.replace(text);
    return document;
}

/** What a GET of this target has in its body; "-" for what is not there. */
std::string text_at(const Document& document, const std::string& target) {
    const auto path = parse_target(target);
    const auto* const value = path ? document.find(*path) : nullptr;
    return value != nullptr ? mmds::as_text(*value).value_or("no text") : "-";
}

std::string nested(int depth) {
    std::string text;
    for (int i = 0; i < depth; ++i) {
        text += R"({"a":)";
    }
    return text + "1" + std::string(static_cast<std::size_t>(depth), '}');
}

}  // namespace

TEST_CASE("A target is a path of keys", "[mmds][path]") {
    CHECK(parse_target("/") == Path{});
    CHECK(parse_target("/a/b") == Path{"a", "b"});
    CHECK(parse_target("//a///b//") == Path{"a", "b"});
    CHECK(parse_target("/a/b/?x=/y") == Path{"a", "b"});
    CHECK(parse_target("/?/a") == Path{});
}

TEST_CASE("Absolute-form means the same as origin-form", "[mmds][path]") {
    CHECK(parse_target("http://169.254.169.254/a/b") == Path{"a", "b"});
    CHECK(parse_target("HTTP://x:80/a") == Path{"a"});
    CHECK(parse_target("http://x") == Path{});
    CHECK(parse_target("http://x?q=/a") == Path{});
}

TEST_CASE("Segments are percent-decoded after they were told apart", "[mmds][path]") {
    CHECK(parse_target("/%61%2Fb/c") == Path{"a/b", "c"});
    CHECK(parse_target("/02%3a29") == Path{"02:29"});
    CHECK(parse_target("/%2561") == Path{"%61"});
    CHECK(parse_target("/%00") == Path{std::string(1, '\0')});
    CHECK(parse_target("/~0~1") == Path{"~0~1"});
    CHECK(parse_target("/%") == std::nullopt);
    CHECK(parse_target("/%6") == std::nullopt);
    CHECK(parse_target("/%6g") == std::nullopt);
    CHECK(parse_target("/%-1") == std::nullopt);
}

TEST_CASE("What is neither form is no target", "[mmds][path]") {
    for (const auto* target : {"", "*", "a/b", "https://x/", "host:80", "/a#b", "http:/a", "?"}) {
        INFO(target);
        CHECK(parse_target(target) == std::nullopt);
    }
}

TEST_CASE("A path is followed from key to key", "[mmds][document]") {
    const auto document = make(R"({"latest":{"meta-data":{"ami-id":"ami-1","":"nameless"}},"a/b":"slash"})");
    CHECK(text_at(document, "/latest/meta-data/ami-id") == "ami-1");
    CHECK(text_at(document, "/latest/meta-data/ami-id/") == "ami-1");
    CHECK(text_at(document, "/latest/meta-data/ami-id/more") == "-");
    CHECK(text_at(document, "/latest/other") == "-");
    CHECK(text_at(document, "/a%2fb") == "slash");
    CHECK(text_at(document, "/a/b") == "-");
}

TEST_CASE("Dots lead nowhere", "[mmds][document]") {
    const auto document = make(R"({"latest":{"a":"b"},"..":"a key like any other"})");
    CHECK(text_at(document, "/latest/../latest") == "-");
    CHECK(text_at(document, "/./latest") == "-");
    CHECK(text_at(document, "/..") == "a key like any other");
    CHECK(text_at(document, "/%2e%2e") == "a key like any other");
}

TEST_CASE("An array is not walked into", "[mmds][document]") {
    const auto document = make(R"({"list":["a","b"]})");
    CHECK(text_at(document, "/list/0") == "-");
    CHECK(text_at(document, "/list") == "no text");
}

TEST_CASE("An object is listed, one key a line, objects with a slash", "[mmds][document]") {
    const auto document = make(R"({"b":{},"a":"1","c":[{}],"e":null})");
    CHECK(text_at(document, "/") == "a\nb/\nc\ne");
    CHECK(text_at(document, "/b").empty());
    CHECK(text_at(make("{}"), "/").empty());
}

TEST_CASE("Only objects and strings have a text", "[mmds][document]") {
    const auto document = make(R"({"n":1,"f":1.5,"t":true,"z":null,"s":"line\nline","e":""})");
    for (const auto* target : {"/n", "/f", "/t", "/z"}) {
        CHECK(text_at(document, target) == "no text");
    }
    CHECK(text_at(document, "/s") == "line\nline");
    CHECK(text_at(document, "/e").empty());
}

TEST_CASE("Everything has a JSON", "[mmds][document]") {
    const auto document = make(R"({ "n": 1, "l": [ null, "x" ] })");
    CHECK(mmds::as_json(*document.find({})) == R"({"l":[null,"x"],"n":1})");
    CHECK(mmds::as_json(*document.find({"n"})) == "1");
    CHECK(mmds::as_json(*document.find({"l"})) == R"([null,"x"])");
}

TEST_CASE("A version of the EC2 API stands for latest", "[mmds][document]") {
    const auto document = make(R"({"latest":{"a":"new"},"2009-04-04":{"a":"old"},"x":{"latest":{"a":"deep"}}})");
    CHECK(text_at(document, "/2021-03-23/a") == "new");
    CHECK(text_at(document, "/2009-04-04/a") == "old");
    CHECK(text_at(document, "/x/2021-03-23/a") == "-");
    for (const auto* target : {"/2021-3-23/a", "/2021-03-231/a", "/2021_03_23/a", "/abcd-ef-gh/a", "/1.0/a"}) {
        CHECK(text_at(document, target) == "-");
    }
    CHECK(text_at(make(R"({"a":"b"})"), "/2021-03-23") == "-");
}

TEST_CASE("A document is an object of JSON, and a wrong one changes nothing", "[mmds][document]") {
    auto document = make(R"({"a":"b"})");
    for (const auto* text : {"", "1", "[]", "null", "\"x\"", "{", R"({"a":})", R"({"a":1}{})", "{\"a\":\"\xff\"}"}) {
        INFO(text);
        CHECK_THROWS_AS(document.replace(text), DocumentError);
        CHECK(text_at(document, "/a") == "b");
    }
    document.replace(R"({"c":"d"})");
    CHECK(text_at(document, "/") == "c");
}

TEST_CASE("A document has a size at most, whatever its blanks", "[mmds][document]") {
    Document document(20);
    document.replace("{ \"a\" :   \"12345678901\"  }");
    CHECK(text_at(document, "/a") == "12345678901");
    document.replace(R"({"a":"123456789012"})");
    CHECK_THROWS_AS(document.replace(R"({"a":"1234567890123"})"), DocumentError);
    CHECK_THROWS_AS(document.patch(R"({"b":"1"})"), DocumentError);
    CHECK(text_at(document, "/") == "a");
}

TEST_CASE("A document is so deep at most", "[mmds][document]") {
    Document document(plenty);
    CHECK_NOTHROW(document.replace(nested(Document::depth_max)));
    CHECK_THROWS_AS(document.replace(nested(Document::depth_max + 1)), DocumentError);
    CHECK_THROWS_AS(document.patch(nested(Document::depth_max + 1)), DocumentError);
    CHECK_THROWS_AS(document.replace(std::string(10000, '[')), DocumentError);
    CHECK(mmds::as_json(*document.find({})) == nested(Document::depth_max));
}
