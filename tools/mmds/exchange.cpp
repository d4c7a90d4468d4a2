// SPDX-License-Identifier: Apache-2.0
#include "exchange.hpp"

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/buffers_range.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/serializer.hpp>
#include <iterator>
#include <utility>

#include "service.hpp"

namespace mmds {

/** Why a request is refused, whatever it asks for. */
struct Objection {
    http::status status;
    const char* why;
};

/** A response, and the request that it is for; NULL if none could be read. */
struct Reply {
    Response response;
    const Request* request = nullptr;
};

namespace {

using Parser = http::request_parser<http::empty_body>;
using boost::beast::error_code;

constexpr const char* server_name = "dumbo-mmds";
constexpr std::uint64_t body_max = 1024;  // of a request for a token; it is read over

std::size_t field_count(const Request& request) {
    return static_cast<std::size_t>(std::distance(request.begin(), request.end()));
}

/** RFC 9112, 3.2. */
bool names_one_host(const Request& request) {
    const auto hosts = request.count(http::field::host);
    return hosts == 1 || (hosts == 0 && request.version() == 10);
}

Objection object_to(error_code error) {
    if (error == http::error::bad_version) {
        return {http::status::http_version_not_supported, "This is a server for HTTP/1.0 and HTTP/1.1."};
    }
    return {http::status::bad_request, "The request is malformed."};
}

/** What is wrong with a request whose head could be read, whatever it asks for. */
std::optional<Objection> object_to_body(const Parser& parser) {
    const Request& request = parser.get();
    if (request.count(http::field::transfer_encoding) > 0) {
        return parser.chunked() ? Objection{http::status::payload_too_large, "No request here has a body."}
                                : Objection{http::status::not_implemented, "This transfer coding is unknown."};
    }
    const std::uint64_t allowed = Service::asks_for_token(request) ? body_max : 0;
    if (parser.content_length().value_or(0) > allowed) {
        return Objection{http::status::payload_too_large, "No request here has a body."};
    }
    return std::nullopt;
}

std::optional<Objection> object_to(const Parser& parser, const ExchangeLimits& limits) {
    const Request& request = parser.get();
    if (field_count(request) > limits.fields) {
        return Objection{http::status::request_header_fields_too_large, "The request has too many header fields."};
    }
    if (!names_one_host(request)) {
        return Objection{http::status::bad_request, "The request has to have one Host field."};
    }
    return object_to_body(parser);
}

/** The head, and the body unless it is only spoken of. */
std::string serialize(Response& response, bool with_body) {
    http::response_serializer<http::string_body> serializer(response);
    serializer.split(!with_body);
    std::string text;
    error_code error;
    while (!error && !(with_body ? serializer.is_done() : serializer.is_header_done())) {
        serializer.next(error, [&](error_code& /*ignored*/, const auto& buffers) {
            for (const auto buffer : boost::beast::buffers_range_ref(buffers)) {
                text.append(static_cast<const char*>(buffer.data()), buffer.size());
            }
            serializer.consume(boost::asio::buffer_size(buffers));
        });
    }
    return text;
}

std::string text_of(boost::beast::string_view view) {
    return {view.data(), view.size()};
}

}  // namespace

Exchange::Exchange(Service& service, const ExchangeLimits& limits, GuestId guest, Time now)
    : service_(service), limits_(limits), guest_(guest), head_(limits.head), deadline_(now + limits.idle_timeout) {}

Exchange::Exchange(Service& service, const ExchangeLimits& limits, GuestId guest, Time now, const ExchangeState& state)
    : service_(service),
      limits_(limits),
      guest_(guest),
      head_(limits.head),
      body_left_(state.body_left),
      output_(state.output),
      deadline_(now + std::min(state.time_left, limits.idle_timeout)),
      over_(state.over),
      peer_closed_(state.peer_closed),
      asked_for_token_(state.asked_for_token) {
    head_.take(state.head);
}

ExchangeState Exchange::save(Time now) const {
    return {
        .head = head_.text(),
        .output = std::string(output()),
        .body_left = body_left_,
        .time_left = deadline_ > now ? deadline_ - now : 0,
        .over = over_,
        .peer_closed = peer_closed_,
        .asked_for_token = asked_for_token_,
    };
}

/* ------------------------------------------------------------------------------------------------- requests ---- */

std::size_t Exchange::receive(std::string_view bytes, Time now) {
    if (over_) {
        return bytes.size();
    }
    std::size_t taken = 0;
    while (taken < bytes.size() && output().empty() && !over_) {
        if (body_left_ > 0) {
            taken += skip_body(bytes.substr(taken), now);
            continue;
        }
        const bool first = head_.is_empty();
        taken += head_.take(bytes.substr(taken));
        if (first && !head_.is_empty()) {
            deadline_ = now + limits_.request_timeout;
        }
        if (head_.state() != RequestHead::State::incomplete) {
            answer(now);
        }
    }
    service_.counters().bytes_in += taken;
    return taken;
}

std::size_t Exchange::skip_body(std::string_view bytes, Time now) {
    const auto skipped = std::min<std::uint64_t>(body_left_, bytes.size());
    body_left_ -= skipped;
    if (body_left_ == 0) {
        rest(now);
    }
    return static_cast<std::size_t>(skipped);
}

void Exchange::answer(Time now) {
    if (head_.state() == RequestHead::State::too_large) {
        refuse({http::status::request_header_fields_too_large, "The request's head is too large."}, now);
        return;
    }
    Parser parser;
    parser.header_limit(static_cast<std::uint32_t>(limits_.head) + 1);
    error_code error;
    if (head_.state() == RequestHead::State::complete) {
        parser.put(boost::asio::buffer(head_.text()), error);
    }
    if (error || !parser.is_header_done()) {
        ++service_.counters().requests_malformed;
        refuse(object_to(error), now);
        return;
    }
    if (const auto objection = object_to(parser, limits_)) {
        refuse(*objection, now);
        return;
    }
    body_left_ = parser.content_length().value_or(0);
    respond({service_.answer(parser.get(), guest_, now), &parser.get()}, now);
}

void Exchange::respond(Reply reply, Time now) {
    const Request& request = *reply.request;
    asked_for_token_ = asked_for_token_ || Service::asks_for_token(request);
    // Who expects a 100 gets the response instead, and may or may not send the body now: nobody can tell what follows.
    const bool unclear = body_left_ > 0 && request.count(http::field::expect) > 0;
    over_ = over_ || unclear || !request.keep_alive();
    queue(std::move(reply), now);
}

void Exchange::refuse(const Objection& objection, Time now) {
    over_ = true;
    queue({refusal(objection.status, objection.why)}, now);
}

/* ------------------------------------------------------------------------------------------------ responses ---- */

void Exchange::queue(Reply reply, Time now) {
    Response& response = reply.response;
    const Request* const request = reply.request;
    if (request != nullptr) {
        response.version(request->version());
    }
    response.set(http::field::server, server_name);
    response.keep_alive(!over_);
    response.prepare_payload();
    output_ = serialize(response, request == nullptr || request->method() != http::verb::head);
    sent_ = 0;
    head_.clear();
    deadline_ = now + limits_.idle_timeout;
    count(response.result_int());
    answered_ = Answered{request != nullptr ? text_of(request->method_string()) : "-",
                         request != nullptr ? text_of(request->target()) : "-", response.result_int(), output_.size()};
}

void Exchange::count(unsigned status) {
    Counters& counters = service_.counters();
    ++counters.requests;
    counters.answers_2xx += status / 100 == 2 ? 1 : 0;
    counters.answers_4xx += status / 100 == 4 ? 1 : 0;
    counters.answers_5xx += status / 100 == 5 ? 1 : 0;
    counters.requests_too_large += status == 413 || status == 431 ? 1 : 0;
    counters.requests_timed_out += status == 408 ? 1 : 0;
}

void Exchange::sent(std::size_t n, Time now) {
    if (n == 0) {
        return;
    }
    sent_ += n;
    service_.counters().bytes_out += n;
    if (output().empty()) {
        output_ = std::string();
        sent_ = 0;
        over_ = over_ || peer_closed_;
    }
    rest(now);
}

void Exchange::rest(Time now) {
    deadline_ = now + (body_left_ > 0 ? limits_.request_timeout : limits_.idle_timeout);
}

/* ----------------------------------------------------------------------------------------------------- ends ---- */

void Exchange::peer_closed(Time now) {
    const bool is_news = !std::exchange(peer_closed_, true);
    if (is_news && output().empty()) {
        over_ = true;
        rest(now);
    }
}

bool Exchange::expire(Time now) {
    if (now < deadline_) {
        return true;
    }
    if (over_ || !output().empty()) {
        return false;
    }
    if (head_.is_empty()) {
        over_ = true;
        rest(now);
        return true;
    }
    refuse({http::status::request_timeout, "The request took too long."}, now);
    return true;
}

std::optional<Answered> Exchange::take_answered() {
    return std::exchange(answered_, std::nullopt);
}

}  // namespace mmds
