// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

#include <array>
#include <cstdint>

#include "capi/support/endpoint.hpp"
#include "capi/support/observed.hpp"
#include "support/catch.hpp"

using dumbo_test::addressing;
using dumbo_test::Bytes;
using dumbo_test::config;
using dumbo_test::established;
using dumbo_test::fingerprint;
using dumbo_test::opened;
using dumbo_test::sized;

// NULL in place of each pointer in turn, for the functions of a connection.
namespace {

constexpr auto refused = DUMBO_ERR_INVALID_ARGUMENT;

dumbo_connection* garbage() {
    static std::array<std::uint8_t, 16> somewhere;
    return reinterpret_cast<dumbo_connection*>(somewhere.data());
}

}  // namespace

TEST_CASE("a missing connection answers questions like one that was reset", "[null]") {
    CHECK_FALSE(dumbo_connection_is_established(nullptr));
    CHECK_FALSE(dumbo_connection_fin_received(nullptr));
    CHECK_FALSE(dumbo_connection_fin_acknowledged(nullptr));
    CHECK_FALSE(dumbo_connection_dup_ack_pending(nullptr));
    CHECK(dumbo_connection_is_done(nullptr));
    CHECK(dumbo_connection_is_reset(nullptr));
    CHECK(dumbo_connection_first_not_sent(nullptr) == 0);
    CHECK(dumbo_connection_highest_ack_received(nullptr) == 0);
    CHECK(dumbo_connection_remote_rwnd_edge(nullptr) == 0);
    CHECK(dumbo_connection_next_expected(nullptr) == 0);
    CHECK(dumbo_connection_local_rwnd(nullptr) == 0);
    CHECK(dumbo_connection_mss(nullptr) == 0);
    CHECK(dumbo_connection_state(nullptr) == DUMBO_STATE_CLOSED);
    std::uint64_t deadline = 7;
    CHECK(dumbo_connection_control_segment_or_timeout_status(nullptr, &deadline) == DUMBO_NEXT_SEGMENT_NOTHING);
    CHECK(deadline == UINT64_MAX);
    CHECK(dumbo_connection_control_segment_or_timeout_status(nullptr, nullptr) == DUMBO_NEXT_SEGMENT_NOTHING);
}

TEST_CASE("a missing connection cannot be acted on, only freed", "[null]") {
    CHECK(dumbo_connection_close(nullptr) == refused);
    CHECK(dumbo_connection_close_after(nullptr, 1) == refused);
    CHECK(dumbo_connection_reset(nullptr) == refused);
    CHECK(dumbo_connection_advance_local_rwnd_edge(nullptr, 1) == refused);
    auto rst = sized<dumbo_rst_config>();
    rst.flags = 0xee;
    rst.seq = 0xee;
    rst.ack = 0xee;
    CHECK(dumbo_connection_make_rst_config(nullptr, &rst) == refused);
    CHECK(rst.flags == 0);
    CHECK(rst.seq == 0);
    CHECK(rst.ack == 0);
    CHECK(dumbo_connection_make_rst_config(opened().get(), nullptr) == refused);
    dumbo_connection_free(nullptr);
}

TEST_CASE("opening refuses NULL for everything but addresses and allocator", "[null]") {
    const Bytes syn = dumbo_test::syn_bytes();
    const auto how = config();
    CHECK(dumbo_connection_passive_open(nullptr, syn.data(), syn.size(), nullptr, &how, nullptr) == refused);

    dumbo_connection* connection = garbage();
    CHECK(dumbo_connection_passive_open(&connection, nullptr, syn.size(), nullptr, &how, nullptr) == refused);
    CHECK(connection == nullptr);
    connection = garbage();
    CHECK(dumbo_connection_passive_open(&connection, syn.data(), syn.size(), nullptr, nullptr, nullptr) == refused);
    CHECK(connection == nullptr);
    connection = garbage();
    CHECK(dumbo_connection_passive_open(&connection, nullptr, 0, nullptr, &how, nullptr) == DUMBO_ERR_TRUNCATED);
    CHECK(connection == nullptr);
}

TEST_CASE("opening in lent storage refuses NULL for everything but addresses", "[null]") {
    const Bytes syn = dumbo_test::syn_bytes();
    const auto how = config();
    alignas(64) std::array<std::uint8_t, 128> storage{};
    const std::size_t size = storage.size();
    CHECK(dumbo_connection_passive_open_in(nullptr, storage.data(), size, syn.data(), syn.size(), nullptr, &how) ==
          refused);
    dumbo_connection* connection = garbage();
    CHECK(dumbo_connection_passive_open_in(&connection, nullptr, size, syn.data(), syn.size(), nullptr, &how) ==
          refused);
    CHECK(connection == nullptr);
    connection = garbage();
    CHECK(dumbo_connection_passive_open_in(&connection, nullptr, 0, syn.data(), syn.size(), nullptr, &how) == refused);
    CHECK(connection == nullptr);
    connection = garbage();
    CHECK(dumbo_connection_passive_open_in(&connection, storage.data(), size, nullptr, 1, nullptr, &how) == refused);
    CHECK(connection == nullptr);
    connection = garbage();
    CHECK(dumbo_connection_passive_open_in(&connection, storage.data(), size, nullptr, 0, nullptr, &how) ==
          DUMBO_ERR_TRUNCATED);
    CHECK(connection == nullptr);
    connection = garbage();
    CHECK(dumbo_connection_passive_open_in(&connection, storage.data(), size, syn.data(), syn.size(), nullptr,
                                           nullptr) == refused);
    CHECK(connection == nullptr);
}

