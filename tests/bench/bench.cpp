// SPDX-License-Identifier: Apache-2.0
//
// bench: what calls cost through the C ABI of the shared library, in nanoseconds and as multiples of copying 1460 bytes
// in the same run. With and without counters, in turns, so that what the machine does meanwhile is shared out evenly.

#include <dumbo/dumbo.h>
#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "bench/bench_case.hpp"
#include "bench/stack_cases.hpp"

using bench::Case;
using bench::escape;
using bench::require;
using bench::store32;

namespace {

constexpr int runs = 21;
constexpr std::size_t payload_length = 1460;
constexpr std::uint32_t isn = 1000;

// The guest's side of one established connection.
class Conversation {
public:
    explicit Conversation(bool counts) : segment_(20 + payload_length), source_(payload_length), out_(2000) {
        dumbo_connection_config config;
        require(dumbo_connection_config_init(&config, sizeof config) == DUMBO_OK, "config_init");
        config.rto_period = 1'000'000'000;
        config.flags = DUMBO_CONFIG_ISN | (counts ? std::uint32_t{DUMBO_CONFIG_COUNTERS} : 0U);
        config.isn = isn;
        // MSS 1460.
        const std::array<std::uint8_t, 24> syn = {0,    1,    0, 80, 0, 0, 0, 0, 0, 0,  0, 0, 0x60, DUMBO_TCP_SYN,
                                                  0xff, 0xff, 0, 0,  0, 0, 2, 4, 5, 180};
        require(
            dumbo_connection_passive_open(&connection_, syn.data(), syn.size(), nullptr, &config, nullptr) == DUMBO_OK,
            "open");
        require(write(nullptr) == 24, "SYNACK");
        segment_[12] = 0x50;
        segment_[13] = DUMBO_TCP_ACK;
        segment_[14] = segment_[15] = 0xff;
        store32(&segment_[4], 1);
        acknowledge();
    }
    ~Conversation() { dumbo_connection_free(connection_); }
    Conversation(const Conversation&) = delete;
    Conversation& operator=(const Conversation&) = delete;

    void receive_ack() { receive(20); }

    void receive_data() {
        receive(segment_.size());
        dumbo_connection_advance_local_rwnd_edge(connection_, payload_length);
        store32(&segment_[4], dumbo_connection_next_expected(connection_));
    }

    void write_data() {
        dumbo_payload payload{};
        payload.struct_size = sizeof payload;
        payload.bytes = source_.data();
        payload.len = source_.size();
        payload.seq = dumbo_connection_first_not_sent(connection_);
        require(write(&payload) == 20 + payload_length, "data");
        acknowledge();
    }

    void write_ack() {
        receive(21);  // a byte, so that an ACK is due
        store32(&segment_[4], dumbo_connection_next_expected(connection_));
        dumbo_connection_advance_local_rwnd_edge(connection_, 1);
        require(write(nullptr) == 20, "ACK");
    }

private:
    void acknowledge() {
        store32(&segment_[8], dumbo_connection_first_not_sent(connection_));
        receive(20);
    }

    void receive(std::size_t length) {
        std::size_t received = 0;
        std::uint32_t anomalies = 0;
        const auto code = dumbo_connection_receive_segment(connection_, segment_.data(), length, nullptr, out_.data(),
                                                           out_.size(), 0, &received, &anomalies);
        require(code == DUMBO_OK && received == length - 20, "receive");
        escape(out_.data());
    }

    std::size_t write(const dumbo_payload* payload) {
        static const dumbo_addressing addressing = {sizeof addressing, DUMBO_CHECKSUM_NONE, 80, 1, {}, {}, 0};
        std::size_t written = 0;
        const auto code = dumbo_connection_write_next_segment(connection_, out_.data(), out_.size(), 0, payload,
                                                              &addressing, 0, &written, nullptr);
        require(code == DUMBO_OK, "write");
        escape(out_.data());
        return written;
    }

    dumbo_connection* connection_ = nullptr;
    std::vector<std::uint8_t> segment_;
    std::vector<std::uint8_t> source_;
    std::vector<std::uint8_t> out_;
};

Case copy_case() {
    return {"memcpy of 1460 bytes", [from = std::vector<std::uint8_t>(payload_length),
                                     to = std::vector<std::uint8_t>(payload_length)](std::uint64_t times) mutable {
                for (std::uint64_t i = 0; i < times; ++i) {
                    std::memcpy(to.data(), from.data(), payload_length);
                    escape(to.data());
                }
            }};
}

using Step = void (Conversation::*)();

Case call_case(const std::string& name, bool counts, Step step) {
    return {name + (counts ? ", counted" : ""), [counts, step](std::uint64_t times) {
                Conversation conversation(counts);
                for (std::uint64_t i = 0; i < times; ++i) {
                    (conversation.*step)();
                }
            }};
}

}  // namespace

int main() {
    std::vector<Case> cases = {copy_case()};
    const std::pair<const char*, Step> steps[] = {{"receive a pure ACK", &Conversation::receive_ack},
                                                  {"receive 1460 bytes, open the window", &Conversation::receive_data},
                                                  {"write 1460 bytes, receive their ACK", &Conversation::write_data},
                                                  {"receive a byte, write its ACK", &Conversation::write_ack}};
    for (const auto& [name, step] : steps) {
        for (const bool counts : {false, true}) {
            cases.push_back(call_case(name, counts, step));
        }
    }
    for (Case& one : bench::stack_cases()) {
        cases.push_back(std::move(one));
    }
    for (int run = 0; run < runs; ++run) {
        for (Case& one : cases) {
            one.measure();
        }
    }
    const double m = cases.front().median();
    fmt::print("{:<46} {:>9} {:>9} {:>9}\n", "", "median ns", "min ns", "median/m");
    for (const Case& one : cases) {
        fmt::print("{:<46} {:>9.1f} {:>9.1f} {:>9.2f}\n", one.name, one.median(), one.minimum(), one.median() / m);
    }
    return 0;
}
