// SPDX-License-Identifier: Apache-2.0
#include "script/endpoint.hpp"

#include "script/failure.hpp"

#include <new>

namespace script {

OwnedConnection clone(const dumbo_connection* original) {
    dumbo_connection* copy = nullptr;
    if (dumbo_connection_clone(original, &copy, nullptr) != DUMBO_OK) {
        throw Mismatch("a clone", "an error");
    }
    return OwnedConnection(copy);
}

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
    const auto size = dumbo_connection_size();
    const auto alignment = dumbo_connection_alignment();
    storage_.assign(size + alignment, 0);
    void* start = storage_.data();
    auto space = storage_.size();
    return std::align(alignment, size, start, space);
}

std::int32_t Endpoint::open(std::span<const std::uint8_t> syn, const dumbo_address_pair& verify,
                            const dumbo_connection_config& config) {
    leave();
    // Not NULL, so that it shows if the library leaves it alone.
    auto* out = static_cast<dumbo_connection*>(static_cast<void*>(this));
    std::int32_t code = DUMBO_OK;
    if (home_ == Home::storage) {
        code = dumbo_connection_passive_open_in(&out, aligned_storage(), dumbo_connection_size(), syn.data(),
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
    if (home_ == Home::clones && connection_) {
        connection_ = clone(connection_.get());
    }
}

std::vector<std::uint8_t> Endpoint::image() const {
    return home_ == Home::storage ? storage_ : std::vector<std::uint8_t>{};
}

void Endpoint::leave() {
    connection_.reset();
    if (heap_.outstanding() != 0) {
        throw Mismatch("all memory given back", fmt::format("{} bytes kept", heap_.outstanding()));
    }
}

}  // namespace script
