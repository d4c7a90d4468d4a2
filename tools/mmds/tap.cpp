// SPDX-License-Identifier: Apache-2.0
#include "tap.hpp"

#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "descriptor.hpp"
#include "examples/tap.h"

namespace mmds {

namespace {

[[noreturn]] void fail(const char* what) {
    throw std::system_error(errno, std::generic_category(), what);
}

class TapCable final : public Cable {
public:
    TapCable(int fd, bool offloads) : fd_(fd), offloads_(offloads) {}

    Sending send(Frame frame, const VirtioHeader& header) override {
        const auto result = tap_write(fd_, offloads_ ? &header : nullptr, frame.data(), frame.size());
        if (result == TAP_FAILED) {
            fail("writing to a TAP device");
        }
        return result == TAP_OK ? Sending::sent : Sending::lost;
    }

    [[nodiscard]] std::uint32_t offloads() const override {
        return offloads_ ? std::uint32_t{DUMBO_STACK_OFFLOAD_CHECKSUM} | DUMBO_STACK_OFFLOAD_TSO4 : 0;
    }

    [[nodiscard]] Time retry_time(Time /*now*/) const override { return never; }

private:
    int fd_;
    bool offloads_;
};

class TapAttachment final : public Attachment {
public:
    TapAttachment(const std::string& name, bool offloads, GuestMaker& guests)
        : Attachment(guests), device_(tap_open(name.c_str(), offloads)), offloads_(offloads) {
        if (device_.get() < 0) {
            throw std::runtime_error("there is no TAP device to attach to");
        }
        line_ = plug_in(name, std::make_unique<TapCable>(device_.get(), offloads));
        if (line_ == nullptr) {
            throw std::runtime_error(name + ": there are more devices than guests allowed");
        }
    }

    void watch(PollSet& poll) const override { poll.add(device_.get(), POLLIN); }

    void receive(const PollSet& poll, Time now) override {
        for (int i = 0; i < batch && poll.is_ready(device_.get()); ++i) {
            if (!receive_one(now)) {
                return;
            }
        }
    }

private:
    bool receive_one(Time now) {
        std::array<std::uint8_t, frame_max> buffer;  // NOLINT(*-member-init): large, and written before it is read
        VirtioHeader header{};
        std::size_t length = 0;
        const auto result =
            tap_read(device_.get(), offloads_ ? &header : nullptr, buffer.data(), buffer.size(), &length);
        if (result == TAP_FAILED) {
            fail("reading a TAP device");
        }
        if (result == TAP_OK) {
            line_->guest().receive(Frame(buffer).first(length), now, offloads_ ? &header : nullptr);
        }
        return result == TAP_OK;
    }

    void unplugged(const Line& /*line*/) override {}

    Descriptor device_;
    bool offloads_;
    Line* line_ = nullptr;
};

}  // namespace

std::unique_ptr<Attachment> attach_tap(const std::string& name, bool offloads, GuestMaker& guests) {
    return std::make_unique<TapAttachment>(name, offloads, guests);
}

}  // namespace mmds
