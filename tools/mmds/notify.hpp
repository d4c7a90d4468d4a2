// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

namespace mmds {

/** Tells the service manager, if there is one ($NOTIFY_SOCKET, see sd_notify(3)), what this process is about to do. */
class Notifier {
public:
    Notifier();

    void ready() const;
    void reloading() const;
    void stopping() const;

private:
    void send(const std::string& text) const;

    std::string address_;
};

}  // namespace mmds
