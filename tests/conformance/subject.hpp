// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>

#include "conformance/failure.hpp"
#include "conformance/results.hpp"
#include "conformance/source.hpp"
#include "conformance/values.hpp"

namespace conformance {

// What is replayed against: one method for each operation of the vectors, in types that belong to none of the library's
// interfaces.

// A promise of the interface's documentation that no vector can express was broken.
class BrokenPromise : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

using ByteView = std::span<const std::uint8_t>;
using ByteBuffer = std::span<std::uint8_t>;

// Ports and pseudo header of an outgoing segment. Without addresses it has no checksum.
struct Addressing {
    std::uint16_t source_port = 0;
    std::uint16_t destination_port = 0;
    std::optional<AddressPair> addresses;
};

struct TcpBuild {
    std::uint32_t seq = 0;
    std::uint32_t ack = 0;
    std::uint8_t flags = 0;
    std::uint16_t window = 0;
    std::optional<std::uint16_t> mss_option;
    std::uint16_t mss_remaining = 0;
    const GeneratedSource* payload = nullptr;
    std::uint64_t payload_max = 0;
    Addressing addressing;
};

enum class Protocol : std::uint8_t { tcp, udp };

struct EthernetBuild {
    MacAddress destination{};
    MacAddress source{};
    std::uint16_t ethertype = 0;
    std::uint64_t payload_length = 0;
};

struct ArpBuild {
    bool is_request = false;
    MacAddress sender_mac{};
    Ipv4Address sender_ip{};
    MacAddress target_mac{};
    Ipv4Address target_ip{};
};

struct Ipv4Build {
    std::uint8_t protocol = 0;
    Ipv4Address source{};
    Ipv4Address destination{};
    std::uint16_t options_length = 0;
    std::uint16_t payload_length = 0;
    bool compute_checksum = false;
};

struct OpenRequest {
    std::uint32_t local_rwnd = 0;
    std::uint64_t rto_period = 0;
    std::uint16_t rto_count_max = 0;
    std::uint32_t isn = 0;
};

// Whose memory a connection lives in.
enum class Storage : std::uint8_t { library, caller };

struct Reception {
    std::size_t offset = 0;  // of the payload in the segment, where it is not copied
    std::size_t length = 0;
    std::uint32_t anomalies = 0;
};

struct NextSegment {
    enum class Kind : std::uint8_t { nothing, available, timeout };

    Kind kind = Kind::nothing;
    std::uint64_t deadline = 0;  // of a timeout

    friend bool operator==(const NextSegment&, const NextSegment&) = default;
};

struct ConnectionState {
    std::uint32_t first_not_sent = 0;
    std::uint32_t highest_ack_received = 0;
    std::uint32_t remote_rwnd_edge = 0;
    bool established = false;
    bool fin_received = false;
    bool done = false;
    bool dup_ack_pending = false;
    NextSegment next;

    friend bool operator==(const ConnectionState&, const ConnectionState&) = default;
};

class Endpoint {
public:
    virtual ~Endpoint() = default;

    [[nodiscard]] virtual std::unique_ptr<Endpoint> clone(Storage storage) const = 0;
    [[nodiscard]] virtual Bytes snapshot() const = 0;
    // Another endpoint, from any endpoint's snapshot; null if the bytes are refused.
    [[nodiscard]] virtual std::unique_ptr<Endpoint> restore(ByteView snapshot, Storage storage) const = 0;

    virtual Answer<Reception> receive(ByteView segment, ByteBuffer buffer, std::uint64_t now) = 0;
    virtual Answer<Reception> receive_in_place(ByteView segment, std::uint64_t now) = 0;
    // The length of the segment at the start of the buffer, 0 for none. `source` may be null.
    virtual Answer<std::size_t> write(ByteBuffer buffer, std::uint16_t mss_reserved, const GeneratedSource* source,
                                      const Addressing& addressing, std::uint64_t now) = 0;
    virtual void close() = 0;
    virtual void reset() = 0;
    virtual void advance_local_rwnd_edge(std::uint32_t octets) = 0;
    [[nodiscard]] virtual RstConfig rst_config() const = 0;
    [[nodiscard]] virtual ConnectionState state() const = 0;
};

class Subject {
public:
    virtual ~Subject() = default;

    virtual Answer<TcpHeader> parse_tcp(ByteView bytes, const std::optional<AddressPair>& verify) = 0;
    virtual Answer<Segment> write_tcp(ByteBuffer buffer, const TcpBuild& build) = 0;
    virtual Checksum transport_checksum(Protocol protocol, const AddressPair& addresses, ByteView bytes) = 0;
    virtual Order order(std::uint32_t a, std::uint32_t b) = 0;
    virtual Answer<Rst> rst_for(ByteView segment) = 0;

    virtual Answer<EthernetHeader> parse_ethernet(ByteView bytes) = 0;
    virtual Answer<Frame> write_ethernet(ByteBuffer buffer, const EthernetBuild& build) = 0;
    virtual Answer<ArpRequest> parse_arp_request(ByteView bytes) = 0;
    virtual Answer<Frame> write_arp(ByteBuffer buffer, const ArpBuild& build) = 0;
    virtual Match is_arp_frame_for(ByteView frame, const Ipv4Address& address) = 0;
    virtual Answer<Ipv4Header> parse_ipv4(ByteView bytes, bool verify) = 0;
    virtual Answer<Ipv4Packet> write_ipv4(ByteBuffer buffer, const Ipv4Build& build) = 0;
    virtual Match is_ipv4_frame_for(ByteView frame, const Ipv4Address& address) = 0;

    virtual Answer<std::unique_ptr<Endpoint>> open(ByteView syn, const OpenRequest& request, Storage storage) = 0;
};

// Defined once per program, by the subject that it is linked with.
std::unique_ptr<Subject> make_subject();

}  // namespace conformance
