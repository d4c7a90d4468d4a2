// SPDX-License-Identifier: Apache-2.0
// A few connections, and a caller and a peer who do with them whatever an input says.
#pragma once

#include <dumbo/dumbo.h>

#include <cstddef>
#include <cstdint>

#include "fuzz/support/decisions.hpp"
#include "fuzz/support/guarded_memory.hpp"
#include "invariants/rules.hpp"

namespace fuzz {

using invariants::Sight;

class Connections {
public:
    Connections();
    Connections(const Connections&) = delete;
    Connections& operator=(const Connections&) = delete;

    /** Follows the decisions to their end, and then ends all connections. */
    void run(Decisions& in);

    /** Takes a connection for what a snapshot says, if it is one. */
    void restore_from(Decisions& in, const std::uint8_t* snapshot, std::size_t size);

private:
    struct Slot {
        dumbo_connection* connection = nullptr;
        std::uint64_t now = 0;
        Sight last;  ///< of the connection as it is
        alignas(DUMBO_CONNECTION_ALIGNMENT_MAX) std::uint8_t storage[DUMBO_CONNECTION_COUNTED_SIZE_MAX];
    };
    struct Source;
    struct Write;

    void step(Decisions& in);
    void step(Decisions& in, Slot& slot, unsigned what);

    void open(Decisions& in, Slot& slot);
    [[nodiscard]] static dumbo_connection_config any_config(Decisions& in);
    [[nodiscard]] static std::size_t build_syn(Decisions& in, std::uint8_t* segment);

    void receive(Decisions& in, Slot& slot);
    [[nodiscard]] static std::size_t build_segment(Decisions& in, const Slot& slot, std::uint8_t* segment);

    void write(Decisions& in, Slot& slot);
    void write_all(Decisions& in, Slot& slot);
    [[nodiscard]] std::size_t write_once(Decisions& in, Slot& slot, const Write& how);
    void check_written(const Slot& slot, const Write& how, const dumbo_payload* payload, const std::uint8_t* segment,
                       std::size_t size, const dumbo_sent* sent) const;
    [[nodiscard]] Source any_source(Decisions& in, const Slot& slot, unsigned kind);
    void lend_memory(Decisions& in, Source& source, std::size_t size);

    static void pass_time(Decisions& in, Slot& slot);
    void command(Decisions& in, Slot& slot);
    void advance(Decisions& in, Slot& slot);
    void clone(Decisions& in, Slot& slot);
    void carry(Decisions& in, Slot& slot);
    void tamper(Decisions& in, Slot& slot);
    void look(Decisions& in, const Slot& slot);
    void restore(Decisions& in, Slot& slot, const std::uint8_t* snapshot, std::size_t size);

    void replace(Slot& slot, dumbo_connection* connection);
    static void free(Slot& slot);
    void settle(Slot& slot, std::int32_t code, bool is_write, std::uint64_t now);
    void look_over(const Slot& slot);
    void require_restorable(const Slot& slot);
    [[nodiscard]] dumbo_allocator any_allocator(Decisions& in);

    static constexpr std::size_t slots = 3;
    Slot slots_[slots];
    Sight before_;  ///< the last call
    std::uint64_t allocated_ = 0;
    std::uint64_t looks_ = 0;
    GuardedMemory incoming_;
    GuardedMemory delivered_;
    GuardedMemory outgoing_;
    GuardedMemory source_;
    GuardedMemory pieces_;
    GuardedMemory structs_[3];
    GuardedMemory snapshot_;
    alignas(DUMBO_CONNECTION_ALIGNMENT_MAX) std::uint8_t restored_[DUMBO_CONNECTION_SIZE_MAX]{};
};

}  // namespace fuzz
