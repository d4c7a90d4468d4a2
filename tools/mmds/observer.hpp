// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/dumbo.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "exchange.hpp"
#include "time.hpp"

namespace mmds {

using Frame = std::span<const std::uint8_t>;
using VirtioHeader = dumbo_virtio_net_header;

/** Sees everything that passes between one guest and its stack. */
class Observer {
public:
    Observer() = default;
    Observer(const Observer&) = delete;
    Observer& operator=(const Observer&) = delete;
    Observer(Observer&&) = delete;
    Observer& operator=(Observer&&) = delete;
    virtual ~Observer() = default;

    /** @param header  what came with the frame; NULL if nothing did */
    virtual void from_guest(Frame frame, Time now, const VirtioHeader* header, const dumbo_frame_verdict& verdict) = 0;
    virtual void to_guest(Frame frame, Time now, const VirtioHeader* header) = 0;
    virtual void answered(const Answered& what, Time now) = 0;
};

}  // namespace mmds
