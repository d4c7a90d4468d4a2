// SPDX-License-Identifier: Apache-2.0
#include "bench/stream_cases.hpp"

#include <fmt/format.h>

#include <array>

#include "bench/stream.hpp"
#include "bench/ways.hpp"

namespace bench {

namespace {

// One connection of the library's.
template <typename Api>
class ConnectionServer {
public:
    explicit ConnectionServer(const StreamShape& shape)
        : shape_(shape),
          config_(Api::config(Shape{})),
          addressing_(Api::outgoing(shape.sums ? Checksum::full : Checksum::none)) {}

    static Envelope envelope() { return {}; }

    std::uint32_t connect(StreamClient& client) {
        client_ = &client;
        connection_ = Api::open(storage_, syn(shape_.mss), config_);
        std::array<std::uint8_t, 24> synack{};
        require(Api::write(connection_, synack, nullptr, addressing_) == synack.size(), "SYNACK");
        std::array<std::uint8_t, header_length> ack{};
        write_header(ack, guest_first, our_first);
        receive(ack.data(), ack.size());
        number_ = our_first;
        return number_;
    }

    // Until there is nothing more to write, as any caller has to ask.
    void send(Bytes bytes) {
        const auto payload = Api::payload(bytes, number_);
        while (const std::size_t length = Api::write(connection_, place_.segment, &payload, addressing_)) {
            client_->take(place_.segment.data(), length);
        }
        number_ += static_cast<std::uint32_t>(bytes.size());
        require(Api::first_not_sent(connection_) == number_, "all is sent");
    }

    void receive(const std::uint8_t* packet, std::size_t length) {
        Api::receive(connection_, {packet, length}, shape_.sums ? &incoming_ : nullptr, {});
    }

    void disconnect() {
        require(Api::highest_ack_received(connection_) == number_, "all is acknowledged");
        Api::free(connection_);
    }

private:
    StreamShape shape_;
    typename Api::Config config_;
    typename Api::Addressing addressing_;
    typename Api::Addresses incoming_ = Api::incoming();
    typename Api::Storage storage_{};
    typename Api::Connection* connection_ = nullptr;
    StreamClient* client_ = nullptr;
    std::uint32_t number_ = 0;
    SegmentPlace place_{};
};

void add(Suite& suite, const std::string& subject, const StreamShape& shape) {
    add_stream<ConnectionServer<CppApi>>(suite, subject, CppApi::name, shape);
    add_stream<ConnectionServer<CAbi>>(suite, subject, CAbi::name, shape);
}

}  // namespace

void add_stream_cases(Suite& suite) {
    for (const bool sums : {false, true}) {
        for (const std::uint16_t mss : {std::uint16_t{1460}, std::uint16_t{8960}, std::uint16_t{65495}}) {
            add(suite, fmt::format("stream at MSS {}, {} checksums", mss, sums ? "with" : "no"),
                {.mss = mss, .sums = sums});
        }
    }
    // What the first-level cache has room for.
    add(suite, "stream at MSS 1460, bursts of 16 KB, no checksums", {.burst = 16384});
}

}  // namespace bench
