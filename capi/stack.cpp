// SPDX-License-Identifier: Apache-2.0
#include <dumbo/stack.hpp>

#include "allocator.hpp"
#include "convert.hpp"

#include <limits>
#include <new>
#include <type_traits>

// One object for one interface of a guest's.
using namespace dumbo;

// What a caller's handle points to: how to give the memory back, in front of the stack itself, which fills the rest of
// the same memory.
struct alignas(Stack::memory_alignment) dumbo_stack {
    Stack core;
    std::size_t size = 0;
    void (*release)(void* user_data, void* memory, std::size_t size) = nullptr;  // NULL: nothing to give back
    void* release_user_data = nullptr;
};

static_assert(std::is_trivially_destructible_v<dumbo_stack>);
static_assert(alignof(dumbo_stack) <= DUMBO_CONNECTION_ALIGNMENT_MAX);
static_assert(sizeof(dumbo_stack) % Stack::memory_alignment == 0);

static_assert(DUMBO_STACK_PORTS_MAX == StackConfig::max_ports);
static_assert(sizeof(dumbo_stack_config::ports) == sizeof(StackConfig::ports));
static_assert(DUMBO_STACK_CONNECTIONS_MAX == StackConfig::connections_max);
static_assert(DUMBO_STACK_BUFFER_MAX == StackConfig::buffer_max);
static_assert(DUMBO_STACK_FRAME_MINIMUM == Stack::frame_minimum);

static_assert(DUMBO_FRAME_FOREIGN == static_cast<int>(FrameVerdict::Kind::foreign));
static_assert(DUMBO_FRAME_MALFORMED == static_cast<int>(FrameVerdict::Kind::malformed));
static_assert(DUMBO_FRAME_FRAGMENT == static_cast<int>(FrameVerdict::Kind::fragment));
static_assert(DUMBO_FRAME_ARP_REQUEST == static_cast<int>(FrameVerdict::Kind::arp_request));
static_assert(DUMBO_FRAME_REFUSED == static_cast<int>(FrameVerdict::Kind::refused));
static_assert(DUMBO_FRAME_DROPPED == static_cast<int>(FrameVerdict::Kind::dropped));
static_assert(DUMBO_FRAME_OPENING == static_cast<int>(FrameVerdict::Kind::opening));
static_assert(DUMBO_FRAME_RECEIVED == static_cast<int>(FrameVerdict::Kind::received));

static_assert(DUMBO_STACK_REASON_NONE == static_cast<int>(StackEvent::Reason::none));
static_assert(DUMBO_STACK_REASON_FINISHED == static_cast<int>(StackEvent::Reason::finished));
static_assert(DUMBO_STACK_REASON_RESET_BY_PEER == static_cast<int>(StackEvent::Reason::reset_by_peer));
static_assert(DUMBO_STACK_REASON_RESET == static_cast<int>(StackEvent::Reason::reset));
static_assert(DUMBO_STACK_REASON_TIMED_OUT == static_cast<int>(StackEvent::Reason::timed_out));
static_assert(DUMBO_STACK_REASON_EVICTED == static_cast<int>(StackEvent::Reason::evicted));

