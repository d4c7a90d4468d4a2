// SPDX-License-Identifier: Apache-2.0
#include "host_commands.hpp"

#include "document.hpp"

namespace mmds {

bool is_success(const ControlMessage& response) {
    return response.word == "OK";
}

ControlMessage failure(const std::string& why) {
    return {"ERROR", why + '\n'};
}

std::size_t HostCommands::body_max() const {
    return 4 * document_.size_max();
}

ControlMessage HostCommands::execute(const ControlMessage& request) {
    try {
        if (request.word == "PUT") {
            document_.replace(request.body);
            return {"OK", {}};
        }
        if (request.word == "PATCH") {
            document_.patch(request.body);
            return {"OK", {}};
        }
    } catch (const DocumentError& error) {
        return failure(error.what());
    }
    if (request.word == "GET") {
        return {"OK", document_.text()};
    }
    if (request.word == "COUNTERS") {
        return {"OK", counters_()};
    }
    return failure("there is no such command");
}

}  // namespace mmds
