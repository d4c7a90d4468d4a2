// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/address.hpp>

#include <cstdint>
#include <cstring>

namespace dumbo::inline v0::detail {

// Addresses to and from the wire. Preconditions: the bytes are there.

template <typename Address>
[[nodiscard]] Address load_address(const std::uint8_t* from) noexcept {
    Address address{};
    std::memcpy(address.data(), from, address.size());
    return address;
}

template <typename Address>
void store_address(std::uint8_t* to, const Address& address) noexcept {
    std::memcpy(to, address.data(), address.size());
}

}  // namespace dumbo::inline v0::detail
