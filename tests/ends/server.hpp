// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/dumbo.h>

#include <cstdint>
#include <memory>
#include <optional>

#include "ends/segment.hpp"

namespace ends {

// What the server's end is like.
struct Service {
    bool is_stack = false;
    std::uint32_t options = DUMBO_OPTIONS_NONE;
    std::uint32_t isn = 0;  // of a connection alone
    std::uint32_t window = 65535;
    Time rto_period = 200;
    std::uint16_t rto_count_max = 15;
    std::size_t write_buffer = 1600;  // of a connection alone; may be shorter than a segment could be
    enum class Close : std::uint8_t { at_once, when_all_is_sent, after_the_client } close = Close::at_once;
    Time pause = 0;  // of its application, at most, between reading some and supplying some; 0: it does both at once
    std::uint32_t read_max = 65535;
};

// The library's end, with an application that supplies one stream and reads the other. Every call goes through the C
// ABI, and what it returns is checked here.
class Server {
public:
    Server() = default;
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;
    Server(Server&&) = delete;
    Server& operator=(Server&&) = delete;
    virtual ~Server() = default;

    virtual void receive(View segment, bool is_damaged, Time now) = 0;
    // The next segment, if there is one.
    virtual std::optional<Bytes> next(Time now) = 0;
    // When to ask for one, or for the application: after now, and only once there is nothing to send.
    virtual Time deadline(Time now) = 0;
    virtual void run_application(Time now) = 0;
    // Goes on from its own bytes, by a clock that shows so much more.
    virtual void restore(Time now, Time ahead) = 0;

    // Given up by timeouts. Whether it was at the right time is checked here.
    [[nodiscard]] virtual bool is_given_up() const = 0;
    // Reset for another reason.
    [[nodiscard]] virtual bool is_reset() const = 0;
    // Everything was sent and acknowledged, everything was received, both FINs included.
    [[nodiscard]] virtual bool is_finished() const = 0;
    // Bytes wait to be sent. For when nothing else is to be done.
    [[nodiscard]] virtual bool has_more_to_send() const = 0;
    [[nodiscard]] virtual const Bytes& received() const = 0;
};

[[nodiscard]] std::unique_ptr<Server> make_connection_server(const Service& service, Bytes outgoing,
                                                             std::uint64_t seed);
[[nodiscard]] std::unique_ptr<Server> make_stack_server(const Service& service, Bytes outgoing, std::uint64_t seed);

}  // namespace ends
