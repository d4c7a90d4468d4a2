// SPDX-License-Identifier: Apache-2.0
#include "capi/support/observed.hpp"

#include <array>
#include <cstdint>
#include <sstream>

#include "capi/support/endpoint.hpp"

namespace dumbo_test {

namespace {

constexpr std::array<std::uint64_t, 12> times = {0, 1, 5, 49, 50, 51, 99, 100, 149, 150, 1000, ~std::uint64_t{0}};

void print_bytes(std::ostream& text, View bytes) {
    for (const std::uint8_t byte : bytes) {
        text << static_cast<unsigned>(byte) << ',';
    }
}

// Writes once, whatever comes of it.
void print_write(std::ostream& text, dumbo_connection* connection, std::uint64_t now, const dumbo_payload* source) {
    Bytes buffer(1200);
    std::size_t written = 0;
    const dumbo_addressing to_peer = addressing();
    const std::int32_t code = dumbo_connection_write_next_segment(connection, buffer.data(), buffer.size(), 0, source,
                                                                  &to_peer, now, &written, nullptr);
    text << " write@" << now << '=' << code << ':';
    print_bytes(text, View(buffer).first(code == DUMBO_OK ? written : 0));
}

void print_receive(std::ostream& text, dumbo_connection* connection, const SegmentSpec& spec) {
    const Bytes segment = segment_bytes(spec);
    Bytes buffer(100);
    std::size_t received = 0;
    std::uint32_t anomalies = 0;
    const std::int32_t code =
        dumbo_connection_receive_segment(connection, segment.data(), segment.size(), nullptr, buffer.data(),
                                         buffer.size(), ~std::uint64_t{0}, &received, &anomalies);
    text << " receive=" << code << ',' << received << ',' << anomalies;
}

// One write at each of the times, each on a copy of its own: tells the clock, the timeout and what is due.
void print_writes(std::ostream& text, const dumbo_connection* connection, const dumbo_payload* source) {
    for (const std::uint64_t now : times) {
        print_write(text, clone_of(connection).get(), now, source);
    }
}

// Writes to the bitter end: tells how many timeouts are left.
void print_silence(std::ostream& text, const dumbo_connection* connection, const dumbo_payload* source) {
    const Handle copy = clone_of(connection);
    for (std::uint64_t now = 10000; now < 12000; now += rto) {
        print_write(text, copy.get(), now, source);
    }
    text << observed(copy.get());
}

void print_answers(std::ostream& text, const dumbo_connection* connection) {
    const std::uint32_t next = dumbo_connection_next_expected(connection);
    const std::uint32_t una = dumbo_connection_highest_ack_received(connection);
    for (const std::uint32_t seq : {next - 1, next, next + 1}) {
        for (const std::uint32_t ack : {una - 1, una, una + 1, dumbo_connection_first_not_sent(connection)}) {
            for (const std::uint8_t flags : Bytes{0x02, 0x04, 0x10, 0x11}) {
                const Handle copy = clone_of(connection);
                print_receive(text, copy.get(), {.seq = seq, .ack = ack, .flags = flags, .payload = Bytes(3, 'p')});
                print_write(text, copy.get(), ~std::uint64_t{0}, nullptr);
                text << observed(copy.get());
            }
        }
    }
}

}  // namespace

std::string observed(const dumbo_connection* connection) {
    std::uint64_t deadline = 0;
    const std::uint32_t status = dumbo_connection_control_segment_or_timeout_status(connection, &deadline);
    auto rst = sized<dumbo_rst_config>();
    const std::int32_t rst_code = dumbo_connection_make_rst_config(connection, &rst);

    std::ostringstream text;
    text << "\nestablished=" << dumbo_connection_is_established(connection)
         << " fin_received=" << dumbo_connection_fin_received(connection)
         << " fin_acknowledged=" << dumbo_connection_fin_acknowledged(connection)
         << " done=" << dumbo_connection_is_done(connection) << " reset=" << dumbo_connection_is_reset(connection)
         << " dup_ack=" << dumbo_connection_dup_ack_pending(connection)
         << " first_not_sent=" << dumbo_connection_first_not_sent(connection)
         << " highest_ack=" << dumbo_connection_highest_ack_received(connection)
         << " remote_edge=" << dumbo_connection_remote_rwnd_edge(connection)
         << " next_expected=" << dumbo_connection_next_expected(connection)
         << " rwnd=" << dumbo_connection_local_rwnd(connection) << " mss=" << dumbo_connection_mss(connection)
         << " state=" << dumbo_connection_state(connection) << " status=" << status << '@' << deadline
         << " rst=" << rst_code << ',' << rst.flags << ',' << rst.seq << ',' << rst.ack;
    return text.str();
}

std::string fingerprint(const dumbo_connection* connection) {
    std::ostringstream text;
    text << observed(connection);
    const Bytes bytes(2500, 'd');
    const auto unsent = payload(bytes, dumbo_connection_first_not_sent(connection));
    const auto unacknowledged = payload(bytes, dumbo_connection_highest_ack_received(connection));
    for (const dumbo_payload* source : {static_cast<const dumbo_payload*>(nullptr), &unsent, &unacknowledged}) {
        print_writes(text, connection, source);
        print_silence(text, connection, source);
    }
    print_answers(text, connection);
    return text.str();
}

}  // namespace dumbo_test
