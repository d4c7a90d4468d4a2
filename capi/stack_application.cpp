// SPDX-License-Identifier: Apache-2.0
#include "convert.hpp"
#include "stack_handle.hpp"

// A stack on the application's side: events, and what comes and goes on its connections.
using namespace dumbo;

static_assert(DUMBO_STACK_REASON_NONE == static_cast<int>(StackEvent::Reason::none));
static_assert(DUMBO_STACK_REASON_FINISHED == static_cast<int>(StackEvent::Reason::finished));
static_assert(DUMBO_STACK_REASON_RESET_BY_PEER == static_cast<int>(StackEvent::Reason::reset_by_peer));
static_assert(DUMBO_STACK_REASON_RESET == static_cast<int>(StackEvent::Reason::reset));
static_assert(DUMBO_STACK_REASON_TIMED_OUT == static_cast<int>(StackEvent::Reason::timed_out));
static_assert(DUMBO_STACK_REASON_EVICTED == static_cast<int>(StackEvent::Reason::evicted));

namespace {

std::uint32_t to_number(StackEvent::Kind kind) noexcept {
    switch (kind) {
        case StackEvent::Kind::opened:
            return DUMBO_STACK_EVENT_OPENED;
        case StackEvent::Kind::readable:
            return DUMBO_STACK_EVENT_READABLE;
        case StackEvent::Kind::writable:
            return DUMBO_STACK_EVENT_WRITABLE;
        case StackEvent::Kind::peer_closed:
            return DUMBO_STACK_EVENT_PEER_CLOSED;
        case StackEvent::Kind::closed:
            return DUMBO_STACK_EVENT_CLOSED;
    }
    return DUMBO_STACK_EVENT_NONE;
}

dumbo_connection_info from_info(const StackConnection& info) noexcept {
    const std::uint32_t flags = (info.is_closing ? std::uint32_t{DUMBO_CONNECTION_INFO_CLOSING} : 0U) |
                                (info.lent_is_missing ? std::uint32_t{DUMBO_CONNECTION_INFO_LENT_MISSING} : 0U);
    dumbo_connection_info filled{.struct_size = 0,
                                 .flags = flags,
                                 .state = static_cast<std::uint32_t>(info.state),
                                 .peer_mac = {},
                                 .peer_port = info.peer.port,
                                 .peer_ipv4 = {},
                                 .port = info.peer.our_port,
                                 .mss = info.mss,
                                 .readable = info.readable,
                                 .queued = info.queued,
                                 .room = info.room,
                                 .lent = info.lent,
                                 .last_heard = info.last_heard};
    capi::copy_bytes(filled.peer_mac, info.peer.mac);
    capi::copy_bytes(filled.peer_ipv4, info.peer.address);
    return filled;
}

}  // namespace

int32_t dumbo_stack_next_event(dumbo_stack* stack, dumbo_stack_event* event) {
    const capi::OutputStruct output(event);
    if (stack == nullptr || !output.is_valid()) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    if (const auto next = stack->core.next_event()) {
        output.set({.struct_size = 0,
                    .kind = to_number(next->kind),
                    .reason = static_cast<std::uint32_t>(next->reason),
                    .reserved = 0,
                    .connection = next->connection});
    }
    return DUMBO_OK;
}

int32_t dumbo_stack_read(const dumbo_stack* stack, uint64_t id, const uint8_t** data, size_t* len) {
    if (data != nullptr) {
        *data = nullptr;
    }
    if (len != nullptr) {
        *len = 0;
    }
    if (stack == nullptr || data == nullptr || len == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    const auto bytes = stack->core.readable(id);
    if (!bytes) {
        return capi::to_code(bytes.error());
    }
    *data = bytes->empty() ? nullptr : bytes->data();
    *len = bytes->size();
    return DUMBO_OK;
}

int32_t dumbo_stack_consume(dumbo_stack* stack, uint64_t id, size_t n, size_t* consumed) {
    if (consumed != nullptr) {
        *consumed = 0;
    }
    return stack != nullptr ? capi::set_number(consumed, stack->core.consume(id, n)) : DUMBO_ERR_INVALID_ARGUMENT;
}

int32_t dumbo_stack_write(dumbo_stack* stack, uint64_t id, const uint8_t* data, size_t len, size_t* accepted) {
    if (accepted == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *accepted = 0;
    if (stack == nullptr || !capi::is_valid_buffer(data, len)) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    return capi::set_number(accepted, stack->core.write(id, {data, len}));
}

int32_t dumbo_stack_lend(dumbo_stack* stack, uint64_t id, const uint8_t* data, size_t len) {
    if (stack == nullptr || !capi::is_valid_buffer(data, len)) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    return capi::to_code(stack->core.lend(id, {data, len}));
}

int32_t dumbo_stack_lent(const dumbo_stack* stack, uint64_t id, size_t* len) {
    if (len == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *len = 0;
    return stack != nullptr ? capi::set_number(len, stack->core.lent(id)) : DUMBO_ERR_INVALID_ARGUMENT;
}

int32_t dumbo_stack_close(dumbo_stack* stack, uint64_t id) {
    return stack != nullptr ? capi::to_code(stack->core.close(id)) : DUMBO_ERR_INVALID_ARGUMENT;
}

int32_t dumbo_stack_abort(dumbo_stack* stack, uint64_t id) {
    return stack != nullptr ? capi::to_code(stack->core.abort(id)) : DUMBO_ERR_INVALID_ARGUMENT;
}

int32_t dumbo_stack_set_ttl(dumbo_stack* stack, uint64_t id, uint32_t ttl) {
    if (stack == nullptr || ttl > UINT8_MAX) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    return capi::to_code(stack->core.set_ttl(id, static_cast<std::uint8_t>(ttl)));
}

int32_t dumbo_stack_connection_info(const dumbo_stack* stack, uint64_t id, dumbo_connection_info* out) {
    const capi::OutputStruct output(out);
    if (stack == nullptr || !output.is_valid()) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    const auto info = stack->core.info(id);
    if (!info) {
        return capi::to_code(info.error());
    }
    output.set(from_info(*info));
    return DUMBO_OK;
}

uint32_t dumbo_stack_connection_count(const dumbo_stack* stack) {
    return stack != nullptr ? stack->core.connection_count() : 0;
}

int32_t dumbo_stack_counters(const dumbo_stack* stack, dumbo_interface_counters* out) {
    const capi::OutputStruct output(out);
    if (stack == nullptr || !output.is_valid()) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    const StackCounters& from = stack->core.counters();
    output.set({.struct_size = 0,
                .reserved = 0,
                .frames_in = from.frames_in,
                .frames_out = from.frames_out,
                .foreign = from.foreign,
                .malformed = from.malformed,
                .checksum_errors = from.checksum_errors,
                .fragments = from.fragments,
                .arp_requests = from.arp_requests,
                .arp_replies_lost = from.arp_replies_lost,
                .refused = from.refused,
                .rsts_lost = from.rsts_lost,
                .syns_dropped = from.syns_dropped,
                .opened = from.opened,
                .established = from.established,
                .half_open_evicted = from.half_open_evicted,
                .evicted = from.evicted,
                .finished = from.finished,
                .reset_by_peer = from.reset_by_peer,
                .reset = from.reset,
                .timed_out = from.timed_out});
    return DUMBO_OK;
}
