// SPDX-License-Identifier: Apache-2.0
#include "bench/lifecycle_cases.hpp"

#include <array>

#include "bench/conversation.hpp"
#include "bench/ways.hpp"

namespace bench {

namespace {

template <typename Api>
class OpenAndFree : public Scenario {
public:
    explicit OpenAndFree(const Shape& shape) : syn_(syn(shape.mss)), config_(Api::config(shape)) {}

    void run(std::uint64_t times) override {
        for (std::uint64_t i = 0; i < times; ++i) {
            auto* connection = Api::open(storage_, syn_, config_);
            escape(connection);
            Api::free(connection);
        }
    }

    void check() override {
        run(1);
        auto* connection = Api::open(storage_, syn_, config_);
        require(Api::next_expected(connection) == guest_first, "next_expected");
        Api::free(connection);
    }

private:
    std::array<std::uint8_t, 24> syn_;
    typename Api::Config config_;
    typename Api::Storage storage_{};
};

// From the SYN to ESTABLISHED: open, write the SYNACK, receive its ACK; and free. Nothing is verified or summed, and
// the initial sequence number is given.
template <typename Api>
class Handshake : public Scenario {
public:
    explicit Handshake(const Shape& shape) : syn_(syn(shape.mss)), config_(Api::config(shape)) {
        write_header(ack_, guest_first, our_first);
    }

    void run(std::uint64_t times) override {
        for (std::uint64_t i = 0; i < times; ++i) {
            Api::free(establish());
        }
    }

    void check() override {
        run(1);
        auto* connection = establish();
        require(Api::is_established(connection), "established");
        require(synack_[at::flags] == (flag::syn | flag::ack), "SYNACK");
        Api::free(connection);
    }

private:
    typename Api::Connection* establish() {
        auto* connection = Api::open(storage_, syn_, config_);
        require(Api::write(connection, synack_, nullptr, addressing_) == synack_.size(), "SYNACK");
        Api::receive(connection, ack_, nullptr, {});
        return connection;
    }

    std::array<std::uint8_t, 24> syn_;
    typename Api::Config config_;
    typename Api::Addressing addressing_ = Api::outgoing(Checksum::none);
    std::array<std::uint8_t, header_length> ack_{};
    std::array<std::uint8_t, 24> synack_{};
    typename Api::Storage storage_{};
};

template <typename Api>
class Clone : public Scenario {
public:
    explicit Clone(const Shape& shape) : conversation_(shape) {}

    void run(std::uint64_t times) override {
        for (std::uint64_t i = 0; i < times; ++i) {
            escape(Api::clone(conversation_.connection(), storage_));
        }
    }

    void check() override { require(Api::is_established(Api::clone(conversation_.connection(), storage_)), "clone"); }

private:
    Conversation<Api> conversation_;
    typename Api::Storage storage_{};
};

}  // namespace

void add_lifecycle_cases(Suite& suite) {
    add_ways<OpenAndFree>(suite, "open and free", Shape{});
    add_ways<Handshake>(suite, "handshake", Shape{});
    add_ways<Clone>(suite, "clone", Shape{});
}

}  // namespace bench
