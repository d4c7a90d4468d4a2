// SPDX-License-Identifier: Apache-2.0
#include "control_server.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

namespace mmds {

namespace {

constexpr std::size_t clients_max = 8;
constexpr Time timeout = 10 * second;  // for a whole conversation

bool is_temporary() {
    return errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR;
}

}  // namespace

void ControlServer::watch(PollSet& poll) const {
    if (clients_.size() < clients_max) {
        poll.add(listener_.get(), POLLIN);
    }
    for (const auto& client : clients_) {
        poll.add(client->socket.get(), client->response.empty() ? POLLIN : POLLOUT);
    }
}

Time ControlServer::deadline() const {
    Time first = never;
    for (const auto& client : clients_) {
        first = std::min(first, client->deadline);
    }
    return first;
}

void ControlServer::serve(const PollSet& poll, Time now) {
    for (const auto& client : clients_) {
        if (poll.is_ready(client->socket.get())) {
            serve(*client);
        }
    }
    std::erase_if(clients_, [now](const auto& client) { return client->gone || client->deadline <= now; });
    if (poll.is_ready(listener_.get())) {
        accept(now);
    }
}

void ControlServer::accept(Time now) {
    Descriptor socket(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (socket.get() >= 0) {
        clients_.push_back(std::make_unique<Client>(
            Client{std::move(socket), ControlReader(commands_.body_max()), now + timeout, {}, false, false}));
    }
}

/** What comes behind the request is read and ignored, so that closing does not take the response back. */
void ControlServer::serve(Client& client) {
    if (!client.response.empty()) {
        const auto n = send(client.socket.get(), client.response.data(), client.response.size(), MSG_NOSIGNAL);
        client.gone = n < 0 && !is_temporary();
        client.response.erase(0, static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
        return;
    }
    std::array<char, 65536> piece{};
    const auto n = recv(client.socket.get(), piece.data(), piece.size(), 0);
    if (n <= 0) {
        client.gone = n == 0 || !is_temporary();
        return;
    }
    client.reader.take({piece.data(), static_cast<std::size_t>(n)});
    if (client.reader.state() != ControlReader::State::incomplete && !client.answered) {
        answer(client);
    }
}

void ControlServer::answer(Client& client) {
    ControlMessage response;
    switch (client.reader.state()) {
        case ControlReader::State::complete:
            response = commands_.execute(client.reader.message());
            break;
        case ControlReader::State::too_large:
            response = failure("the request has more than " + std::to_string(commands_.body_max()) + " bytes");
            break;
        default:
            response = failure("the request is malformed");
    }
    ++counters_.control_commands;
    counters_.control_failures += is_success(response) ? 0 : 1;
    client.response = to_text(response);
    client.answered = true;
}

}  // namespace mmds
