// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace randomness {

// The initial sequence numbers of as many connections, all opened by the same SYN: each a connection in lent storage.
[[nodiscard]] std::vector<std::uint32_t> numbers_of_connections(std::size_t count);

// The same from a stack, read from its SYNACKs. The client ends each handshake with a RST before it begins the next.
[[nodiscard]] std::vector<std::uint32_t> numbers_of_a_stack(std::size_t count);

}  // namespace randomness
