// SPDX-License-Identifier: Apache-2.0
// The target `snapshot`: any bytes as a snapshot of a connection or of a stack. What they become is driven for a while.
#include <cstddef>
#include <cstdint>
#include <cstring>

#include "fuzz/connections.hpp"
#include "fuzz/stacks.hpp"
#include "fuzz/support/wire.hpp"

namespace fuzz {
namespace {

constexpr std::size_t connection_snapshot = 96;

/** Bytes in the form of a snapshot, as far as the input wants that. */
void seal_perhaps(std::uint8_t how, std::uint8_t* bytes, std::size_t size, const char* magic) {
    if ((how & 1U) == 0 && size >= 8) {
        std::memcpy(bytes, magic, 4);
        bytes[4] = 1;
        bytes[5] = 0;
    }
    if ((how & 2U) == 0) {
        seal(bytes, size);
    }
}

void try_connection(Decisions& in) {
    static Connections connections;
    const std::uint8_t how = in.byte();
    std::uint8_t bytes[256] = {};
    const auto taken = in.bytes((how & 4U) == 0 ? connection_snapshot : in.byte());
    std::memcpy(bytes, taken.data, taken.size);
    if ((how & 1U) == 0) {
        bytes[6] = connection_snapshot;
        bytes[7] = 0;
    }
    seal_perhaps(how, bytes, taken.size, "dTCP");
    connections.restore_from(in, bytes, taken.size);
    connections.run(in);
}

void try_stack(Decisions& in) {
    static Stacks stacks;
    const std::uint8_t how = in.byte();
    std::uint8_t bytes[4096] = {};
    const auto taken = in.bytes(in.number_16() % (sizeof bytes + 1));
    std::memcpy(bytes, taken.data, taken.size);
    if ((how & 1U) == 0) {
        for (std::size_t i = 0; i < 8; ++i) {
            bytes[6 + i] = static_cast<std::uint8_t>(taken.size >> (8 * i));
        }
    }
    seal_perhaps(how, bytes, taken.size, "dSTK");
    stacks.restore_from(in, bytes, taken.size);
    stacks.run(in);
}

}  // namespace
}  // namespace fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::Decisions in(data, size);
    in.one_in(2) ? fuzz::try_stack(in) : fuzz::try_connection(in);
    return 0;
}
