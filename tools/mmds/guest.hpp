// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/dumbo.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <utility>

#include "exchange.hpp"
#include "observer.hpp"
#include "state.hpp"
#include "time.hpp"

namespace mmds {

/** What every guest finds at the other end of its cable. */
struct GuestConfig {
    std::array<std::uint8_t, 6> mac{0x06, 0x01, 0x23, 0x45, 0x67, 0x01};
    std::array<std::uint8_t, 4> address{169, 254, 169, 254};
    std::uint16_t port = 80;
    std::uint16_t mtu = 1500;
    std::uint8_t token_hops = 1;  ///< the time to live of what follows a request for a token
    std::uint32_t connections = 64;
    Time rto = 200 * millisecond;
    Time idle_threshold = 10 * second;  ///< from then on a connection gives way to a new one where there is no room
    ExchangeLimits exchange;
};

/**
 * One interface of a guest's: a stack, and an exchange for each connection to it. It knows no descriptor and no clock,
 * and what it needs is bounded by its config, whatever the guest does.
 */
class Guest {
public:
    /** @param name  of the cable: it is what tokens are bound to. @param observer  may be NULL. The other arguments are
     * kept as references. */
    Guest(const GuestConfig& config, Service& service, const std::string& name, std::unique_ptr<Observer> observer);

    /** Goes on where another one was saved, at the time that it was saved by the old clock. Throws StateError if the
     * state is none, or not one for this config. Call it before anything else. */
    void restore(const GuestState& state, Time then, Time now);
    [[nodiscard]] GuestState save(Time now) const;

    /** What the guest's device does for the stack: enum dumbo_stack_offload. It holds for frames with a header. */
    void set_offloads(std::uint32_t offloads);

    void receive(Frame frame, Time now, const VirtioHeader* header = nullptr);

    /** Writes the next frame for the guest and returns its length, 0 if there is none. */
    std::size_t next_frame(std::span<std::uint8_t> buffer, Time now, VirtioHeader* header = nullptr);

    /** When there is something to be done even if no frame comes in: not later than now if there is a frame already. */
    [[nodiscard]] Time deadline(Time now) const;

    /** The same, as long as no frame can be sent. */
    [[nodiscard]] Time http_deadline() const { return deadlines_.empty() ? never : deadlines_.begin()->first; }

    /** Ends what took too long. Call it when a deadline has passed, and then ask for frames. */
    void expire(Time now);

    /** Resets all connections: the frames that come next say so. */
    void abort_all();

    /** How many there are, half-open ones included. */
    [[nodiscard]] std::size_t connections() const { return dumbo_stack_connection_count(stack_.get()); }
    [[nodiscard]] dumbo_interface_counters counters() const;

private:
    struct Connection {
        Exchange exchange;
        Time deadline = never;     ///< under which it stands in deadlines_
        bool peer_closed = false;  ///< the stack has said so; there may be something to read yet
        bool aborted = false;
        bool short_lived = false;  ///< what it sends does not travel far
    };
    using Connections = std::map<std::uint64_t, Connection>;

    void restore_connection(std::uint64_t id, const ExchangeState& state, Time now);
    void take_events(Time now);
    void take(const dumbo_stack_event& event, Time now);
    void open(std::uint64_t id, Time now);
    void forget(std::uint64_t id);
    void pump(std::uint64_t id, Connection& connection, Time now);
    bool transfer(std::uint64_t id, Exchange& exchange, Time now);
    bool flush(std::uint64_t id, Exchange& exchange, Time now);
    void limit_hops(std::uint64_t id, Connection& connection);
    void report(Exchange& exchange, Time now);
    void reschedule(std::uint64_t id, Connection& connection);

    struct StackDeleter {
        void operator()(dumbo_stack* stack) const { dumbo_stack_free(stack); }
    };

    const GuestConfig& config_;
    Service& service_;
    GuestId id_;
    std::uint32_t offloads_ = 0;
    std::unique_ptr<dumbo_stack, StackDeleter> stack_;
    std::unique_ptr<Observer> observer_;
    Connections exchanges_;
    std::set<std::pair<Time, std::uint64_t>> deadlines_;
};

}  // namespace mmds
