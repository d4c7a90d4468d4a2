// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "guest.hpp"
#include "imds.hpp"

namespace mmds {

/** What the client of the control socket is to do. */
struct ControlCommand {
    std::string verb;
    std::string file;  ///< "-" for stdin; empty where there is none
};

struct Options {
    std::vector<std::string> taps;
    std::vector<std::string> qemu_streams;
    std::vector<std::string> qemu_dgrams;
    bool offload = false;
    std::size_t guests_max = 16;

    GuestConfig guest;
    std::string data;
    std::size_t data_max = 262144;
    Imds imds = Imds::any;

    std::string control;
    std::optional<ControlCommand> command;  ///< set for the client

    std::string pcap;
    bool ladder = false;
    bool stats = false;
    std::string state;
    std::uint64_t exit_after = 0;  ///< 0 for never
};

/** Reads the command line. None if everything is done already, with this exit status. */
struct Parsed {
    std::optional<Options> options;
    int status = 0;
};
Parsed parse_options(int argc, char** argv);

}  // namespace mmds
