// SPDX-License-Identifier: Apache-2.0
#include "state.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace mmds {

namespace {

// As CBOR, RFC 8949.
using nlohmann::json;

constexpr const char* format = "dumbo-mmds state";
constexpr int version = 1;

std::vector<std::uint8_t> bytes_of(const std::string& text) {
    return {text.begin(), text.end()};
}

std::string text_of(const json& binary) {
    const auto& bytes = binary.get_binary();
    return {bytes.begin(), bytes.end()};
}

json write(const ExchangeState& exchange) {
    return {
        {"head", json::binary(bytes_of(exchange.head))},
        {"output", json::binary(bytes_of(exchange.output))},
        {"body_left", exchange.body_left},
        {"time_left", exchange.time_left},
        {"over", exchange.over},
        {"peer_closed", exchange.peer_closed},
        {"asked_for_token", exchange.asked_for_token},
    };
}

ExchangeState read_exchange(const json& from) {
    return {
        .head = text_of(from.at("head")),
        .output = text_of(from.at("output")),
        .body_left = from.at("body_left").get<std::uint64_t>(),
        .time_left = from.at("time_left").get<Time>(),
        .over = from.at("over").get<bool>(),
        .peer_closed = from.at("peer_closed").get<bool>(),
        .asked_for_token = from.at("asked_for_token").get<bool>(),
    };
}

json write(const GuestState& guest) {
    json exchanges = json::array();
    for (const auto& [id, exchange] : guest.exchanges) {
        exchanges.push_back({{"id", id}, {"exchange", write(exchange)}});
    }
    return {
        // Names are paths, and need not be UTF-8.
        {"attachment", json::binary(bytes_of(guest.attachment))},
        {"name", json::binary(bytes_of(guest.name))},
        {"stack", json::binary(guest.stack)},
        {"exchanges", exchanges},
    };
}

GuestState read_guest(const json& from) {
    GuestState guest{
        .attachment = text_of(from.at("attachment")),
        .name = text_of(from.at("name")),
        .stack = from.at("stack").get_binary(),
        .exchanges = {},
    };
    for (const auto& exchange : from.at("exchanges")) {
        guest.exchanges.emplace(exchange.at("id").get<std::uint64_t>(), read_exchange(exchange.at("exchange")));
    }
    return guest;
}

Tokens::Key read_key(const json& from) {
    const auto& bytes = from.get_binary();
    Tokens::Key key{};
    if (bytes.size() != key.size()) {
        throw StateError("the key of the tokens has a wrong length");
    }
    std::ranges::copy(bytes, key.begin());
    return key;
}

State read(const json& from) {
    if (from.at("format") != format || from.at("version") != version) {
        throw StateError("this is no state, or one of another version");
    }
    State state{
        .now = from.at("now").get<Time>(),
        .tokens = {.key = read_key(from.at("token_key")), .now = from.at("token_now").get<Time>()},
        .guests = {},
    };
    for (const auto& guest : from.at("guests")) {
        state.guests.push_back(read_guest(guest));
    }
    return state;
}

}  // namespace

std::vector<std::uint8_t> to_bytes(const State& state) {
    json guests = json::array();
    for (const auto& guest : state.guests) {
        guests.push_back(write(guest));
    }
    return json::to_cbor({
        {"format", format},
        {"version", version},
        {"now", state.now},
        {"token_key", json::binary({state.tokens.key.begin(), state.tokens.key.end()})},
        {"token_now", state.tokens.now},
        {"guests", guests},
    });
}

State parse_state(const std::vector<std::uint8_t>& bytes) {
    try {
        return read(json::from_cbor(bytes));
    } catch (const json::exception& error) {
        throw StateError(std::string("this is no state: ") + error.what());
    }
}

}  // namespace mmds
