// SPDX-License-Identifier: Apache-2.0
#include "qemu_stream.hpp"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <string>
#include <unordered_map>

#include "frame_stream.hpp"
#include "unix_socket.hpp"

namespace mmds {

namespace {

bool would_block() {
    return errno == EAGAIN || errno == EWOULDBLOCK;
}

class StreamCable final : public Cable {
public:
    explicit StreamCable(int fd) : fd_(fd) {}

    /** Of a frame that was begun, the rest has to follow: it waits here. */
    Sending send(Frame frame, const VirtioHeader& /*header*/) override {
        if (const auto result = send_rest(); result != Sending::sent) {
            return result;
        }
        std::array<std::uint8_t, frame_prefix> prefix{};
        for (std::size_t i = 0; i < prefix.size(); ++i) {
            prefix[i] = static_cast<std::uint8_t>(frame.size() >> (8 * (prefix.size() - 1 - i)));
        }
        rest_.assign(prefix.begin(), prefix.end());
        rest_.insert(rest_.end(), frame.begin(), frame.end());
        const auto result = send_rest();
        if (result != Sending::blocked) {
            return result;
        }
        if (rest_.size() == prefix.size() + frame.size()) {
            rest_.clear();
            return Sending::blocked;
        }
        return Sending::sent;
    }

    Sending send_rest() {
        while (!rest_.empty()) {
            const auto n = ::send(fd_, rest_.data(), rest_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
            if (n < 0 && errno != EINTR) {
                return would_block() ? Sending::blocked : Sending::unplugged;
            }
            rest_.erase(rest_.begin(), rest_.begin() + std::max<ssize_t>(n, 0));
        }
        return Sending::sent;
    }

    [[nodiscard]] bool has_rest() const { return !rest_.empty(); }

    [[nodiscard]] Time retry_time(Time /*now*/) const override { return never; }

private:
    int fd_;
    std::vector<std::uint8_t> rest_;
};

/** What belongs to one connection. */
struct Peer {
    Descriptor socket;
    FrameStream frames{frame_max};
    Line* line = nullptr;
    StreamCable* cable = nullptr;
};

class StreamAttachment final : public Attachment {
public:
    StreamAttachment(const std::string& path, GuestMaker& guests) : Attachment(guests), listener_(path, SOCK_STREAM) {}

    void watch(PollSet& poll) const override {
        poll.add(listener_.get(), POLLIN);
        for (const auto& peer : peers_) {
            const bool waits = peer->cable->has_rest() || peer->line->is_blocked();
            poll.add(peer->socket.get(), static_cast<short>(POLLIN | (waits ? POLLOUT : 0)));
        }
    }

    void receive(const PollSet& poll, Time now) override {
        for (const auto& peer : peers_) {
            if (poll.is_ready(peer->socket.get())) {
                receive(*peer, now);
            }
        }
        if (poll.is_ready(listener_.get())) {
            accept();
        }
    }

private:
    void receive(Peer& peer, Time now) {
        if (peer.cable->send_rest() == Cable::Sending::unplugged || !fill(peer)) {
            peer.line->unplug();
            return;
        }
        while (true) {
            const Frame frame = peer.frames.next();
            if (frame.empty()) {
                break;
            }
            peer.line->guest().receive(frame, now);
        }
        if (peer.frames.is_broken()) {
            ++guests().counters().frames_unusable;
            peer.line->unplug();
        }
    }

    /** Returns whether the connection is still there. */
    static bool fill(Peer& peer) {
        const auto room = peer.frames.room();
        const auto n = recv(peer.socket.get(), room.data(), room.size(), MSG_DONTWAIT);
        if (n > 0) {
            peer.frames.filled(static_cast<std::size_t>(n));
        }
        return n > 0 || (n < 0 && (would_block() || errno == EINTR));
    }

    void accept() {
        Descriptor socket(accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
        if (socket.get() < 0) {
            return;
        }
        auto cable = std::make_unique<StreamCable>(socket.get());
        auto* const its_cable = cable.get();
        auto* const line = plug_in(listener_.path() + '#' + std::to_string(++accepted_), std::move(cable));
        if (line == nullptr) {
            return;
        }
        auto peer = std::make_unique<Peer>();
        peer->socket = std::move(socket);
        peer->line = line;
        peer->cable = its_cable;
        peers_.push_back(std::move(peer));
    }

    void unplugged(const Line& line) override {
        std::erase_if(peers_, [&line](const auto& peer) { return peer->line == &line; });
    }

    UnixSocket listener_;
    std::vector<std::unique_ptr<Peer>> peers_;
    std::uint64_t accepted_ = 0;
};

}  // namespace

std::unique_ptr<Attachment> attach_qemu_stream(const std::string& path, GuestMaker& guests) {
    return std::make_unique<StreamAttachment>(path, guests);
}

}  // namespace mmds
