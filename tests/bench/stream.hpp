// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <utility>

#include "bench/case.hpp"
#include "bench/require.hpp"
#include "bench/stream_client.hpp"
#include "bench/wire.hpp"

namespace bench {

// What a stream is like.
struct StreamShape {
    std::uint16_t mss = payload_length;
    bool sums = false;  // both sides put checksums into what they send, and verify what they receive
    std::size_t burst = largest_window;

    // So many bytes go out at a time: whole segments, as many as the client's window, or the burst, has room for.
    [[nodiscard]] std::size_t portion() const { return burst / mss * mss; }
};

// Where a server writes a segment, or a frame. It lies half a page off the source: a copy whose loads are at the same
// place of another page as its stores just before takes many times as long on some processors.
struct alignas(4096) SegmentPlace {
    std::array<std::uint8_t, 2048> before;
    std::array<std::uint8_t, 65536> segment;
};

// A download, in bursts: the server writes all that the client's window takes, then come the client's ACKs, and so on.
// What is sent are the same bytes over and over, as many as one burst takes: they lie in the second-level cache, where
// they do not fit the first.
//
// A Server has an envelope(), begins with connect(), takes a portion with send() and the client's ACKs with receive(),
// and ends with disconnect().
template <typename Server>
class Stream : public Scenario {
public:
    explicit Stream(const StreamShape& shape) : shape_(shape), server_(shape) { fill(places_.source); }

    void run(std::uint64_t times) override {
        StreamClient client(Server::envelope(), shape_.sums);
        stream(client, times * shape_.mss);
    }

    // A few windows, and less than a segment behind them.
    void check() override {
        StreamClient client(Server::envelope(), shape_.sums);
        client.compare_with(portion());
        stream(client, 3 * largest_window + 1);
    }

private:
    void stream(StreamClient& client, std::uint64_t total) {
        client.expect(server_.connect(client));
        while (client.received() < total) {
            server_.send(portion().first(std::min<std::uint64_t>(portion().size(), total - client.received())));
            do {
                client.acknowledge_rest();
                client.hand_out_acks(
                    [this](const std::uint8_t* ack, std::size_t length) { server_.receive(ack, length); });
            } while (client.has_unacknowledged());
        }
        server_.disconnect();
    }

    [[nodiscard]] Bytes portion() const { return Bytes(places_.source).first(shape_.portion()); }

    // See SegmentPlace.
    struct alignas(4096) Places {
        std::array<std::uint8_t, largest_window> source;
    };

    StreamShape shape_;
    Server server_;
    Places places_{};
};

template <typename Server>
void add_stream(Suite& suite, std::string subject, std::string way, const StreamShape& shape) {
    suite.cases.push_back({.subject = std::move(subject),
                           .way = std::move(way),
                           .make = [shape] { return std::make_unique<Stream<Server>>(shape); },
                           .segment_payload = shape.mss});
}

}  // namespace bench
