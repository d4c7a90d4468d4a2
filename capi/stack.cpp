// SPDX-License-Identifier: Apache-2.0
#include "addressing.hpp"
#include "allocator.hpp"
#include "convert.hpp"
#include "stack_handle.hpp"

#include <limits>
#include <new>
#include <type_traits>

// One object for one interface of a guest's: how it comes and goes.
using namespace dumbo;

static_assert(std::is_trivially_destructible_v<dumbo_stack>);
static_assert(alignof(dumbo_stack) <= DUMBO_CONNECTION_ALIGNMENT_MAX);
static_assert(sizeof(dumbo_stack) % Stack::memory_alignment == 0);

static_assert(DUMBO_STACK_PORTS_MAX == StackConfig::max_ports);
static_assert(sizeof(dumbo_stack_config::ports) == sizeof(StackConfig::ports));
static_assert(DUMBO_STACK_CONNECTIONS_MAX == StackConfig::connections_max);
static_assert(DUMBO_STACK_BUFFER_MAX == StackConfig::buffer_max);

namespace {

bool is_aligned(const void* memory) noexcept {
    return reinterpret_cast<std::uintptr_t>(memory) % alignof(dumbo_stack) == 0;
}

// Empty if the struct is not acceptable; the values are the core's business.
std::optional<StackConfig> to_config(const dumbo_stack_config* config) noexcept {
    const auto known = capi::read_struct(config);
    if (!known || (known->options & ~std::uint32_t{DUMBO_OPTIONS_GUEST_FACING}) != 0 ||
        (known->flags & ~std::uint32_t{DUMBO_STACK_TRUST_CHECKSUMS}) != 0 || known->reserved != 0) {
        return std::nullopt;
    }
    const auto offloads = capi::to_offloads(known->offloads);
    if (!capi::is_checksum_policy(known->checksum) || !offloads) {
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
                       .mtu = known->mtu,
                       .ttl = known->ttl,
                       .rto_count_max = known->rto_count_max,
                       .options = static_cast<std::uint8_t>(known->options),
                       .verifies_checksums = (known->flags & DUMBO_STACK_TRUST_CHECKSUMS) == 0,
                       .checksums = static_cast<ChecksumPolicy>(known->checksum),
                       .offloads = *offloads,
                       .hash_key = known->hash_key};
    std::memcpy(result.ports.data(), known->ports, sizeof known->ports);
    return result;
}

// A stack that shall be, before it has any memory.
struct Blueprint {
    StackConfig config;
    std::size_t core_size = 0;
    std::size_t size = 0;  // with the handle in front, and a multiple of the alignment, as aligned_alloc() wants it
    std::optional<std::span<const std::uint8_t>> snapshot = std::nullopt;  // what it shall be made from
    std::optional<ClockRebase> rebase = std::nullopt;
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

std::optional<Blueprint> to_blueprint(const dumbo_stack_config* config, const uint8_t* snapshot, std::size_t len,
                                      const dumbo_restore_config* restore) noexcept {
    auto blueprint = to_blueprint(config);
    const auto known = capi::to_restore_config(restore);
    if (!blueprint || !known || known->is_counted || !capi::is_valid_buffer(snapshot, len)) {
        return std::nullopt;
    }
    blueprint->snapshot = std::span(snapshot, len);
    blueprint->rebase = known->rebase;
    return blueprint;
}

// Precondition: memory of the blueprint's size, aligned.
Result<dumbo_stack*> construct(void* memory, const Blueprint& blueprint) noexcept {
    const std::span behind_handle(static_cast<std::byte*>(memory) + sizeof(dumbo_stack), blueprint.core_size);
    const auto core = blueprint.snapshot
                          ? Stack::restore(behind_handle, blueprint.config, *blueprint.snapshot, blueprint.rebase)
                          : Stack::create(behind_handle, blueprint.config);
    if (!core) {
        return core.error();
    }
    return new (memory) dumbo_stack{.core = *core, .size = blueprint.size};
}

std::int32_t allocate_and_construct(dumbo_stack** out, const std::optional<Blueprint>& blueprint,
                                    const dumbo_allocator* allocator) noexcept {
    const auto source = capi::effective_allocator(allocator);
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

std::int32_t construct_in(dumbo_stack** out, void* storage, std::size_t storage_len,
                          const std::optional<Blueprint>& blueprint) noexcept {
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
    filled.checksum = static_cast<std::uint32_t>(defaults.checksums);
    filled.mtu = defaults.mtu;
    filled.ttl = defaults.ttl;
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
    return allocate_and_construct(out, to_blueprint(config), allocator);
}

int32_t dumbo_stack_create_in(dumbo_stack** out, void* storage, size_t storage_len, const dumbo_stack_config* config) {
    if (out == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *out = nullptr;
    return construct_in(out, storage, storage_len, to_blueprint(config));
}

int32_t dumbo_stack_snapshot(const dumbo_stack* stack, uint8_t* buf, size_t buf_len, size_t* written) {
    if (written == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *written = 0;
    if (stack == nullptr || !capi::is_valid_buffer(buf, buf_len)) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *written = stack->core.snapshot_size();
    if (buf == nullptr) {
        return DUMBO_OK;
    }
    const auto result = stack->core.snapshot({buf, buf_len});
    return result ? std::int32_t{DUMBO_OK} : capi::to_code(result.error());
}

int32_t dumbo_stack_restore(dumbo_stack** out, const uint8_t* snapshot, size_t len, const dumbo_stack_config* config,
                            const dumbo_restore_config* restore, const dumbo_allocator* allocator) {
    if (out == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *out = nullptr;
    return allocate_and_construct(out, to_blueprint(config, snapshot, len, restore), allocator);
}

int32_t dumbo_stack_restore_in(dumbo_stack** out, void* storage, size_t storage_len, const uint8_t* snapshot,
                               size_t len, const dumbo_stack_config* config, const dumbo_restore_config* restore) {
    if (out == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *out = nullptr;
    return construct_in(out, storage, storage_len, to_blueprint(config, snapshot, len, restore));
}

void dumbo_stack_free(dumbo_stack* stack) {
    if (stack != nullptr && stack->release != nullptr) {
        stack->release(stack->release_user_data, stack, stack->size);
    }
}
