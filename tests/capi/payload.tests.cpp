// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

#include <cstdint>
#include <limits>
#include <vector>

#include "capi/support/endpoint.hpp"
#include "capi/support/observed.hpp"
#include "support/catch.hpp"

using dumbo_test::Bytes;
using dumbo_test::Handle;
using dumbo_test::Random;
using dumbo_test::random_bytes;
using dumbo_test::same_bytes;
using dumbo_test::sized;
using dumbo_test::View;

// The three spellings of a payload source.
namespace {

// A callback's view of some bytes, which notes what it was asked.
struct Reader {
    Bytes bytes;
    std::int32_t result = 0;
    int calls = 0;
    bool asked_outside = false;

    static std::int32_t read(void* user_data, std::uint64_t offset, std::uint8_t* dst, std::size_t len) {
        auto& self = *static_cast<Reader*>(user_data);
        ++self.calls;
        if (offset > self.bytes.size() || len > self.bytes.size() - offset) {
            self.asked_outside = true;
            return -1;
        }
        std::ranges::copy(View(self.bytes).subspan(static_cast<std::size_t>(offset), len), dst);
        return self.result;
    }

    dumbo_payload payload(std::uint32_t seq = 0) {
        auto payload = sized<dumbo_payload>();
        payload.kind = DUMBO_PAYLOAD_CALLBACK;
        payload.seq = seq;
        payload.len = bytes.size();
        payload.read = read;
        payload.user_data = this;
        return payload;
    }
};

dumbo_payload scattered(const std::vector<dumbo_iovec>& pieces, std::uint32_t seq = 0) {
    auto payload = sized<dumbo_payload>();
    payload.kind = DUMBO_PAYLOAD_IOVEC;
    payload.seq = seq;
    payload.iovecs = pieces.data();
    payload.iovec_count = pieces.size();
    return payload;
}

std::int32_t write_segment(const dumbo_payload& payload, Bytes& buffer, std::uint64_t payload_max = UINT64_MAX) {
    auto fields = sized<dumbo_tcp_fields>();
    fields.mss_remaining = 65535;
    fields.payload_max = payload_max;
    const auto to = dumbo_test::addressing();
    std::size_t written = 0;
    const auto code = dumbo_tcp_write(buffer.data(), buffer.size(), &fields, &payload, &to, &written);
    buffer.resize(written);
    return code;
}

}  // namespace

TEST_CASE("contiguous, scattered and pulled payloads make the same segment", "[payload]") {
    Random random(5);
    for (std::size_t length = 1; length < 200; length += 7) {
        const Bytes bytes = random.bytes(length);
        std::vector<dumbo_iovec> pieces = {{nullptr, 0}};
        for (std::size_t at = 0; at < length;) {
            const std::size_t piece = std::min(length - at, random.below(20));
            pieces.push_back({bytes.data() + at, piece});
            at += piece;
        }
        pieces.push_back({nullptr, 0});
        Reader reader{bytes};

        Bytes from_bytes(20 + length);
        Bytes from_pieces(20 + length);
        Bytes from_reader(20 + length);
        CHECK(write_segment(dumbo_test::payload(bytes, 0), from_bytes) == DUMBO_OK);
        CHECK(write_segment(scattered(pieces), from_pieces) == DUMBO_OK);
        CHECK(write_segment(reader.payload(), from_reader) == DUMBO_OK);
        CHECK(same_bytes(View(from_bytes).subspan(20), bytes));
        CHECK(from_pieces == from_bytes);
        CHECK(from_reader == from_bytes);
        CHECK(reader.calls == 1);
        CHECK_FALSE(reader.asked_outside);
    }
}

TEST_CASE("a connection sends the same from each kind of source, wherever in the source it begins", "[payload]") {
    const Bytes bytes = random_bytes(900);
    for (const std::uint32_t before : {0U, 1U, 333U, 899U}) {
        const Handle connection = dumbo_test::established();
        const std::uint32_t seq = dumbo_connection_first_not_sent(connection.get()) - before;
        const std::vector<dumbo_iovec> pieces = {{bytes.data(), 100}, {nullptr, 0}, {bytes.data() + 100, 800}};
        Reader reader{bytes};
        const auto contiguous_payload = dumbo_test::payload(bytes, seq);
        const auto scattered_payload = scattered(pieces, seq);
        const auto pulled_payload = reader.payload(seq);
        const Bytes sent = write(dumbo_test::clone_of(connection.get()), 0, &contiguous_payload);
        CHECK(same_bytes(View(sent).subspan(20), View(bytes).subspan(before)));
        CHECK(write(dumbo_test::clone_of(connection.get()), 0, &scattered_payload) == sent);
        CHECK(write(dumbo_test::clone_of(connection.get()), 0, &pulled_payload) == sent);
    }
}

