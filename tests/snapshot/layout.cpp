// SPDX-License-Identifier: Apache-2.0
#include "snapshot/layout.hpp"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <stdexcept>

namespace snapshot_test {

namespace {

// The CRC of IEEE 802.3 by another method than the library's: most significant bit first, over mirrored bytes.
std::uint32_t mirrored(std::uint32_t value, unsigned bits) {
    std::uint32_t result = 0;
    for (unsigned bit = 0; bit < bits; ++bit) {
        result |= (value >> bit & 1U) << (bits - 1 - bit);
    }
    return result;
}

std::array<std::uint32_t, 256> crc_table() {
    constexpr std::uint32_t polynomial = 0x04c11db7;
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t index = 0; index < table.size(); ++index) {
        std::uint32_t remainder = index << 24U;
        for (int bit = 0; bit < 8; ++bit) {
            remainder = remainder << 1U ^ ((remainder >> 31U) != 0 ? polynomial : 0U);
        }
        table[index] = remainder;
    }
    return table;
}

std::uint32_t crc_of(View bytes) {
    static const auto table = crc_table();
    std::uint32_t remainder = 0xffffffff;
    for (const std::uint8_t byte : bytes) {
        remainder = remainder << 8U ^ table[(remainder >> 24U ^ mirrored(byte, 8)) & 0xffU];
    }
    return ~mirrored(remainder, 32);
}

std::string hex(View bytes) {
    std::string text;
    for (const std::uint8_t byte : bytes) {
        text += fmt::format("{:02x}", byte);
    }
    return text;
}

Bytes from_hex(const std::string& text) {
    Bytes bytes;
    for (std::size_t at = 0; at + 1 < text.size(); at += 2) {
        bytes.push_back(static_cast<std::uint8_t>(std::stoul(text.substr(at, 2), nullptr, 16)));
    }
    return bytes;
}

std::string next_text(const dumbo_connection* connection) {
    std::uint64_t deadline = 0;
    switch (dumbo_connection_control_segment_or_timeout_status(connection, &deadline)) {
        case DUMBO_NEXT_SEGMENT_NOTHING:
            return "nothing";
        case DUMBO_NEXT_SEGMENT_AVAILABLE:
            return "available";
        default:
            return fmt::format("timeout@{}", deadline);
    }
}

std::string write_text(dumbo_connection* connection, std::uint64_t now) {
    dumbo_addressing addressing{};
    addressing.struct_size = sizeof addressing;
    addressing.checksum = DUMBO_CHECKSUM_NONE;
    addressing.source_port = 80;
    addressing.destination_port = 40000;
    Bytes buffer(64);
    std::size_t written = 0;
    dumbo_sent sent{};
    sent.struct_size = sizeof sent;
    const auto code = dumbo_connection_write_next_segment(connection, buffer.data(), buffer.size(), 0, nullptr,
                                                          &addressing, now, &written, &sent);
    const auto segment = code != DUMBO_OK ? fmt::format("error{}", code)
                         : written > 0    ? hex(View(buffer).first(written))
                                          : std::string("silent");
    return fmt::format("write={} cause={}", segment, dumbo_cause_name(sent.cause));
}

}  // namespace

std::uint64_t get(View snapshot, Field field) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < field.size; ++i) {
        value |= std::uint64_t{snapshot[field.at + i]} << (8 * i);
    }
    return value;
}

void set(Bytes& snapshot, Field field, std::uint64_t value) {
    for (std::size_t i = 0; i < field.size; ++i) {
        snapshot[field.at + i] = static_cast<std::uint8_t>(value >> (8 * i));
    }
}

void seal(Bytes& snapshot) {
    set(snapshot, {crc_at, 4}, crc_of(View(snapshot).first(crc_at)));
}

Restored restore(View snapshot, const dumbo_restore_config* config) {
    dumbo_connection* connection = nullptr;
    const auto code = dumbo_connection_restore(&connection, snapshot.data(), snapshot.size(), config, nullptr);
    if ((code == DUMBO_OK) != (connection != nullptr)) {
        throw std::logic_error("a connection without success, or the reverse");
    }
    return {code, Handle(connection)};
}

Bytes snapshot_of(const dumbo_connection* connection) {
    Bytes bytes(DUMBO_SNAPSHOT_LENGTH_MAX);
    std::size_t written = 0;
    if (dumbo_connection_snapshot(connection, bytes.data(), bytes.size(), &written) != DUMBO_OK) {
        throw std::logic_error("there is no snapshot");
    }
    bytes.resize(written);
    return bytes;
}

std::string meaning_of(const Handle& connection, std::uint64_t now) {
    const auto* c = connection.get();
    const auto said = fmt::format(
        "state={} est={:d} fin={:d} fin_acked={:d} done={:d} reset={:d} dup={:d} snd_una={} snd_nxt={} edge={} "
        "rcv_nxt={} rwnd={} mss={} next={}",
        dumbo_state_name(dumbo_connection_state(c)), dumbo_connection_is_established(c),
        dumbo_connection_fin_received(c), dumbo_connection_fin_acknowledged(c), dumbo_connection_is_done(c),
        dumbo_connection_is_reset(c), dumbo_connection_dup_ack_pending(c), dumbo_connection_highest_ack_received(c),
        dumbo_connection_first_not_sent(c), dumbo_connection_remote_rwnd_edge(c), dumbo_connection_next_expected(c),
        dumbo_connection_local_rwnd(c), dumbo_connection_mss(c), next_text(c));
    return said + ' ' + write_text(connection.get(), now);
}

std::vector<Kept> kept_snapshots() {
    std::ifstream file(SNAPSHOTS_VERSION_1);
    std::vector<Kept> kept;
    std::string text;
    for (unsigned line = 1; std::getline(file, text); ++line) {
        if (text.empty() || text.front() == '#') {
            continue;
        }
        const auto space = text.find(' ');
        kept.push_back({line, from_hex(text.substr(0, space)), text.substr(space + 1)});
    }
    if (kept.empty()) {
        throw std::runtime_error("there are no kept snapshots");
    }
    return kept;
}

}  // namespace snapshot_test
