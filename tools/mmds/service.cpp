// SPDX-License-Identifier: Apache-2.0
#include "service.hpp"

#include <algorithm>
#include <array>
#include <boost/beast/core/string.hpp>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "document.hpp"

namespace mmds {

namespace {

// The second of each is Firecracker's name for the first, which is Amazon's.
constexpr std::array<std::string_view, 2> ttl_fields = {"X-aws-ec2-metadata-token-ttl-seconds",
                                                        "X-metadata-token-ttl-seconds"};
constexpr std::array<std::string_view, 2> token_fields = {"X-aws-ec2-metadata-token", "X-metadata-token"};

struct Field {
    std::string_view name;
    std::string_view value;
};

std::string_view view(boost::beast::string_view text) {
    return {text.data(), text.size()};
}

boost::beast::string_view beast_view(std::string_view text) {
    return {text.data(), text.size()};
}

std::optional<Field> find_field(const Request& request, const std::array<std::string_view, 2>& names) {
    for (const auto name : names) {
        if (const auto field = request.find(beast_view(name)); field != request.end()) {
            return Field{name, view(field->value())};
        }
    }
    return std::nullopt;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t";
    const auto first = std::min(text.find_first_not_of(blanks), text.size());
    text.remove_prefix(first);
    return text.substr(0, text.find_last_not_of(blanks) + 1);
}

/** Whether the Accept field names JSON: "anything" is what everybody sends, and means text. */
bool wants_json(const Request& request) {
    std::string_view rest = view(request[http::field::accept]);
    while (!rest.empty()) {
        const auto end = std::min(rest.find(','), rest.size());
        const auto range = rest.substr(0, end);
        const auto type = trimmed(range.substr(0, range.find(';')));
        if (boost::beast::iequals(beast_view(type), "application/json")) {
            return true;
        }
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return false;
}

std::optional<std::uint32_t> parse_ttl(std::string_view text) {
    std::uint32_t ttl = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ttl);
    const bool right = error == std::errc() && end == text.data() + text.size() && ttl >= 1 && ttl <= Tokens::ttl_max;
    return right ? std::optional(ttl) : std::nullopt;
}

bool is_token_path(const Path& path) {
    return path == Path{"latest", "api", "token"};
}

bool is_reading(const Request& request) {
    return request.method() == http::verb::get || request.method() == http::verb::head;
}

Response success(std::string_view type, std::string body) {
    Response response(http::status::ok, 11);
    response.set(http::field::content_type, beast_view(type));
    response.body() = std::move(body);
    return response;
}

Response not_allowed(std::string_view allowed) {
    auto response = refusal(http::status::method_not_allowed, "This method is not for this resource.");
    response.set(http::field::allow, beast_view(allowed));
    return response;
}

}  // namespace

Response refusal(http::status status, const std::string& why) {
    Response response(status, 11);
    response.set(http::field::content_type, "text/plain");
    response.body() = why + '\n';
    return response;
}

bool Service::asks_for_token(const Request& request) {
    const auto path = parse_target(view(request.target()));
    return request.method() == http::verb::put && path && is_token_path(*path);
}

Response Service::answer(const Request& request, GuestId guest, Time now) {
    const auto path = parse_target(view(request.target()));
    if (!path) {
        return refusal(http::status::bad_request, "The request's target is malformed.");
    }
    if (is_token_path(*path)) {
        return request.method() == http::verb::put ? issue_token(request, guest, now) : not_allowed("PUT");
    }
    if (!is_reading(request)) {
        return not_allowed("GET, HEAD");
    }
    if (!lets_in(request, guest, now)) {
        ++counters_.tokens_refused;
        return refusal(http::status::unauthorized, "A valid token is needed: PUT /latest/api/token gives one.");
    }
    return look_up(request, *path);
}

Response Service::issue_token(const Request& request, GuestId guest, Time now) {
    // A proxy that passes on anybody's requests shall not get a token for them.
    if (request.find("X-Forwarded-For") != request.end()) {
        return refusal(http::status::forbidden, "There is no token for a request that was forwarded.");
    }
    const auto field = find_field(request, ttl_fields);
    const auto ttl = field ? parse_ttl(field->value) : std::nullopt;
    if (!ttl) {
        return refusal(http::status::bad_request,
                       std::string(ttl_fields[0]) + " has to be 1 to " + std::to_string(Tokens::ttl_max) + ".");
    }
    ++counters_.tokens_issued;
    auto response = success("text/plain", tokens_.issue(guest, *ttl, now));
    response.set(beast_view(field->name), std::to_string(*ttl));
    return response;
}

bool Service::lets_in(const Request& request, GuestId guest, Time now) const {
    if (imds_ == Imds::v1) {
        return true;
    }
    const auto token = find_field(request, token_fields);
    return token ? tokens_.is_valid(token->value, guest, now) : imds_ == Imds::any;
}

Response Service::look_up(const Request& request, const Path& path) const {
    const auto* value = document_.find(path);
    if (value == nullptr) {
        return refusal(http::status::not_found, "There is nothing here.");
    }
    if (wants_json(request)) {
        return success("application/json", as_json(*value));
    }
    auto text = as_text(*value);
    if (!text) {
        return refusal(http::status::not_implemented,
                       "This is neither an object nor a string: ask for it with Accept: application/json.");
    }
    return success("text/plain", std::move(*text));
}

}  // namespace mmds
