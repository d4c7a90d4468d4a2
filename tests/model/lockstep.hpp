// SPDX-License-Identifier: Apache-2.0
// A connection of the library and one of the model, to which the same things happen.
#pragma once

#include "invariants/watch.hpp"
#include "model/event.hpp"
#include "model/model.hpp"
#include "support/handles.hpp"

#include <dumbo/dumbo.h>

#include <optional>
#include <string>

namespace model {

using dumbo_test::Handle;

class Lockstep {
public:
    explicit Lockstep(const Setup& setup);
    Lockstep(const Lockstep& other);
    Lockstep(Lockstep&&) = delete;
    Lockstep& operator=(const Lockstep&) = delete;
    Lockstep& operator=(Lockstep&&) = delete;
    ~Lockstep() = default;

    // Lets one thing happen to both. Returns in what they differ, or what is not as it always is; or nothing.
    [[nodiscard]] std::optional<std::string> play(const Event& event);

    // What went wrong so far.
    [[nodiscard]] const std::optional<std::string>& complaint() const { return complaint_; }
    [[nodiscard]] bool is_open() const { return library_ != nullptr; }
    [[nodiscard]] const Connection& expected() const { return model_; }
    [[nodiscard]] const invariants::Sight& sight() const { return watch_.sight(); }

private:
    [[nodiscard]] std::uint64_t time_of(const Event& event) const;
    [[nodiscard]] Bytes segment_of(const Event& event) const;
    [[nodiscard]] std::optional<Source> source_of(const Event& event) const;
    void receive(const Event& event);
    void receive_damaged(const Event& event);
    void write(const Event& event);
    void move_house(const Event& event);
    void compare_written(const Event& event, const Written& wanted, std::int32_t code, const Bytes& segment,
                         std::size_t needed, const dumbo_sent& sent);
    void compare_observers();
    void compare_codes(const char* what, std::int32_t library, std::int32_t wanted);
    void compare_named(const char* what, std::uint32_t library, std::uint32_t wanted,
                       const char* (*name)(std::uint32_t));
    template <typename Value>
    void compare(const char* what, const Value& library, const Value& wanted);
    void complain(const std::string& complaint);

    std::uint16_t own_mss_;
    dumbo_connection* opened_ = nullptr;  // the library's, or its clone, on its way to its owner
    std::int32_t code_ = DUMBO_OK;        // of the opening
    Handle library_;                      // null where nothing was opened
    Connection model_;
    std::optional<std::string> complaint_;
    invariants::Watch watch_;
};

// Plays a program from its beginning. The number of events until the first difference, and the difference; or nothing.
struct Failure {
    std::size_t events = 0;
    std::string text;
};
[[nodiscard]] std::optional<Failure> play(const Program& program);

}  // namespace model
