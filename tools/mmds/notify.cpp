// SPDX-License-Identifier: Apache-2.0
#include "notify.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>

#include "clock.hpp"
#include "descriptor.hpp"

namespace mmds {

namespace {

constexpr Time microsecond = 1000;

std::string environment(const char* name) {
    const char* const value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): there is one thread
    return value != nullptr ? value : "";
}

}  // namespace

Notifier::Notifier() : address_(environment("NOTIFY_SOCKET")) {
    if (address_.starts_with('@')) {
        address_.front() = '\0';  // an abstract address
    }
}

void Notifier::ready() const {
    send("READY=1");
}

void Notifier::reloading() const {
    send("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(read_clock(CLOCK_MONOTONIC) / microsecond));
}

void Notifier::stopping() const {
    send("STOPPING=1");
}

/** Whoever does not listen misses it: nothing here depends on it. */
void Notifier::send(const std::string& text) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (address_.empty() || address_.size() >= sizeof(address.sun_path)) {
        return;
    }
    std::ranges::copy(address_, std::begin(address.sun_path));
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address_.size());
    const Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sendto(socket.get(), text.data(), text.size(), MSG_NOSIGNAL, reinterpret_cast<const sockaddr*>(&address), length);
}

}  // namespace mmds
