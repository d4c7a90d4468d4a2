// SPDX-License-Identifier: Apache-2.0
#include "exchange.hpp"

#include <string>
#include <string_view>
#include <vector>

#include "document.hpp"
#include "service.hpp"
#include "support/catch.hpp"

namespace {

using mmds::Exchange;
using mmds::Imds;
using mmds::second;
using mmds::Time;

constexpr Time noon = 1000 * second;
constexpr mmds::GuestId guest = 7;

/** All that an exchange needs around it, and a guest that reads everything at once unless told otherwise. */
struct Site {
    explicit Site(Imds imds = Imds::any, mmds::ExchangeLimits its_limits = {})
        : limits(its_limits), service(document, tokens, imds, counters) {
        document.replace(R"({"latest":{"meta-data":{"id":"i-1"},"n":5,"s":"text"}})");
    }

    Exchange connect(Time now = noon) { return {service, limits, guest, now}; }

    /** Sends all of it and returns all that comes back; the rest of what was sent, if not everything was taken. */
    std::string talk(Exchange& exchange, std::string_view bytes, Time now = noon) {
        std::string heard;
        do {
            bytes.remove_prefix(exchange.receive(bytes, now));
            heard += read(exchange, now);
        } while (!bytes.empty() && !exchange.is_over());
        return heard;
    }

    static std::string read(Exchange& exchange, Time now = noon) {
        std::string heard(exchange.output());
        exchange.sent(heard.size(), now);
        return heard;
    }

    std::string answer_to(std::string_view request) {
        auto exchange = connect();
        return talk(exchange, request);
    }

    mmds::ExchangeLimits limits;
    mmds::Counters counters;
    mmds::Document document{65536};
    mmds::Tokens tokens;
    mmds::Service service;
};

std::string get(const std::string& target, const std::string& fields = "") {
    return "GET " + target + " HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
}

std::string put_token(const std::string& fields) {
    return "PUT /latest/api/token HTTP/1.1\r\nHost: x\r\n" + fields + "\r\n";
}

const std::string aws_ttl = "X-aws-ec2-metadata-token-ttl-seconds: 60\r\n";  // NOLINT(cert-err58-cpp)

unsigned status_of(const std::string& response) {
    return response.starts_with("HTTP/1.") && response.size() > 12
               ? static_cast<unsigned>(std::stoul(response.substr(9, 3)))
               : 0;
}

std::string body_of(const std::string& response) {
    return response.substr(response.find("\r\n\r\n") + 4);
}

bool has(const std::string& response, const std::string& line) {
    const auto end = response.find("\r\n\r\n");
    return response.substr(0, end + 2).find("\r\n" + line + "\r\n") != std::string::npos;
}

}  // namespace

/* ------------------------------------------------------------------------------------------------ responses ---- */

TEST_CASE("A response, byte by byte", "[mmds][exchange]") {
    Site site;
    CHECK(site.answer_to(get("/latest/s")) ==
          "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nServer: dumbo-mmds\r\nContent-Length: 4\r\n\r\ntext");
}

TEST_CASE("Text or JSON, as Accept says", "[mmds][exchange]") {
    Site site;
    const auto type_for = [&](const std::string& accept) {
        const auto response = site.answer_to(get("/latest/s", accept));
        return has(response, "Content-Type: application/json") ? "json " + body_of(response) : body_of(response);
    };
    CHECK(type_for("Accept: application/json\r\n") == "json \"text\"");
    CHECK(type_for("accept: text/html, APPLICATION/JSON ;q=0.5\r\n") == "json \"text\"");
    for (const auto* accept : {"", "Accept:\r\n", "Accept: */*\r\n", "Accept: text/plain\r\n",
                               "Accept: application/*\r\n", "Accept: application/jsonx\r\n", "Accept: ,,\r\n"}) {
        CHECK(type_for(accept) == "text");
    }
}

TEST_CASE("HEAD is GET without the body", "[mmds][exchange]") {
    Site site;
    const auto whole = site.answer_to(get("/latest/s"));
    CHECK(site.answer_to("HEAD /latest/s HTTP/1.1\r\nHost: x\r\n\r\n") == whole.substr(0, whole.size() - 4));
    CHECK(status_of(site.answer_to("HEAD /nothing HTTP/1.1\r\nHost: x\r\n\r\n")) == 404);
}

