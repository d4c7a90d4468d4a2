// SPDX-License-Identifier: Apache-2.0
#include "threads/conversation.hpp"

#include <cstring>
#include <string>

#include "capi/support/observed.hpp"
#include "unit/support/reference_checksum.hpp"

namespace dumbo_test {

namespace {

using Address = std::array<std::uint8_t, 4>;

constexpr Address peer_ip = {169, 254, 1, 2};
constexpr Address our_ip = {169, 254, 169, 254};
constexpr std::uint32_t peer_isn = 0xfffffffd;
constexpr std::size_t answer_length = 3000;

const Bytes answer_bytes = random_bytes(answer_length);

dumbo_address_pair from_peer() {
    dumbo_address_pair pair{};
    std::memcpy(pair.source, peer_ip.data(), peer_ip.size());
    std::memcpy(pair.destination, our_ip.data(), our_ip.size());
    return pair;
}

dumbo_addressing to_peer() {
    dumbo_addressing result{};
    result.struct_size = sizeof result;
    result.checksum = DUMBO_CHECKSUM_FULL;
    result.source_port = 80;
    result.destination_port = 40000;
    std::memcpy(result.source, our_ip.data(), our_ip.size());
    std::memcpy(result.destination, peer_ip.data(), peer_ip.size());
    return result;
}

Bytes summed(const SegmentSpec& spec) {
    Bytes segment = segment_bytes(spec);
    put16(segment, 16, reference_transport_checksum(peer_ip, our_ip, DUMBO_IPV4_PROTOCOL_TCP, segment));
    return segment;
}

template <typename Struct>
View bytes_of(const Struct& value) {
    return {reinterpret_cast<const std::uint8_t*>(&value), sizeof value};
}

Bytes snapshot_of(const dumbo_connection* connection) {
    Bytes bytes(200);
    std::size_t length = 0;
    dumbo_connection_snapshot(connection, bytes.data(), bytes.size(), &length);
    bytes.resize(length);
    return bytes;
}

}  // namespace

Conversation::Conversation(std::uint32_t isn) : isn_(isn) {
    open();
    write();
    receive(ack_bit);
    receive(ack_bit | psh_bit, random_bytes(700, isn));
    write();
    answer(answer_length / 2);
}

void Conversation::finish() {
    receive(ack_bit);
    answer(answer_length);
    receive(ack_bit);
    dumbo_connection_close(connection_.get());
    write();
    receive(ack_bit | fin_bit);
    write();
    const bool is_done = dumbo_connection_is_done(connection_.get());
    note(bytes_of(is_done));
}

void Conversation::open() {
    dumbo_connection_config config{};
    dumbo_connection_config_init(&config, sizeof config);
    config.rto_period = 100;
    config.flags = DUMBO_CONFIG_ISN | DUMBO_CONFIG_COUNTERS;
    config.isn = isn_;
    config.options = DUMBO_OPTIONS_GUEST_FACING;
    const Bytes syn = summed({.seq = peer_isn, .flags = syn_bit, .options = mss_option(1000)});
    const dumbo_address_pair verify = from_peer();
    dumbo_connection* connection = nullptr;
    dumbo_connection_passive_open(&connection, syn.data(), syn.size(), &verify, &config, nullptr);
    connection_.reset(connection);
}

// Everything in order, and everything acknowledged.
void Conversation::receive(std::uint8_t flags, const Bytes& payload) {
    const Bytes segment = summed({.seq = dumbo_connection_next_expected(connection()),
                                  .ack = dumbo_connection_first_not_sent(connection()),
                                  .flags = flags,
                                  .payload = payload});
    const dumbo_address_pair verify = from_peer();
    Bytes buffer(payload.size());
    std::size_t received = 0;
    dumbo_connection_receive_segment(connection_.get(), segment.data(), segment.size(), &verify, buffer.data(),
                                     buffer.size(), 0, &received, nullptr);
    note(View(buffer).first(received));
}

// Until there is nothing more to send.
void Conversation::write(const dumbo_payload* source) {
    const dumbo_addressing addressing = to_peer();
    Bytes buffer(1500);
    std::size_t written = 0;
    do {
        written = 0;
        dumbo_connection_write_next_segment(connection_.get(), buffer.data(), buffer.size(), 0, source, &addressing, 0,
                                            &written, nullptr);
        note(View(buffer).first(written));
    } while (written > 0);
}

// The answer's beginning of this length, as far as it was not sent before.
void Conversation::answer(std::size_t length) {
    dumbo_payload source{};
    source.struct_size = sizeof source;
    source.kind = DUMBO_PAYLOAD_BYTES;
    source.bytes = answer_bytes.data();
    source.len = length;
    source.seq = isn_ + 1;
    write(&source);
}

void Conversation::note(View bytes) {
    record_.insert(record_.end(), bytes.begin(), bytes.end());
}

Bytes conversation(std::uint32_t isn) {
    Conversation whole(isn);
    whole.finish();
    return whole.record();
}

Bytes all_said_of(const dumbo_connection* connection) {
    const std::string text = observed(connection);
    dumbo_counters counters{};
    counters.struct_size = sizeof counters;
    dumbo_connection_counters(connection, &counters);
    dumbo_connection* clone = nullptr;
    dumbo_connection_clone(connection, &clone, nullptr);
    const std::unique_ptr<dumbo_connection, FreeConnection> its_end(clone);
    const Bytes observed_bytes(text.begin(), text.end());
    return concat({observed_bytes, bytes_of(counters), snapshot_of(connection), snapshot_of(clone)});
}

}  // namespace dumbo_test
