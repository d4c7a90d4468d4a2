// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace mmds {

/**
 * Gathers the head of a request as it comes in, byte by byte if need be. It finds the end, and finds out at once about
 * what cannot become a head: a client that speaks something else need not wait for a timeout.
 */
class RequestHead {
public:
    enum class State { incomplete, complete, malformed, too_large };

    explicit RequestHead(std::size_t size_max) : size_max_(size_max) {}

    /** Returns how many of the bytes belong to this head; those behind its end do not. */
    std::size_t take(std::string_view bytes);

    [[nodiscard]] State state() const { return state_; }

    /** Whether nothing of a request has come in yet. Empty lines before one do not count (RFC 9112, 2.2). */
    [[nodiscard]] bool is_empty() const { return text_.empty(); }

    [[nodiscard]] const std::string& text() const { return text_; }

    void clear();

private:
    void take(char c);

    std::string text_;
    std::size_t size_max_;
    State state_ = State::incomplete;
};

}  // namespace mmds
