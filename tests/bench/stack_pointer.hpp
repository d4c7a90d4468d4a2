// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/dumbo.h>

#include <memory>

namespace bench {

struct FreeStack {
    void operator()(dumbo_stack* stack) const { dumbo_stack_free(stack); }
};

using StackPointer = std::unique_ptr<dumbo_stack, FreeStack>;

}  // namespace bench