TEST_CASE("What is not there, has no text, or is no target", "[mmds][exchange]") {
    Site site;
    CHECK(status_of(site.answer_to(get("/nothing"))) == 404);
    CHECK(status_of(site.answer_to(get("/latest/n"))) == 501);
    CHECK(body_of(site.answer_to(get("/latest/n", "Accept: application/json\r\n"))) == "5");
    CHECK(status_of(site.answer_to(get("/%zz"))) == 400);
    CHECK(status_of(site.answer_to(get("latest"))) == 400);
}

TEST_CASE("Other methods are told which there are", "[mmds][exchange]") {
    Site site;
    for (const auto* method : {"POST", "DELETE", "OPTIONS", "PATCH", "PUT", "TRACE", "BREW"}) {
        const auto response = site.answer_to(std::string(method) + " /latest HTTP/1.1\r\nHost: x\r\n\r\n");
        CHECK(status_of(response) == 405);
        CHECK(has(response, "Allow: GET, HEAD"));
    }
    for (const auto* method : {"GET", "HEAD", "DELETE"}) {
        const auto response = site.answer_to(std::string(method) + " /latest/api/token HTTP/1.1\r\nHost: x\r\n\r\n");
        CHECK(status_of(response) == 405);
        CHECK(has(response, "Allow: PUT"));
    }
}

/* --------------------------------------------------------------------------------------------------- tokens ---- */

TEST_CASE("A token is given and then taken", "[mmds][exchange]") {
    Site site(Imds::v2);
    for (const std::string& prefix : {std::string("X-aws-ec2-metadata-token"), std::string("X-metadata-token")}) {
        const auto given = site.answer_to(put_token(prefix + "-ttl-seconds: 21600\r\n"));
        CHECK(status_of(given) == 200);
        CHECK(has(given, "Content-Type: text/plain"));
        CHECK(has(given, prefix + "-ttl-seconds: 21600"));
        const auto token = body_of(given);
        CHECK(body_of(site.answer_to(get("/latest/s", "X-aws-ec2-metadata-token: " + token + "\r\n"))) == "text");
        CHECK(body_of(site.answer_to(get("/latest/s", "x-metadata-token: " + token + "\r\n"))) == "text");
    }
    CHECK(site.counters.tokens_issued == 2);
}

TEST_CASE("A token that cannot be given", "[mmds][exchange]") {
    Site site;
    for (const auto* ttl : {"0", "21601", "", "-1", "1.5", "60s", " ", "99999999999999999999", "0x10"}) {
        CHECK(status_of(site.answer_to(put_token("X-metadata-token-ttl-seconds: " + std::string(ttl) + "\r\n"))) ==
              400);
    }
    CHECK(status_of(site.answer_to(put_token(""))) == 400);
    CHECK(status_of(site.answer_to(put_token(aws_ttl + "X-Forwarded-For: 10.0.0.1\r\n"))) == 403);
    CHECK(status_of(site.answer_to(put_token(aws_ttl + "x-forwarded-for:\r\n"))) == 403);
    CHECK(site.counters.tokens_issued == 0);
}

TEST_CASE("Which requests need a token", "[mmds][exchange]") {
    const std::string wrong = "X-metadata-token: wrong\r\n";
    struct Expectation {
        Imds imds;
        unsigned without;
        unsigned with_wrong;
    };
    for (const auto& expected :
         {Expectation{Imds::any, 200, 401}, Expectation{Imds::v1, 200, 200}, Expectation{Imds::v2, 401, 401}}) {
        Site site(expected.imds);
        CHECK(status_of(site.answer_to(get("/latest/s"))) == expected.without);
        CHECK(status_of(site.answer_to(get("/latest/s", wrong))) == expected.with_wrong);
        CHECK(status_of(site.answer_to(put_token(aws_ttl))) == 200);
    }
}

TEST_CASE("Without a token nobody learns what is there", "[mmds][exchange]") {
    Site site(Imds::v2);
    const auto there = site.answer_to(get("/latest/s"));
    CHECK(there == site.answer_to(get("/nothing")));
    CHECK(there == site.answer_to(get("/latest/n")));
}

