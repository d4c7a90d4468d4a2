// SPDX-License-Identifier: Apache-2.0
#include "allocator.hpp"
#include "convert.hpp"
#include "handle.hpp"
#include "tcp/opening.hpp"

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

// Where connections come from.
struct Opened {
    Connection::Opening opening;
    ConnectionConfig config;
    bool is_counted = false;

    [[nodiscard]] Connection core() const noexcept { return {opening, config}; }
    [[nodiscard]] static Counters counters() noexcept { return {}; }
};

struct Restored {
    const Connection& connection;
    bool is_counted = false;

    [[nodiscard]] Connection core() const noexcept { return connection; }
    [[nodiscard]] static Counters counters() noexcept { return {}; }
};

struct Cloned {
    const dumbo_connection& original;
    bool is_counted = capi::is_counted(original);

    [[nodiscard]] Connection core() const noexcept { return original.core; }
    [[nodiscard]] Counters counters() const noexcept { return *capi::counters_of(&original); }
};

template <typename Origin>
dumbo_connection* construct(void* memory, const Origin& origin) noexcept {
    if (!origin.is_counted) [[likely]] {
        return new (memory) dumbo_connection{.core = origin.core()};
    }
    // cppcheck-suppress legacyUninitvar ; version 2.10 takes this placement new for a use of what it initializes
    auto* const made =
        new (memory) capi::CountedConnection{.connection = {.core = origin.core()}, .counters = origin.counters()};
    capi::set_counted(made->connection);
    return &made->connection;
}

template <typename Origin>
std::int32_t place(dumbo_connection** out, void* storage, std::size_t storage_len, const Origin& origin) noexcept {
    if (storage_len < capi::size_of(origin.is_counted)) {
        return DUMBO_ERR_BUFFER_TOO_SMALL;
    }
    *out = construct(storage, origin);
    return DUMBO_OK;
}

template <typename Origin>
std::int32_t allocate_and_place(dumbo_connection** out, const dumbo_allocator& allocator,
                                const Origin& origin) noexcept {
    const std::size_t size = capi::size_of(origin.is_counted);
    void* memory = allocator.allocate(allocator.user_data, size, alignof(dumbo_connection));
    if (memory == nullptr) {
        return DUMBO_ERR_OUT_OF_MEMORY;
    }
    if (!is_aligned(memory)) {
        allocator.release(allocator.user_data, memory, size);
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *out = construct(memory, origin);
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

// Precondition: of this release's size.
bool read_known_config(Opened& opened, const dumbo_connection_config* config) noexcept {
    constexpr std::uint32_t known_flags = DUMBO_CONFIG_ISN | DUMBO_CONFIG_COUNTERS;
    const auto flags = capi::field_of<std::uint32_t>(config, offsetof(dumbo_connection_config, flags));
    const auto options = capi::field_of<std::uint32_t>(config, offsetof(dumbo_connection_config, options));
    if (capi::field_of<std::uint16_t>(config, offsetof(dumbo_connection_config, reserved)) != 0 ||
        (flags & ~known_flags) != 0 || (options & ~std::uint32_t{DUMBO_OPTIONS_GUEST_FACING}) != 0) {
        return false;
    }
    opened.is_counted = (flags & DUMBO_CONFIG_COUNTERS) != 0;
    opened.config.local_rwnd_size =
        capi::field_of<std::uint32_t>(config, offsetof(dumbo_connection_config, local_rwnd_size));
    opened.config.rto_period = capi::field_of<std::uint64_t>(config, offsetof(dumbo_connection_config, rto_period));
    opened.config.rto_count_max =
        capi::field_of<std::uint16_t>(config, offsetof(dumbo_connection_config, rto_count_max));
    opened.config.options = static_cast<std::uint8_t>(options);
    if ((flags & DUMBO_CONFIG_ISN) != 0) {
        opened.config.isn = SeqNumber(capi::field_of<std::uint32_t>(config, offsetof(dumbo_connection_config, isn)));
    }
    return Connection::accepts(opened.config);
}

[[gnu::cold, gnu::noinline]] bool read_other_config(Opened& opened, const dumbo_connection_config* config) noexcept {
    const auto known = capi::read_struct(config);
    return known && read_known_config(opened, &*known);
}

bool read_config(Opened& opened, const dumbo_connection_config* config) noexcept {
    if (capi::has_this_size(config)) [[likely]] {
        return read_known_config(opened, config);
    }
    Opened copy;  // lets the compiler keep the original in registers
    const bool is_valid = read_other_config(copy, config);
    opened = copy;
    return is_valid;
}

std::optional<Error> open(Opened& opened, const std::uint8_t* segment, std::size_t len,
                          const dumbo_address_pair* verify, const dumbo_connection_config* config) noexcept {
    if (!read_config(opened, config) || !capi::is_valid_buffer(segment, len)) [[unlikely]] {
        return Error::invalid_argument;
    }
    const auto syn = TcpSegment::parse({segment, len});
    if (!syn) [[unlikely]] {
        return syn.error();
    }
    if (!capi::has_right_checksum({segment, len}, verify)) [[unlikely]] {
        return Error::checksum;
    }
    return opened.opening.examine(*syn, opened.config);
}

// A connection that is not counted yet.
Result<Connection> restore(const std::uint8_t* snapshot, std::size_t len,
                           const std::optional<capi::RestoreConfig>& config) noexcept {
    if (!config || !capi::is_valid_buffer(snapshot, len)) {
        return Error::invalid_argument;
    }
    return Connection::restore({snapshot, len}, config->rebase);
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
    Opened opened;
    const auto error = open(opened, segment, len, verify, config);
    return error ? capi::to_code(*error) : allocate_and_place(out, *memory, opened);
}

[[gnu::flatten]] int32_t dumbo_connection_passive_open_in(dumbo_connection** out, void* storage, size_t storage_len,
                                                          const uint8_t* segment, size_t len,
                                                          const dumbo_address_pair* verify,
                                                          const dumbo_connection_config* config) {
    if (out == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *out = nullptr;
    if (const std::int32_t code = check_storage(storage, storage_len); code != DUMBO_OK) {
        return code;
    }
    Opened opened;
    if (const auto error = open(opened, segment, len, verify, config)) [[unlikely]] {
        return capi::to_code(*error);
    }
    return place(out, storage, storage_len, opened);
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
    return allocate_and_place(out, *memory, Cloned{*connection});
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
    return place(out, storage, storage_len, Cloned{*connection});
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
    const auto known = capi::to_restore_config(config);
    const auto connection = restore(snapshot, len, known);
    return connection ? allocate_and_place(out, *memory, Restored{*connection, known->is_counted})
                      : capi::to_code(connection.error());
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
    const auto known = capi::to_restore_config(config);
    const auto connection = restore(snapshot, len, known);
    return connection ? place(out, storage, storage_len, Restored{*connection, known->is_counted})
                      : capi::to_code(connection.error());
}

void dumbo_connection_free(dumbo_connection* connection) {
    if (connection != nullptr && connection->release != nullptr) {
        connection->release(connection->release_user_data, connection, capi::size_of(capi::is_counted(*connection)));
    }
}
