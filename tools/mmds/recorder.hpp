// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "observer.hpp"
#include "time.hpp"

struct pcap;

namespace mmds {

/** Writes what guests say and hear to a capture file, or as lines to stdout, or both. */
class Recorder {
public:
    /**
     * @param path    of a pcapng file to be made; empty for none
     * @param ladder  whether to print lines
     * @param start   the time that the lines count from
     * @param epoch   the time 0, in nanoseconds since 1970
     */
    Recorder(const std::string& path, bool ladder, Time start, std::uint64_t epoch);

    /** The observer of one guest, NULL if nobody wants to see anything. It must not outlive the recorder. */
    std::unique_ptr<Observer> observe(const std::string& name);

    /** Completes the file; returns whether all of it could be written. */
    bool close();

private:
    struct PcapCloser {
        void operator()(struct ::pcap* pcap) const;
    };

    std::unique_ptr<struct ::pcap, PcapCloser> pcap_;
    bool ladder_;
    Time start_;
    std::uint64_t epoch_;
};

}  // namespace mmds
