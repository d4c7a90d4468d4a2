// SPDX-License-Identifier: Apache-2.0
#include "conformance/c_endpoint.hpp"

#include <limits>
#include <new>
#include <utility>

#include "conformance/c_convert.hpp"
#include "invariants/watch.hpp"

namespace conformance {

namespace {

// What outputs hold beforehand, so that one which is not written is noticed.
constexpr std::size_t unwritten = 0x5eed;
constexpr std::uint32_t unwritten_anomalies = 0x5eed0000;

// The caller's memory for one connection: exactly what is asked for, aligned as is asked for.
class Memory {
public:
    Memory() : bytes_(::operator new(dumbo_connection_size(), alignment())) {}
    ~Memory() { ::operator delete(bytes_, alignment()); }

    Memory(const Memory&) = delete;
    Memory& operator=(const Memory&) = delete;

    [[nodiscard]] void* get() const { return bytes_; }

private:
    static std::align_val_t alignment() { return std::align_val_t{dumbo_connection_alignment()}; }

    void* bytes_;
};

// A connection and, where it is the caller's, the memory that it lives in.
class Handle {
public:
    explicit Handle(Storage storage) : memory_(storage == Storage::caller ? std::make_unique<Memory>() : nullptr) {}
    Handle(Handle&& other) noexcept
        : memory_(std::move(other.memory_)), connection_(std::exchange(other.connection_, nullptr)) {}
    ~Handle() { dumbo_connection_free(connection_); }

    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;

    std::int32_t open(ByteView syn, const dumbo_connection_config& config) {
        if (memory_ == nullptr) {
            return opened(
                dumbo_connection_passive_open(&connection_, syn.data(), syn.size(), nullptr, &config, nullptr));
        }
        return opened(dumbo_connection_passive_open_in(&connection_, memory_->get(), dumbo_connection_size(),
                                                       syn.data(), syn.size(), nullptr, &config));
    }

    std::int32_t clone(const dumbo_connection* original) {
        if (memory_ == nullptr) {
            return opened(dumbo_connection_clone(original, &connection_, nullptr));
        }
        return opened(dumbo_connection_clone_in(original, &connection_, memory_->get(), dumbo_connection_size()));
    }

    std::int32_t restore(ByteView snapshot) {
        if (memory_ == nullptr) {
            return opened(dumbo_connection_restore(&connection_, snapshot.data(), snapshot.size(), nullptr, nullptr));
        }
        return opened(dumbo_connection_restore_in(&connection_, memory_->get(), dumbo_connection_size(),
                                                  snapshot.data(), snapshot.size(), nullptr));
    }

    [[nodiscard]] dumbo_connection* get() const { return connection_; }

private:
    std::int32_t opened(std::int32_t code) const {
        require((connection_ != nullptr) == (code == DUMBO_OK), "a connection without success, or the reverse");
        const bool is_there = memory_ == nullptr || connection_ == nullptr || connection_ == memory_->get();
        require(is_there, "the connection is not where its storage is");
        return code;
    }

    std::unique_ptr<Memory> memory_;
    dumbo_connection* connection_ = nullptr;
};

NextSegment next_of(const dumbo_connection* connection) {
    std::uint64_t deadline = unwritten;
    switch (dumbo_connection_control_segment_or_timeout_status(connection, &deadline)) {
        case DUMBO_NEXT_SEGMENT_NOTHING:
            require(deadline == std::numeric_limits<std::uint64_t>::max(), "nothing, but a deadline");
            return {NextSegment::Kind::nothing, 0};
        case DUMBO_NEXT_SEGMENT_AVAILABLE:
            require(deadline == 0, "a segment is available, but not at once");
            return {NextSegment::Kind::available, 0};
        case DUMBO_NEXT_SEGMENT_TIMEOUT:
            return {NextSegment::Kind::timeout, deadline};
        default:
            throw BrokenPromise("a status that the header does not have");
    }
}

class CEndpoint final : public Endpoint {
public:
    explicit CEndpoint(Handle handle) : handle_(std::move(handle)) { watch_.begin(handle_.get()); }

    [[nodiscard]] std::unique_ptr<Endpoint> clone(Storage storage) const override {
        Handle copy(storage);
        require(copy.clone(handle_.get()) == DUMBO_OK, "a connection cannot be cloned");
        return std::make_unique<CEndpoint>(std::move(copy));
    }

    [[nodiscard]] Bytes snapshot() const override {
        std::size_t length = unwritten;
        require(dumbo_connection_snapshot(handle_.get(), nullptr, 0, &length) == DUMBO_OK &&
                    length <= DUMBO_SNAPSHOT_LENGTH_MAX,
                "the length of a snapshot cannot be had");
        Bytes bytes(length);
        require(dumbo_connection_snapshot(handle_.get(), bytes.data(), bytes.size(), &length) == DUMBO_OK &&
                    length == bytes.size(),
                "there is no snapshot, or one of another length");
        return bytes;
    }

