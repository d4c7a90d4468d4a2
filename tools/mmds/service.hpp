// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <string>

#include "counters.hpp"
#include "imds.hpp"
#include "path.hpp"
#include "time.hpp"
#include "tokens.hpp"

namespace mmds {

class Document;

namespace http = boost::beast::http;

using Request = http::request<http::empty_body>;
using Response = http::response<http::string_body>;

/** What the response to a request is, whoever sent it over whatever connection. */
class Service {
public:
    Service(const Document& document, const Tokens& tokens, Imds imds, Counters& counters)
        : document_(document), tokens_(tokens), imds_(imds), counters_(counters) {}

    [[nodiscard]] Response answer(const Request& request, GuestId guest, Time now);

    /** Whether this request asks for a token: what follows on its connection shall not travel far. */
    [[nodiscard]] static bool asks_for_token(const Request& request);

    Counters& counters() { return counters_; }

private:
    Response issue_token(const Request& request, GuestId guest, Time now);
    [[nodiscard]] bool lets_in(const Request& request, GuestId guest, Time now) const;
    [[nodiscard]] Response look_up(const Request& request, const Path& path) const;

    const Document& document_;
    const Tokens& tokens_;
    Imds imds_;
    Counters& counters_;
};

/** A response that says in a line of text what is wrong. */
Response refusal(http::status status, const std::string& why);

}  // namespace mmds
