// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <poll.h>

#include <unordered_map>
#include <vector>

#include "time.hpp"

namespace mmds {

/** The descriptors that are waited for, and what was found out about them. */
class PollSet {
public:
    void clear();
    void add(int fd, short events);

    /** Waits until one of them is ready, or for so long. */
    void wait(Time timeout);

    [[nodiscard]] bool has_ready() const { return !ready_.empty(); }

    /** Whether reading, or whatever else the descriptor was added for, gets somewhere: it may be to find an error. */
    [[nodiscard]] bool is_ready(int fd) const;

private:
    std::vector<pollfd> descriptors_;
    std::unordered_map<int, short> ready_;
};

}  // namespace mmds
