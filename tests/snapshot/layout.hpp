// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/dumbo.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "support/handles.hpp"

// Snapshots of version 1 as docs/snapshot.md describes them, read and written by code of the tests' own.
namespace snapshot_test {

using Bytes = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;

inline constexpr std::size_t length = 96;
inline constexpr std::size_t crc_at = 92;

struct Field {
    std::size_t at;
    std::size_t size;
};

namespace field {
inline constexpr Field magic{0, 4};
inline constexpr Field version{4, 2};
inline constexpr Field length{6, 2};
inline constexpr Field rto_period{8, 8};
inline constexpr Field latest_now{16, 8};
inline constexpr Field timeout_start{24, 8};
inline constexpr Field latest_challenge{32, 8};
inline constexpr Field snd_una{40, 4};
inline constexpr Field snd_nxt{44, 4};
inline constexpr Field snd_edge{48, 4};
inline constexpr Field rcv_nxt{52, 4};
inline constexpr Field rcv_edge{56, 4};
inline constexpr Field advertised_edge{60, 4};
inline constexpr Field fin{64, 4};
inline constexpr Field rst_number{68, 4};
inline constexpr Field mss{72, 2};
inline constexpr Field timeout_count{74, 2};
inline constexpr Field rto_count_max{76, 2};
inline constexpr Field update_threshold{78, 2};
inline constexpr Field options{80, 1};
inline constexpr Field phase{81, 1};
inline constexpr Field rst{82, 1};
inline constexpr Field rst_kind{83, 1};
inline constexpr Field probe{84, 1};
inline constexpr Field fin_recorded{85, 1};
inline constexpr Field fin_received{86, 1};
inline constexpr Field ack_due{87, 1};
inline constexpr Field dup_ack_pending{88, 1};
inline constexpr Field persisting{89, 1};
inline constexpr Field synack_written{90, 1};
inline constexpr Field challenged{91, 1};
}  // namespace field

// Reading and setting fields. set() cuts a number to the field's size.
[[nodiscard]] std::uint64_t get(View snapshot, Field field);
void set(Bytes& snapshot, Field field, std::uint64_t value);

// Makes the CRC right again.
void seal(Bytes& snapshot);

using dumbo_test::Handle;

struct Restored {
    std::int32_t code = DUMBO_OK;
    Handle connection;
};
[[nodiscard]] Restored restore(View snapshot, const dumbo_restore_config* config = nullptr);

[[nodiscard]] Bytes snapshot_of(const dumbo_connection* connection);

// What a connection says of itself, and what it writes at `now`: the notation of the kept files.
[[nodiscard]] std::string meaning_of(const Handle& connection, std::uint64_t now);

// A line of a kept file.
struct Kept {
    unsigned line = 0;
    Bytes snapshot;
    std::string meaning;
};
[[nodiscard]] std::vector<Kept> kept_snapshots();

}  // namespace snapshot_test
