// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "bench/require.hpp"
#include "bench/shape.hpp"
#include "bench/wire.hpp"

namespace bench {

// A connection that the guest has opened, and from which it has not heard of anything but the SYNACK.
template <typename Api>
class Conversation {
public:
    explicit Conversation(const Shape& shape) {
        connection_ = Api::open(storage_, syn(shape.mss), Api::config(shape));
        const auto addressing = Api::outgoing(Checksum::none);
        std::array<std::uint8_t, 24> synack{};
        require(Api::write(connection_, synack, nullptr, addressing) == synack.size(), "SYNACK");
        std::array<std::uint8_t, header_length> ack{};
        write_header(ack, guest_first, our_first);
        Api::receive(connection_, ack, nullptr, {});
        require(Api::is_established(connection_), "established");
    }
    Conversation(const Conversation&) = delete;
    Conversation& operator=(const Conversation&) = delete;
    ~Conversation() { Api::free(connection_); }

    [[nodiscard]] typename Api::Connection* connection() { return connection_; }

private:
    typename Api::Storage storage_{};
    typename Api::Connection* connection_ = nullptr;
};

}  // namespace bench
