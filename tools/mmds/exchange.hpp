// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "request_head.hpp"
#include "time.hpp"
#include "tokens.hpp"

namespace mmds {

class Service;

// They have members of Beast's types, which take long to compile: nobody else does.
struct Objection;
struct Reply;

struct ExchangeLimits {
    std::size_t head = 8192;             ///< bytes of a request's head
    std::size_t fields = 64;             ///< header fields of a request
    Time request_timeout = 10 * second;  ///< from a request's first byte to its last
    Time idle_timeout = 60 * second;     ///< without a request, or without progress of a response
};

/** A request that was answered, in words. */
struct Answered {
    std::string method;
    std::string target;
    unsigned status = 0;
    std::size_t size = 0;  ///< of the response, head and all
};

/** An exchange between two processes. */
struct ExchangeState {
    std::string head;    ///< of a request, as far as it came
    std::string output;  ///< that was not taken
    std::uint64_t body_left = 0;
    Time time_left = 0;
    bool over = false;
    bool peer_closed = false;
    bool asked_for_token = false;
};

/**
 * One connection's HTTP: bytes in, bytes out. One request at a time is answered. While its response waits to be taken,
 * no more bytes are, so that what the guest has sent ahead stays where it is and closes its window.
 */
class Exchange {
public:
    Exchange(Service& service, const ExchangeLimits& limits, GuestId guest, Time now);

    /** Goes on where another one was saved. */
    Exchange(Service& service, const ExchangeLimits& limits, GuestId guest, Time now, const ExchangeState& state);
    [[nodiscard]] ExchangeState save(Time now) const;

    /** Takes bytes of the guest's and returns how many; the others have to be brought again later. */
    std::size_t receive(std::string_view bytes, Time now);

    /** The guest will send nothing more, and everything it sent was received. */
    void peer_closed(Time now);

    /** What waits to be sent, and that the first n bytes of it were. */
    [[nodiscard]] std::string_view output() const { return std::string_view(output_).substr(sent_); }
    void sent(std::size_t n, Time now);

    /** Whether everything was said, and our half of the connection can be closed. What still comes in is of no use. */
    [[nodiscard]] bool is_over() const { return over_ && output().empty(); }

    /** When to call expire(). */
    [[nodiscard]] Time deadline() const { return deadline_; }

    /** A deadline has passed: there is a response that says so, or it is over. Returns false if the guest does not even
     * take what there is for it, and the connection is better reset. */
    [[nodiscard]] bool expire(Time now);

    /** Whether the guest has asked for a token on this connection. */
    [[nodiscard]] bool has_asked_for_token() const { return asked_for_token_; }

    /** The last request that was answered, once. */
    std::optional<Answered> take_answered();

private:
    std::size_t skip_body(std::string_view bytes, Time now);
    void answer(Time now);
    void respond(Reply reply, Time now);
    void refuse(const Objection& objection, Time now);
    void queue(Reply reply, Time now);
    void count(unsigned status);
    void rest(Time now);

    Service& service_;
    const ExchangeLimits& limits_;
    GuestId guest_;
    RequestHead head_;
    std::uint64_t body_left_ = 0;  ///< of a request that is answered already
    std::string output_;
    std::size_t sent_ = 0;
    Time deadline_;
    bool over_ = false;
    bool peer_closed_ = false;
    bool asked_for_token_ = false;
    std::optional<Answered> answered_;
};

}  // namespace mmds
