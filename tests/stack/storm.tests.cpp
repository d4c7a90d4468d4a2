// SPDX-License-Identifier: Apache-2.0
#include <dumbo/stack.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <map>
#include <memory>
#include <vector>

#include "scenario/dice.hpp"
#include "stack/checked_stack.hpp"
#include "support/catch.hpp"

using dumbo::ConnectionId;
using dumbo::Error;
using dumbo::StackEvent;
using stack_test::Bytes;
using stack_test::CheckedStack;
using stack_test::Client;
using stack_test::TcpFrame;

// Anything in any order: frames that are right, almost right and wrong, an application that calls whatever comes to its
// mind, and a clock that runs at any pace. The checked stack looks after every call.
namespace {

dumbo::StackConfig stormy_config(scenario::Dice& dice) {
    constexpr std::uint32_t sizes[] = {1, 7, 100, 999, 5000};
    dumbo::StackConfig config = stack_test::small_config();
    config.connections = static_cast<std::uint32_t>(1 + dice.below(7));
    config.half_open = static_cast<std::uint32_t>(1 + dice.below(config.connections));
    config.receive_buffer = dice.one_of(sizes);
    config.send_buffer = dice.one_of(sizes);
    config.replies = static_cast<std::uint32_t>(1 + dice.below(5));
    config.idle_threshold = dice.one_in(2) ? dice.below(2000) : UINT64_MAX;
    config.options = dice.one_in(2) ? dumbo::option::guest_facing : static_cast<std::uint8_t>(dice.any());
    config.verifies_checksums = !dice.one_in(4);
    config.mtu = static_cast<std::uint16_t>(dice.one_in(2) ? 1500 : 68 + dice.below(3000));
    config.offloads.checksum = dice.one_in(2);
    config.offloads.tso4 = config.offloads.checksum && dice.one_in(2);
    return config;
}

// How handshakes and connections ended.
void add(dumbo::StackCounters& sums, const dumbo::StackCounters& one) {
    sums.established += one.established;
    sums.finished += one.finished;
    sums.reset += one.reset;
    sums.reset_by_peer += one.reset_by_peer;
    sums.timed_out += one.timed_out;
    sums.evicted += one.evicted;
    sums.half_open_evicted += one.half_open_evicted;
}

class Storm {
public:
    explicit Storm(std::uint32_t seed) : dice_(seed), stack_(stormy_config(dice_)) {
        while (clients_.size() < 8) {
            clients_.push_back(new_client());
        }
    }

    void step() {
        switch (dice_.below(8)) {
            case 0:
            case 1:
                guest_speaks(dice_.size_below(clients_.size()));
                break;
            case 2:
                guest_acts(dice_.size_below(clients_.size()));
                break;
            case 3:
                stranger_speaks();
                break;
            case 4:
                stack_speaks();
                break;
            case 5:
                hear();
                break;
            case 6:
                application_acts(any_id());
                break;
            default:
                time_passes();
                break;
        }
        take_back_loans();
        if (dice_.one_in(50)) {
            count();
            stack_.move_by_snapshot();
        }
    }

    // Ends everything, and tells whether nothing is left.
    bool ends() {
        for (int i = 0; i < 10'000 && stack_.count() > 0; ++i) {
            while (const auto event = stack_.event()) {
                note(*event);
            }
            for (const ConnectionId id : ids_) {
                static_cast<void>(stack_.raw().abort(id));
            }
            while (!stack_.next_bytes().empty()) {
            }
            stack_.now += 100;
        }
        take_back_loans();
        while (!stack_.next_bytes().empty()) {
        }
        return stack_.count() == 0 && loans_.empty() && stack_.next().kind == dumbo::NextSegmentStatus::Kind::nothing;
    }

    // Of all the stacks that it had, one after the other.
    [[nodiscard]] const dumbo::StackCounters& counters() {
        count();
        return sums_;
    }

private:
    void count() { add(sums_, stack_.counters()); }

