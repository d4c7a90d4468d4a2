// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/checksum.hpp>
#include <dumbo/connection.hpp>

#include <cstddef>
#include <cstdint>
#include <new>
#include <span>

#include "bench/require.hpp"
#include "bench/shape.hpp"
#include "bench/wire.hpp"

namespace bench {

// The library as C++ code calls it that links the static core. Same members as CAbi, but for counters: those of C++ are
// an object of their own.
struct CppApi {
    static constexpr const char* name = "C++ API";

    using Connection = dumbo::Connection;
    using Config = dumbo::ConnectionConfig;
    using Addresses = dumbo::Ipv4AddressPair;
    using Payload = dumbo::PayloadSource;

    struct Addressing {
        dumbo::TcpPorts ports;
        Addresses addresses;
        dumbo::Offload offload;
    };

    struct alignas(64) Storage {
        std::array<std::byte, sizeof(Connection)> bytes;
    };

    static Config config(const Shape& shape) {
        return {.local_rwnd_size = shape.our_window, .rto_period = 1, .isn = dumbo::SeqNumber(our_isn)};
    }

    static Addresses incoming() { return {.source = guest_address, .destination = our_address}; }

    static Addressing outgoing(Checksum checksum) {
        return {.ports = {.source = our_port, .destination = guest_port},
                .addresses = {.source = our_address, .destination = guest_address},
                .offload = {.checksum = policy(checksum)}};
    }

    static Payload payload(Bytes bytes, std::uint32_t first) {
        return {.bytes = dumbo::ByteSource::of_bytes(bytes), .first = dumbo::SeqNumber(first)};
    }
    static void set_first(Payload& payload, std::uint32_t first) { payload.first = dumbo::SeqNumber(first); }

    static Connection* open(Storage& storage, Bytes syn, const Config& config) {
        const auto segment = dumbo::TcpSegment::parse(syn);
        require(segment.has_value(), "parse");
        const auto connection = Connection::passive_open(*segment, config);
        require(connection.has_value(), "open");
        return new (&storage) Connection(*connection);
    }
    static Connection* clone(const Connection* original, Storage& storage) {
        return new (&storage) Connection(*original);
    }
    static void free(Connection* connection) { connection->~Connection(); }

    static std::size_t receive(Connection* connection, Bytes segment, const Addresses* verify,
                               std::span<std::uint8_t> buffer) {
        const auto received = connection->receive_segment(segment, verify, buffer, 0);
        require(received.has_value(), "receive");
        require(received->anomalies == 0, "anomalies");
        return received->length;
    }

    static std::size_t write(Connection* connection, std::span<std::uint8_t> buffer, const Payload* payload,
                             const Addressing& addressing) {
        dumbo::Sent sent;
        require(!connection->write_next_segment_to(sent, buffer, 0, payload, 0, addressing.offload), "write");
        return sent.cause != dumbo::Cause::none ? sent.segment.complete(addressing.ports, addressing.addresses).size()
                                                : 0;
    }

    static void advance_window(Connection* connection, std::uint32_t octets) {
        connection->advance_local_rwnd_edge(octets);
    }

    static bool is_established(const Connection* connection) { return connection->is_established(); }
    static std::uint32_t next_expected(const Connection* connection) { return connection->next_expected().value(); }
    static std::uint32_t first_not_sent(const Connection* connection) { return connection->first_not_sent().value(); }
    static std::uint32_t highest_ack_received(const Connection* connection) {
        return connection->highest_ack_received().value();
    }

    static std::uint16_t checksum(Bytes bytes) { return dumbo::internet_checksum(bytes); }

private:
    static dumbo::ChecksumPolicy policy(Checksum checksum) {
        switch (checksum) {
            case Checksum::full:
                return dumbo::ChecksumPolicy::full;
            case Checksum::pseudo_header:
                return dumbo::ChecksumPolicy::pseudo_header;
            case Checksum::none:
                break;
        }
        return dumbo::ChecksumPolicy::none;
    }
};

}  // namespace bench
