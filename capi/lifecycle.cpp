// SPDX-License-Identifier: Apache-2.0
#include "allocator.hpp"
#include "convert.hpp"
#include "handle.hpp"

#include <new>
#include <utility>

// Connections come into being here, and end here.
using namespace dumbo;

namespace {

bool is_aligned(const void* memory) noexcept {
    return reinterpret_cast<std::uintptr_t>(memory) % alignof(dumbo_connection) == 0;
}

bool overlaps(const dumbo_connection* connection, const void* storage) noexcept {
    const auto one = reinterpret_cast<std::uintptr_t>(connection);
    const auto other = reinterpret_cast<std::uintptr_t>(storage);
    return (one < other ? other - one : one - other) < capi::size_of(capi::is_counted(*connection));
}

// What a connection shall be made of, before it has any memory.
struct Blueprint {
    Connection core;
    std::optional<Counters> counters;

    [[nodiscard]] std::size_t size() const noexcept { return capi::size_of(counters.has_value()); }
};

Blueprint blueprint_of(const dumbo_connection& connection) noexcept {
    Blueprint blueprint{.core = connection.core, .counters = std::nullopt};
    if (const Counters* counters = capi::counters_of(&connection)) {
        blueprint.counters = *counters;
    }
    return blueprint;
}

dumbo_connection* construct(void* memory, const Blueprint& blueprint) noexcept {
    dumbo_connection connection{.core = blueprint.core};
    connection.core.set_tag(blueprint.counters ? 1 : 0);
    if (!blueprint.counters) {
        return new (memory) dumbo_connection(connection);
    }
    return &(new (memory) capi::CountedConnection{.connection = connection, .counters = *blueprint.counters})
                ->connection;
}

std::int32_t place(dumbo_connection** out, void* storage, std::size_t storage_len,
                   const Blueprint& blueprint) noexcept {
    if (storage_len < blueprint.size()) {
        return DUMBO_ERR_BUFFER_TOO_SMALL;
    }
    *out = construct(storage, blueprint);
    return DUMBO_OK;
}

std::int32_t allocate_and_place(dumbo_connection** out, const dumbo_allocator& allocator,
                                const Blueprint& blueprint) noexcept {
    void* memory = allocator.allocate(allocator.user_data, blueprint.size(), alignof(dumbo_connection));
    if (memory == nullptr) {
        return DUMBO_ERR_OUT_OF_MEMORY;
    }
    if (!is_aligned(memory)) {
        allocator.release(allocator.user_data, memory, blueprint.size());
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *out = construct(memory, blueprint);
    (*out)->release = allocator.release;
    (*out)->release_user_data = allocator.user_data;
    return DUMBO_OK;
}

// Large enough for the smallest connection, at least.
std::int32_t check_storage(const void* storage, std::size_t storage_len) noexcept {
    if (storage == nullptr || !is_aligned(storage)) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    return storage_len < sizeof(dumbo_connection) ? DUMBO_ERR_BUFFER_TOO_SMALL : DUMBO_OK;
}

struct OpenConfig {
    ConnectionConfig core;
    bool is_counted = false;
};

std::optional<OpenConfig> to_config(const dumbo_connection_config* config) noexcept {
    constexpr std::uint32_t known_flags = DUMBO_CONFIG_ISN | DUMBO_CONFIG_COUNTERS;
    const auto known = capi::read_struct(config);
    if (!known || known->reserved != 0 || (known->options & ~std::uint32_t{DUMBO_OPTIONS_GUEST_FACING}) != 0 ||
        (known->flags & ~known_flags) != 0) {
        return std::nullopt;
    }
    ConnectionConfig result{.local_rwnd_size = known->local_rwnd_size,
                            .rto_period = known->rto_period,
                            .rto_count_max = known->rto_count_max,
                            .options = static_cast<std::uint8_t>(known->options)};
    if ((known->flags & DUMBO_CONFIG_ISN) != 0) {
        result.isn = SeqNumber(known->isn);
    }
    return OpenConfig{.core = result, .is_counted = (known->flags & DUMBO_CONFIG_COUNTERS) != 0};
}

std::optional<Counters> counters_if(bool is_counted) noexcept {
    return is_counted ? std::optional<Counters>(std::in_place) : std::nullopt;
}

Result<Blueprint> open(const std::uint8_t* segment, std::size_t len, const dumbo_address_pair* verify,
                       const dumbo_connection_config* config) noexcept {
    const auto known = to_config(config);
    if (!known || !capi::is_valid_buffer(segment, len) || !Connection::accepts(known->core)) {
        return Error::invalid_argument;
    }
    const auto syn = capi::parse_segment(segment, len, verify);
    if (!syn) {
        return syn.error();
    }
    const auto core = Connection::passive_open(*syn, known->core);
    if (!core) {
        return core.error();
    }
    return Blueprint{.core = *core, .counters = counters_if(known->is_counted)};
}

Result<Blueprint> restore(const std::uint8_t* snapshot, std::size_t len, const dumbo_restore_config* config) noexcept {
    const auto known = capi::to_restore_config(config);
    if (!known || !capi::is_valid_buffer(snapshot, len)) {
        return Error::invalid_argument;
    }
    const auto core = Connection::restore({snapshot, len}, known->rebase);
    if (!core) {
        return core.error();
    }
    return Blueprint{.core = *core, .counters = counters_if(known->is_counted)};
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

size_t dumbo_connection_counted_size(void) {
    return sizeof(capi::CountedConnection);
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
    const auto memory = capi::effective_allocator(allocator);
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
    return connection ? place(out, storage, storage_len, *connection) : capi::to_code(connection.error());
}

int32_t dumbo_connection_clone(const dumbo_connection* connection, dumbo_connection** out,
                               const dumbo_allocator* allocator) {
    if (out == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *out = nullptr;
    const auto memory = capi::effective_allocator(allocator);
    if (connection == nullptr || !memory) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    return allocate_and_place(out, *memory, blueprint_of(*connection));
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
    return place(out, storage, storage_len, blueprint_of(*connection));
}

int32_t dumbo_connection_snapshot(const dumbo_connection* connection, uint8_t* buf, size_t buf_len, size_t* written) {
    if (written == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *written = 0;
    if (connection == nullptr || !capi::is_valid_buffer(buf, buf_len)) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *written = Connection::snapshot_length;
    if (buf == nullptr) {
        return DUMBO_OK;
    }
    if (buf_len < Connection::snapshot_length) {
        return DUMBO_ERR_BUFFER_TOO_SMALL;
    }
    const auto snapshot = connection->core.snapshot();
    std::memcpy(buf, snapshot.data(), snapshot.size());
    return DUMBO_OK;
}

int32_t dumbo_connection_restore(dumbo_connection** out, const uint8_t* snapshot, size_t len,
                                 const dumbo_restore_config* config, const dumbo_allocator* allocator) {
    if (out == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *out = nullptr;
    const auto memory = capi::effective_allocator(allocator);
    if (!memory) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    const auto connection = restore(snapshot, len, config);
    return connection ? allocate_and_place(out, *memory, *connection) : capi::to_code(connection.error());
}

int32_t dumbo_connection_restore_in(dumbo_connection** out, void* storage, size_t storage_len, const uint8_t* snapshot,
                                    size_t len, const dumbo_restore_config* config) {
    if (out == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *out = nullptr;
    if (const std::int32_t code = check_storage(storage, storage_len); code != DUMBO_OK) {
        return code;
    }
    const auto connection = restore(snapshot, len, config);
    return connection ? place(out, storage, storage_len, *connection) : capi::to_code(connection.error());
}

void dumbo_connection_free(dumbo_connection* connection) {
    if (connection != nullptr && connection->release != nullptr) {
        connection->release(connection->release_user_data, connection, capi::size_of(capi::is_counted(*connection)));
    }
}