    [[nodiscard]] std::unique_ptr<Endpoint> restore(ByteView snapshot, Storage storage) const override {
        Handle handle(storage);
        return handle.restore(snapshot) == DUMBO_OK ? std::make_unique<CEndpoint>(std::move(handle)) : nullptr;
    }

    Answer<Reception> receive(ByteView segment, ByteBuffer buffer, std::uint64_t now) override {
        Reception reception{0, unwritten, unwritten_anomalies};
        const std::int32_t code =
            watch_.receive_segment(handle_.get(), segment.data(), segment.size(), nullptr, buffer.data(), buffer.size(),
                                   now, &reception.length, &reception.anomalies);
        if (code == DUMBO_ERR_BUFFER_TOO_SMALL) {
            require(reception.length > buffer.size() && reception.length < segment.size(),
                    "the length needed is not that of the payload");
        } else if (code != DUMBO_OK) {
            require(reception.length == 0, "a length in spite of an error");
        }
        return answer(code, reception);
    }

    Answer<Reception> receive_in_place(ByteView segment, std::uint64_t now) override {
        Reception reception{unwritten, unwritten, unwritten_anomalies};
        const std::int32_t code =
            watch_.receive_segment_in_place(handle_.get(), segment.data(), segment.size(), nullptr, now,
                                            &reception.offset, &reception.length, &reception.anomalies);
        if (code != DUMBO_OK) {
            require(reception.offset == 0 && reception.length == 0, "a range in spite of an error");
        }
        return answer(code, reception);
    }

    Answer<std::size_t> write(ByteBuffer buffer, std::uint16_t mss_reserved, const GeneratedSource* source,
                              const Addressing& addressing, std::uint64_t now) override {
        const LentPayload payload(source);
        const dumbo_addressing addresses = to_dumbo(addressing);
        std::size_t written = unwritten;
        const std::int32_t code = watch_.write_next_segment(handle_.get(), buffer.data(), buffer.size(), mss_reserved,
                                                            payload.get(), &addresses, now, &written, nullptr);
        if (code == DUMBO_OK) {
            return written;
        }
        if (code == DUMBO_ERR_BUFFER_TOO_SMALL) {
            require(written > buffer.size() && (written == 20 || written == 24), "the length needed is no header's");
        } else {
            require(written == 0, "a length in spite of an error");
        }
        return failure_of(code);
    }

    void close() override { require(watch_.close(handle_.get()) == DUMBO_OK, "close failed"); }
    void reset() override { require(watch_.reset(handle_.get()) == DUMBO_OK, "reset failed"); }
    void advance_local_rwnd_edge(std::uint32_t octets) override {
        require(watch_.advance_local_rwnd_edge(handle_.get(), octets) == DUMBO_OK, "advancing failed");
    }

    [[nodiscard]] RstConfig rst_config() const override {
        auto config = sized<dumbo_rst_config>();
        require(dumbo_connection_make_rst_config(handle_.get(), &config) == DUMBO_OK, "there is no RST");
        return from_dumbo(config);
    }

    [[nodiscard]] ConnectionState state() const override {
        const dumbo_connection* const connection = handle_.get();
        ConnectionState state;
        state.first_not_sent = dumbo_connection_first_not_sent(connection);
        state.highest_ack_received = dumbo_connection_highest_ack_received(connection);
        state.remote_rwnd_edge = dumbo_connection_remote_rwnd_edge(connection);
        state.established = dumbo_connection_is_established(connection);
        state.fin_received = dumbo_connection_fin_received(connection);
        state.done = dumbo_connection_is_done(connection);
        state.dup_ack_pending = dumbo_connection_dup_ack_pending(connection);
        state.next = next_of(connection);
        return state;
    }

private:
    static Answer<Reception> answer(std::int32_t code, const Reception& reception) {
        if (code == DUMBO_OK) {
            return reception;
        }
        require(reception.anomalies == 0, "anomalies in spite of an error");
        return failure_of(code);
    }

    Handle handle_;
    invariants::Watch watch_{[](const std::string& complaint) { throw BrokenPromise(complaint); }};
};

}  // namespace

Answer<std::unique_ptr<Endpoint>> open_c_endpoint(ByteView syn, const OpenRequest& request, Storage storage) {
    dumbo_connection_config config;
    require(dumbo_connection_config_init(&config, sizeof(config)) == DUMBO_OK, "the config has no defaults");
    config.local_rwnd_size = request.local_rwnd;
    config.rto_period = request.rto_period;
    config.rto_count_max = request.rto_count_max;
    config.flags = DUMBO_CONFIG_ISN;
    config.isn = request.isn;
    Handle handle(storage);
    const std::int32_t code = handle.open(syn, config);
    if (code != DUMBO_OK) {
        return failure_of(code);
    }
    std::unique_ptr<Endpoint> endpoint = std::make_unique<CEndpoint>(std::move(handle));
    return endpoint;
}

}  // namespace conformance
