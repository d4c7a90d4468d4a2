// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/dumbo.h>

#include <array>
#include <cstdint>
#include <memory>

#include "unit/support/bytes.hpp"
#include "unit/support/segment.hpp"

// Connections through the C interface, for threads: nothing here is of Catch2's. What goes wrong shows in what is
// written down.
namespace dumbo_test {

struct FreeConnection {
    void operator()(dumbo_connection* connection) const { dumbo_connection_free(connection); }
};

class Conversation {
public:
    // With a peer that has opened, sent a request and got half of the answer.
    explicit Conversation(std::uint32_t isn);

    // The rest of the answer, and goodbye from both sides.
    void finish();

    [[nodiscard]] const dumbo_connection* connection() const { return connection_.get(); }

    // All that the library has written and delivered so far.
    [[nodiscard]] const Bytes& record() const { return record_; }

private:
    void open();
    void receive(std::uint8_t flags, const Bytes& payload = {});
    void write(const dumbo_payload* source = nullptr);
    void answer(std::size_t length);
    void note(View bytes);

    std::uint32_t isn_;
    std::unique_ptr<dumbo_connection, FreeConnection> connection_;
    Bytes record_;
};

// A whole one. The same number, the same bytes.
Bytes conversation(std::uint32_t isn);

// All that can be said of a connection without changing it: what the observers and the counters say, its snapshot, and
// the snapshot of a clone.
Bytes all_said_of(const dumbo_connection* connection);

}  // namespace dumbo_test
