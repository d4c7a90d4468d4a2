// SPDX-License-Identifier: Apache-2.0
#include "conformance/spoiling_subject.hpp"

#include <utility>

namespace conformance_test {

namespace {

using namespace conformance;

class SpoilingEndpoint final : public Endpoint {
public:
    SpoilingEndpoint(std::unique_ptr<Endpoint> honest, Spoil spoil) : honest_(std::move(honest)), spoil_(spoil) {}

    [[nodiscard]] std::unique_ptr<Endpoint> clone(Storage storage) const override {
        return std::make_unique<SpoilingEndpoint>(honest_->clone(storage), spoil_);
    }

    [[nodiscard]] Bytes snapshot() const override {
        Bytes bytes = honest_->snapshot();
        if (spoil_ == Spoil::snapshot) {
            bytes.back() ^= 1U;
        }
        return bytes;
    }

    // What is lost is nothing that the snapshot shows.
    [[nodiscard]] std::unique_ptr<Endpoint> restore(ByteView snapshot, Storage storage) const override {
        auto restored = honest_->restore(snapshot, storage);
        if (restored == nullptr && spoil_ == Spoil::damage_accepted) {
            restored = honest_->clone(storage);
            restored->close();
        }
        return restored != nullptr ? std::make_unique<SpoilingEndpoint>(std::move(restored), spoil_) : nullptr;
    }

    Answer<Reception> receive(ByteView segment, ByteBuffer buffer, std::uint64_t now) override {
        auto answer = honest_->receive(segment, buffer, now);
        const std::size_t length = answer ? (*answer).length : 0;
        if (spoil_ == Spoil::payload_byte && length > 0) {
            buffer[length - 1] ^= 1U;
        } else if (spoil_ == Spoil::byte_behind && length > 0 && length < buffer.size()) {
            buffer[length] ^= 1U;
        } else if (spoil_ == Spoil::byte_when_none && length == 0 && !buffer.empty()) {
            buffer.back() ^= 1U;
        }
        return answer;
    }

    Answer<Reception> receive_in_place(ByteView segment, std::uint64_t now) override {
        auto answer = honest_->receive_in_place(segment, now);
        if (spoil_ == Spoil::offset_in_place && answer) {
            ++(*answer).offset;
        }
        return answer;
    }

    Answer<std::size_t> write(ByteBuffer buffer, std::uint16_t mss_reserved, const GeneratedSource* source,
                              const Addressing& addressing, std::uint64_t now) override {
        if (spoil_ == Spoil::promise) {
            throw BrokenPromise("as agreed");
        }
        return honest_->write(buffer, mss_reserved, source, addressing, now);
    }

    void close() override { honest_->close(); }
    void reset() override { honest_->reset(); }
    void advance_local_rwnd_edge(std::uint32_t octets) override { honest_->advance_local_rwnd_edge(octets); }
    [[nodiscard]] RstConfig rst_config() const override { return honest_->rst_config(); }
    [[nodiscard]] ConnectionState state() const override { return honest_->state(); }

private:
    std::unique_ptr<Endpoint> honest_;
    Spoil spoil_;
};

class SpoilingSubject final : public Subject {
public:
    explicit SpoilingSubject(Spoil spoil) : honest_(make_subject()), spoil_(spoil) {}

    Answer<TcpHeader> parse_tcp(ByteView bytes, const std::optional<AddressPair>& verify) override {
        return honest_->parse_tcp(bytes, verify);
    }
    Answer<Segment> write_tcp(ByteBuffer buffer, const TcpBuild& build) override {
        return honest_->write_tcp(buffer, build);
    }
    Checksum transport_checksum(Protocol protocol, const AddressPair& addresses, ByteView bytes) override {
        return honest_->transport_checksum(protocol, addresses, bytes);
    }
    Order order(std::uint32_t a, std::uint32_t b) override { return honest_->order(a, b); }
    Answer<Rst> rst_for(ByteView segment) override { return honest_->rst_for(segment); }
    Answer<EthernetHeader> parse_ethernet(ByteView bytes) override { return honest_->parse_ethernet(bytes); }
    Answer<Frame> write_ethernet(ByteBuffer buffer, const EthernetBuild& build) override {
        return honest_->write_ethernet(buffer, build);
    }
    Answer<ArpRequest> parse_arp_request(ByteView bytes) override { return honest_->parse_arp_request(bytes); }
    Answer<Frame> write_arp(ByteBuffer buffer, const ArpBuild& build) override {
        return honest_->write_arp(buffer, build);
    }
    Match is_arp_frame_for(ByteView frame, const Ipv4Address& address) override {
        return honest_->is_arp_frame_for(frame, address);
    }
    Answer<Ipv4Header> parse_ipv4(ByteView bytes, bool verify) override { return honest_->parse_ipv4(bytes, verify); }
    Answer<Ipv4Packet> write_ipv4(ByteBuffer buffer, const Ipv4Build& build) override {
        return honest_->write_ipv4(buffer, build);
    }
    Match is_ipv4_frame_for(ByteView frame, const Ipv4Address& address) override {
        return honest_->is_ipv4_frame_for(frame, address);
    }
    Answer<std::unique_ptr<Endpoint>> open(ByteView syn, const OpenRequest& request, Storage storage) override {
        auto opened = honest_->open(syn, request, storage);
        if (!opened) {
            return opened;
        }
        std::unique_ptr<Endpoint> endpoint = std::make_unique<SpoilingEndpoint>(std::move(*opened), spoil_);
        return endpoint;
    }

private:
    std::unique_ptr<Subject> honest_;
    Spoil spoil_;
};

}  // namespace

std::unique_ptr<Subject> make_spoiling_subject(Spoil spoil) {
    return std::make_unique<SpoilingSubject>(spoil);
}

}  // namespace conformance_test