    Client new_client() {
        constexpr std::uint16_t ports[] = {80, 80, 8080, 81};
        Client client(static_cast<std::uint16_t>(2000 + dice_.below(12)), dice_.any32(), dice_.one_of(ports));
        client.mss = static_cast<std::uint16_t>(100 + dice_.below(1400));
        return client;
    }

    // One frame from the guest to the stack, as it is or damaged on the way.
    void deliver(Bytes bytes) {
        if (dice_.one_in(5)) {
            for (std::uint64_t changes = dice_.below(4); changes > 0; --changes) {
                const std::size_t end = dice_.one_in(2) ? bytes.size() : std::min<std::size_t>(bytes.size(), 60);
                bytes[dice_.size_below(end)] = static_cast<std::uint8_t>(dice_.any());
            }
            if (dice_.one_in(6)) {
                bytes.resize(dice_.size_below(bytes.size() + 30));
            }
            if (dice_.one_in(2)) {
                stack_test::repair_checksums(bytes);
            }
        }
        for (std::uint64_t times = dice_.one_in(10) ? dice_.below(3) : 1; times > 0; --times) {
            stack_.receive(bytes);
        }
    }

    void guest_speaks(std::size_t which) {
        Client& client = clients_[which];
        for (std::uint64_t frames = 1 + dice_.below(3); frames > 0; --frames) {
            if (const auto frame = client.next()) {
                deliver(bytes_of(*frame));
            }
        }
        if (client.was_reset() || client.is_over()) {
            client = new_client();
        }
    }

    void guest_acts(std::size_t which) {
        Client& client = clients_[which];
        switch (dice_.below(9)) {
            case 0:
                client.go_back();
                break;
            case 1:
                client.window = static_cast<std::uint16_t>(dice_.one_in(3) ? dice_.below(300) : dice_.any());
                break;
            case 2:
                client.close();
                break;
            case 3:
                client.acknowledges = dice_.one_in(2);
                break;
            case 4: {
                TcpFrame frame =
                    client.segment(static_cast<std::uint8_t>(dice_.any()), dice_.bytes(dice_.size_below(40)));
                frame.seq = dice_.near(frame.seq);
                frame.ack = dice_.near(frame.ack);
                deliver(bytes_of(frame));
                break;
            }
            case 5:
                if (dice_.one_in(4)) {
                    deliver(bytes_of(client.segment(stack_test::rst | stack_test::ack)));
                    client = new_client();
                }
                break;
            default:
                client.send(Bytes(dice_.size_below(3000)));
                break;
        }
    }

    void stranger_speaks() {
        if (dice_.one_in(3)) {
            deliver(bytes_of(stack_test::ArpFrame{}));
            return;
        }
        constexpr std::uint8_t flags[] = {stack_test::syn, stack_test::syn, stack_test::ack, stack_test::rst, 0};
        deliver(bytes_of(TcpFrame{.source_port = static_cast<std::uint16_t>(dice_.any()),
                                  .seq = dice_.any32(),
                                  .flags = dice_.one_of(flags)}));
    }

    void stack_speaks() {
        if (dice_.one_in(4)) {
            static_cast<void>(stack_.next());
        }
        for (std::uint64_t frames = dice_.below(12); frames > 0; --frames) {
            stack_.takes_headers = dice_.one_in(2);
            const auto frame = stack_.next_frame(dice_.one_in(3) ? 58 + dice_.size_below(1500) : 65549);
            if (!frame.tcp || dice_.one_in(20)) {
                continue;
            }
            for (Client& client : clients_) {
                if (client.port() == frame.tcp->destination_port && frame.tcp->to == stack_test::guest_mac &&
                    frame.tcp->destination == stack_test::guest_ip) {
                    client.take(*frame.tcp);
                    break;
                }
            }
        }
    }

    void hear() {
        for (std::uint64_t events = dice_.below(6); events > 0; --events) {
            const auto event = stack_.event();
            if (!event) {
                return;
            }
            note(*event);
        }
    }