TEST_CASE("A token ends", "[mmds][exchange]") {
    Site site(Imds::v2);
    const auto token = "X-metadata-token: " + body_of(site.answer_to(put_token(aws_ttl))) + "\r\n";
    auto exchange = site.connect();
    CHECK(status_of(site.talk(exchange, get("/", token), noon + 59 * second)) == 200);
    CHECK(status_of(site.talk(exchange, get("/", token), noon + 60 * second)) == 401);
}

TEST_CASE("An exchange knows that it was asked for a token", "[mmds][exchange]") {
    Site site;
    auto exchange = site.connect();
    site.talk(exchange, get("/"));
    CHECK_FALSE(exchange.has_asked_for_token());
    site.talk(exchange, put_token(""));
    CHECK(exchange.has_asked_for_token());
    site.talk(exchange, get("/"));
    CHECK(exchange.has_asked_for_token());
}

/* --------------------------------------------------------------------------------------------------- pieces ---- */

TEST_CASE("Requests may arrive in any two pieces", "[mmds][exchange]") {
    Site site;
    const std::string bytes = get("/latest/s") + put_token(aws_ttl + "Content-Length: 3\r\n") + "abc" +
                              get("/nothing") + "\r\n\r\n" + get("/", "Connection: close\r\n");
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        auto exchange = site.connect();
        auto heard = site.talk(exchange, std::string_view(bytes).substr(0, cut));
        heard += site.talk(exchange, std::string_view(bytes).substr(cut));
        std::vector<unsigned> statuses;
        for (auto at = heard.find("HTTP/1.1 "); at != std::string::npos; at = heard.find("HTTP/1.1 ", at + 1)) {
            statuses.push_back(status_of(heard.substr(at)));
        }
        REQUIRE(statuses == std::vector<unsigned>{200, 200, 404, 200});
        REQUIRE(exchange.is_over());
    }
}

TEST_CASE("Requests may arrive byte by byte", "[mmds][exchange]") {
    Site site;
    auto exchange = site.connect();
    std::string heard;
    for (const char c : get("/latest/s") + get("/latest/meta-data/id")) {
        heard += site.talk(exchange, {&c, 1});
    }
    CHECK(heard == site.answer_to(get("/latest/s")) + site.answer_to(get("/latest/meta-data/id")));
}

TEST_CASE("One request at a time: what comes behind it has to wait", "[mmds][exchange]") {
    Site site;
    auto exchange = site.connect();
    const auto first = get("/latest/s");
    const auto both = first + get("/nothing");
    CHECK(exchange.receive(both, noon) == first.size());
    const std::string response(exchange.output());
    CHECK(exchange.receive(std::string_view(both).substr(first.size()), noon) == 0);
    exchange.sent(response.size() - 1, noon);
    CHECK(exchange.receive(std::string_view(both).substr(first.size()), noon) == 0);
    exchange.sent(1, noon);
    CHECK(exchange.receive(std::string_view(both).substr(first.size()), noon) == both.size() - first.size());
    CHECK(status_of(std::string(exchange.output())) == 404);
}

TEST_CASE("Empty lines before a request are passed over", "[mmds][exchange]") {
    Site site;
    CHECK(status_of(site.answer_to("\r\n\r\n" + get("/"))) == 200);
    CHECK(status_of(site.answer_to("\n\r" + get("/"))) == 200);
}

TEST_CASE("An exchange goes on in another process wherever it was", "[mmds][exchange]") {
    Site site;
    const std::string bytes =
        get("/latest/s") + put_token("Content-Length: 3\r\n") + "abc" + get("/nothing") + "GET / HT";
    auto original = site.connect();
    const auto expected = site.talk(original, bytes);
    for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
        auto first = site.connect();
        auto heard = site.talk(first, std::string_view(bytes).substr(0, cut));
        Exchange second_one(site.service, site.limits, guest, noon, first.save(noon));
        heard += site.talk(second_one, std::string_view(bytes).substr(cut));
        REQUIRE(heard == expected);
        REQUIRE(second_one.has_asked_for_token());
        REQUIRE(second_one.deadline() == original.deadline());
    }
}

