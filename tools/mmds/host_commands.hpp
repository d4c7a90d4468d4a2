// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include "control.hpp"

namespace mmds {

class Document;

/** Carries out what the host asks for over the control socket. */
class HostCommands {
public:
    /** @param counters  gives the counters as text. */
    HostCommands(Document& document, std::function<std::string()> counters)
        : document_(document), counters_(std::move(counters)) {}

    /** The response: its word is OK only if the request took effect. */
    ControlMessage execute(const ControlMessage& request);

    /** The most that a request can hold: a document may be written with more blanks than it is kept with. */
    [[nodiscard]] std::size_t body_max() const;

private:
    Document& document_;
    std::function<std::string()> counters_;
};

/** Whether a response says that the request took effect. */
bool is_success(const ControlMessage& response);

ControlMessage failure(const std::string& why);

}  // namespace mmds
