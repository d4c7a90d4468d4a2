// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/dumbo.h>

#include <cstdint>
#include <stdexcept>
#include <string>

namespace ends {

// What a conversation ends with that breaks a rule.
class Failure : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

inline void demand(bool holds, const char* rule) {
    if (!holds) {
        throw Failure(rule);
    }
}

inline void demand_ok(std::int32_t code, const char* call) {
    if (code != DUMBO_OK) {
        throw Failure(std::string(call) + ": " + dumbo_error_name(code));
    }
}

}  // namespace ends
