// SPDX-License-Identifier: Apache-2.0
// Watches one connection of the C ABI: makes the calls on it, and looks before and after each whether what is true of
// every connection is true of this one. Needs no test framework, so that fuzzers can use it, too.
#pragma once

#include "invariants/rules.hpp"
#include "invariants/sight.hpp"

#include <dumbo/dumbo.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace invariants {

// The calls have the parameters and results of the functions whose names they have. A copy of a watch goes on watching
// from the same state: for a clone.
class Watch {
public:
    using Report = std::function<void(const std::string&)>;

    // What is called with the text of each rule that is broken. It may throw, but is not called inside of the library.
    explicit Watch(Report report) : report_(std::move(report)) {}

    // Watches a clone, from the state on in which another watch left its original, with a report of its own.
    Watch(const Watch& other, Report report) : Watch(other) { report_ = std::move(report); }

    // Begins with a connection: one that was opened, or moved to another clock.
    void begin(const dumbo_connection* connection);

    // Goes on with a connection that has to be in the state in which the last one was: a clone, or restored.
    void go_on(const dumbo_connection* connection);

    std::int32_t receive_segment(dumbo_connection* connection, const std::uint8_t* segment, std::size_t len,
                                 const dumbo_address_pair* verify, std::uint8_t* buf, std::size_t buf_len,
                                 std::uint64_t now, std::size_t* received, std::uint32_t* anomalies);
    std::int32_t receive_segment_in_place(dumbo_connection* connection, const std::uint8_t* segment, std::size_t len,
                                          const dumbo_address_pair* verify, std::uint64_t now, std::size_t* offset,
                                          std::size_t* received, std::uint32_t* anomalies);
    std::int32_t write_next_segment(dumbo_connection* connection, std::uint8_t* buf, std::size_t buf_len,
                                    std::uint16_t mss_reserved, const dumbo_payload* payload,
                                    const dumbo_addressing* addressing, std::uint64_t now, std::size_t* written,
                                    dumbo_sent* sent);
    std::int32_t close(dumbo_connection* connection);
    std::int32_t close_after(dumbo_connection* connection, std::uint32_t octets);
    std::int32_t reset(dumbo_connection* connection);
    std::int32_t advance_local_rwnd_edge(dumbo_connection* connection, std::uint32_t octets);

    [[nodiscard]] const Sight& sight() const { return sight_; }

private:
    // Writes at one time, with no other call between them.
    struct Run {
        std::uint64_t now = 0;
        std::uint64_t segments = 0;
        std::uint32_t moved = 0;  // SND.NXT, by so much
    };
    struct ReadBytes;
    using Call = std::function<std::int32_t()>;
    using Broken = std::function<const char*()>;

    void look(const dumbo_connection* connection, const char* call);
    void settle(const dumbo_connection* connection, const char* call, const char* broken);
    void check_restored();
    void check_trials(const dumbo_connection* connection);
    void check_trial(const dumbo_connection* connection, std::uint64_t now);
    [[nodiscard]] const char* broken_by_run(const Writing& writing, const Sight& after);
    std::int32_t command(dumbo_connection* connection, const char* name, const Call& call, const Broken& broken_by);
    void complain(const char* call, const char* broken);

    Report report_;
    Sight before_;
    Sight sight_;
    bool watching_ = false;
    Run run_;
    std::uint64_t timeouts_ = 0;  // segments because of a timeout since something was received
    std::vector<std::uint8_t> read_;
};

}  // namespace invariants
