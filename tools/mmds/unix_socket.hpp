// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "descriptor.hpp"

namespace mmds {

/**
 * A UNIX socket under a path of its own, for this user alone. What an earlier process left behind there is removed, and
 * so is this one in the end; a socket that somebody listens to is not touched, nor is any other file.
 */
class UnixSocket {
public:
    /** @param type  SOCK_STREAM, which then listens, or SOCK_DGRAM. Throws std::runtime_error. */
    UnixSocket(const std::string& path, int type);
    UnixSocket(const UnixSocket&) = delete;
    UnixSocket& operator=(const UnixSocket&) = delete;
    UnixSocket(UnixSocket&&) = delete;
    UnixSocket& operator=(UnixSocket&&) = delete;
    ~UnixSocket();

    [[nodiscard]] int get() const { return socket_.get(); }
    [[nodiscard]] const std::string& path() const { return path_; }

private:
    std::string path_;
    Descriptor socket_;
};

/** Connects to a UNIX stream socket. Throws std::runtime_error. */
Descriptor connect_to(const std::string& path);

}  // namespace mmds
