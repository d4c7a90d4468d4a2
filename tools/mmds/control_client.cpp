// SPDX-License-Identifier: Apache-2.0
#include "control_client.hpp"

#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <iostream>
#include <stdexcept>
#include <system_error>

#include "control.hpp"
#include "files.hpp"
#include "host_commands.hpp"
#include "unix_socket.hpp"

namespace mmds {

namespace {

constexpr std::size_t size_max = std::size_t{1} << 30U;
constexpr int patience = 20;  // seconds, longer than the server's

void set_timeouts(int fd) {
    const timeval timeout{patience, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
}

/** A server that takes no more has something to say, which the response tells. */
void send_all(int fd, std::string_view text) {
    while (!text.empty()) {
        const auto n = send(fd, text.data(), text.size(), MSG_NOSIGNAL);
        if (n < 0) {
            return;
        }
        text.remove_prefix(static_cast<std::size_t>(n));
    }
}

ControlMessage receive(int fd) {
    ControlReader reader(size_max);
    std::array<char, 65536> piece{};
    while (reader.state() == ControlReader::State::incomplete) {
        const auto n = recv(fd, piece.data(), piece.size(), 0);
        if (n < 0) {
            throw std::system_error(errno, std::generic_category(), "no response");
        }
        if (n == 0) {
            throw std::runtime_error("the response ends early");
        }
        reader.take({piece.data(), static_cast<std::size_t>(n)});
    }
    if (reader.state() != ControlReader::State::complete) {
        throw std::runtime_error("the response is malformed");
    }
    return reader.message();
}

}  // namespace

bool run_command(const std::string& path, const ControlCommand& command) {
    ControlMessage request{command.verb, {}};
    if (!command.file.empty()) {
        request.body = read_file(command.file, size_max);
    }
    const auto socket = connect_to(path);
    set_timeouts(socket.get());
    send_all(socket.get(), to_text(request));
    const auto response = receive(socket.get());
    if (is_success(response)) {
        std::cout << response.body;
        return true;
    }
    std::cerr << "dumbo-mmds: " << response.body;
    return false;
}

}  // namespace mmds
