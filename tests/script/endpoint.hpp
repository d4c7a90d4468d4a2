// SPDX-License-Identifier: Apache-2.0
// Where a connection lives while a script plays. The C ABI offers several homes; scripts are played in each.
#pragma once

#include <dumbo/dumbo.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace script {

enum class Home {
    heap,      // from an allocator of ours
    storage,   // in memory of ours, and counting
    clones,    // from the C library, and counting; before every event a clone takes the place of its original
    restored,  // before every event it is restored from its snapshot
    travelled  // the same, on another clock, and back
};

struct FreeConnection {
    void operator()(dumbo_connection* connection) const noexcept { dumbo_connection_free(connection); }
};
using OwnedConnection = std::unique_ptr<dumbo_connection, FreeConnection>;

// A clone, to ask what would happen.
[[nodiscard]] OwnedConnection clone(const dumbo_connection* original);

[[nodiscard]] std::vector<std::uint8_t> snapshot(const dumbo_connection* connection);

// The connection of a snapshot, in memory of the C library.
[[nodiscard]] OwnedConnection restore(std::span<const std::uint8_t> snapshot, const dumbo_restore_config* config);

// An allocator that knows what it gave away.
class CountingHeap {
public:
    [[nodiscard]] dumbo_allocator allocator();
    // Bytes that were given away and not taken back.
    [[nodiscard]] std::size_t outstanding() const { return outstanding_; }

private:
    std::size_t outstanding_ = 0;
};

class Endpoint {
public:
    explicit Endpoint(Home home) : home_(home) {}

    // Opens a connection in place of any earlier one. Returns the library's code.
    [[nodiscard]] std::int32_t open(std::span<const std::uint8_t> syn, const dumbo_address_pair& verify,
                                    const dumbo_connection_config& terms);

    // To be called before each event.
    void move_house();

    [[nodiscard]] dumbo_connection* get() const { return connection_.get(); }

    [[nodiscard]] bool counts() const { return home_ == Home::storage || home_ == Home::clones; }

    // The bytes of the connection, without its counters, where they are ours to look at, nothing elsewhere.
    [[nodiscard]] std::vector<std::uint8_t> image() const;

    // Frees the connection; a Mismatch if the library keeps memory of the allocator's.
    void leave();

private:
    [[nodiscard]] void* aligned_storage();

    Home home_;
    CountingHeap heap_;
    std::vector<std::uint8_t> storage_;
    OwnedConnection connection_;
};

}  // namespace script
