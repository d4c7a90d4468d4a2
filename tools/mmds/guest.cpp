// SPDX-License-Identifier: Apache-2.0
#include "guest.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>

#include "service.hpp"

namespace mmds {

namespace {

/** The stack only objects to what a caller does wrong: none of these objections is the guest's to cause. */
void check(std::int32_t code, const char* what) {
    if (code != DUMBO_OK) {
        throw std::logic_error(std::string(what) + ": " + dumbo_error_name(code));
    }
}

dumbo_stack_config stack_config_of(const GuestConfig& config) {
    dumbo_stack_config stack_config{};
    check(dumbo_stack_config_init(&stack_config, sizeof(stack_config)), "dumbo_stack_config_init");
    std::ranges::copy(config.mac, std::begin(stack_config.mac));
    std::ranges::copy(config.address, std::begin(stack_config.ipv4));
    stack_config.ports[0] = config.port;
    stack_config.max_connections = config.connections;
    stack_config.max_half_open = config.connections;
    stack_config.mtu = config.mtu;
    stack_config.rto_period = config.rto;
    stack_config.idle_threshold = config.idle_threshold;
    return stack_config;
}

dumbo_stack* make_stack(const GuestConfig& config) {
    const auto stack_config = stack_config_of(config);
    dumbo_stack* stack = nullptr;
    check(dumbo_stack_create(&stack, &stack_config, nullptr), "dumbo_stack_create");
    return stack;
}

dumbo_stack* restore_stack(const GuestConfig& config, const std::vector<std::uint8_t>& bytes, Time then, Time now) {
    const auto stack_config = stack_config_of(config);
    dumbo_restore_config rebase{};
    rebase.struct_size = sizeof(rebase);
    rebase.flags = DUMBO_RESTORE_REBASE;
    rebase.old_now = then;
    rebase.new_now = now;
    dumbo_stack* stack = nullptr;
    const auto code = dumbo_stack_restore(&stack, bytes.data(), bytes.size(), &stack_config, &rebase, nullptr);
    if (code != DUMBO_OK) {
        throw StateError(std::string("a guest's connections cannot be restored: ") + dumbo_error_name(code));
    }
    return stack;
}

bool has_peer_closed(std::uint32_t state) {
    return state == DUMBO_STATE_CLOSE_WAIT || state == DUMBO_STATE_LAST_ACK || state == DUMBO_STATE_CLOSED;
}

}  // namespace

Guest::Guest(const GuestConfig& config, Service& service, const std::string& name, std::unique_ptr<Observer> observer)
    : config_(config),
      service_(service),
      id_(guest_id(name)),
      stack_(make_stack(config)),
      observer_(std::move(observer)) {}

/* ---------------------------------------------------------------------------------------------------- state ---- */

GuestState Guest::save(Time now) const {
    GuestState state;
    std::size_t length = 0;
    check(dumbo_stack_snapshot(stack_.get(), nullptr, 0, &length), "snapshot");
    state.stack.resize(length);
    check(dumbo_stack_snapshot(stack_.get(), state.stack.data(), state.stack.size(), &length), "snapshot");
    for (const auto& [id, connection] : exchanges_) {
        state.exchanges.emplace(id, connection.exchange.save(now));
    }
    return state;
}

void Guest::restore(const GuestState& state, Time then, Time now) {
    stack_.reset(restore_stack(config_, state.stack, then, now));
    set_offloads(offloads_);
    for (const auto& [id, exchange] : state.exchanges) {
        restore_connection(id, exchange, now);
    }
    take_events(now);
}

/** What it was about to do, it does now. */
void Guest::restore_connection(std::uint64_t id, const ExchangeState& state, Time now) {
    dumbo_connection_info info{};
    info.struct_size = sizeof(info);
    if (dumbo_stack_connection_info(stack_.get(), id, &info) != DUMBO_OK) {
        throw StateError("a guest has an exchange without a connection");
    }
    Connection connection{Exchange(service_, config_.exchange, id_, now, state)};
    connection.peer_closed = has_peer_closed(info.state);
    Connection& restored = exchanges_.emplace(id, std::move(connection)).first->second;
    pump(id, restored, now);
}

/* --------------------------------------------------------------------------------------------------- frames ---- */

void Guest::set_offloads(std::uint32_t offloads) {
    offloads_ = offloads;
    check(dumbo_stack_set_offloads(stack_.get(), offloads), "set_offloads");
}

void Guest::receive(Frame frame, Time now, const VirtioHeader* header) {
    dumbo_frame_verdict verdict{};
    verdict.struct_size = sizeof(verdict);
    check(dumbo_stack_receive_frame(stack_.get(), frame.data(), frame.size(), now, header, &verdict), "receive_frame");
    if (observer_) {
        observer_->from_guest(frame, now, header, verdict);
    }
    take_events(now);
}

std::size_t Guest::next_frame(std::span<std::uint8_t> buffer, Time now, VirtioHeader* header) {
    std::size_t length = 0;
    check(dumbo_stack_next_frame(stack_.get(), buffer.data(), buffer.size(), now, &length, header), "next_frame");
    if (observer_ && length > 0) {
        observer_->to_guest(buffer.first(length), now, header);
    }
    take_events(now);
    return length;
}

Time Guest::deadline(Time now) const {
    std::uint32_t status = DUMBO_NEXT_SEGMENT_NOTHING;
    std::uint64_t stack_deadline = never;
    check(dumbo_stack_next_status(stack_.get(), now, &status, &stack_deadline), "next_status");
    if (status == DUMBO_NEXT_SEGMENT_AVAILABLE) {
        return now;
    }
    return std::min<Time>(stack_deadline, http_deadline());
}

dumbo_interface_counters Guest::counters() const {
    dumbo_interface_counters counters{};
    counters.struct_size = sizeof(counters);
    check(dumbo_stack_counters(stack_.get(), &counters), "counters");
    return counters;
}

/* --------------------------------------------------------------------------------------------------- events ---- */

void Guest::take_events(Time now) {
    dumbo_stack_event event{};
    event.struct_size = sizeof(event);
    do {
        check(dumbo_stack_next_event(stack_.get(), &event), "next_event");
        take(event, now);
    } while (event.kind != DUMBO_STACK_EVENT_NONE);
}

void Guest::take(const dumbo_stack_event& event, Time now) {
    if (event.kind == DUMBO_STACK_EVENT_OPENED) {
        open(event.connection, now);
        return;
    }
    const auto found = exchanges_.find(event.connection);
    if (found == exchanges_.end()) {
        return;
    }
    if (event.kind == DUMBO_STACK_EVENT_CLOSED) {
        forget(event.connection);
        return;
    }
    found->second.peer_closed = found->second.peer_closed || event.kind == DUMBO_STACK_EVENT_PEER_CLOSED;
    pump(event.connection, found->second, now);
}

void Guest::open(std::uint64_t id, Time now) {
    const auto opened = exchanges_.emplace(id, Connection{Exchange(service_, config_.exchange, id_, now)}).first;
    reschedule(id, opened->second);
}

void Guest::forget(std::uint64_t id) {
    const auto found = exchanges_.find(id);
    deadlines_.erase({found->second.deadline, id});
    exchanges_.erase(found);
    ++service_.counters().connections_closed;
}

/* ---------------------------------------------------------------------------------------------- connections ---- */

void Guest::pump(std::uint64_t id, Connection& connection, Time now) {
    if (connection.aborted) {
        return;
    }
    Exchange& exchange = connection.exchange;
    if (transfer(id, exchange, now) && connection.peer_closed) {
        exchange.peer_closed(now);
    }
    limit_hops(id, connection);
    if (exchange.is_over()) {
        check(dumbo_stack_close(stack_.get(), id), "close");
    }
    reschedule(id, connection);
}

/** Moves bytes between a connection and its exchange. Returns whether it came to the end of what the guest has sent,
 * and not only of the room for responses. */
bool Guest::transfer(std::uint64_t id, Exchange& exchange, Time now) {
    while (flush(id, exchange, now)) {
        const std::uint8_t* data = nullptr;
        std::size_t length = 0;
        check(dumbo_stack_read(stack_.get(), id, &data, &length), "read");
        if (length == 0) {
            return true;
        }
        const auto taken = exchange.receive({reinterpret_cast<const char*>(data), length}, now);
        check(dumbo_stack_consume(stack_.get(), id, taken, nullptr), "consume");
        report(exchange, now);
    }
    return false;
}

/** Returns whether all was taken. */
bool Guest::flush(std::uint64_t id, Exchange& exchange, Time now) {
    const auto output = exchange.output();
    if (output.empty()) {
        return true;
    }
    std::size_t accepted = 0;
    const auto code = dumbo_stack_write(stack_.get(), id, reinterpret_cast<const std::uint8_t*>(output.data()),
                                        output.size(), &accepted);
    if (code == DUMBO_ERR_CONNECTION_CLOSING) {
        return false;  // it was reset, and the event that says so is on its way
    }
    check(code, "write");
    exchange.sent(accepted, now);
    return exchange.output().empty();
}

void Guest::limit_hops(std::uint64_t id, Connection& connection) {
    if (connection.exchange.has_asked_for_token() && !connection.short_lived) {
        connection.short_lived = true;
        check(dumbo_stack_set_ttl(stack_.get(), id, config_.token_hops), "set_ttl");
    }
}

void Guest::report(Exchange& exchange, Time now) {
    const auto answered = exchange.take_answered();
    if (answered && observer_) {
        observer_->answered(*answered, now);
    }
}

/* ---------------------------------------------------------------------------------------------------- times ---- */

void Guest::reschedule(std::uint64_t id, Connection& connection) {
    if (connection.deadline != connection.exchange.deadline()) {
        deadlines_.erase({connection.deadline, id});
        connection.deadline = connection.exchange.deadline();
        deadlines_.insert({connection.deadline, id});
    }
}

void Guest::expire(Time now) {
    while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
        const auto id = deadlines_.begin()->second;
        Connection& connection = exchanges_.find(id)->second;
        if (connection.exchange.expire(now)) {
            report(connection.exchange, now);
            pump(id, connection, now);
            continue;
        }
        ++service_.counters().connections_aborted;
        check(dumbo_stack_abort(stack_.get(), id), "abort");
        connection.aborted = true;
        deadlines_.erase(deadlines_.begin());
        connection.deadline = never;
    }
    take_events(now);
}

void Guest::abort_all() {
    for (const auto& [id, connection] : exchanges_) {
        check(dumbo_stack_abort(stack_.get(), id), "abort");
    }
}

}  // namespace mmds