TEST_CASE("What waits to be sent goes on waiting in another process", "[mmds][exchange]") {
    Site site;
    auto first = site.connect();
    first.receive(get("/latest/s", "Connection: close\r\n"), noon);
    const std::string response(first.output());
    for (std::size_t cut = 1; cut < response.size(); ++cut) {
        first.sent(1, noon);
        Exchange other(site.service, site.limits, guest, noon, first.save(noon));
        REQUIRE_FALSE(other.is_over());
        REQUIRE(other.output() == response.substr(cut));
        REQUIRE(Site::read(other) == response.substr(cut));
        REQUIRE(other.is_over());
    }
}

/* ---------------------------------------------------------------------------------------------- connections ---- */

TEST_CASE("A connection is kept or closed as its version and Connection say", "[mmds][exchange]") {
    struct Expectation {
        const char* version;
        const char* fields;
        bool kept;
        const char* line;
    };
    for (const auto& expected : {
             Expectation{"1.1", "Host: x\r\n", true, nullptr},
             Expectation{"1.1", "Host: x\r\nConnection: close\r\n", false, "Connection: close"},
             Expectation{"1.1", "Host: x\r\nConnection: x, Close\r\n", false, "Connection: close"},
             Expectation{"1.0", "", false, nullptr},
             Expectation{"1.0", "Connection: keep-alive\r\n", true, "Connection: keep-alive"},
         }) {
        INFO(expected.version << ' ' << expected.fields);
        Site site;
        auto exchange = site.connect();
        const auto response =
            site.talk(exchange, "GET / HTTP/" + std::string(expected.version) + "\r\n" + expected.fields + "\r\n");
        CHECK(response.starts_with("HTTP/" + std::string(expected.version) + " 200 OK\r\n"));
        CHECK(exchange.is_over() != expected.kept);
        CHECK((response.find("Connection:") != std::string::npos) == (expected.line != nullptr));
        CHECK((expected.line == nullptr || has(response, expected.line)));
    }
}

TEST_CASE("A refusal of what is asked for keeps the connection", "[mmds][exchange]") {
    Site site(Imds::v2);
    auto exchange = site.connect();
    CHECK(status_of(site.talk(exchange, get("/"))) == 401);
    CHECK(status_of(site.talk(exchange, put_token(""))) == 400);
    CHECK(status_of(site.talk(exchange, "DELETE / HTTP/1.1\r\nHost: x\r\n\r\n")) == 405);
    CHECK(status_of(site.talk(exchange, put_token(aws_ttl))) == 200);
    CHECK_FALSE(exchange.is_over());
}

TEST_CASE("Who has closed its half still gets the response", "[mmds][exchange]") {
    Site site;
    auto exchange = site.connect();
    exchange.receive(get("/latest/s"), noon);
    exchange.peer_closed(noon);
    CHECK_FALSE(exchange.is_over());
    CHECK(body_of(Site::read(exchange)) == "text");
    CHECK(exchange.is_over());
}

TEST_CASE("Half a request from who has closed its half gets none", "[mmds][exchange]") {
    Site site;
    auto exchange = site.connect();
    exchange.receive("GET / HT", noon);
    exchange.peer_closed(noon);
    CHECK(exchange.is_over());
    CHECK(exchange.output().empty());
    CHECK(site.counters.requests == 0);
}

TEST_CASE("What comes behind the end is taken and ignored", "[mmds][exchange]") {
    Site site;
    auto exchange = site.connect();
    site.talk(exchange, get("/", "Connection: close\r\n"));
    CHECK(exchange.receive(get("/"), noon) == get("/").size());
    CHECK(exchange.output().empty());
    CHECK(site.counters.requests == 1);
}

/* -------------------------------------------------------------------------------------------------- refusals ---- */

