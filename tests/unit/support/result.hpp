// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/result.hpp>

#include "support/catch.hpp"

namespace dumbo_test {

// The error of a call that must have failed. (Asking a success for its error is a mistake that no test may make: a
// default error would answer.)
template <typename T>
dumbo::Error error_of(const dumbo::Result<T>& result) {
    REQUIRE_FALSE(result.has_value());
    return result.error();
}

}  // namespace dumbo_test
