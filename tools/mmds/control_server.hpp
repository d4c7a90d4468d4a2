// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/socket.h>

#include <memory>
#include <string>
#include <vector>

#include "control.hpp"
#include "counters.hpp"
#include "descriptor.hpp"
#include "host_commands.hpp"
#include "poll_set.hpp"
#include "time.hpp"
#include "unix_socket.hpp"

namespace mmds {

/** The control socket, for a few clients at a time, none of which makes anybody wait. */
class ControlServer {
public:
    ControlServer(const std::string& path, HostCommands commands, Counters& counters)
        : listener_(path, SOCK_STREAM), commands_(std::move(commands)), counters_(counters) {}

    void watch(PollSet& poll) const;
    void serve(const PollSet& poll, Time now);
    [[nodiscard]] Time deadline() const;

private:
    struct Client {
        Descriptor socket;
        ControlReader reader;
        Time deadline;
        std::string response;  ///< what is left of it
        bool answered = false;
        bool gone = false;
    };

    void accept(Time now);
    void serve(Client& client);
    void answer(Client& client);

    UnixSocket listener_;
    HostCommands commands_;
    Counters& counters_;
    std::vector<std::unique_ptr<Client>> clients_;
};

}  // namespace mmds
