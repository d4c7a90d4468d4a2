// SPDX-License-Identifier: Apache-2.0
// A guest as the stack sees it. It builds and reads frames with code of its own, so that a mistake of the library's
// codecs does not look right because both sides make it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace stack_test {

using Bytes = std::vector<std::uint8_t>;
using Mac = std::array<std::uint8_t, 6>;
using Ip = std::array<std::uint8_t, 4>;

inline constexpr Mac our_mac = {0x06, 0x01, 0x23, 0x45, 0x67, 0x01};
inline constexpr Mac guest_mac = {0x06, 0x01, 0x23, 0x45, 0x67, 0x02};
inline constexpr Mac everyone = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
inline constexpr Ip our_ip = {169, 254, 169, 254};
inline constexpr Ip guest_ip = {172, 16, 0, 2};
inline constexpr std::uint16_t our_port = 80;

inline constexpr std::uint8_t fin = 1;
inline constexpr std::uint8_t syn = 2;
inline constexpr std::uint8_t rst = 4;
inline constexpr std::uint8_t psh = 8;
inline constexpr std::uint8_t ack = 16;

// A TCP segment in an IPv4 packet in an Ethernet frame.
struct TcpFrame {
    Mac to = our_mac;
    Mac from = guest_mac;
    std::uint16_t ethertype = 0x0800;
    std::uint16_t fragment = 0;  // flags and offset
    std::uint8_t protocol = 6;
    Ip source = guest_ip;
    Ip destination = our_ip;
    Bytes packet_options{};  // a multiple of 4 bytes
    std::uint16_t source_port = 1024;
    std::uint16_t destination_port = our_port;
    std::uint32_t seq = 0;
    std::uint32_t ack = 0;
    std::uint8_t flags = 0;
    std::uint16_t window = 65535;
    Bytes options{};  // a multiple of 4 bytes
    Bytes payload{};

    // How many sequence numbers it takes.
    [[nodiscard]] std::uint32_t length() const;
};

struct ArpFrame {
    Mac to = everyone;
    Mac from = guest_mac;
    std::uint16_t operation = 1;
    Mac sender_mac = guest_mac;
    Ip sender_ip = guest_ip;
    Mac target_mac{};
    Ip target_ip = our_ip;
};

[[nodiscard]] Bytes bytes_of(const TcpFrame& frame);
[[nodiscard]] Bytes bytes_of(const ArpFrame& frame);

// Makes the checksums of a frame right again, as far as it looks like one that has any.
void repair_checksums(Bytes& frame);

// What the stack wrote. Whatever a strict reader would not accept is thrown as a std::runtime_error.
enum class TcpChecksum : std::uint8_t { full, none, pseudo_header };
struct ReadFrame {
    std::optional<TcpFrame> tcp;
    std::optional<ArpFrame> arp;
};
[[nodiscard]] ReadFrame read_frame(std::span<const std::uint8_t> frame, TcpChecksum checksum = TcpChecksum::full);

[[nodiscard]] std::uint64_t hash_of(std::span<const std::uint8_t> bytes);
// Bytes that tell where they belong: no two stretches of a few bytes are alike.
[[nodiscard]] Bytes some_bytes(std::size_t length, std::uint32_t seed = 1);

// One connection of the guest's, opened by it. It loses nothing, and so repeats nothing unless it is told to.
class Client {
public:
    explicit Client(std::uint16_t port, std::uint32_t isn = 1000, std::uint16_t to = our_port);

    // Takes what the stack sent to it.
    void take(const TcpFrame& frame);
    // What it has to say now: the SYN, data as far as our window reaches, the FIN behind them, or an ACK.
    [[nodiscard]] std::optional<TcpFrame> next();
    // A segment at the place where it is, with all that it knows.
    [[nodiscard]] TcpFrame segment(std::uint8_t flags, Bytes payload = {}) const;
    // Forgets that it sent what is not acknowledged.
    void go_back();

    void send(const Bytes& bytes);
    void close() { closing_ = true; }

    [[nodiscard]] std::uint16_t port() const { return port_; }
    [[nodiscard]] bool is_open() const { return open_; }
    [[nodiscard]] bool was_reset() const { return reset_; }
    [[nodiscard]] bool fin_taken() const { return fin_taken_; }
    [[nodiscard]] bool fin_acknowledged() const { return fin_sent_ && una_ == next_; }
    [[nodiscard]] bool is_over() const { return fin_taken_ && fin_acknowledged(); }
    [[nodiscard]] const Bytes& received() const { return received_; }
    [[nodiscard]] std::size_t unsent() const { return outgoing_.size() - sent_; }
    [[nodiscard]] std::uint32_t their_edge() const { return edge_; }
    [[nodiscard]] std::uint32_t next_seq() const { return next_; }
    [[nodiscard]] std::uint32_t expected() const { return expected_; }

    std::uint16_t window = 65535;  // that it announces
    std::uint16_t mss = 1460;
    bool acknowledges = true;
    std::size_t largest = 1460;  // that it sends at once

private:
    [[nodiscard]] std::optional<TcpFrame> next_data();

    std::uint16_t port_;
    std::uint16_t to_;
    std::uint32_t una_;
    std::uint32_t next_;
    std::uint32_t edge_ = 0;
    std::uint32_t expected_ = 0;
    Bytes outgoing_;
    std::size_t acknowledged_ = 0;
    std::size_t sent_ = 0;
    Bytes received_;
    bool syn_sent_ = false;
    bool open_ = false;
    bool ack_due_ = false;
    bool closing_ = false;
    bool fin_sent_ = false;
    bool fin_taken_ = false;
    bool reset_ = false;
};

}  // namespace stack_test
