// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "conformance/bytes.hpp"
#include "conformance/values.hpp"

namespace conformance {

// What a call answers when it succeeds, one type for each shape of result in the vectors. `word` is the result's first
// token; visit() names the fields once, for reading them from a record as well as for printing them.

// What a segment says about its MSS.
struct MssOption {
    enum class Kind : std::uint8_t { absent, present, invalid };

    Kind kind = Kind::absent;
    std::uint16_t value = 0;

    friend bool operator==(const MssOption&, const MssOption&) = default;
};

struct RstConfig {
    enum class Kind : std::uint8_t { seq, ack };

    Kind kind = Kind::seq;
    std::uint32_t number = 0;

    friend bool operator==(const RstConfig&, const RstConfig&) = default;
};

struct TcpHeader {
    static constexpr std::string_view word = "ok";

    std::uint16_t source_port = 0;
    std::uint16_t destination_port = 0;
    std::uint32_t seq = 0;
    std::uint32_t ack = 0;
    std::uint8_t header_length = 0;
    std::uint8_t reserved = 0;
    bool ns = false;
    std::uint8_t flags = 0;
    std::uint16_t window = 0;
    std::uint16_t checksum = 0;
    std::uint16_t urgent_pointer = 0;
    std::uint16_t length = 0;
    std::uint16_t payload_length = 0;
    MssOption mss;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor& visitor) {
        visitor.decimal("sport", self.source_port);
        visitor.decimal("dport", self.destination_port);
        visitor.decimal("seq", self.seq);
        visitor.decimal("ack", self.ack);
        visitor.decimal("hlen", self.header_length);
        visitor.decimal("rsvd", self.reserved);
        visitor.bit("ns", self.ns);
        visitor.hex("flags", self.flags);
        visitor.decimal("win", self.window);
        visitor.hex("csum", self.checksum);
        visitor.decimal("urg", self.urgent_pointer);
        visitor.decimal("len", self.length);
        visitor.decimal("plen", self.payload_length);
        visitor.mss_option("mss", self.mss);
    }
    friend bool operator==(const TcpHeader&, const TcpHeader&) = default;
};

struct Segment {
    static constexpr std::string_view word = "";

    Bytes bytes;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor& visitor) {
        visitor.bytes("seg", self.bytes);
    }
    friend bool operator==(const Segment&, const Segment&) = default;
};

struct Checksum {
    static constexpr std::string_view word = "";

    std::uint16_t value = 0;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor& visitor) {
        visitor.hex("sum", self.value);
    }
    friend bool operator==(const Checksum&, const Checksum&) = default;
};

struct Order {
    static constexpr std::string_view word = "";

    bool after = false;
    bool at_or_after = false;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor& visitor) {
        visitor.bit("after", self.after);
        visitor.bit("at_or_after", self.at_or_after);
    }
    friend bool operator==(const Order&, const Order&) = default;
};

struct Rst {
    static constexpr std::string_view word = "";

    RstConfig config;
    std::uint32_t seq = 0;
    std::uint32_t ack = 0;
    std::uint8_t flags = 0;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor& visitor) {
        visitor.rst_config("cfg", self.config);
        visitor.decimal("seq", self.seq);
        visitor.decimal("ack", self.ack);
        visitor.hex("flags", self.flags);
    }
    friend bool operator==(const Rst&, const Rst&) = default;
};

struct EthernetHeader {
    static constexpr std::string_view word = "ok";

    MacAddress destination{};
    MacAddress source{};
    std::uint16_t ethertype = 0;
    std::uint64_t length = 0;
    std::uint64_t payload_offset = 0;
    std::uint64_t payload_length = 0;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor& visitor) {
        visitor.mac("dst", self.destination);
        visitor.mac("src", self.source);
        visitor.hex("type", self.ethertype);
        visitor.decimal("len", self.length);
        visitor.decimal("poff", self.payload_offset);
        visitor.decimal("plen", self.payload_length);
    }
    friend bool operator==(const EthernetHeader&, const EthernetHeader&) = default;
};

struct Frame {
    static constexpr std::string_view word = "";

    Bytes bytes;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor& visitor) {
        visitor.bytes("frame", self.bytes);
    }
    friend bool operator==(const Frame&, const Frame&) = default;
};

struct ArpRequest {
    static constexpr std::string_view word = "ok";

    std::uint16_t hardware_type = 0;
    std::uint16_t protocol_type = 0;
    std::uint8_t hardware_length = 0;
    std::uint8_t protocol_length = 0;
    std::uint16_t operation = 0;
    MacAddress sender_mac{};
    Ipv4Address sender_ip{};
    MacAddress target_mac{};
    Ipv4Address target_ip{};

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor& visitor) {
        visitor.decimal("htype", self.hardware_type);
        visitor.hex("ptype", self.protocol_type);
        visitor.decimal("hlen", self.hardware_length);
        visitor.decimal("plen", self.protocol_length);
        visitor.decimal("oper", self.operation);
        visitor.mac("sha", self.sender_mac);
        visitor.ipv4("spa", self.sender_ip);
        visitor.mac("tha", self.target_mac);
        visitor.ipv4("tpa", self.target_ip);
    }
    friend bool operator==(const ArpRequest&, const ArpRequest&) = default;
};

struct Match {
    static constexpr std::string_view word = "";

    bool matches = false;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor& visitor) {
        visitor.bit("match", self.matches);
    }
    friend bool operator==(const Match&, const Match&) = default;
};

struct Ipv4Header {
    static constexpr std::string_view word = "ok";

    std::uint8_t version = 0;
    std::uint8_t header_length = 0;
    std::uint8_t dscp = 0;
    std::uint8_t ecn = 0;
    std::uint16_t total_length = 0;
    std::uint16_t identification = 0;
    std::uint8_t flags = 0;
    std::uint16_t fragment_offset = 0;
    std::uint8_t ttl = 0;
    std::uint8_t protocol = 0;
    std::uint16_t checksum = 0;
    Ipv4Address source{};
    Ipv4Address destination{};
    std::uint16_t payload_length = 0;
    std::uint16_t computed_checksum = 0;  // over the header as it stands

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor& visitor) {
        visitor.decimal("ver", self.version);
        visitor.decimal("hlen", self.header_length);
        visitor.decimal("dscp", self.dscp);
        visitor.decimal("ecn", self.ecn);
        visitor.decimal("total", self.total_length);
        visitor.decimal("id", self.identification);
        visitor.decimal("flags", self.flags);
        visitor.decimal("frag", self.fragment_offset);
        visitor.decimal("ttl", self.ttl);
        visitor.decimal("proto", self.protocol);
        visitor.hex("csum", self.checksum);
        visitor.ipv4("src", self.source);
        visitor.ipv4("dst", self.destination);
        visitor.decimal("plen", self.payload_length);
        visitor.hex("calc", self.computed_checksum);
    }
    friend bool operator==(const Ipv4Header&, const Ipv4Header&) = default;
};

struct Ipv4Packet {
    static constexpr std::string_view word = "";

    Bytes header;
    std::uint64_t total = 0;

    template <typename Self, typename Visitor>
    static void visit(Self& self, Visitor& visitor) {
        visitor.bytes("header", self.header);
        visitor.decimal("total", self.total);
    }
    friend bool operator==(const Ipv4Packet&, const Ipv4Packet&) = default;
};

}  // namespace conformance
