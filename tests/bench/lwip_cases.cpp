// SPDX-License-Identifier: Apache-2.0
#include "bench/lwip_cases.hpp"

#include <array>

#include "bench/lwip_server.h"
#include "bench/packet.hpp"
#include "bench/stream.hpp"

namespace bench {

namespace {

bool listen_once() {
    static const bool listens = lwip_server_listen(our_address.data(), our_port);
    return listens;
}

// All its state is lwIP's, in globals. Its congestion control is past the slow start after the first few bursts.
class LwipServer {
public:
    explicit LwipServer(const StreamShape& /*shape*/) { require(listen_once(), "lwIP listens"); }

    static Envelope envelope() { return ipv4_envelope(header_length); }

    static std::uint32_t connect(StreamClient& client) {
        std::uint32_t isn = 0;
        lwip_server_set_output(take_synack, &isn);
        const auto syn_segment = syn(payload_length);
        receive(wrap(ipv4_envelope(syn_segment.size()), syn_segment));
        std::array<std::uint8_t, header_length> ack{};
        write_header(ack, guest_first, isn + 1);
        lwip_server_set_output(take_data, &client);
        receive(wrap(envelope(), ack));
        require(lwip_server_is_connected(), "lwIP is connected");
        return isn + 1;
    }

    static void send(Bytes bytes) { require(lwip_server_send(bytes.data(), bytes.size()), "lwIP sends"); }

    static void receive(const std::uint8_t* packet, std::size_t length) {
        require(lwip_server_input(packet, length), "lwIP receives");
    }

    static void disconnect() {
        require(lwip_server_is_idle(), "all is acknowledged");
        lwip_server_set_output(nullptr, nullptr);
        lwip_server_disconnect();
    }

private:
    static constexpr std::size_t ipv4_header_length = 20;

    static void receive(Bytes packet) { receive(packet.data(), packet.size()); }

    static void take_synack(void* isn, const std::uint8_t* packet, std::size_t length) {
        require(length > ipv4_header_length + header_length, "SYNACK");
        const std::uint8_t* segment = packet + ipv4_header_length;
        require(segment[at::flags] == (flag::syn | flag::ack), "SYNACK");
        *static_cast<std::uint32_t*>(isn) = load32(segment + at::sequence_number);
    }

    static void take_data(void* client, const std::uint8_t* packet, std::size_t length) {
        static_cast<StreamClient*>(client)->take(packet, length);
    }
};

}  // namespace

void add_lwip_cases(Suite& suite) {
    add_stream<LwipServer>(suite, "stream at MSS 1460, with checksums", lwip_way, {.sums = true});
}

}  // namespace bench
