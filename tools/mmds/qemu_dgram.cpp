// SPDX-License-Identifier: Apache-2.0
#include "qemu_dgram.hpp"

#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_map>

#include "unix_socket.hpp"

namespace mmds {

namespace {

constexpr Time retry_first = millisecond;
constexpr Time retry_last = 64 * millisecond;

struct Address {
    sockaddr_un address{};
    socklen_t length = sizeof(sockaddr_un);

    /** As it is; in an abstract one, the leading 0 too. */
    [[nodiscard]] std::string text() const {
        constexpr std::size_t path_offset = offsetof(sockaddr_un, sun_path);
        if (length <= path_offset) {
            return {};
        }
        std::string path(std::begin(address.sun_path), length - path_offset);
        return path.front() == '\0' ? '@' + path.substr(1) : path.substr(0, path.find('\0'));
    }
};

class DgramCable final : public Cable {
public:
    DgramCable(int fd, const Address& to) : fd_(fd), to_(to) {}

    Sending send(Frame frame, const VirtioHeader& /*header*/) override {
        const auto n = sendto(fd_, frame.data(), frame.size(), MSG_DONTWAIT | MSG_NOSIGNAL,
                              reinterpret_cast<const sockaddr*>(&to_.address), to_.length);
        if (n >= 0) {
            delay_ = retry_first;
            return Sending::sent;
        }
        return failure();
    }

    /** No descriptor tells when there is room in somebody else's queue. */
    [[nodiscard]] Time retry_time(Time now) const override { return now + delay_; }

private:
    Sending failure() {
        if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) {
            delay_ = std::min(2 * delay_, retry_last);
            return Sending::blocked;
        }
        return errno == ENOBUFS || errno == ENOMEM || errno == EMSGSIZE ? Sending::lost : Sending::unplugged;
    }

    int fd_;
    Address to_;
    Time delay_ = retry_first;
};

class DgramAttachment final : public Attachment {
public:
    DgramAttachment(const std::string& path, GuestMaker& guests) : Attachment(guests), socket_(path, SOCK_DGRAM) {}

    void watch(PollSet& poll) const override { poll.add(socket_.get(), POLLIN); }

    void receive(const PollSet& poll, Time now) override {
        if (!poll.is_ready(socket_.get())) {
            return;
        }
        std::array<std::uint8_t, frame_max> buffer;  // NOLINT(*-member-init): large, and written before it is read
        for (int i = 0; i < batch; ++i) {
            Address from;
            const auto n = recvfrom(socket_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT | MSG_TRUNC,
                                    reinterpret_cast<sockaddr*>(&from.address), &from.length);
            if (n < 0) {
                return;
            }
            const auto length = static_cast<std::size_t>(n);
            if (auto* const peer = length <= buffer.size() ? find(from) : nullptr; peer != nullptr) {
                peer->heard = now;
                peer->line->guest().receive(Frame(buffer).first(length), now);
            } else {
                ++guests().counters().frames_unusable;
            }
        }
    }

private:
    struct Peer {
        Line* line = nullptr;
        Time heard = 0;
    };
    using Peers = std::unordered_map<std::string, Peer>;

    /** NULL if it cannot be answered, or if there is no room for one more. */
    Peer* find(const Address& from) {
        const auto name = from.text();
        if (name.empty()) {
            return nullptr;
        }
        if (const auto known = peers_.find(name); known != peers_.end()) {
            return known->second.line->is_unplugged() ? nullptr : &known->second;
        }
        auto* const line = plug_in(name, std::make_unique<DgramCable>(socket_.get(), from));
        if (line == nullptr) {
            make_room();
            return nullptr;
        }
        return &peers_.emplace(name, Peer{line}).first->second;
    }

    /** For the frame that is repeated. */
    void make_room() {
        const auto oldest = std::ranges::min_element(peers_, {}, [](const auto& entry) {
            return entry.second.line->guest().connections() > 0 ? never : entry.second.heard;
        });
        if (oldest != peers_.end() && oldest->second.line->guest().connections() == 0) {
            oldest->second.line->unplug();
        }
    }

    void unplugged(const Line& line) override {
        std::erase_if(peers_, [&line](const auto& entry) { return entry.second.line == &line; });
    }

    UnixSocket socket_;
    Peers peers_;
};

}  // namespace

std::unique_ptr<Attachment> attach_qemu_dgram(const std::string& path, GuestMaker& guests) {
    return std::make_unique<DgramAttachment>(path, guests);
}

}  // namespace mmds
