// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

#include <cerrno>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "capi/support/endpoint.hpp"
#include "capi/support/observed.hpp"
#include "support/catch.hpp"

using dumbo_test::ack_bit;
using dumbo_test::Bytes;
using dumbo_test::clone_of;
using dumbo_test::fin_bit;
using dumbo_test::fingerprint;
using dumbo_test::Handle;
using dumbo_test::next_from_peer;
using dumbo_test::receive;
using dumbo_test::write;

// "A call that fails changes nothing": every connection below is given every call below. Whatever fails must leave it
// as it was, as far as observers and the behaviour of copies tell.
namespace {

const Bytes data(2000, 'd');

struct Start {
    std::string name;
    Handle connection;
};

dumbo_connection_config config_with(std::uint32_t options) {
    auto how = dumbo_test::config();
    how.options = options;
    return how;
}

Handle with_data_sent(const dumbo_connection_config& how = dumbo_test::config()) {
    Handle connection = dumbo_test::established(how);
    const auto source = dumbo_test::payload(data, dumbo_connection_first_not_sent(connection.get()));
    write(connection, 1, &source);
    return connection;
}

// One connection for each kind of state there is.
std::vector<Start> starts(std::uint32_t options) {
    const dumbo_connection_config how = config_with(options);
    std::vector<Start> result;
    const auto add = [&result](std::string name, Handle connection) -> Handle& {
        result.push_back({std::move(name), std::move(connection)});
        return result.back().connection;
    };
    add("opened", dumbo_test::opened(how));
    write(add("SYNACK sent", dumbo_test::opened(how)), 50);
    add("established", dumbo_test::established(how));
    add("data sent", with_data_sent(how));

    Handle& duplicate = add("duplicate ACK", with_data_sent(how));
    auto ack = next_from_peer(duplicate);
    ack.ack = dumbo_connection_highest_ack_received(duplicate.get());
    CHECK(receive(duplicate, ack, 2) == DUMBO_ANOMALY_DUP_ACK);

    auto small_window = how;
    small_window.local_rwnd_size = 3;
    Handle& closed_window = add("window closed", dumbo_test::established(small_window));
    receive(closed_window, next_from_peer(closed_window, ack_bit, Bytes(3, 'q')), 3);

    Handle& closing = add("FIN recorded", with_data_sent(how));
    dumbo_connection_close(closing.get());
    Handle& fin_sent = add("FIN sent", dumbo_test::established(how));
    dumbo_connection_close(fin_sent.get());
    write(fin_sent, 50);
    Handle& half_closed = add("FIN received", dumbo_test::established(how));
    receive(half_closed, next_from_peer(half_closed, ack_bit | fin_bit), 5);
    Handle& resetting = add("RST queued", dumbo_test::established(how));
    dumbo_connection_reset(resetting.get());
    Handle& reset = add("reset", dumbo_test::established(how));
    dumbo_connection_reset(reset.get());
    write(reset, 7);
    return result;
}

struct Call {
    std::string name;
    std::function<std::int32_t(dumbo_connection*)> make;
};

Call receive_call(std::string name, std::function<Bytes(dumbo_connection*)> segment, std::size_t room,
                  std::uint64_t now, const dumbo_address_pair* verify = nullptr) {
    return {std::move(name), [=](dumbo_connection* connection) {
                const Bytes bytes = segment(connection);
                Bytes buffer(room);
                std::size_t received = 1;
                std::uint32_t anomalies = 1;
                const auto code = dumbo_connection_receive_segment(connection, bytes.data(), bytes.size(), verify,
                                                                   buffer.data(), room, now, &received, &anomalies);
                if (code != DUMBO_OK) {
                    CHECK(received == (code == DUMBO_ERR_BUFFER_TOO_SMALL ? 30 : 0));
                    CHECK(anomalies == 0);
                    // A wrong checksum is found out while the payload is copied.
                    CHECK((code == DUMBO_ERR_CHECKSUM || buffer == Bytes(room)));
                }
                return code;
            }};
}

Call receive_in_place_call(std::string name, std::function<Bytes(dumbo_connection*)> segment, std::uint64_t now) {
    return {std::move(name), [=](dumbo_connection* connection) {
                const Bytes bytes = segment(connection);
                std::size_t offset = 1;
                std::size_t received = 1;
                std::uint32_t anomalies = 1;
                const auto code = dumbo_connection_receive_segment_in_place(
                    connection, bytes.data(), bytes.size(), nullptr, now, &offset, &received, &anomalies);
                CHECK((code == DUMBO_OK || (offset == 0 && received == 0 && anomalies == 0)));
                return code;
            }};
}

struct Source {
    std::int32_t first_from_next = 0;  // where the source begins, relative to SND.NXT
    std::uint64_t length = 100;
    bool gives_up = false;
};

Call write_call(std::string name, std::uint64_t now, std::size_t room, std::uint16_t reserved,
                std::optional<Source> source) {
    return {std::move(name), [=](dumbo_connection* connection) {
                auto payload = dumbo_test::sized<dumbo_payload>();
                if (source) {
                    payload.kind = DUMBO_PAYLOAD_CALLBACK;
                    payload.seq = dumbo_connection_first_not_sent(connection) +
                                  static_cast<std::uint32_t>(source->first_from_next);
                    payload.len = source->length;
                    payload.read = [](void* user_data, std::uint64_t, std::uint8_t* dst, std::size_t len) {
                        std::fill_n(dst, len, std::uint8_t{'d'});
                        return *static_cast<const bool*>(user_data) ? -7 : 0;
                    };
                    payload.user_data = const_cast<bool*>(&source->gives_up);
                }
                const auto to = dumbo_test::addressing();
                Bytes buffer(room);
                std::size_t written = 1;
                const auto code =
                    dumbo_connection_write_next_segment(connection, buffer.data(), room, reserved,
                                                        source ? &payload : nullptr, &to, now, &written, nullptr);
                CHECK((code == DUMBO_OK || code == DUMBO_ERR_BUFFER_TOO_SMALL || written == 0));
                return code;
            }};
}

// What a well-behaved peer would send next, and parts of it.
Bytes good_segment(dumbo_connection* connection) {
    return dumbo_test::segment_bytes({.seq = dumbo_connection_next_expected(connection),
                                      .ack = dumbo_connection_first_not_sent(connection),
                                      .flags = ack_bit,
                                      .payload = Bytes(30, 'g')});
}

std::vector<Call> calls() {
    static const dumbo_address_pair elsewhere{{1, 1, 1, 1}, {2, 2, 2, 2}};
    const auto cut_to = [](std::size_t length) {
        return [length](dumbo_connection* connection) {
            Bytes bytes = good_segment(connection);
            bytes.resize(length);
            return bytes;
        };
    };
    const auto bad_header_length = [](dumbo_connection* connection) {
        Bytes bytes = good_segment(connection);
        bytes[12] = 0x40;
        return bytes;
    };
    const std::uint64_t late = 1000000;
    return {
        receive_call("receive, no room", good_segment, 0, 60),
        receive_call("receive, no room, late", good_segment, 29, late),
        receive_call("receive, into the past", good_segment, 100, 0),
        receive_call("receive, truncated", cut_to(19), 100, late),
        receive_call("receive, empty", cut_to(0), 100, late),
        receive_call("receive, header length", bad_header_length, 100, late),
        receive_call("receive, wrong checksum", good_segment, 100, late, &elsewhere),
        receive_call("receive, fine", good_segment, 100, late),
        receive_in_place_call("receive in place, into the past", good_segment, 0),
        receive_in_place_call("receive in place, truncated", cut_to(3), late),
        receive_in_place_call("receive in place, fine", good_segment, late),
        write_call("write, into the past", 0, 2000, 0, std::nullopt),
        write_call("write, no room for the header", 60, 10, 0, std::nullopt),
        write_call("write, no room for the header, late", late, 10, 0, std::nullopt),
        write_call("write, all of the MSS reserved", 60, 2000, 1000, Source{}),
        write_call("write, more than the MSS reserved", late, 2000, 1001,
                   Source{.first_from_next = -1000, .length = 1100}),
        write_call("write, most of the MSS reserved", late, 2000, 998, std::nullopt),
        write_call("write, room for the header only", late, 24, 0, Source{.first_from_next = -1000, .length = 2000}),
        write_call("write, no room for a byte", 60, 20, 0, Source{.first_from_next = -1000, .length = 2000}),
        write_call("write, source too large", late, 2000, 0, Source{.length = DUMBO_MAX_WINDOW_SIZE + 1ULL}),
        write_call("write, source larger than everything", 60, 2000, 0, Source{.length = UINT64_MAX}),
        write_call("write, source begins too late", 60, 2000, 0, Source{.first_from_next = 1}),
        write_call("write, source reaches past the FIN", 60, 2000, 0, Source{.first_from_next = -1000, .length = 1100}),
        write_call("write, source gives up", 60, 2000, 0, Source{.gives_up = true}),
        write_call("write, source gives up late", late, 2000, 0,
                   Source{.first_from_next = -1000, .length = 1900, .gives_up = true}),
    };
}

}  // namespace