namespace {

bool is_aligned(const void* memory) noexcept {
    return reinterpret_cast<std::uintptr_t>(memory) % alignof(dumbo_stack) == 0;
}

std::optional<ChecksumPolicy> to_policy(std::uint32_t policy) noexcept {
    switch (policy) {
        case DUMBO_CHECKSUM_FULL:
            return ChecksumPolicy::full;
        case DUMBO_CHECKSUM_NONE:
            return ChecksumPolicy::none;
        case DUMBO_CHECKSUM_PSEUDO_HEADER:
            return ChecksumPolicy::pseudo_header;
        default:
            return std::nullopt;
    }
}

std::uint32_t to_checksum(ChecksumPolicy policy) noexcept {
    switch (policy) {
        case ChecksumPolicy::full:
            return DUMBO_CHECKSUM_FULL;
        case ChecksumPolicy::none:
            return DUMBO_CHECKSUM_NONE;
        case ChecksumPolicy::pseudo_header:
            return DUMBO_CHECKSUM_PSEUDO_HEADER;
    }
    return DUMBO_CHECKSUM_FULL;
}

// Empty if the struct is not acceptable; the values are the core's business.
std::optional<StackConfig> to_config(const dumbo_stack_config* config) noexcept {
    const auto known = capi::read_struct(config);
    if (!known || (known->options & ~std::uint32_t{DUMBO_OPTIONS_GUEST_FACING}) != 0 ||
        (known->flags & ~std::uint32_t{DUMBO_STACK_TRUST_CHECKSUMS}) != 0) {
        return std::nullopt;
    }
    const auto policy = to_policy(known->checksum);
    if (!policy) {
        return std::nullopt;
    }
    StackConfig result{.mac = capi::to_array<6>(known->mac),
                       .address = capi::to_array<4>(known->ipv4),
                       .connections = known->max_connections,
                       .half_open = known->max_half_open,
                       .receive_buffer = known->receive_buffer,
                       .send_buffer = known->send_buffer,
                       .replies = known->max_replies,
                       .idle_threshold = known->idle_threshold,
                       .rto_period = known->rto_period,
                       .rto_count_max = known->rto_count_max,
                       .options = static_cast<std::uint8_t>(known->options),
                       .verifies_checksums = (known->flags & DUMBO_STACK_TRUST_CHECKSUMS) == 0,
                       .checksums = *policy,
                       .hash_key = known->hash_key};
    std::memcpy(result.ports.data(), known->ports, sizeof known->ports);
    return result;
}

// A stack that shall be, before it has any memory.
struct Blueprint {
    StackConfig config;
    std::size_t core_size = 0;
    std::size_t size = 0;  // with the handle in front, and a multiple of the alignment, as aligned_alloc() wants it
};

std::optional<Blueprint> to_blueprint(const dumbo_stack_config* config) noexcept {
    constexpr std::size_t unit = alignof(dumbo_stack);
    const auto known = to_config(config);
    if (!known) {
        return std::nullopt;
    }
    const auto core_size = Stack::memory_size(*known);
    if (!core_size || *core_size > std::numeric_limits<std::size_t>::max() - sizeof(dumbo_stack) - unit) {
        return std::nullopt;
    }
    const std::size_t size = (sizeof(dumbo_stack) + *core_size + unit - 1) / unit * unit;
    return Blueprint{.config = *known, .core_size = *core_size, .size = size};
}

// Precondition: memory of the blueprint's size, aligned.
Result<dumbo_stack*> construct(void* memory, const Blueprint& blueprint) noexcept {
    auto* behind_handle = static_cast<std::byte*>(memory) + sizeof(dumbo_stack);
    const auto core = Stack::create({behind_handle, blueprint.core_size}, blueprint.config);
    if (!core) {
        return core.error();
    }
    return new (memory) dumbo_stack{.core = *core, .size = blueprint.size};
}

void fill(dumbo_frame_verdict& to, const FrameVerdict& from) noexcept {
    to.kind = static_cast<std::uint32_t>(from.kind);
    to.error = from.error ? capi::to_code(*from.error) : std::int32_t{DUMBO_OK};
    to.anomalies = from.anomalies;
    to.delivered = from.delivered;
    to.connection = from.connection;
}

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

// The code of a call that gives back nothing but a number.
std::int32_t set_number(std::size_t* to, const Result<std::size_t>& result) noexcept {
    if (!result) {
        return capi::to_code(result.error());
    }
    if (to != nullptr) {
        *to = *result;
    }
    return DUMBO_OK;
}

std::int32_t to_code(const std::optional<Error>& error) noexcept {
    return error ? capi::to_code(*error) : std::int32_t{DUMBO_OK};
}

}  // namespace

// ------------------------------------------------------------------------------------------------- coming and going

int32_t dumbo_stack_config_init(dumbo_stack_config* config, uint32_t struct_size) {
    if (config == nullptr || !capi::is_valid_size<dumbo_stack_config>(struct_size)) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    std::memcpy(config, &struct_size, sizeof struct_size);
    const capi::OutputStruct output(config);
    const StackConfig defaults;
    dumbo_stack_config filled{};
    filled.rto_count_max = defaults.rto_count_max;
    filled.options = defaults.options;
    filled.max_connections = defaults.connections;
    filled.max_half_open = defaults.half_open;
    filled.receive_buffer = defaults.receive_buffer;
    filled.send_buffer = defaults.send_buffer;
    filled.max_replies = defaults.replies;
    filled.checksum = to_checksum(defaults.checksums);
    filled.idle_threshold = defaults.idle_threshold;
    output.set(filled);
    return DUMBO_OK;
}

