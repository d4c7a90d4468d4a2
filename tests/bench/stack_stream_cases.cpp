// SPDX-License-Identifier: Apache-2.0
#include "bench/stack_stream_cases.hpp"

#include <dumbo/dumbo.h>

#include <algorithm>
#include <array>

#include "bench/packet.hpp"
#include "bench/stack_pointer.hpp"
#include "bench/stream.hpp"

namespace bench {

namespace {

constexpr std::size_t headers = 14 + 20;

void succeed(std::int32_t code, const char* what) {
    require(code == DUMBO_OK, what);
}

// A stack with one connection, which lends it what is to be sent.
class StackServer {
public:
    explicit StackServer(const StreamShape& shape) : mss_(shape.mss) {
        dumbo_stack_config config;
        succeed(dumbo_stack_config_init(&config, sizeof config), "config_init");
        std::copy(our_mac.begin(), our_mac.end(), config.mac);
        std::copy(our_address.begin(), our_address.end(), config.ipv4);
        config.ports[0] = our_port;
        config.max_connections = config.max_half_open = 1;
        config.mtu = static_cast<std::uint16_t>(shape.mss + 40);
        config.rto_period = 1;
        if (!shape.sums) {
            config.flags = DUMBO_STACK_TRUST_CHECKSUMS;
            config.checksum = DUMBO_CHECKSUM_NONE;
        }
        dumbo_stack* stack = nullptr;
        succeed(dumbo_stack_create(&stack, &config, nullptr), "create");
        stack_.reset(stack);
    }

    static Envelope envelope() { return ethernet_envelope(header_length); }

    std::uint32_t connect(StreamClient& client) {
        client_ = &client;
        const auto syn_segment = syn(mss_);
        receive(wrap(ethernet_envelope(syn_segment.size()), syn_segment));
        require(next_frame() == headers + 24, "SYNACK");
        const std::uint32_t first = load32(&place_.segment[headers + at::sequence_number]) + 1;
        std::array<std::uint8_t, header_length> ack{};
        write_header(ack, guest_first, first);
        receive(wrap(envelope(), ack));
        connection_ = expect_event(DUMBO_STACK_EVENT_OPENED);
        return first;
    }

    void send(Bytes bytes) {
        drain_events();
        succeed(dumbo_stack_lend(stack_.get(), connection_, bytes.data(), bytes.size()), "lend");
        while (const std::size_t length = next_frame()) {
            client_->take(place_.segment.data(), length);
        }
    }

    void receive(const std::uint8_t* frame, std::size_t length) {
        succeed(dumbo_stack_receive_frame(stack_.get(), frame, length, 0, nullptr, nullptr), "receive_frame");
    }

    void disconnect() {
        std::size_t lent = 1;
        succeed(dumbo_stack_lent(stack_.get(), connection_, &lent), "lent");
        require(lent == 0, "all is acknowledged");
        drain_events();
        succeed(dumbo_stack_abort(stack_.get(), connection_), "abort");
        require(next_frame() == headers + header_length, "RST");
        expect_event(DUMBO_STACK_EVENT_CLOSED);
    }

private:
    void receive(Bytes frame) { receive(frame.data(), frame.size()); }

    std::size_t next_frame() {
        std::size_t length = 0;
        succeed(dumbo_stack_next_frame(stack_.get(), place_.segment.data(), place_.segment.size(), 0, &length, nullptr),
                "next_frame");
        return length;
    }

    dumbo_stack_event next_event() {
        dumbo_stack_event event{};
        event.struct_size = sizeof event;
        succeed(dumbo_stack_next_event(stack_.get(), &event), "next_event");
        return event;
    }

    std::uint64_t expect_event(std::uint32_t kind) {
        const dumbo_stack_event event = next_event();
        require(event.kind == kind, "event");
        return event.connection;
    }

    // All that can wait is that there is room again.
    void drain_events() {
        for (auto event = next_event(); event.kind != DUMBO_STACK_EVENT_NONE; event = next_event()) {
            require(event.kind == DUMBO_STACK_EVENT_WRITABLE, "event");
        }
    }

    std::uint16_t mss_;
    StackPointer stack_;
    StreamClient* client_ = nullptr;
    std::uint64_t connection_ = 0;
    SegmentPlace place_{};
};

}  // namespace

void add_stack_stream_cases(Suite& suite) {
    add_stream<StackServer>(suite, "stream at MSS 1460, no checksums", stack_way, {.sums = false});
    add_stream<StackServer>(suite, "stream at MSS 1460, with checksums", stack_way, {.sums = true});
}

}  // namespace bench
