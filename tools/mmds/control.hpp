// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace mmds {

/**
 * What the host says to a running dumbo-mmds, and hears from it:
 *
 *     request:   PUT 123\n  followed by 123 bytes, PATCH likewise, GET\n or COUNTERS\n
 *     response:  OK 123\n or ERROR 123\n, followed by 123 bytes
 *
 * One request and one response a connection.
 */
struct ControlMessage {
    std::string word;
    std::string body;
};

std::string to_text(const ControlMessage& message);

/** Puts a message together from bytes as they come in. */
class ControlReader {
public:
    enum class State { incomplete, complete, malformed, too_large };

    explicit ControlReader(std::size_t body_max) : body_max_(body_max) {}

    void take(std::string_view bytes);

    [[nodiscard]] State state() const { return state_; }
    [[nodiscard]] const ControlMessage& message() const { return message_; }

private:
    std::string_view take_head(std::string_view bytes);
    void parse_head();

    std::size_t body_max_;
    std::string head_;
    std::optional<std::size_t> length_;
    ControlMessage message_;
    State state_ = State::incomplete;
};

}  // namespace mmds
