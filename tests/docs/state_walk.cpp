// SPDX-License-Identifier: Apache-2.0
// Prints every change of a connection's state that short sequences of calls lead to: FROM TO CALL, each once.
#include <dumbo/dumbo.h>
#include <fmt/core.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <tuple>
#include <vector>

namespace {

constexpr std::uint32_t guest_isn = 1000;
constexpr std::uint64_t rto = 10;
constexpr int depth = 8;

struct Free {
    void operator()(dumbo_connection* connection) const { dumbo_connection_free(connection); }
};
using Connection = std::unique_ptr<dumbo_connection, Free>;

void require(std::int32_t code) {
    if (code != DUMBO_OK) {
        throw std::runtime_error(dumbo_strerror(code));
    }
}

// What the guest can do, relative to where both sides are.
struct Arrival {
    std::uint32_t seq_before_next;  // how far before RCV.NXT
    std::uint32_t payload;
    std::uint8_t flags;
    bool acknowledges_all;
};

constexpr Arrival arrivals[] = {
    {0, 0, DUMBO_TCP_ACK, true},
    {0, 0, DUMBO_TCP_ACK, false},
    {0, 1, DUMBO_TCP_ACK, true},
    {0, 0, DUMBO_TCP_ACK | DUMBO_TCP_FIN, true},
    {0, 0, DUMBO_TCP_ACK | DUMBO_TCP_FIN, false},
    {0, 1, DUMBO_TCP_ACK | DUMBO_TCP_FIN, true},
    {1, 0, DUMBO_TCP_ACK | DUMBO_TCP_FIN, true},
    {0, 0, DUMBO_TCP_RST, false},
    {0, 0, DUMBO_TCP_SYN, false},
    {1, 0, DUMBO_TCP_SYN, false},
    {0, 0, DUMBO_TCP_FIN, false},
};

std::vector<std::uint8_t> segment(const Arrival& arrival, std::uint32_t seq, std::uint32_t ack) {
    dumbo_tcp_fields fields{};
    fields.struct_size = sizeof fields;
    fields.seq = seq;
    fields.ack = ack;
    fields.window = 4;
    fields.flags = arrival.flags;
    fields.mss_remaining = 100;
    fields.payload_max = arrival.payload;
    dumbo_addressing addressing{};
    addressing.struct_size = sizeof addressing;
    addressing.checksum = DUMBO_CHECKSUM_NONE;
    const std::array<std::uint8_t, 1> byte{'x'};
    dumbo_payload payload{};
    payload.struct_size = sizeof payload;
    payload.bytes = byte.data();
    payload.len = arrival.payload;
    std::vector<std::uint8_t> bytes(64);
    std::size_t length = 0;
    require(dumbo_tcp_write(bytes.data(), bytes.size(), &fields, arrival.payload > 0 ? &payload : nullptr, &addressing,
                            &length));
    bytes.resize(length);
    return bytes;
}

struct Node {
    Connection connection;
    std::uint64_t now;
};

void receive(const Node& node, const Arrival& arrival) {
    const auto* connection = node.connection.get();
    const std::uint32_t seq = dumbo_connection_next_expected(connection) - arrival.seq_before_next;
    const std::uint32_t ack = arrival.acknowledges_all ? dumbo_connection_first_not_sent(connection)
                                                       : dumbo_connection_highest_ack_received(connection);
    const auto bytes = segment(arrival, seq, (arrival.flags & DUMBO_TCP_ACK) != 0 ? ack : 0);
    std::array<std::uint8_t, 4> buffer{};
    std::size_t received = 0;
    dumbo_connection_receive_segment(node.connection.get(), bytes.data(), bytes.size(), nullptr, buffer.data(),
                                     buffer.size(), node.now, &received, nullptr);
}

void write(Node& node, bool has_payload, bool at_the_deadline) {
    std::uint64_t deadline = 0;
    const std::uint32_t status = dumbo_connection_control_segment_or_timeout_status(node.connection.get(), &deadline);
    if (at_the_deadline && status == DUMBO_NEXT_SEGMENT_TIMEOUT) {
        node.now = deadline;
    }
    // The two bytes that a repetition may need, and one that is new.
    const std::array<std::uint8_t, 3> bytes{};
    dumbo_payload payload{};
    payload.struct_size = sizeof payload;
    payload.bytes = bytes.data();
    payload.len = bytes.size();
    payload.seq = dumbo_connection_first_not_sent(node.connection.get()) - 2;
    dumbo_addressing addressing{};
    addressing.struct_size = sizeof addressing;
    addressing.checksum = DUMBO_CHECKSUM_NONE;
    std::array<std::uint8_t, 64> buffer{};
    std::size_t written = 0;
    dumbo_connection_write_next_segment(node.connection.get(), buffer.data(), buffer.size(), 0,
                                        has_payload ? &payload : nullptr, &addressing, node.now, &written, nullptr);
}

constexpr int calls_of_ours = 6;

const char* act(Node& node, int event) {
    switch (event) {
        case 0:
            write(node, false, false);
            return "write";
        case 1:
            write(node, true, false);
            return "write";
        case 2:
            write(node, false, true);
            return "write";
        case 3:
            dumbo_connection_close(node.connection.get());
            return "close";
        case 4:
            dumbo_connection_reset(node.connection.get());
            return "reset";
        case 5:
            dumbo_connection_advance_local_rwnd_edge(node.connection.get(), 1);
            return "advance";
        default:
            receive(node, arrivals[event - calls_of_ours]);
            return "receive";
    }
}

// The connection without its times: what can happen next does not depend on them, as a timeout is always waited for.
std::string key(const dumbo_connection* connection) {
    constexpr std::size_t times_at = 16;
    constexpr std::size_t times_end = 40;
    constexpr std::size_t crc_length = 4;
    std::array<std::uint8_t, DUMBO_SNAPSHOT_LENGTH_MAX> bytes{};
    std::size_t length = 0;
    require(dumbo_connection_snapshot(connection, bytes.data(), bytes.size(), &length));
    std::memset(bytes.data() + times_at, 0, times_end - times_at);
    return {bytes.data(), bytes.data() + length - crc_length};
}

Connection opened(std::uint32_t options) {
    dumbo_connection_config config;
    require(dumbo_connection_config_init(&config, sizeof config));
    config.local_rwnd_size = 4;
    config.rto_period = rto;
    config.rto_count_max = 2;
    config.flags = DUMBO_CONFIG_ISN;
    config.options = options;
    const auto syn = segment({0, 0, DUMBO_TCP_SYN, false}, guest_isn, 0);
    dumbo_connection* connection = nullptr;
    require(dumbo_connection_passive_open(&connection, syn.data(), syn.size(), nullptr, &config, nullptr));
    return Connection(connection);
}

using Change = std::tuple<std::uint32_t, std::uint32_t, std::string>;

void walk(std::uint32_t options, std::set<Change>& changes) {
    std::vector<Node> frontier;
    frontier.push_back({opened(options), 0});
    std::set<std::string> seen{key(frontier.front().connection.get())};
    constexpr int events = calls_of_ours + static_cast<int>(std::size(arrivals));
    for (int step = 0; step < depth; ++step) {
        std::vector<Node> next;
        for (const Node& node : frontier) {
            for (int event = 0; event < events; ++event) {
                dumbo_connection* copy = nullptr;
                require(dumbo_connection_clone(node.connection.get(), &copy, nullptr));
                Node after{Connection(copy), node.now};
                const std::uint32_t before = dumbo_connection_state(copy);
                const char* const call = act(after, event);
                if (dumbo_connection_state(copy) != before) {
                    changes.emplace(before, dumbo_connection_state(copy), call);
                }
                if (seen.insert(key(copy)).second) {
                    next.push_back(std::move(after));
                }
            }
        }
        frontier = std::move(next);
    }
    fmt::print(stderr, "options {:02x}: {} connections\n", options, seen.size());
}

}  // namespace

int main() {
    std::set<Change> changes;
    for (const std::uint32_t options : {0U, static_cast<std::uint32_t>(DUMBO_OPTIONS_GUEST_FACING)}) {
        walk(options, changes);
    }
    for (const auto& [from, to, call] : changes) {
        fmt::print("{} {} {}\n", dumbo_state_name(from), dumbo_state_name(to), call);
    }
    return 0;
}
