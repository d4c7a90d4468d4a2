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
    explicit TapCable(int fd) : fd_(fd) {}

    Sending send(Frame frame) override {
        const auto result = tap_write(fd_, frame.data(), frame.size());
        if (result == TAP_FAILED) {
            fail("writing to a TAP device");
        }
        return result == TAP_OK ? Sending::sent : Sending::lost;
    }

    [[nodiscard]] Time retry_time(Time /*now*/) const override { return never; }

private:
    int fd_;
};

class TapAttachment final : public Attachment {
public:
    TapAttachment(const std::string& name, GuestMaker& guests) : Attachment(guests), device_(tap_open(name.c_str())) {
        if (device_.get() < 0) {
            throw std::runtime_error("there is no TAP device to attach to");
        }
        line_ = plug_in(name, std::make_unique<TapCable>(device_.get()));
        if (line_ == nullptr) {
            throw std::runtime_error(name + ": there are more devices than guests allowed");
        }
    }

    void watch(PollSet& poll) const override { poll.add(device_.get(), POLLIN); }

    void receive(const PollSet& poll, Time now) override {
        if (!poll.is_ready(device_.get())) {
            return;
        }
        std::array<std::uint8_t, frame_max> buffer;  // NOLINT(*-member-init): large, and written before it is read
        for (int i = 0; i < batch; ++i) {
            std::size_t length = 0;
            const auto result = tap_read(device_.get(), buffer.data(), buffer.size(), &length);
            if (result == TAP_FAILED) {
                fail("reading a TAP device");
            }
            if (result != TAP_OK) {
                return;
            }
            line_->guest().receive(Frame(buffer).first(length), now);
        }
    }

private:
    void unplugged(const Line& /*line*/) override {}

    Descriptor device_;
    Line* line_ = nullptr;
};

}  // namespace

std::unique_ptr<Attachment> attach_tap(const std::string& name, GuestMaker& guests) {
    return std::make_unique<TapAttachment>(name, guests);
}

}  // namespace mmds
