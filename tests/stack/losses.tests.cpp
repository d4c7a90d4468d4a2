// SPDX-License-Identifier: Apache-2.0
#include <dumbo/stack.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "scenario/dice.hpp"
#include "stack/checked_stack.hpp"
#include "support/catch.hpp"

using dumbo::ConnectionId;
using dumbo::StackEvent;
using stack_test::Bytes;
using stack_test::CheckedStack;
using stack_test::Client;

// Both sides are honest, and the link between them loses frames, repeats them and lets them overtake each other.
namespace {

class BadLink {
public:
    explicit BadLink(std::uint32_t seed) : dice_(seed), stack_(config(), 4) {
        for (std::uint32_t i = 0; i < 3; ++i) {
            Client& client = clients_.emplace_back(static_cast<std::uint16_t>(2000 + i), dice_.any32());
            client.send(stack_test::some_bytes(4000, seed + i));
            client.close();
        }
    }

    void step() {
        for (Client& client : clients_) {
            for (std::uint64_t i = dice_.below(5); i > 0; --i) {
                if (const auto frame = client.next()) {
                    travel(to_stack_, bytes_of(*frame));
                }
            }
            if (dice_.one_in(30)) {
                client.go_back();
            }
        }
        for (Bytes& frame : to_stack_) {
            stack_.receive(frame);
        }
        to_stack_.clear();
        application();
        for (Bytes frame = stack_.next_bytes(); !frame.empty(); frame = stack_.next_bytes()) {
            travel(to_guest_, frame);
        }
        for (const Bytes& bytes : to_guest_) {
            const auto frame = stack_test::read_frame(bytes);
            REQUIRE(frame.tcp);
            // There is no TIME-WAIT: what comes late for a connection that is over is refused, and means nothing.
            if ((frame.tcp->flags & stack_test::rst) == 0) {
                clients_[frame.tcp->destination_port - 2000U].take(*frame.tcp);
            }
        }
        to_guest_.clear();
        stack_.now += dice_.below(10);
    }

    // Everything that was sent came back, in order.
    [[nodiscard]] bool is_complete(std::uint32_t seed) const {
        for (std::uint32_t i = 0; i < 3; ++i) {
            if (clients_[i].received() != stack_test::some_bytes(4000, seed + i)) {
                return false;
            }
        }
        return stack_.count() == 0;
    }

private:
    struct Waiting {
        Bytes bytes;
        bool is_over = false;
    };

    static dumbo::StackConfig config() {
        auto config = stack_test::small_config();
        config.half_open = 4;
        config.receive_buffer = 700;
        config.send_buffer = 300;
        config.rto_count_max = 1000;
        return config;
    }

    void travel(std::vector<Bytes>& link, const Bytes& frame) {
        if (dice_.one_in(12)) {
            return;
        }
        link.push_back(frame);
        if (dice_.one_in(12)) {
            link.push_back(frame);
        }
        if (link.size() > 1 && dice_.one_in(12)) {
            std::swap(link.back(), link[dice_.size_below(link.size())]);
        }
    }

    void application() {
        while (const auto event = stack_.event()) {
            if (event->kind == StackEvent::Kind::closed) {
                CHECK(event->reason == StackEvent::Reason::finished);
                waiting_.erase(event->connection);
            } else {
                Waiting& waiting = waiting_[event->connection];
                waiting.is_over = waiting.is_over || event->kind == StackEvent::Kind::peer_closed;
            }
        }
        for (auto& [id, waiting] : waiting_) {
            if (waiting.bytes.size() < 500) {
                const Bytes more = stack_.read(id, dice_.size_below(900));
                waiting.bytes.insert(waiting.bytes.end(), more.begin(), more.end());
            }
            const std::size_t taken = waiting.bytes.empty() ? 0 : stack_.write(id, waiting.bytes);
            waiting.bytes.erase(waiting.bytes.begin(), waiting.bytes.begin() + static_cast<std::ptrdiff_t>(taken));
            if (waiting.is_over && waiting.bytes.empty() && stack_.raw().readable(id)->empty() &&
                stack_.raw().connection(id)->state() == dumbo::State::close_wait) {
                stack_.close(id);
            }
        }
    }

    scenario::Dice dice_;
    CheckedStack stack_;
    std::deque<Client> clients_;
    std::vector<Bytes> to_stack_;
    std::vector<Bytes> to_guest_;
    std::map<ConnectionId, Waiting> waiting_;
};

}  // namespace

TEST_CASE("everything arrives whatever the link does", "[stack]") {
    for (std::uint32_t seed = 1; seed <= 20; ++seed) {
        INFO("seed " << seed);
        BadLink link(seed);
        int steps = 0;
        while (steps < 20'000 && !link.is_complete(seed)) {
            link.step();
            ++steps;
        }
        CHECK(link.is_complete(seed));
    }
}
