// SPDX-License-Identifier: Apache-2.0
#include "unix_socket.hpp"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace mmds {

namespace {

constexpr int backlog = 16;
constexpr mode_t for_us_alone = 0177;

[[noreturn]] void fail(const std::string& path) {
    throw std::system_error(errno, std::generic_category(), path);
}

sockaddr_un address_of(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof(address.sun_path)) {
        throw std::runtime_error(path + ": a socket's path has 1 to " + std::to_string(sizeof(address.sun_path) - 1) +
                                 " bytes");
    }
    std::ranges::copy(path, std::begin(address.sun_path));
    return address;
}

const sockaddr* generic(const sockaddr_un& address) {
    return reinterpret_cast<const sockaddr*>(&address);
}

Descriptor make_socket(int type, const std::string& path) {
    // NOLINTNEXTLINE(hicpp-signed-bitwise): the flags are C's
    Descriptor made(socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (made.get() < 0) {
        fail(path);
    }
    return made;
}

bool is_abandoned(const std::string& path, const sockaddr_un& address, int type) {
    struct stat status {};
    if (lstat(path.c_str(), &status) != 0 || !S_ISSOCK(status.st_mode)) {
        return false;
    }
    const auto probe = make_socket(type, path);
    return connect(probe.get(), generic(address), sizeof(address)) != 0 && errno == ECONNREFUSED;
}

void bind_privately(int fd, const std::string& path, const sockaddr_un& address) {
    const mode_t before = umask(for_us_alone);
    const int result = bind(fd, generic(address), sizeof(address));
    const int error = errno;
    umask(before);
    if (result != 0) {
        errno = error;
        fail(path);
    }
}

}  // namespace

UnixSocket::UnixSocket(const std::string& path, int type) : path_(path), socket_(make_socket(type, path)) {
    const auto address = address_of(path);
    if (is_abandoned(path, address, type)) {
        unlink(path.c_str());
    }
    bind_privately(socket_.get(), path, address);
    if (type == SOCK_STREAM && listen(socket_.get(), backlog) != 0) {
        fail(path);
    }
}

UnixSocket::~UnixSocket() {
    unlink(path_.c_str());
}

Descriptor connect_to(const std::string& path) {
    const auto address = address_of(path);
    Descriptor connected(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (connected.get() < 0 || connect(connected.get(), generic(address), sizeof(address)) != 0) {
        fail(path);
    }
    return connected;
}

}  // namespace mmds