TEST_CASE("What is no request is refused, and the connection with it", "[mmds][exchange]") {
    for (const std::string& bytes : {
             std::string("\x16\x03\x01", 3),
             std::string("GET / HTTP/1.1\r\nHost: x\0\r\n\r\n", 28),
             std::string("GET / HTTP/1.1\nHost: x\n\n"),
             std::string("GET / HTTP/1.1\rHost: x\r\r"),
             std::string("GET  / HTTP/1.1\r\nHost: x\r\n\r\n"),
             std::string("GET /\r\n\r\n"),
             std::string(" / HTTP/1.1\r\nHost: x\r\n\r\n"),
             std::string("GET / HTTP/1.1\r\nHost : x\r\n\r\n"),
             std::string("GET / HTTP/1.1\r\n: x\r\n\r\n"),
             std::string("GET / HTTP/1.1\r\nHost\r\n\r\n"),
             std::string("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"),
             std::string("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n"),
             std::string("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 1\r\n\r\n"),
             std::string("GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n\r\n"),
             std::string("GET / HTTP/1.1\r\n\r\n"),
             std::string("GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n"),
             std::string("GET / HTTP/1.0\r\nHost: x\r\nHost: x\r\n\r\n"),
         }) {
        INFO(bytes);
        Site site;
        auto exchange = site.connect();
        const auto response = site.talk(exchange, bytes);
        CHECK(status_of(response) == 400);
        CHECK(has(response, "Connection: close"));
        CHECK(exchange.is_over());
        CHECK(site.counters.answers_4xx == 1);
    }
}

TEST_CASE("Other versions of HTTP are not spoken", "[mmds][exchange]") {
    Site site;
    for (const auto* version : {"2.0", "1.2", "0.9", "9.9", "1", "x", "1.1 "}) {
        const auto response = site.answer_to("GET / HTTP/" + std::string(version) + "\r\nHost: x\r\n\r\n");
        CHECK(status_of(response) == 505);
        CHECK(response.starts_with("HTTP/1.1 "));
    }
}

TEST_CASE("Bodies are refused", "[mmds][exchange]") {
    Site site;
    CHECK(status_of(site.answer_to(get("/", "Content-Length: 0\r\n"))) == 200);
    CHECK(status_of(site.answer_to(get("/", "Content-Length: 1\r\n"))) == 413);
    CHECK(status_of(site.answer_to(get("/", "Transfer-Encoding: chunked\r\n"))) == 413);
    CHECK(status_of(site.answer_to(get("/", "Transfer-Encoding: gzip\r\n"))) == 501);
    CHECK(status_of(site.answer_to("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n")) == 413);
    CHECK(status_of(site.answer_to(put_token(aws_ttl + "Transfer-Encoding: chunked\r\n"))) == 413);
    CHECK(site.counters.requests_too_large == 4);
}

TEST_CASE("That of a request for a token is read over, if it is short", "[mmds][exchange]") {
    Site site;
    auto exchange = site.connect();
    CHECK(status_of(site.talk(exchange, put_token(aws_ttl + "Content-Length: 1024\r\n"))) == 200);
    CHECK(status_of(site.talk(exchange, std::string(1024, '\0') + get("/"))) == 200);
    CHECK_FALSE(exchange.is_over());
    CHECK(status_of(site.talk(exchange, put_token(aws_ttl + "Content-Length: 1025\r\n"))) == 413);
    CHECK(exchange.is_over());
}

TEST_CASE("Who expects a 100 gets the response", "[mmds][exchange]") {
    Site site;
    auto exchange = site.connect();
    const auto response = site.talk(exchange, put_token(aws_ttl + "Content-Length: 4\r\nExpect: 100-continue\r\n"));
    CHECK(status_of(response) == 200);
    CHECK(has(response, "Connection: close"));
    CHECK(exchange.is_over());
}

/* ---------------------------------------------------------------------------------------------------- bounds ---- */

TEST_CASE("A head has a size at most", "[mmds][exchange]") {
    const std::string frame = get("/", "X: \r\n");
    Site site(Imds::any, {.head = frame.size() + 10});
    CHECK(status_of(site.answer_to(get("/", "X: " + std::string(10, 'x') + "\r\n"))) == 200);
    CHECK(status_of(site.answer_to(get("/", "X: " + std::string(11, 'x') + "\r\n"))) == 431);
    auto exchange = site.connect();
    const auto response = site.talk(exchange, "GET /" + std::string(100000, 'x'));
    CHECK(status_of(response) == 431);
    CHECK(has(response, "Connection: close"));
    CHECK(exchange.is_over());
}