TEST_CASE("no more is read than a segment may carry", "[payload]") {
    Reader reader{random_bytes(500)};
    Bytes buffer(1000);
    CHECK(write_segment(reader.payload(), buffer, 33) == DUMBO_OK);
    CHECK(buffer.size() == 53);
    buffer.assign(100, 0);
    CHECK(write_segment(reader.payload(), buffer) == DUMBO_OK);
    CHECK(buffer.size() == 100);
    CHECK_FALSE(reader.asked_outside);
}

TEST_CASE("a source of more bytes than 32 bits can count is not taken for a short one", "[payload]") {
    constexpr std::uint64_t many = (std::uint64_t{1} << 32U) + 5;
    Reader reader{random_bytes(100)};
    auto pulled = reader.payload();
    pulled.len = many;
    Bytes buffer(60);
    CHECK(write_segment(pulled, buffer, many) == DUMBO_OK);
    CHECK(same_bytes(View(buffer).subspan(20), View(reader.bytes).first(40)));
    // Contiguous bytes cannot be more than a size can count.
    auto contiguous = dumbo_test::payload(reader.bytes, 0);
    contiguous.len = many;
    Bytes other(60);
    const bool can_be = SIZE_MAX >= many;
    CHECK(write_segment(contiguous, other, many) == (can_be ? DUMBO_OK : DUMBO_ERR_INVALID_ARGUMENT));
    CHECK((can_be ? other == buffer : other.empty()));
}

TEST_CASE("an empty source is not the same as none", "[payload]") {
    const std::vector<dumbo_iovec> empty_pieces = {{nullptr, 0}, {nullptr, 0}};
    Reader reader;
    for (const auto& payload : {dumbo_test::payload({}, 0), scattered({}), scattered(empty_pieces), reader.payload()}) {
        Bytes buffer(100);
        CHECK(write_segment(payload, buffer) == DUMBO_ERR_EMPTY_PAYLOAD);
        CHECK(buffer.empty());
    }
    const Bytes bytes(10);
    Bytes buffer(100);
    CHECK(write_segment(dumbo_test::payload(bytes, 0), buffer, 0) == DUMBO_ERR_EMPTY_PAYLOAD);
    CHECK(reader.calls == 0);
}

TEST_CASE("a callback that reports failure fails the call, with any number but 0", "[payload]") {
    for (const std::int32_t result : {-1, -4, 1, 50, std::numeric_limits<std::int32_t>::min()}) {
        Reader reader{random_bytes(50)};
        reader.result = result;
        Bytes buffer(100);
        CHECK(write_segment(reader.payload(), buffer) == DUMBO_ERR_CALLBACK);
        CHECK(buffer.empty());
    }
}

TEST_CASE("after a failed callback a connection asks again for the same bytes", "[payload]") {
    const Handle connection = dumbo_test::established();
    const auto before = dumbo_test::fingerprint(connection.get());
    Reader reader{random_bytes(50)};
    const auto payload = reader.payload(dumbo_connection_first_not_sent(connection.get()));
    reader.result = -1;
    const auto to = dumbo_test::addressing();
    Bytes buffer(100);
    std::size_t written = 1;
    CHECK(dumbo_connection_write_next_segment(connection.get(), buffer.data(), buffer.size(), 0, &payload, &to, 90,
                                              &written, nullptr) == DUMBO_ERR_CALLBACK);
    CHECK(written == 0);
    CHECK(dumbo_test::fingerprint(connection.get()) == before);
    reader.result = 0;
    CHECK(same_bytes(View(write(connection, 10, &payload)).subspan(20), reader.bytes));
}

TEST_CASE("a callback is not called when there is nothing to send", "[payload]") {
    const Handle connection = dumbo_test::established();
    Reader reader{random_bytes(50)};
    const auto payload = reader.payload(dumbo_connection_first_not_sent(connection.get()) - 50);
    CHECK(write(connection, 0, &payload).empty());
    CHECK(reader.calls == 0);
}

