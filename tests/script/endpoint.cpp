// SPDX-License-Identifier: Apache-2.0
#include "script/endpoint.hpp"

#include "script/failure.hpp"
#include "script/vocabulary.hpp"

#include <fmt/format.h>

#include <new>

namespace script {

OwnedConnection clone(const dumbo_connection* original) {
    dumbo_connection* copy = nullptr;
    if (dumbo_connection_clone(original, &copy, nullptr) != DUMBO_OK) {
        throw Mismatch("a clone", "an error");
    }
    return OwnedConnection(copy);
}

std::vector<std::uint8_t> snapshot(const dumbo_connection* connection) {
    std::size_t length = 0;
    if (dumbo_connection_snapshot(connection, nullptr, 0, &length) != DUMBO_OK || length > DUMBO_SNAPSHOT_LENGTH_MAX) {
        throw Mismatch("the length of a snapshot", fmt::format("an error, or {}", length));
    }
    std::vector<std::uint8_t> bytes(length);
    if (dumbo_connection_snapshot(connection, bytes.data(), bytes.size(), &length) != DUMBO_OK ||
        length != bytes.size()) {
        throw Mismatch("a snapshot of the announced length", fmt::format("an error, or {} bytes", length));
    }
    return bytes;
}

OwnedConnection restore(std::span<const std::uint8_t> snapshot, const dumbo_restore_config* config) {
    dumbo_connection* connection = nullptr;
    const auto code = dumbo_connection_restore(&connection, snapshot.data(), snapshot.size(), config, nullptr);
    if (code != DUMBO_OK) {
        throw Mismatch("a restored connection", fmt::format("error {}", error_name(code)));
    }
    return OwnedConnection(connection);
}

namespace {

// Where docs/snapshot.md has the latest `now`.
[[nodiscard]] std::uint64_t latest_now_of(std::span<const std::uint8_t> snapshot) {
    std::uint64_t latest = 0;
    for (std::size_t i = 0; i < 8; ++i) {
        latest |= std::uint64_t{snapshot[16 + i]} << (8 * i);
    }
    return latest;
}

[[nodiscard]] OwnedConnection moved(const dumbo_connection* connection, std::uint64_t old_now, std::uint64_t new_now) {
    dumbo_restore_config config{};
    config.struct_size = sizeof config;
    config.flags = DUMBO_RESTORE_REBASE;
    config.old_now = old_now;
    config.new_now = new_now;
    return restore(snapshot(connection), &config);
}

// By way of a clock that began a moment ago.
[[nodiscard]] OwnedConnection there_and_back(const dumbo_connection* connection) {
    constexpr std::uint64_t elsewhere = 3;
    const auto here = latest_now_of(snapshot(connection));
    return moved(moved(connection, here, elsewhere).get(), elsewhere, here);
}

}  // namespace

dumbo_allocator CountingHeap::allocator() {
    dumbo_allocator allocator{};
    allocator.struct_size = sizeof allocator;
    allocator.user_data = &outstanding_;
    allocator.allocate = [](void* outstanding, std::size_t size, std::size_t alignment) {
        *static_cast<std::size_t*>(outstanding) += size;
        return ::operator new(size, std::align_val_t(alignment), std::nothrow);
    };
    allocator.release = [](void* outstanding, void* memory, std::size_t size) {
        *static_cast<std::size_t*>(outstanding) -= size;
        ::operator delete(memory, std::align_val_t(dumbo_connection_alignment()));
    };
    return allocator;
}

void* Endpoint::aligned_storage() {
    const auto size = dumbo_connection_counted_size();
    const auto alignment = dumbo_connection_alignment();
    storage_.assign(size + alignment, 0);
    void* start = storage_.data();
    auto space = storage_.size();
    return std::align(alignment, size, start, space);
}

std::int32_t Endpoint::open(std::span<const std::uint8_t> syn, const dumbo_address_pair& verify,
                            const dumbo_connection_config& terms) {
    leave();
    auto config = terms;
    config.flags |= counts() ? std::uint32_t{DUMBO_CONFIG_COUNTERS} : 0U;
    // Not NULL, so that it shows if the library leaves it alone.
    auto* out = static_cast<dumbo_connection*>(static_cast<void*>(this));
    std::int32_t code = DUMBO_OK;
    if (home_ == Home::storage) {
        code = dumbo_connection_passive_open_in(&out, aligned_storage(), dumbo_connection_counted_size(), syn.data(),
                                                syn.size(), &verify, &config);
    } else {
        const auto allocator = heap_.allocator();
        code = dumbo_connection_passive_open(&out, syn.data(), syn.size(), &verify, &config,
                                             home_ == Home::heap ? &allocator : nullptr);
    }
    if ((code == DUMBO_OK) != (out != nullptr)) {
        throw Mismatch("a connection exactly where there is no error", "the opposite");
    }
    connection_.reset(out);
    return code;
}

void Endpoint::move_house() {
    if (!connection_) {
        return;
    }
    if (home_ == Home::clones) {
        connection_ = clone(connection_.get());
    } else if (home_ == Home::restored || home_ == Home::travelled) {
        const auto before = snapshot(connection_.get());
        connection_ = home_ == Home::restored ? restore(before, nullptr) : there_and_back(connection_.get());
        if (snapshot(connection_.get()) != before) {
            throw Mismatch("the snapshot of what was restored from it", "another one");
        }
    }
}

std::vector<std::uint8_t> Endpoint::image() const {
    if (home_ != Home::storage || !connection_) {
        return {};
    }
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(connection_.get());
    return {bytes, bytes + dumbo_connection_size()};
}

void Endpoint::leave() {
    connection_.reset();
    if (heap_.outstanding() != 0) {
        throw Mismatch("all memory given back", fmt::format("{} bytes kept", heap_.outstanding()));
    }
}

}  // namespace script
