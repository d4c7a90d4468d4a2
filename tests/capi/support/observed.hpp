// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/dumbo.h>

#include <string>

// Everything that can be known about a connection from outside, as a text that can be compared.
namespace dumbo_test {

// What the observers say.
std::string observed(const dumbo_connection* connection);

// That, and what the connection would do: copies of it are driven through times, payloads and segments of many kinds.
// Two connections with the same text are as good as the same.
std::string fingerprint(const dumbo_connection* connection);

}  // namespace dumbo_test