TEST_CASE("a call that fails leaves the connection as it was, whatever the state and the reason", "[unchanged]") {
    const std::uint32_t options = GENERATE(DUMBO_OPTIONS_NONE, DUMBO_OPTIONS_GUEST_FACING);
    CAPTURE(options);
    std::set<std::int32_t> seen;
    for (const Start& start : starts(options)) {
        const auto before = fingerprint(start.connection.get());
        for (const Call& call : calls()) {
            const Handle subject = clone_of(start.connection.get());
            errno = 4711;
            const std::int32_t code = call.make(subject.get());
            INFO(start.name << ": " << call.name << ": " << dumbo_error_name(code));
            CHECK(errno == 4711);
            if (code != DUMBO_OK) {
                const bool same = fingerprint(subject.get()) == before;
                CHECK(same);
                seen.insert(code);
            }
        }
    }
    for (const std::int32_t code :
         {DUMBO_ERR_BUFFER_TOO_SMALL, DUMBO_ERR_TIMESTAMP_DECREASED, DUMBO_ERR_CALLBACK, DUMBO_ERR_PAYLOAD_TOO_LARGE,
          DUMBO_ERR_PAYLOAD_MISSING_SEQ, DUMBO_ERR_DATA_AFTER_FIN, DUMBO_ERR_MSS_RESERVED, DUMBO_ERR_MSS_OPTION_ROOM,
          DUMBO_ERR_EMPTY_PAYLOAD, DUMBO_ERR_TRUNCATED, DUMBO_ERR_HEADER_LENGTH, DUMBO_ERR_CHECKSUM,
          DUMBO_ERR_CONNECTION_RESET}) {
        CAPTURE(dumbo_error_name(code));
        CHECK(seen.count(code) == 1);
    }
}

