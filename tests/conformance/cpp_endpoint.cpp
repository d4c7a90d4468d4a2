// SPDX-License-Identifier: Apache-2.0
#include "conformance/cpp_endpoint.hpp"

#include <dumbo/connection.hpp>
#include <dumbo/tcp_segment.hpp>

#include "conformance/cpp_convert.hpp"

namespace conformance {

namespace {

ConnectionState state_of(const dumbo::Connection& connection) {
    using DumboKind = dumbo::NextSegmentStatus::Kind;
    ConnectionState state;
    state.first_not_sent = connection.first_not_sent().value();
    state.highest_ack_received = connection.highest_ack_received().value();
    state.remote_rwnd_edge = connection.remote_rwnd_edge().value();
    state.established = connection.is_established();
    state.fin_received = connection.fin_received();
    state.done = connection.is_done();
    state.dup_ack_pending = connection.dup_ack_pending();
    const dumbo::NextSegmentStatus next = connection.control_segment_or_timeout_status();
    switch (next.kind) {
        case DumboKind::nothing:
            break;
        case DumboKind::available:
            state.next.kind = NextSegment::Kind::available;
            break;
        case DumboKind::timeout:
            state.next = {NextSegment::Kind::timeout, next.deadline};
            break;
    }
    return state;
}

class CppEndpoint final : public Endpoint {
public:
    explicit CppEndpoint(const dumbo::Connection& connection) : connection_(connection) {}

    [[nodiscard]] std::unique_ptr<Endpoint> clone(Storage /*storage*/) const override {
        return std::make_unique<CppEndpoint>(connection_);
    }

    [[nodiscard]] Bytes snapshot() const override {
        const auto snapshot = connection_.snapshot();
        return {snapshot.begin(), snapshot.end()};
    }

    [[nodiscard]] std::unique_ptr<Endpoint> restore(ByteView snapshot, Storage /*storage*/) const override {
        const auto connection = dumbo::Connection::restore(snapshot);
        return connection ? std::make_unique<CppEndpoint>(*connection) : nullptr;
    }

    Answer<Reception> receive(ByteView bytes, ByteBuffer buffer, std::uint64_t now) override {
        const auto segment = dumbo::TcpSegment::parse(bytes);
        if (!segment) {
            return failure_of(segment.error());
        }
        const auto received = connection_.receive_segment(*segment, buffer, now);
        if (!received) {
            return failure_of(received.error());
        }
        return Reception{0, received->length, received->anomalies};
    }

    Answer<Reception> receive_in_place(ByteView bytes, std::uint64_t now) override {
        const auto segment = dumbo::TcpSegment::parse(bytes);
        if (!segment) {
            return failure_of(segment.error());
        }
        const auto received = connection_.receive_segment_in_place(*segment, now);
        if (!received) {
            return failure_of(received.error());
        }
        const auto offset = static_cast<std::size_t>(segment->payload().data() - bytes.data());
        return Reception{offset, received->length, received->anomalies};
    }

    Answer<std::size_t> write(ByteBuffer buffer, std::uint16_t mss_reserved, const GeneratedSource* source,
                              const Addressing& addressing, std::uint64_t now) override {
        const auto result = write_incomplete(buffer, mss_reserved, source, now);
        if (!result) {
            return failure_of(result.error());
        }
        if (!result->has_value()) {
            return std::size_t{0};
        }
        const ByteView segment = complete((*result)->segment, addressing);
        if (segment.data() != buffer.data()) {
            throw BrokenPromise("the segment does not lie at the start of its buffer");
        }
        return segment.size();
    }

    void close() override { connection_.close(); }
    void reset() override { connection_.reset(); }
    void advance_local_rwnd_edge(std::uint32_t octets) override { connection_.advance_local_rwnd_edge(octets); }
    [[nodiscard]] RstConfig rst_config() const override { return from_dumbo(connection_.make_rst_config()); }
    [[nodiscard]] ConnectionState state() const override { return state_of(connection_); }

private:
    dumbo::Result<std::optional<dumbo::Sent>> write_incomplete(ByteBuffer buffer, std::uint16_t mss_reserved,
                                                               const GeneratedSource* source, std::uint64_t now) {
        if (source == nullptr) {
            return connection_.write_next_segment(buffer, mss_reserved, nullptr, now);
        }
        const LentSource lent(*source);
        const dumbo::PayloadSource payload{lent.bytes(), dumbo::SeqNumber(source->first())};
        return connection_.write_next_segment(buffer, mss_reserved, &payload, now);
    }

    dumbo::Connection connection_;
};

}  // namespace

Answer<std::unique_ptr<Endpoint>> open_cpp_endpoint(ByteView syn, const OpenRequest& request) {
    const auto segment = dumbo::TcpSegment::parse(syn);
    if (!segment) {
        return failure_of(segment.error());
    }
    dumbo::ConnectionConfig config;
    config.local_rwnd_size = request.local_rwnd;
    config.rto_period = request.rto_period;
    config.rto_count_max = request.rto_count_max;
    config.isn = dumbo::SeqNumber(request.isn);
    const auto connection = dumbo::Connection::passive_open(*segment, config);
    if (!connection) {
        return failure_of(connection.error());
    }
    std::unique_ptr<Endpoint> endpoint = std::make_unique<CppEndpoint>(*connection);
    return endpoint;
}

}  // namespace conformance