TEST_CASE("pieces that name more bytes than there are numbers do not overflow", "[payload]") {
    // Only the beginning of the list is ever read.
    const Bytes bytes = random_bytes(30);
    constexpr auto huge = std::numeric_limits<std::size_t>::max();
    const std::vector<dumbo_iovec> pieces = {
        {bytes.data(), 30}, {bytes.data(), huge}, {bytes.data(), 1}, {bytes.data(), huge}};
    Bytes buffer(50);
    CHECK(write_segment(scattered(pieces), buffer) == DUMBO_OK);
    CHECK(same_bytes(View(buffer).subspan(20), bytes));

    const Handle connection = dumbo_test::established();
    const auto payload = scattered(pieces, dumbo_connection_first_not_sent(connection.get()));
    const auto to = dumbo_test::addressing();
    std::size_t written = 1;
    buffer.assign(50, 0);
    CHECK(dumbo_connection_write_next_segment(connection.get(), buffer.data(), buffer.size(), 0, &payload, &to, 0,
                                              &written, nullptr) == DUMBO_ERR_PAYLOAD_TOO_LARGE);
    CHECK(written == 0);
}

TEST_CASE("pieces whose lengths sum to a small number past 2^64 are too large, not small", "[payload]") {
    const Bytes bytes = random_bytes(30);
    constexpr auto huge = std::numeric_limits<std::size_t>::max();
    const std::vector<dumbo_iovec> pieces = {{bytes.data(), 20}, {bytes.data(), huge - 15}, {bytes.data(), 8}};
    const Handle connection = dumbo_test::established();
    const auto payload = scattered(pieces, dumbo_connection_first_not_sent(connection.get()));
    const auto to = dumbo_test::addressing();
    Bytes buffer(50);
    std::size_t written = 1;
    CHECK(dumbo_connection_write_next_segment(connection.get(), buffer.data(), buffer.size(), 0, &payload, &to, 0,
                                              &written, nullptr) == DUMBO_ERR_PAYLOAD_TOO_LARGE);
}

TEST_CASE("the fields of the other kinds are not looked at", "[payload]") {
    const Bytes bytes = random_bytes(10);
    Reader reader{random_bytes(10, 2)};
    const std::vector<dumbo_iovec> pieces = {{bytes.data(), 10}};
    auto payload = scattered(pieces);
    payload.len = UINT64_MAX;
    payload.bytes = nullptr;
    Bytes buffer(100);
    CHECK(write_segment(payload, buffer) == DUMBO_OK);
    CHECK(buffer.size() == 30);

    payload = dumbo_test::payload(bytes, 0);
    payload.iovec_count = 5;
    payload.read = Reader::read;
    buffer.assign(100, 0);
    CHECK(write_segment(payload, buffer) == DUMBO_OK);
    CHECK(same_bytes(View(buffer).subspan(20), bytes));

    payload = reader.payload();
    payload.iovec_count = 5;
    buffer.assign(100, 0);
    CHECK(write_segment(payload, buffer) == DUMBO_OK);
    CHECK(same_bytes(View(buffer).subspan(20), reader.bytes));
}

// One octet more is outstanding then than a window has.
TEST_CASE("a whole window of payload and the FIN behind it are acknowledged by one segment", "[payload]") {
    const Handle connection = dumbo_test::established();
    auto opening = dumbo_test::next_from_peer(connection);
    opening.window = 65535;
    dumbo_test::receive(connection, opening);
    const std::uint32_t first = dumbo_connection_first_not_sent(connection.get());
    const Bytes bytes(65535);
    const auto source = dumbo_test::payload(bytes, first);
    REQUIRE(dumbo_connection_close_after(connection.get(), 65535) == DUMBO_OK);
    while (!dumbo_test::write(connection, 0, &source).empty()) {
    }
    CHECK(dumbo_connection_first_not_sent(connection.get()) == first + 65536);
    CHECK(dumbo_test::receive(connection, dumbo_test::next_from_peer(connection)) == 0);
    CHECK(dumbo_connection_highest_ack_received(connection.get()) == first + 65536);
    CHECK(dumbo_connection_fin_acknowledged(connection.get()));
}