    void note(const StackEvent& event) {
        if (event.kind == StackEvent::Kind::opened) {
            ids_.push_back(event.connection);
        } else if (event.kind == StackEvent::Kind::closed) {
            std::erase(ids_, event.connection);
            old_ids_.push_back(event.connection);
        }
    }

    ConnectionId any_id() {
        switch (dice_.below(12)) {
            case 0:
                return dice_.any();
            case 1:
                return dice_.below(10) << 32U | dice_.below(10);
            case 2:
                return old_ids_.empty() ? 0 : old_ids_[dice_.size_below(old_ids_.size())];
            default:
                return ids_.empty() ? 1 : ids_[dice_.size_below(ids_.size())];
        }
    }

    void application_acts(ConnectionId id) {
        dumbo::Stack& raw = stack_.raw();
        const bool is_known = std::find(ids_.begin(), ids_.end(), id) != ids_.end();
        const Bytes bytes = dice_.bytes(dice_.size_below(dice_.one_in(3) ? 4000 : 60));
        switch (dice_.below(10)) {
            case 0:
                static_cast<void>(raw.close(id));
                break;
            case 1:
                if (dice_.one_in(5)) {
                    static_cast<void>(raw.abort(id));
                }
                break;
            case 2:
            case 3:
                lend(id, bytes);
                break;
            case 4:
            case 5:
                static_cast<void>(raw.write(id, bytes));
                break;
            default:
                static_cast<void>(raw.consume(id, dice_.size_below(6000)));
                break;
        }
        if (is_known) {
            REQUIRE(raw.readable(id));
        }
        REQUIRE((raw.connection(id) == nullptr) == !raw.lent(id));
        REQUIRE_FALSE((stack_.is_over(id) && raw.readable(id)));
        stack_.examine();
    }

    void lend(ConnectionId id, const Bytes& bytes) {
        if (loans_.contains(id)) {
            const auto error = stack_.lend(id, bytes);
            REQUIRE(error.has_value());
            return;
        }
        auto loan = std::make_unique<Bytes>(bytes);
        if (!stack_.lend(id, *loan)) {
            loans_.emplace(id, std::move(loan));
        }
    }

    // What comes back is gone at once: a sanitizer sees who still reads it.
    void take_back_loans() {
        std::erase_if(loans_, [this](const auto& loan) {
            const auto left = stack_.raw().lent(loan.first);
            return !left || *left == 0;
        });
    }

    void time_passes() {
        constexpr std::uint64_t paces[] = {0, 1, 1, 7, 30, 99, 100, 101, 350};
        stack_.now += dice_.one_of(paces) + (dice_.one_in(200) ? dice_.below(100'000) : 0);
        if (dice_.one_in(10)) {
            static_cast<void>(stack_.next());
            const auto refused = stack_.raw().next(stack_.now - 1);
            REQUIRE_FALSE(refused);
            REQUIRE(refused.error() == Error::timestamp_decreased);
        }
    }

    scenario::Dice dice_;
    CheckedStack stack_;
    dumbo::StackCounters sums_;
    std::vector<Client> clients_;
    std::vector<ConnectionId> ids_;
    std::vector<ConnectionId> old_ids_;
    std::map<ConnectionId, std::unique_ptr<Bytes>> loans_;
};

}  // namespace

TEST_CASE("nothing that anybody does breaks a stack", "[stack][long]") {
    dumbo::StackCounters sums;
    for (std::uint32_t seed = 1; seed <= 40; ++seed) {
        INFO("seed " << seed);
        Storm storm(seed);
        for (int i = 0; i < 5000; ++i) {
            storm.step();
        }
        CHECK(storm.ends());
        add(sums, storm.counters());
    }
    // The storm went everywhere.
    CHECK(sums.established > 500);
    CHECK(sums.finished > 10);
    CHECK(sums.reset > 100);
    CHECK(sums.reset_by_peer > 100);
    CHECK(sums.timed_out > 50);
    CHECK(sums.evicted > 20);
    CHECK(sums.half_open_evicted > 500);
}