int32_t dumbo_stack_size(const dumbo_stack_config* config, size_t* size) {
    if (size == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    const auto blueprint = to_blueprint(config);
    *size = blueprint ? blueprint->size : 0;
    return blueprint ? DUMBO_OK : DUMBO_ERR_INVALID_ARGUMENT;
}

size_t dumbo_stack_alignment(void) {
    return alignof(dumbo_stack);
}

int32_t dumbo_stack_create(dumbo_stack** out, const dumbo_stack_config* config, const dumbo_allocator* allocator) {
    if (out == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *out = nullptr;
    const auto source = capi::effective_allocator(allocator);
    const auto blueprint = to_blueprint(config);
    if (!source || !blueprint) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    void* memory = source->allocate(source->user_data, blueprint->size, alignof(dumbo_stack));
    if (memory == nullptr) {
        return DUMBO_ERR_OUT_OF_MEMORY;
    }
    const auto stack = is_aligned(memory) ? construct(memory, *blueprint) : Error::invalid_argument;
    if (!stack) {
        source->release(source->user_data, memory, blueprint->size);
        return capi::to_code(stack.error());
    }
    *out = *stack;
    (*out)->release = source->release;
    (*out)->release_user_data = source->user_data;
    return DUMBO_OK;
}

int32_t dumbo_stack_create_in(dumbo_stack** out, void* storage, size_t storage_len, const dumbo_stack_config* config) {
    if (out == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *out = nullptr;
    const auto blueprint = to_blueprint(config);
    if (storage == nullptr || !is_aligned(storage) || !blueprint) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    if (storage_len < blueprint->size) {
        return DUMBO_ERR_BUFFER_TOO_SMALL;
    }
    const auto stack = construct(storage, *blueprint);
    if (!stack) {
        return capi::to_code(stack.error());
    }
    *out = *stack;
    return DUMBO_OK;
}

void dumbo_stack_free(dumbo_stack* stack) {
    if (stack != nullptr && stack->release != nullptr) {
        stack->release(stack->release_user_data, stack, stack->size);
    }
}

// ---------------------------------------------------------------------------------------------------------- frames

bool dumbo_stack_frame_is_for_us(const dumbo_stack* stack, const uint8_t* frame, size_t len) {
    return stack != nullptr && frame != nullptr && stack->core.is_for_us({frame, len});
}

int32_t dumbo_stack_receive_frame(dumbo_stack* stack, const uint8_t* frame, size_t len, uint64_t now,
                                  dumbo_frame_verdict* verdict) {
    const capi::OutputStruct output(verdict);
    if (stack == nullptr || !capi::is_valid_buffer(frame, len) || (verdict != nullptr && !output.is_valid())) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    const auto result = stack->core.receive_frame({frame, len}, now);
    if (!result) {
        return capi::to_code(result.error());
    }
    if (verdict != nullptr) {
        dumbo_frame_verdict filled{};
        fill(filled, *result);
        output.set(filled);
    }
    return DUMBO_OK;
}

int32_t dumbo_stack_next_frame(dumbo_stack* stack, uint8_t* buf, size_t buf_len, uint64_t now, size_t* written) {
    if (written == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *written = 0;
    if (stack == nullptr || !capi::is_valid_buffer(buf, buf_len)) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    const auto result = stack->core.next_frame({buf, buf_len}, now);
    if (!result && result.error() == Error::buffer_too_small) {
        *written = Stack::frame_minimum;
    }
    return set_number(written, result);
}

int32_t dumbo_stack_next_status(dumbo_stack* stack, uint64_t now, uint32_t* status, uint64_t* deadline) {
    if (deadline != nullptr) {
        *deadline = 0;
    }
    if (status == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *status = DUMBO_NEXT_SEGMENT_NOTHING;
    if (stack == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    const auto next = stack->core.next(now);
    if (!next) {
        return capi::to_code(next.error());
    }
    std::uint64_t at = UINT64_MAX;
    switch (next->kind) {
        case NextSegmentStatus::Kind::nothing:
            break;
        case NextSegmentStatus::Kind::available:
            *status = DUMBO_NEXT_SEGMENT_AVAILABLE;
            at = 0;
            break;
        case NextSegmentStatus::Kind::timeout:
            *status = DUMBO_NEXT_SEGMENT_TIMEOUT;
            at = next->deadline;
            break;
    }
    if (deadline != nullptr) {
        *deadline = at;
    }
    return DUMBO_OK;
}

// ------------------------------------------------------------------------------------------------- the application

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
    return stack != nullptr ? set_number(consumed, stack->core.consume(id, n)) : DUMBO_ERR_INVALID_ARGUMENT;
}

int32_t dumbo_stack_write(dumbo_stack* stack, uint64_t id, const uint8_t* data, size_t len, size_t* accepted) {
    if (accepted == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *accepted = 0;
    if (stack == nullptr || !capi::is_valid_buffer(data, len)) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    return set_number(accepted, stack->core.write(id, {data, len}));
}

int32_t dumbo_stack_lend(dumbo_stack* stack, uint64_t id, const uint8_t* data, size_t len) {
    if (stack == nullptr || !capi::is_valid_buffer(data, len)) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    return to_code(stack->core.lend(id, {data, len}));
}

int32_t dumbo_stack_lent(const dumbo_stack* stack, uint64_t id, size_t* len) {
    if (len == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *len = 0;
    return stack != nullptr ? set_number(len, stack->core.lent(id)) : DUMBO_ERR_INVALID_ARGUMENT;
}

int32_t dumbo_stack_close(dumbo_stack* stack, uint64_t id) {
    return stack != nullptr ? to_code(stack->core.close(id)) : DUMBO_ERR_INVALID_ARGUMENT;
}

int32_t dumbo_stack_abort(dumbo_stack* stack, uint64_t id) {
    return stack != nullptr ? to_code(stack->core.abort(id)) : DUMBO_ERR_INVALID_ARGUMENT;
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
