// SPDX-License-Identifier: Apache-2.0
#include "convert.hpp"
#include "handle.hpp"

#include <cerrno>
#include <cstdlib>
#include <new>

// Connections come into being here, and end here.
using namespace dumbo;

namespace {

void* allocate_from_libc(void* /*user_data*/, std::size_t size, std::size_t alignment) noexcept {
    // Clang takes for granted that aligned_alloc() leaves errno alone, and drops the restoring: keep it from knowing.
    void* (*const volatile from_libc)(std::size_t, std::size_t) = std::aligned_alloc;
    const int caller_errno = errno;
    void* memory = from_libc(alignment, size);
    errno = caller_errno;
    return memory;
}

void release_to_libc(void* /*user_data*/, void* memory, std::size_t /*size*/) noexcept {
    std::free(memory);
}

constexpr dumbo_allocator libc_allocator{.struct_size = sizeof(dumbo_allocator),
                                         .reserved = 0,
                                         .allocate = allocate_from_libc,
                                         .release = release_to_libc,
                                         .user_data = nullptr};

// Empty if the caller's is not acceptable.
std::optional<dumbo_allocator> effective_allocator(const dumbo_allocator* allocator) noexcept {
    if (allocator == nullptr) {
        return libc_allocator;
    }
    const auto known = capi::read_struct(allocator);
    if (!known || known->reserved != 0 || known->allocate == nullptr || known->release == nullptr) {
        return std::nullopt;
    }
    return known;
}

bool is_aligned(const void* memory) noexcept {
    return reinterpret_cast<std::uintptr_t>(memory) % alignof(dumbo_connection) == 0;
}

// Aligned storage for one connection overlaps another connection exactly if they are in the same place, or less than a
// connection's size apart.
bool overlaps(const dumbo_connection* connection, const void* storage) noexcept {
    const auto one = reinterpret_cast<std::uintptr_t>(connection);
    const auto other = reinterpret_cast<std::uintptr_t>(storage);
    return (one < other ? other - one : one - other) < sizeof(dumbo_connection);
}

std::int32_t place(dumbo_connection** out, void* storage, const Connection& core) noexcept {
    *out = new (storage) dumbo_connection{.core = core};
    return DUMBO_OK;
}

std::int32_t allocate_and_place(dumbo_connection** out, const dumbo_allocator& allocator,
                                const Connection& core) noexcept {
    void* memory = allocator.allocate(allocator.user_data, sizeof(dumbo_connection), alignof(dumbo_connection));
    if (memory == nullptr) {
        return DUMBO_ERR_OUT_OF_MEMORY;
    }
    if (!is_aligned(memory)) {
        allocator.release(allocator.user_data, memory, sizeof(dumbo_connection));
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *out = new (memory)
        dumbo_connection{.core = core, .release = allocator.release, .release_user_data = allocator.user_data};
    return DUMBO_OK;
}

std::int32_t check_storage(const void* storage, std::size_t storage_len) noexcept {
    if (storage == nullptr || !is_aligned(storage)) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    return storage_len < sizeof(dumbo_connection) ? DUMBO_ERR_BUFFER_TOO_SMALL : DUMBO_OK;
}

std::optional<ConnectionConfig> to_config(const dumbo_connection_config* config) noexcept {
    const auto known = capi::read_struct(config);
    if (!known || known->reserved != 0 || (known->options & ~std::uint32_t{DUMBO_OPTIONS_GUEST_FACING}) != 0 ||
        (known->flags & ~std::uint32_t{DUMBO_CONFIG_ISN}) != 0) {
        return std::nullopt;
    }
    ConnectionConfig result{.local_rwnd_size = known->local_rwnd_size,
                            .rto_period = known->rto_period,
                            .rto_count_max = known->rto_count_max,
                            .options = static_cast<std::uint8_t>(known->options)};
    if ((known->flags & DUMBO_CONFIG_ISN) != 0) {
        result.isn = SeqNumber(known->isn);
    }
    return result;
}

Result<Connection> open(const std::uint8_t* segment, std::size_t len, const dumbo_address_pair* verify,
                        const dumbo_connection_config* config) noexcept {
    const auto known = to_config(config);
    if (!known || !capi::is_valid_buffer(segment, len) || !Connection::accepts(*known)) {
        return Error::invalid_argument;
    }
    const auto syn = capi::parse_segment(segment, len, verify);
    return syn ? Connection::passive_open(*syn, *known) : syn.error();
}

}  // namespace

int32_t dumbo_connection_config_init(dumbo_connection_config* config, uint32_t struct_size) {
    if (config == nullptr || !capi::is_valid_size<dumbo_connection_config>(struct_size)) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    std::memcpy(config, &struct_size, sizeof struct_size);
    const capi::OutputStruct output(config);
    const ConnectionConfig defaults;
    dumbo_connection_config filled{};
    filled.local_rwnd_size = defaults.local_rwnd_size;
    filled.rto_count_max = defaults.rto_count_max;
    output.set(filled);
    return DUMBO_OK;
}

size_t dumbo_connection_size(void) {
    return sizeof(dumbo_connection);
}

size_t dumbo_connection_alignment(void) {
    return alignof(dumbo_connection);
}

int32_t dumbo_connection_passive_open(dumbo_connection** out, const uint8_t* segment, size_t len,
                                      const dumbo_address_pair* verify, const dumbo_connection_config* config,
                                      const dumbo_allocator* allocator) {
    if (out == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *out = nullptr;
    const auto memory = effective_allocator(allocator);
    if (!memory) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    const auto connection = open(segment, len, verify, config);
    return connection ? allocate_and_place(out, *memory, *connection) : capi::to_code(connection.error());
}

int32_t dumbo_connection_passive_open_in(dumbo_connection** out, void* storage, size_t storage_len,
                                         const uint8_t* segment, size_t len, const dumbo_address_pair* verify,
                                         const dumbo_connection_config* config) {
    if (out == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *out = nullptr;
    if (const std::int32_t code = check_storage(storage, storage_len); code != DUMBO_OK) {
        return code;
    }
    const auto connection = open(segment, len, verify, config);
    return connection ? place(out, storage, *connection) : capi::to_code(connection.error());
}

int32_t dumbo_connection_clone(const dumbo_connection* connection, dumbo_connection** out,
                               const dumbo_allocator* allocator) {
    if (out == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *out = nullptr;
    const auto memory = effective_allocator(allocator);
    if (connection == nullptr || !memory) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    return allocate_and_place(out, *memory, connection->core);
}

int32_t dumbo_connection_clone_in(const dumbo_connection* connection, dumbo_connection** out, void* storage,
                                  size_t storage_len) {
    if (out == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *out = nullptr;
    if (connection == nullptr || overlaps(connection, storage)) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    if (const std::int32_t code = check_storage(storage, storage_len); code != DUMBO_OK) {
        return code;
    }
    return place(out, storage, connection->core);
}

void dumbo_connection_free(dumbo_connection* connection) {
    if (connection != nullptr && connection->release != nullptr) {
        connection->release(connection->release_user_data, connection, sizeof(dumbo_connection));
    }
}
