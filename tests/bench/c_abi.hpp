// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/dumbo.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "bench/require.hpp"
#include "bench/shape.hpp"
#include "bench/wire.hpp"

namespace bench {

// The library as a VMM calls it: through the shared library's C functions. Same members as CppApi.
struct CAbi {
    static constexpr const char* name = "C ABI";

    using Connection = dumbo_connection;
    using Config = dumbo_connection_config;
    using Addresses = dumbo_address_pair;
    using Addressing = dumbo_addressing;
    using Payload = dumbo_payload;

    struct alignas(DUMBO_CONNECTION_ALIGNMENT_MAX) Storage {
        std::array<std::byte, DUMBO_CONNECTION_COUNTED_SIZE_MAX> bytes;
    };

    static Config config(const Shape& shape) {
        Config config;
        succeed(dumbo_connection_config_init(&config, sizeof config), "config_init");
        config.local_rwnd_size = shape.our_window;
        config.rto_period = 1;
        config.flags = DUMBO_CONFIG_ISN | (shape.counts ? std::uint32_t{DUMBO_CONFIG_COUNTERS} : 0U);
        config.isn = our_isn;
        return config;
    }

    // What the guest's segments are verified with.
    static Addresses incoming() {
        Addresses pair;
        copy(guest_address, pair.source);
        copy(our_address, pair.destination);
        return pair;
    }

    static Addressing outgoing(Checksum checksum) {
        Addressing addressing{};
        addressing.struct_size = sizeof addressing;
        addressing.checksum = policy(checksum);
        addressing.source_port = our_port;
        addressing.destination_port = guest_port;
        copy(our_address, addressing.source);
        copy(guest_address, addressing.destination);
        return addressing;
    }

    static Payload payload(Bytes bytes, std::uint32_t first) {
        Payload payload{};
        payload.struct_size = sizeof payload;
        payload.bytes = bytes.data();
        payload.len = bytes.size();
        payload.seq = first;
        return payload;
    }
    static void set_first(Payload& payload, std::uint32_t first) { payload.seq = first; }

    static Connection* open(Storage& storage, Bytes syn, const Config& config) {
        Connection* connection = nullptr;
        succeed(dumbo_connection_passive_open_in(&connection, &storage, sizeof storage, syn.data(), syn.size(), nullptr,
                                                 &config),
                "open");
        return connection;
    }
    static Connection* clone(const Connection* original, Storage& storage) {
        Connection* copy = nullptr;
        succeed(dumbo_connection_clone_in(original, &copy, &storage, sizeof storage), "clone");
        return copy;
    }
    static void free(Connection* connection) { dumbo_connection_free(connection); }

    // Returns the length of the payload that was delivered.
    static std::size_t receive(Connection* connection, Bytes segment, const Addresses* verify,
                               std::span<std::uint8_t> buffer) {
        std::size_t received = 0;
        std::uint32_t anomalies = 0;
        succeed(dumbo_connection_receive_segment(connection, segment.data(), segment.size(), verify, buffer.data(),
                                                 buffer.size(), 0, &received, &anomalies),
                "receive");
        require(anomalies == 0, "anomalies");
        return received;
    }

    // Returns the segment's length, 0 if there is none.
    static std::size_t write(Connection* connection, std::span<std::uint8_t> buffer, const Payload* payload,
                             const Addressing& addressing) {
        std::size_t written = 0;
        succeed(dumbo_connection_write_next_segment(connection, buffer.data(), buffer.size(), 0, payload, &addressing,
                                                    0, &written, nullptr),
                "write");
        return written;
    }

    static void advance_window(Connection* connection, std::uint32_t octets) {
        succeed(dumbo_connection_advance_local_rwnd_edge(connection, octets), "advance");
    }

    static bool is_established(const Connection* connection) { return dumbo_connection_is_established(connection); }
    static std::uint32_t next_expected(const Connection* connection) {
        return dumbo_connection_next_expected(connection);
    }
    static std::uint32_t first_not_sent(const Connection* connection) {
        return dumbo_connection_first_not_sent(connection);
    }
    static std::uint32_t highest_ack_received(const Connection* connection) {
        return dumbo_connection_highest_ack_received(connection);
    }

    static std::uint16_t checksum(Bytes bytes) {
        std::uint16_t checksum = 0;
        succeed(dumbo_checksum(bytes.data(), bytes.size(), &checksum), "checksum");
        return checksum;
    }

private:
    static void succeed(std::int32_t code, const char* what) { require(code == DUMBO_OK, what); }

    static void copy(const std::array<std::uint8_t, 4>& from, std::uint8_t (&to)[4]) {
        std::memcpy(to, from.data(), from.size());
    }

    static std::uint32_t policy(Checksum checksum) {
        switch (checksum) {
            case Checksum::full:
                return DUMBO_CHECKSUM_FULL;
            case Checksum::pseudo_header:
                return DUMBO_CHECKSUM_PSEUDO_HEADER;
            case Checksum::none:
                break;
        }
        return DUMBO_CHECKSUM_NONE;
    }
};

}  // namespace bench
