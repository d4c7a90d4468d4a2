// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/dumbo.h>
#include <dumbo/address.hpp>
#include <dumbo/connection.hpp>
#include <dumbo/error.hpp>
#include <dumbo/stack.hpp>
#include <dumbo/tcp_segment.hpp>

#include "arguments.hpp"

#include <optional>
#include <span>

// Between the C types and the C++ types, where more than one section needs it.
namespace dumbo::capi {

// The one place where an error of the core becomes a code.
[[nodiscard]] std::int32_t to_code(Error error) noexcept;

[[nodiscard]] std::int32_t to_code(const std::optional<Error>& error) noexcept;

// The code of a call that gives back nothing but a number. `to` may be NULL.
[[nodiscard]] std::int32_t set_number(std::size_t* to, const Result<std::size_t>& result) noexcept;

[[nodiscard]] inline Ipv4AddressPair to_address_pair(const dumbo_address_pair& pair) noexcept {
    return {.source = to_array<4>(pair.source), .destination = to_array<4>(pair.destination)};
}

// A checksum is right, too, if there are no addresses to verify it with.
[[nodiscard]] inline bool has_right_checksum(std::span<const std::uint8_t> segment,
                                             const dumbo_address_pair* verify) noexcept {
    return verify == nullptr || transport_checksum(to_address_pair(*verify), IpProtocol::tcp, segment) == 0;
}

// Parses, and verifies the checksum if there are addresses. Precondition: a valid buffer.
[[nodiscard]] inline Result<TcpSegment> parse_segment(const std::uint8_t* segment, std::size_t length,
                                                      const dumbo_address_pair* verify) noexcept {
    const std::span bytes(segment, length);
    return verify == nullptr ? TcpSegment::parse(bytes) : TcpSegment::parse_verified(bytes, to_address_pair(*verify));
}

// Empty for bits that are none, or do not go without another. (enum dumbo_stack_offload)
[[nodiscard]] std::optional<StackOffloads> to_offloads(std::uint32_t offloads) noexcept;

struct RestoreConfig {
    std::optional<ClockRebase> rebase;
    bool is_counted = false;
};

// Empty if the struct is not acceptable; NULL is, for no flags.
[[nodiscard]] std::optional<RestoreConfig> to_restore_config(const dumbo_restore_config* config) noexcept;

[[nodiscard]] dumbo_rst_config to_rst_config(const RstConfig& config) noexcept;

}  // namespace dumbo::capi