TEST_CASE("A head has so many fields at most", "[mmds][exchange]") {
    Site site(Imds::any, {.fields = 3});
    CHECK(status_of(site.answer_to(get("/", "A: 1\r\nA: 2\r\n"))) == 200);
    CHECK(status_of(site.answer_to(get("/", "A: 1\r\nA: 2\r\nB:\r\n"))) == 431);
}

TEST_CASE("A request that is not complete in time is refused", "[mmds][exchange]") {
    Site site(Imds::any, {.request_timeout = 10 * second, .idle_timeout = 60 * second});
    auto exchange = site.connect();
    CHECK(exchange.deadline() == noon + 60 * second);
    site.talk(exchange, "G", noon + 5 * second);
    CHECK(exchange.deadline() == noon + 15 * second);
    site.talk(exchange, "ET / HTTP/1.1\r\n", noon + 14 * second);
    CHECK(exchange.deadline() == noon + 15 * second);
    CHECK(exchange.expire(noon + 15 * second - 1));
    CHECK(exchange.output().empty());
    CHECK(exchange.expire(noon + 15 * second));
    const auto response = Site::read(exchange, noon + 15 * second);
    CHECK(status_of(response) == 408);
    CHECK(has(response, "Connection: close"));
    CHECK(exchange.is_over());
    CHECK(site.counters.requests_timed_out == 1);
}

TEST_CASE("Every request on a connection has its own time", "[mmds][exchange]") {
    Site site(Imds::any, {.request_timeout = 10 * second, .idle_timeout = 60 * second});
    auto exchange = site.connect();
    Time now = noon;
    for (int i = 0; i < 5; ++i) {
        site.talk(exchange, "GET / HTTP/1.1\r\n", now);
        now += 9 * second;
        CHECK(exchange.expire(now));
        CHECK(status_of(site.talk(exchange, "Host: x\r\n\r\n", now)) == 200);
        now += 59 * second;
        CHECK(exchange.expire(now));
    }
    CHECK_FALSE(exchange.is_over());
}

TEST_CASE("An idle connection is closed without a word", "[mmds][exchange]") {
    Site site(Imds::any, {.request_timeout = 10 * second, .idle_timeout = 60 * second});
    auto exchange = site.connect();
    site.talk(exchange, "\r\n", noon + 59 * second);  // is no beginning of a request
    CHECK(exchange.expire(noon + 60 * second));
    CHECK(exchange.output().empty());
    CHECK(exchange.is_over());
    CHECK(site.counters.requests == 0);
}

TEST_CASE("A body that does not come in time ends the connection", "[mmds][exchange]") {
    Site site(Imds::any, {.request_timeout = 10 * second, .idle_timeout = 60 * second});
    auto exchange = site.connect();
    site.talk(exchange, put_token(aws_ttl + "Content-Length: 4\r\n"));
    site.talk(exchange, "abc", noon + 9 * second);
    CHECK(exchange.deadline() == noon + 10 * second);
    CHECK(exchange.expire(noon + 10 * second));
    CHECK(exchange.is_over());
}

TEST_CASE("Who does not read its response is given up", "[mmds][exchange]") {
    Site site(Imds::any, {.request_timeout = 10 * second, .idle_timeout = 60 * second});
    auto exchange = site.connect();
    exchange.receive(get("/"), noon);
    exchange.sent(1, noon + 59 * second);
    CHECK(exchange.expire(noon + 60 * second));
    CHECK_FALSE(exchange.expire(noon + 119 * second));
}

TEST_CASE("Who does not close is given up", "[mmds][exchange]") {
    Site site(Imds::any, {.request_timeout = 10 * second, .idle_timeout = 60 * second});
    auto exchange = site.connect();
    site.talk(exchange, get("/", "Connection: close\r\n"));
    CHECK(exchange.is_over());
    site.talk(exchange, "more and more", noon + 59 * second);
    CHECK_FALSE(exchange.expire(noon + 60 * second));
}

TEST_CASE("A response is no longer than the document, and one at a time waits", "[mmds][exchange]") {
    Site site;
    site.document.replace(R"({"a":")" + std::string(60000, 'x') + R"("})");
    auto exchange = site.connect();
    const std::string many = get("/a") + get("/a") + get("/a");
    CHECK(exchange.receive(many, noon) == get("/a").size());
    CHECK(exchange.output().size() < 60000 + 200);
}
