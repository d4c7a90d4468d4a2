// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/dumbo.h>

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "support/handles.hpp"
#include "unit/support/bytes.hpp"
#include "unit/support/segment.hpp"

namespace work {

using dumbo_test::Bytes;
using dumbo_test::SegmentSpec;
using dumbo_test::sized;

// Throws if it does not hold: what is measured would not be what it is called.
void require(bool holds, const char* what);

inline constexpr std::uint64_t rto = 1000;
inline constexpr std::uint16_t mss = 1000;

struct Setting {
    std::uint32_t options = 0;
    std::uint32_t peer_isn = 5000;
    std::uint32_t isn = 9000;
    std::uint32_t window = 4000;  // ours
    std::uint16_t peer_window = 4000;
    std::uint64_t now = 0;
};

// A connection in storage of its own, and what both ends do to it. Its stream is made of zeros.
class Scene {
public:
    explicit Scene(const Setting& setting);
    Scene(const Scene& other);
    Scene& operator=(const Scene&) = delete;
    Scene(Scene&&) = delete;
    Scene& operator=(Scene&&) = delete;
    ~Scene() = default;

    [[nodiscard]] dumbo_connection* get() const { return connection_; }
    [[nodiscard]] const Setting& setting() const { return setting_; }
    [[nodiscard]] std::uint64_t now() const { return now_; }

    // The next segment of the peer's: in order, acknowledging everything.
    [[nodiscard]] SegmentSpec from_peer(std::uint8_t flags = dumbo_test::ack_bit, std::size_t length = 0) const;
    [[nodiscard]] SegmentSpec syn(const Bytes& options = dumbo_test::mss_option(mss)) const;
    void take(const SegmentSpec& spec);
    // Of a source that begins at SND.UNA.
    void write(std::size_t length);
    void write_all(std::size_t length);
    void pass(std::uint64_t time) { now_ += time; }

private:
    alignas(DUMBO_CONNECTION_ALIGNMENT_MAX) std::array<std::uint8_t, DUMBO_CONNECTION_SIZE_MAX> storage_{};
    dumbo_connection* connection_ = nullptr;
    Setting setting_;
    std::uint64_t now_;
};

// Every state that matters to what is done, by name.
struct State {
    std::string name;
    std::function<void(Scene&)> walk;
};
[[nodiscard]] const std::vector<State>& states();

[[nodiscard]] dumbo_addressing to_peer(std::uint32_t checksum);
[[nodiscard]] const dumbo_address_pair& from_peer_addresses();
// With its checksum in place.
[[nodiscard]] Bytes sealed(const SegmentSpec& spec);

}  // namespace work
