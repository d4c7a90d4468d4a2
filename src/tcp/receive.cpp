// SPDX-License-Identifier: Apache-2.0
#include "tcp/arrival.hpp"

namespace dumbo::inline v0 {

[[gnu::flatten]] Result<Received> Connection::receive_segment(std::span<const std::uint8_t> bytes,
                                                              const Ipv4AddressPair* verify,
                                                              std::span<std::uint8_t> buffer,
                                                              std::uint64_t now) noexcept {
    const auto length = Usual::receive(*this, bytes, verify, buffer, now);
    return length ? Received{.length = *length} : receive_unusual_segment(bytes, verify, buffer, now);
}

[[gnu::flatten]] Result<Received> Connection::receive_unusual_segment(std::span<const std::uint8_t> bytes,
                                                                      const Ipv4AddressPair* verify,
                                                                      std::span<std::uint8_t> buffer,
                                                                      std::uint64_t now) noexcept {
    return Arrival::receive(*this, bytes, verify, buffer, now);
}

[[gnu::flatten]] Result<Received> Connection::receive_segment(const TcpSegment& segment, std::span<std::uint8_t> buffer,
                                                              std::uint64_t now) noexcept {
    return Arrival::receive(*this, segment, buffer, now);
}

[[gnu::flatten]] Result<Received> Connection::receive_segment_in_place(const TcpSegment& segment,
                                                                       std::uint64_t now) noexcept {
    return Arrival::receive_in_place(*this, segment, now);
}

// For a payload that does not fit. Whether it will be delivered is known only after the ACK was taken, and a call that
// fails changes nothing.
Result<Received> Connection::receive_rehearsed(TcpSegment segment, std::size_t room, std::uint64_t now) noexcept {
    Connection rehearsal = *this;
    const auto received = rehearsal.receive_segment_in_place(segment, now);
    if (received && received->length > room) {
        return Error::buffer_too_small;
    }
    *this = rehearsal;
    return received;
}

}  // namespace dumbo::inline v0
