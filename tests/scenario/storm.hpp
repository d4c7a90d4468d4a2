// SPDX-License-Identifier: Apache-2.0
// Calls of the whole C ABI in any order, with arguments that are right, nearly right, or nonsense. Nothing is wanted of
// the calls but that they come back, with a result the header knows, and leave alone what is not theirs.
#pragma once

#include "invariants/watch.hpp"
#include "scenario/dice.hpp"
#include "script/endpoint.hpp"
#include "script/observers.hpp"

#include <dumbo/dumbo.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace scenario {

struct StormReport {
    std::uint64_t calls = 0;
    std::uint64_t opened = 0;
    std::uint64_t established = 0;  // calls that found a connection so
    std::uint64_t delivered = 0;
    std::uint64_t written = 0;
    std::uint64_t restored = 0;  // from snapshots
    std::uint64_t failed = 0;
    std::string complaint;  // the first thing that was wrong; empty if nothing was
};

class Storm {
public:
    explicit Storm(std::uint32_t seed);
    Storm(const Storm&) = delete;
    Storm& operator=(const Storm&) = delete;

    [[nodiscard]] StormReport rage(std::uint64_t calls);

private:
    struct Slot {
        void take(dumbo_connection* other) {
            connection.reset(other);
            if (other != nullptr) {
                watch.begin(other);
            }
        }

        script::OwnedConnection connection;
        invariants::Watch watch;
        std::uint64_t now = 0;
    };

    void strike();
    void strike_connection(Slot& slot);
    void open(Slot& slot);
    void receive(Slot& slot);
    void write(Slot& slot);
    void command(Slot& slot);
    void clone(Slot& slot);
    void carry(Slot& slot);
    void check_restores(const Slot& slot);
    void look(const Slot& slot);

    [[nodiscard]] std::vector<std::uint8_t> segment_for(const dumbo_connection* connection);
    [[nodiscard]] std::uint64_t time_for(Slot& slot);
    void check_code(std::int32_t code, const char* call);
    void check_unchanged(std::int32_t code, const script::Observers& before, const dumbo_connection* connection,
                         const char* call);
    void complain(std::string complaint);

    Dice dice_;
    script::CountingHeap heap_;
    std::vector<Slot> slots_;
    StormReport report_;
};

}  // namespace scenario