TEST_CASE("the fingerprints of different connections differ, so that the same one means something", "[unchanged]") {
    std::set<std::string> fingerprints;
    for (const Start& start : starts(DUMBO_OPTIONS_NONE)) {
        INFO(start.name);
        CHECK(fingerprints.insert(fingerprint(start.connection.get())).second);
        CHECK(fingerprint(start.connection.get()) == fingerprint(clone_of(start.connection.get()).get()));
    }
}

TEST_CASE("a source that misses the byte to send again counts the timeout, the only error that changes anything",
          "[unchanged]") {
    const Handle connection = with_data_sent();
    const Call missing = write_call("", 101, 2000, 0, Source{});
    CHECK(missing.make(connection.get()) == DUMBO_ERR_PAYLOAD_MISSING_SEQ);
    std::uint64_t deadline = 0;
    CHECK(dumbo_connection_control_segment_or_timeout_status(connection.get(), &deadline) ==
          DUMBO_NEXT_SEGMENT_TIMEOUT);
    CHECK(deadline == 201);
    CHECK(write_call("", 201, 2000, 0, Source{}).make(connection.get()) == DUMBO_ERR_PAYLOAD_MISSING_SEQ);
    // The third timeout is the last that config() allows.
    const Bytes rst = write(connection, 301);
    REQUIRE(rst.size() == 20);
    CHECK((rst[13] & dumbo_test::rst_bit) != 0);
    CHECK(dumbo_connection_is_reset(connection.get()));
}

TEST_CASE("closing again and resetting again have no effect", "[unchanged]") {
    const Handle connection = with_data_sent();
    CHECK(dumbo_connection_close(connection.get()) == DUMBO_OK);
    auto before = fingerprint(connection.get());
    CHECK(dumbo_connection_close(connection.get()) == DUMBO_OK);
    CHECK(fingerprint(connection.get()) == before);
    CHECK(dumbo_connection_reset(connection.get()) == DUMBO_OK);
    before = fingerprint(connection.get());
    CHECK(dumbo_connection_reset(connection.get()) == DUMBO_OK);
    CHECK(fingerprint(connection.get()) == before);
    write(connection, 9);
    before = fingerprint(connection.get());
    CHECK(dumbo_connection_reset(connection.get()) == DUMBO_OK);
    CHECK(dumbo_connection_close(connection.get()) == DUMBO_OK);
    CHECK(fingerprint(connection.get()) == before);
}
