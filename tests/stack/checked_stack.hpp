// SPDX-License-Identifier: Apache-2.0
// A stack in memory of exactly the size that it asked for, which is examined after every call. Whatever breaks a rule
// is thrown as a std::runtime_error.
#pragma once

#include <dumbo/stack.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "stack/guest.hpp"

namespace stack_test {

// Bytes at an aligned address, so that a sanitizer sees a step behind the last one.
class Memory {
public:
    explicit Memory(std::size_t size)
        : bytes_(static_cast<std::byte*>(::operator new (size, std::align_val_t{dumbo::Stack::memory_alignment}))),
          size_(size) {}

    [[nodiscard]] std::span<std::byte> span() const { return {bytes_.get(), size_}; }

private:
    struct Delete {
        void operator()(std::byte* bytes) const {
            ::operator delete (bytes, std::align_val_t{dumbo::Stack::memory_alignment});
        }
    };
    std::unique_ptr<std::byte, Delete> bytes_;
    std::size_t size_;
};

[[nodiscard]] Bytes snapshot_of(const dumbo::Stack& stack);
// In memory of exactly its size.
struct RestoredStack {
    Memory memory;
    dumbo::Result<dumbo::Stack> stack;
};
[[nodiscard]] RestoredStack restored(const dumbo::StackConfig& config, std::span<const std::uint8_t> snapshot,
                                     const std::optional<dumbo::ClockRebase>& rebase = std::nullopt);

// Few connections with small buffers, and a time that is easy to count in.
[[nodiscard]] dumbo::StackConfig small_config();

class CheckedStack {
public:
    // `period`: how many calls there are from one examination to the next. A large stack takes long to examine.
    explicit CheckedStack(const dumbo::StackConfig& config, std::uint32_t period = 1);

    // These stop the test if the call returns an error.
    dumbo::FrameVerdict receive(std::span<const std::uint8_t> frame, const dumbo::VirtioNetHeader* with = nullptr);
    dumbo::FrameVerdict receive(const TcpFrame& frame) { return receive(bytes_of(frame)); }
    dumbo::FrameVerdict receive(const ArpFrame& frame) { return receive(bytes_of(frame)); }
    [[nodiscard]] Bytes next_bytes(std::size_t room = 65549);  // none if there is no frame
    [[nodiscard]] ReadFrame next_frame(std::size_t room = 65549);
    [[nodiscard]] dumbo::NextSegmentStatus next();
    [[nodiscard]] std::optional<dumbo::StackEvent> event();
    // Reads and consumes at most so many bytes.
    [[nodiscard]] Bytes read(dumbo::ConnectionId id, std::size_t at_most = SIZE_MAX);
    std::size_t write(dumbo::ConnectionId id, std::span<const std::uint8_t> bytes);
    void close(dumbo::ConnectionId id);
    void abort(dumbo::ConnectionId id);

    std::optional<dumbo::Error> lend(dumbo::ConnectionId id, std::span<const std::uint8_t> bytes);

    // From here on another stack, made from this one's snapshot.
    void move_by_snapshot(const dumbo::StackConfig& config);
    void move_by_snapshot() { move_by_snapshot(config_); }

    // For calls that may fail; examine() comes after them.
    [[nodiscard]] dumbo::Stack& raw() { return stack_; }
    void examine();

    [[nodiscard]] const dumbo::StackCounters& counters() const { return stack_.counters(); }
    [[nodiscard]] std::uint32_t count() const { return stack_.connection_count(); }
    // Whether a number belonged to a connection that the application knows to be over.
    [[nodiscard]] bool is_over(dumbo::ConnectionId id) const;
    [[nodiscard]] std::span<std::byte> memory() const { return memory_.span(); }

    std::uint64_t now = 1000;
    TcpChecksum checksum = TcpChecksum::full;
    bool takes_headers = false;     // asks for frames together with a virtio-net header ...
    dumbo::VirtioNetHeader header;  // ... which is this, of the latest one

private:
    struct History {
        bool peer_closed = false;
        bool closed = false;
    };

    void examined_call();
    void examine_next();
    void examine_silence();
    void examine_counters();
    void examine_snapshot();
    void examine_frame(const Bytes& frame) const;
    bool lend_again(dumbo::Stack& to) const;
    void save();
    void restore();
    [[nodiscard]] std::size_t try_frame(std::uint64_t when);

    dumbo::StackConfig config_;
    Memory memory_;
    dumbo::Stack stack_;
    std::vector<std::byte> saved_;
    Bytes scratch_;
    std::uint32_t period_;
    std::uint64_t calls_ = 0;
    std::uint64_t segments_ = 0;   // that connections received
    std::uint32_t inherited_ = 0;  // connections that were there, and not over, when the stack was restored
    std::map<dumbo::ConnectionId, History> histories_;
    std::map<dumbo::ConnectionId, std::span<const std::uint8_t>> loans_;  // the latest of each
};

// Lets everybody talk until nobody has anything to say. The application returns whether it did anything. Returns the
// frames for nobody in particular.
std::vector<ReadFrame> talk(CheckedStack& stack, std::span<Client* const> clients,
                            const std::function<bool()>& application = {});
// The same with one client, until its handshake is over. Returns the number of the connection.
dumbo::ConnectionId open(CheckedStack& stack, Client& client);
// All events there are, as text: "opened", "readable", "closed: finished" ...
[[nodiscard]] std::string events_of(CheckedStack& stack);

}  // namespace stack_test
