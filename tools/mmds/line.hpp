// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "guest.hpp"

namespace mmds {

/** The longest frame there can be: a TCP segment of any MSS that a guest may state. */
inline constexpr std::size_t frame_max = 65549;

/** The way to one guest. */
class Cable {
public:
    enum class Sending {
        sent,
        lost,      ///< for good: TCP will repeat it
        blocked,   ///< nothing of it was taken; try again later
        unplugged  ///< nobody is there any more
    };

    Cable() = default;
    Cable(const Cable&) = delete;
    Cable& operator=(const Cable&) = delete;
    Cable(Cable&&) = delete;
    Cable& operator=(Cable&&) = delete;
    virtual ~Cable() = default;

    /** @param header  for a device that has offloads */
    virtual Sending send(Frame frame, const VirtioHeader& header) = 0;

    /** What the device at the end does: enum dumbo_stack_offload. */
    [[nodiscard]] virtual std::uint32_t offloads() const { return 0; }

    /** After blocked: when to try again, unless a descriptor tells. */
    [[nodiscard]] virtual Time retry_time(Time now) const = 0;
};

/** A guest at the end of its cable. At most one frame waits between them: what the cable does not take stays with the
 * stack, where it can still be replaced by something newer. */
class Line {
public:
    Line(std::string name, std::unique_ptr<Cable> cable, std::unique_ptr<Guest> guest)
        : name_(std::move(name)), cable_(std::move(cable)), guest_(std::move(guest)) {
        guest_->set_offloads(cable_->offloads());
    }

    [[nodiscard]] const std::string& name() const { return name_; }
    Guest& guest() { return *guest_; }
    [[nodiscard]] const Guest& guest() const { return *guest_; }

    /** Sends what there is, as far as the cable takes it, a batch at most. Returns how many frames were lost. */
    std::uint64_t transmit(Time now);

    [[nodiscard]] bool is_blocked() const { return !waiting_.empty(); }
    [[nodiscard]] bool is_unplugged() const { return unplugged_; }
    void unplug() { unplugged_ = true; }

    /** When transmit() has to be called even if nothing comes in. */
    [[nodiscard]] Time deadline(Time now) const;

private:
    Frame next_frame(std::span<std::uint8_t> buffer, Time now);

    std::string name_;
    std::unique_ptr<Cable> cable_;
    std::unique_ptr<Guest> guest_;
    std::vector<std::uint8_t> waiting_;
    VirtioHeader header_{};  ///< of the frame that waits, or was the latest
    Time retry_ = never;
    bool unplugged_ = false;
};

}  // namespace mmds
