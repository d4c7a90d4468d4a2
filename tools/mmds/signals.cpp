// SPDX-License-Identifier: Apache-2.0
#include "signals.hpp"

#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <initializer_list>
#include <system_error>

namespace mmds {

Signals::Signals() {
    sigset_t taken;
    sigemptyset(&taken);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2}) {
        sigaddset(&taken, number);
    }
    if (const int error = pthread_sigmask(SIG_BLOCK, &taken, nullptr); error != 0) {
        throw std::system_error(error, std::generic_category(), "catching signals");
    }
    // A file that grows past its limit, and a reader that went away, are errors like others, and not the end.
    for (const int number : {SIGXFSZ, SIGPIPE}) {
        static_cast<void>(std::signal(number, SIG_IGN));  // NOLINT(*-cstyle-cast): the C library's own
    }
    descriptor_ = Descriptor(signalfd(-1, &taken, SFD_NONBLOCK | SFD_CLOEXEC));
    if (descriptor_.get() < 0) {
        throw std::system_error(errno, std::generic_category(), "signalfd");
    }
}

std::optional<int> Signals::next() const {
    signalfd_siginfo info{};
    if (read(descriptor_.get(), &info, sizeof(info)) != sizeof(info)) {
        return std::nullopt;
    }
    return static_cast<int>(info.ssi_signo);
}

}  // namespace mmds
