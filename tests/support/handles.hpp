// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/dumbo.h>

#include <memory>

// What every test has to do to call the C interface, and be rid of what it gives.
namespace dumbo_test {

// A struct of this release with its size set and everything else 0.
template <typename Struct>
Struct sized() {
    Struct result{};
    result.struct_size = sizeof(Struct);
    return result;
}

struct Free {
    void operator()(dumbo_connection* connection) const { dumbo_connection_free(connection); }
    void operator()(dumbo_stack* stack) const { dumbo_stack_free(stack); }
};
using Handle = std::unique_ptr<dumbo_connection, Free>;
using StackHandle = std::unique_ptr<dumbo_stack, Free>;

}  // namespace dumbo_test