TEST_CASE("copying refuses NULL", "[null]") {
    const auto original = opened();
    alignas(64) std::array<std::uint8_t, 128> storage{};
    CHECK(dumbo_connection_clone(original.get(), nullptr, nullptr) == refused);
    CHECK(dumbo_connection_clone_in(original.get(), nullptr, storage.data(), storage.size()) == refused);
    dumbo_connection* copy = garbage();
    CHECK(dumbo_connection_clone(nullptr, &copy, nullptr) == refused);
    CHECK(copy == nullptr);
    copy = garbage();
    CHECK(dumbo_connection_clone_in(nullptr, &copy, storage.data(), storage.size()) == refused);
    CHECK(copy == nullptr);
    copy = garbage();
    CHECK(dumbo_connection_clone_in(original.get(), &copy, nullptr, storage.size()) == refused);
    CHECK(copy == nullptr);
}

TEST_CASE("receiving refuses NULL for connection, segment, buffer and length", "[null]") {
    const auto connection = established();
    const auto before = fingerprint(connection.get());
    const Bytes segment = dumbo_test::segment_bytes(dumbo_test::next_from_peer(connection));
    Bytes buffer(10);
    std::size_t received = 0xee;
    std::uint32_t anomalies = 0xee;
    const auto is_refused = [&](dumbo_connection* to, const std::uint8_t* data, std::uint8_t* into) {
        received = 0xee;
        anomalies = 0xee;
        const auto code = dumbo_connection_receive_segment(to, data, segment.size(), nullptr, into, buffer.size(), 50,
                                                           &received, &anomalies);
        return code == refused && received == 0 && anomalies == 0;
    };
    CHECK(is_refused(nullptr, segment.data(), buffer.data()));
    CHECK(is_refused(connection.get(), nullptr, buffer.data()));
    CHECK(is_refused(connection.get(), segment.data(), nullptr));
    anomalies = 0xee;
    CHECK(dumbo_connection_receive_segment(connection.get(), segment.data(), segment.size(), nullptr, buffer.data(),
                                           buffer.size(), 50, nullptr, &anomalies) == refused);
    CHECK(anomalies == 0);
    CHECK(dumbo_connection_receive_segment(connection.get(), nullptr, 0, nullptr, nullptr, 0, 50, &received,
                                           &anomalies) == DUMBO_ERR_TRUNCATED);
    CHECK(fingerprint(connection.get()) == before);
    CHECK(dumbo_connection_receive_segment(connection.get(), segment.data(), segment.size(), nullptr, nullptr, 0, 50,
                                           &received, nullptr) == DUMBO_OK);
}

TEST_CASE("receiving in place refuses NULL for connection, segment, offset and length", "[null]") {
    const auto connection = established();
    const auto before = fingerprint(connection.get());
    const Bytes segment = dumbo_test::segment_bytes(dumbo_test::next_from_peer(connection));
    std::size_t offset = 0xee;
    std::size_t received = 0xee;
    std::uint32_t anomalies = 0xee;
    const auto receive = [&](dumbo_connection* to, const std::uint8_t* data, std::size_t length, std::size_t* at,
                             std::size_t* count) {
        offset = received = anomalies = 0xee;
        return dumbo_connection_receive_segment_in_place(to, data, length, nullptr, 50, at, count, &anomalies);
    };
    CHECK(receive(nullptr, segment.data(), segment.size(), &offset, &received) == refused);
    CHECK((offset == 0 && received == 0 && anomalies == 0));
    CHECK(receive(connection.get(), nullptr, segment.size(), &offset, &received) == refused);
    CHECK((offset == 0 && received == 0 && anomalies == 0));
    CHECK(receive(connection.get(), segment.data(), segment.size(), nullptr, &received) == refused);
    CHECK((received == 0 && anomalies == 0));
    CHECK(receive(connection.get(), segment.data(), segment.size(), &offset, nullptr) == refused);
    CHECK((offset == 0 && anomalies == 0));
    CHECK(receive(connection.get(), nullptr, 0, &offset, &received) == DUMBO_ERR_TRUNCATED);
    CHECK((offset == 0 && received == 0 && anomalies == 0));
    CHECK(fingerprint(connection.get()) == before);
    CHECK(dumbo_connection_receive_segment_in_place(connection.get(), segment.data(), segment.size(), nullptr, 50,
                                                    &offset, &received, nullptr) == DUMBO_OK);
}

TEST_CASE("writing refuses NULL for everything but the payload", "[null]") {
    const auto connection = opened();
    const auto before = fingerprint(connection.get());
    const auto to = addressing();
    Bytes buffer(100);
    std::size_t written = 0xee;
    const auto is_refused = [&](dumbo_connection* from, std::uint8_t* into, const dumbo_addressing* where) {
        written = 0xee;
        const auto code =
            dumbo_connection_write_next_segment(from, into, buffer.size(), 0, nullptr, where, 50, &written, nullptr);
        return code == refused && written == 0;
    };
    CHECK(is_refused(nullptr, buffer.data(), &to));
    CHECK(is_refused(connection.get(), nullptr, &to));
    CHECK(is_refused(connection.get(), buffer.data(), nullptr));
    CHECK(dumbo_connection_write_next_segment(connection.get(), buffer.data(), buffer.size(), 0, nullptr, &to, 50,
                                              nullptr, nullptr) == refused);
    CHECK(dumbo_connection_write_next_segment(connection.get(), nullptr, 0, 0, nullptr, &to, 50, &written, nullptr) ==
          DUMBO_ERR_BUFFER_TOO_SMALL);
    CHECK(written == 24);
    CHECK(fingerprint(connection.get()) == before);
}
