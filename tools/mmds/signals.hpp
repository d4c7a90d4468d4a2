// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "descriptor.hpp"

namespace mmds {

/** Signals as something to be read: SIGINT, SIGTERM, SIGHUP, SIGUSR1 and SIGUSR2. Make it before anything may send one.
 */
class Signals {
public:
    Signals();

    [[nodiscard]] int get() const { return descriptor_.get(); }

    /** The next signal that has come. */
    [[nodiscard]] std::optional<int> next() const;

private:
    Descriptor descriptor_;
};

}  // namespace mmds
