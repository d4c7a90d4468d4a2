// SPDX-License-Identifier: Apache-2.0
#include "work/scene.hpp"

#include <stdexcept>

namespace work {

using dumbo_test::ack_bit;
using dumbo_test::fin_bit;
using dumbo_test::rst_bit;
using dumbo_test::syn_bit;

namespace {

constexpr dumbo_address_pair addresses = {{169, 254, 0, 2}, {169, 254, 169, 254}};
constexpr std::size_t checksum_at = 16;

void establish(Scene& scene) {
    scene.write(0);
    scene.take(scene.from_peer());
    require(dumbo_connection_is_established(scene.get()), "established");
}

void close_peers_window(Scene& scene) {
    establish(scene);
    scene.write_all(scene.setting().peer_window);
    auto closed = scene.from_peer();
    closed.window = 0;
    scene.take(closed);
    scene.write(10);  // finds no room
}

void repeat_ack(Scene& scene) {
    auto ack = scene.from_peer();
    ack.ack = dumbo_connection_highest_ack_received(scene.get());
    ack.window = static_cast<std::uint16_t>(dumbo_connection_remote_rwnd_edge(scene.get()) - ack.ack);
    scene.take(ack);
}

void close_both(Scene& scene) {
    establish(scene);
    scene.take(scene.from_peer(ack_bit | fin_bit));
    dumbo_connection_close(scene.get());
    scene.write(0);
}

}  // namespace

void require(bool holds, const char* what) {
    if (!holds) {
        throw std::runtime_error(what);
    }
}

const std::vector<State>& states() {
    static const std::vector<State> all = {
        {"SYNACK due", [](Scene&) {}},
        {"SYNACK sent", [](Scene& s) { s.write(0); }},
        {"SYN repeated", [](Scene& s) { s.write(0), s.take(s.syn()); }},
        {"established", establish},
        {"ACK due", [](Scene& s) { establish(s), s.take(s.from_peer(ack_bit, 10)); }},
        {"outstanding", [](Scene& s) { establish(s), s.write(100), s.write(200); }},
        {"duplicate", [](Scene& s) { establish(s), s.write(100), repeat_ack(s); }},
        {"timed out", [](Scene& s) { establish(s), s.write(100), s.pass(rto), s.write(100); }},
        {"peer's window closed", close_peers_window},
        {"probing", [](Scene& s) { close_peers_window(s), s.pass(rto), s.write(10); }},
        {"probe answered", [](Scene& s) { close_peers_window(s), s.pass(rto), s.write(10), repeat_ack(s); }},
        {"window closed", [](Scene& s) { establish(s), s.take(s.from_peer(ack_bit, s.setting().window)), s.write(0); }},
        {"FIN recorded", [](Scene& s) { establish(s), dumbo_connection_close_after(s.get(), 50); }},
        {"FIN sent", [](Scene& s) { establish(s), dumbo_connection_close(s.get()), s.write(0); }},
        {"FIN behind data", [](Scene& s) { establish(s), dumbo_connection_close_after(s.get(), 50), s.write(50); }},
        {"FIN acknowledged",
         [](Scene& s) { establish(s), dumbo_connection_close(s.get()), s.write(0), s.take(s.from_peer()); }},
        {"FIN received", [](Scene& s) { establish(s), s.take(s.from_peer(ack_bit | fin_bit)); }},
        {"both FINs", close_both},
        {"RST queued", [](Scene& s) { establish(s), dumbo_connection_reset(s.get()); }},
        {"reset", [](Scene& s) { establish(s), s.take(s.from_peer(rst_bit)); }},
    };
    return all;
}

dumbo_addressing to_peer(std::uint32_t checksum) {
    auto result = sized<dumbo_addressing>();
    result.checksum = checksum;
    result.source_port = 80;
    result.destination_port = 40000;
    return result;
}

const dumbo_address_pair& from_peer_addresses() {
    return addresses;
}

Bytes sealed(const SegmentSpec& spec) {
    Bytes bytes = dumbo_test::segment_bytes(spec);
    std::uint16_t checksum = 0;
    require(dumbo_checksum_tcp(&addresses, bytes.data(), bytes.size(), &checksum) == DUMBO_OK, "a checksum");
    dumbo_test::put16(bytes, checksum_at, checksum);
    return bytes;
}

Scene::Scene(const Setting& setting) : setting_(setting), now_(setting.now) {
    auto config = sized<dumbo_connection_config>();
    config.local_rwnd_size = setting.window;
    config.rto_period = rto;
    config.rto_count_max = 5;
    config.flags = DUMBO_CONFIG_ISN;
    config.isn = setting.isn;
    config.options = setting.options;
    const Bytes bytes = sealed(syn());
    require(dumbo_connection_passive_open_in(&connection_, storage_.data(), storage_.size(), bytes.data(), bytes.size(),
                                             nullptr, &config) == DUMBO_OK,
            "opened");
}

Scene::Scene(const Scene& other) : setting_(other.setting_), now_(other.now_) {
    require(dumbo_connection_clone_in(other.connection_, &connection_, storage_.data(), storage_.size()) == DUMBO_OK,
            "cloned");
}

SegmentSpec Scene::from_peer(std::uint8_t flags, std::size_t length) const {
    return {.seq = dumbo_connection_next_expected(connection_),
            .ack = dumbo_connection_first_not_sent(connection_),
            .flags = flags,
            .window = setting_.peer_window,
            .payload = Bytes(length)};
}

SegmentSpec Scene::syn(const Bytes& options) const {
    return {.seq = setting_.peer_isn, .flags = syn_bit, .window = setting_.peer_window, .options = options};
}

void Scene::take(const SegmentSpec& spec) {
    const Bytes bytes = sealed(spec);
    std::size_t offset = 0;
    std::size_t received = 0;
    require(dumbo_connection_receive_segment_in_place(connection_, bytes.data(), bytes.size(), nullptr, now_, &offset,
                                                      &received, nullptr) == DUMBO_OK,
            "received");
}

void Scene::write(std::size_t length) {
    const Bytes stream(length);
    Bytes buffer(DUMBO_TCP_MAX_SEGMENT_LENGTH);
    auto payload = sized<dumbo_payload>();
    payload.bytes = stream.data();
    payload.len = stream.size();
    payload.seq = dumbo_connection_highest_ack_received(connection_);
    std::size_t written = 0;
    const auto addressing = to_peer(DUMBO_CHECKSUM_NONE);
    require(dumbo_connection_write_next_segment(connection_, buffer.data(), buffer.size(), 0,
                                                length > 0 ? &payload : nullptr, &addressing, now_, &written,
                                                nullptr) == DUMBO_OK,
            "written");
}

void Scene::write_all(std::size_t length) {
    for (std::size_t sent = 0; sent < length; sent += mss) {
        write(length);
    }
}

}  // namespace work
