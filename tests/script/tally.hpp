// SPDX-License-Identifier: Apache-2.0
// What a script saw a connection do, counted anew, for the connection's own counters to agree with.
#pragma once

#include "script/calls.hpp"

#include <dumbo/dumbo.h>

#include <cstdint>

namespace script {

class Tally {
public:
    void add(const Received& received);
    void add(const Wrote& wrote);
    // Before the call of dumbo_connection_reset().
    void add_reset(const dumbo_connection* connection);

    // A Mismatch names the first counter that differs.
    void require_counted(const dumbo_connection* connection) const;

private:
    dumbo_counters counters_{};
    bool reset_requested_ = false;
};

}  // namespace script
