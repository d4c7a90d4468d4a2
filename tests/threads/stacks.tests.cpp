// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

#include <algorithm>
#include <cstdint>
#include <string>

#include "capi/support/guest.hpp"
#include "support/catch.hpp"
#include "support/handles.hpp"
#include "threads/at_once.hpp"
#include "unit/support/bytes.hpp"
#include "unit/support/segment.hpp"

using dumbo_test::ack_bit;
using dumbo_test::at_once;
using dumbo_test::Bytes;
using dumbo_test::fin_bit;
using dumbo_test::Guest;
using dumbo_test::View;

namespace {

// A stack whose guest asks, is answered, and closes; and what happened. Without Catch2's macros.
class Visit {
public:
    Visit() : stack_(make()) {
        open();
        take(ack_bit, Bytes(100, 'q'));
    }

    void finish() {
        read();
        answer();
        take(ack_bit | fin_bit);
        dumbo_stack_close(stack_.get(), id_);
        pump();
        take(ack_bit);
        log_ += std::to_string(dumbo_stack_connection_count(stack_.get()));
    }

    [[nodiscard]] const dumbo_stack* stack() const { return stack_.get(); }
    [[nodiscard]] std::uint64_t id() const { return id_; }
    [[nodiscard]] const std::string& log() const { return log_; }

private:
    static dumbo_test::StackHandle make() {
        dumbo_stack_config config{};
        dumbo_stack_config_init(&config, sizeof config);
        std::copy_n(Guest::host_mac.begin(), 6, config.mac);
        std::copy_n(Guest::host_ip.begin(), 4, config.ipv4);
        config.ports[0] = Guest::host_port;
        config.rto_period = 100;
        dumbo_stack* stack = nullptr;
        dumbo_stack_create(&stack, &config, nullptr);
        return dumbo_test::StackHandle(stack);
    }

    void open() {
        take(dumbo_test::syn_bit);
        take(ack_bit);
    }

    void take(std::uint8_t flags, const Bytes& payload = {}) {
        const Bytes frame = Guest::frame_with({.seq = seq_, .ack = ack_, .flags = flags, .payload = payload});
        dumbo_frame_verdict verdict{};
        verdict.struct_size = sizeof verdict;
        dumbo_stack_receive_frame(stack_.get(), frame.data(), frame.size(), 0, nullptr, &verdict);
        const bool takes_a_number = (flags & (dumbo_test::syn_bit | fin_bit)) != 0;
        seq_ += static_cast<std::uint32_t>(payload.size() + (takes_a_number ? 1 : 0));
        id_ = verdict.connection;
        log_ += dumbo_frame_verdict_name(verdict.kind);
        pump();
    }

    void read() {
        const std::uint8_t* data = nullptr;
        std::size_t length = 0;
        dumbo_stack_read(stack_.get(), id_, &data, &length);
        log_ += std::string(data, data + length);
        dumbo_stack_consume(stack_.get(), id_, length, &length);
    }

    void answer() {
        const Bytes text(4000, 'a');
        std::size_t accepted = 0;
        dumbo_stack_write(stack_.get(), id_, text.data(), text.size(), &accepted);
        log_ += std::to_string(accepted);
        pump();
    }

    void pump() {
        dumbo_stack_event event{};
        event.struct_size = sizeof event;
        while (dumbo_stack_next_event(stack_.get(), &event) == DUMBO_OK && event.kind != DUMBO_STACK_EVENT_NONE) {
            log_ += dumbo_stack_event_name(event.kind);
        }
        Bytes frame(1514);
        std::size_t length = 0;
        while (dumbo_stack_next_frame(stack_.get(), frame.data(), frame.size(), 0, &length, nullptr) == DUMBO_OK &&
               length > 0) {
            acknowledge(View(frame).first(length));
        }
    }

    // For the guest's next segment.
    void acknowledge(View frame) {
        constexpr std::size_t segment_at = DUMBO_ETHERNET_HEADER_LENGTH + DUMBO_IPV4_HEADER_LENGTH;
        const View segment = frame.subspan(segment_at);
        const std::size_t payload = segment.size() - std::size_t{segment[12]} / 16 * 4;
        const bool takes_a_number = (segment[13] & (dumbo_test::syn_bit | fin_bit)) != 0;
        ack_ = dumbo_test::get32(segment, 4) + static_cast<std::uint32_t>(payload + (takes_a_number ? 1 : 0));
        log_ += std::to_string(frame.size());
    }

    dumbo_test::StackHandle stack_;
    std::uint64_t id_ = 0;
    std::uint32_t seq_ = 1000;
    std::uint32_t ack_ = 0;
    std::string log_;
};

std::string visits() {
    std::string all;
    for (int round = 0; round < 20; ++round) {
        Visit visit;
        visit.finish();
        all += visit.log();
    }
    return all;
}

template <typename Struct>
Bytes bytes_of(const Struct& value) {
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(&value);
    return {bytes, bytes + sizeof value};
}

// All that can be said of a stack and its connection without changing them.
Bytes all_said_of(const dumbo_stack* stack, std::uint64_t id) {
    dumbo_interface_counters counters{};
    counters.struct_size = sizeof counters;
    dumbo_stack_counters(stack, &counters);
    dumbo_connection_info info{};
    info.struct_size = sizeof info;
    dumbo_stack_connection_info(stack, id, &info);
    std::size_t lent = 0;
    dumbo_stack_lent(stack, id, &lent);
    const std::uint8_t* data = nullptr;
    std::size_t length = 0;
    dumbo_stack_read(stack, id, &data, &length);
    const Bytes frame = Guest::arp_request();
    const bool is_for_us = dumbo_stack_frame_is_for_us(stack, frame.data(), frame.size());
    std::size_t size = 0;
    dumbo_stack_snapshot(stack, nullptr, 0, &size);
    Bytes snapshot(size);
    dumbo_stack_snapshot(stack, snapshot.data(), snapshot.size(), &size);
    return dumbo_test::concat({bytes_of(counters), bytes_of(info), bytes_of(lent), View(data, length),
                               bytes_of(is_for_us), bytes_of(dumbo_stack_connection_count(stack)), snapshot});
}

}  // namespace

TEST_CASE("stacks on threads of their own know nothing of each other", "[threads]") {
    const auto logs = at_once([](std::size_t) { return visits(); });
    const std::string alone = visits();
    CHECK(alone.find("CLOSED0") != std::string::npos);  // the guest has gone, and nothing of it is left
    CHECK(std::ranges::all_of(logs, [&](const std::string& log) { return log == alone; }));
}

TEST_CASE("calls that do not change a stack may overlap", "[threads]") {
    const Visit visit;
    const Bytes said = all_said_of(visit.stack(), visit.id());
    const auto all_say = at_once([&](std::size_t) {
        Bytes last;
        for (int round = 0; round < 20; ++round) {
            last = all_said_of(visit.stack(), visit.id());
        }
        return last;
    });
    CHECK(said.size() > 100);
    CHECK(std::ranges::all_of(all_say, [&](const Bytes& bytes) { return bytes == said; }));
}
