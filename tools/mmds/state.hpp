// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <stdexcept>
#include <string>
#include <vector>

#include "exchange.hpp"
#include "time.hpp"
#include "tokens.hpp"

namespace mmds {

/** Why a state cannot be restored. */
class StateError : public std::runtime_error {
    using std::runtime_error::runtime_error;
};

/** A guest between two processes: its stack as the library writes it, and an exchange for each connection's number. */
struct GuestState {
    std::string attachment;  ///< that it is plugged into
    std::string name;        ///< of its cable there
    std::vector<std::uint8_t> stack;
    std::map<std::uint64_t, ExchangeState> exchanges;
};

/** All that one process hands to the next one. The document is not part of it: the host brings that anew. */
struct State {
    Time now = 0;  ///< when it was saved
    TokensState tokens;
    std::vector<GuestState> guests;
};

std::vector<std::uint8_t> to_bytes(const State& state);

/** Throws StateError for what to_bytes() cannot have written. */
State parse_state(const std::vector<std::uint8_t>& bytes);

}  // namespace mmds
