// SPDX-License-Identifier: Apache-2.0
#include "poll_set.hpp"

#include <cerrno>
#include <ctime>
#include <system_error>

namespace mmds {

void PollSet::clear() {
    descriptors_.clear();
    ready_.clear();
}

void PollSet::add(int fd, short events) {
    descriptors_.push_back({fd, events, 0});
}

void PollSet::wait(Time timeout) {
    timespec time{};
    time.tv_sec = static_cast<std::time_t>(timeout / second);
    time.tv_nsec = static_cast<long>(timeout % second);
    if (ppoll(descriptors_.data(), descriptors_.size(), timeout == never ? nullptr : &time, nullptr) < 0) {
        if (errno != EINTR) {
            throw std::system_error(errno, std::generic_category(), "ppoll");
        }
        return;
    }
    for (const auto& descriptor : descriptors_) {
        if (descriptor.revents != 0) {
            ready_.emplace(descriptor.fd, descriptor.revents);
        }
    }
}

bool PollSet::is_ready(int fd) const {
    return ready_.contains(fd);
}

}  // namespace mmds
