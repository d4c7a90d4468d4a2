// SPDX-License-Identifier: Apache-2.0
#include <dumbo/connection.hpp>

#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "unit/support/peer.hpp"
#include "unit/support/result.hpp"

using dumbo::Connection;
using dumbo_test::Bytes;
using dumbo_test::established;
using dumbo_test::next_from_peer;
using dumbo_test::opened;
using dumbo_test::receive;
using dumbo_test::write;

namespace {

// What a connection says on the wire through the rest of its life, timeouts and errors included. It works on a copy.
std::vector<Bytes> future_of(Connection connection) {
    std::vector<Bytes> segments;
    const Bytes payload(3000, 'x');
    const dumbo::PayloadSource source{.bytes = dumbo::ByteSource::of_bytes(payload),
                                      .first = connection.first_not_sent()};
    for (std::uint64_t now = 1000; !connection.is_reset() && now < 5000; now += dumbo_test::rto) {
        Bytes buffer(2000);
        auto written = connection.write_next_segment(buffer, 0, &source, now);
        if (!written) {
            segments.push_back({static_cast<std::uint8_t>(written.error())});
        } else if (*written) {
            segments.push_back(dumbo_test::copy_of((*written)->segment.complete({})));
        }
    }
    return segments;
}

}  // namespace

TEST_CASE("a copy has the same future, in every state", "[connection]") {
    Connection connection = opened();
    CHECK(future_of(connection) == future_of(Connection(connection)));
    write(connection);
    CHECK(future_of(connection) == future_of(Connection(connection)));
    receive(connection, next_from_peer(connection));
    CHECK(future_of(connection) == future_of(Connection(connection)));
    connection.close();
    CHECK(future_of(connection) == future_of(Connection(connection)));
    connection.reset();
    CHECK(future_of(connection) == future_of(Connection(connection)));
}

TEST_CASE("what happens to a copy does not happen to the original", "[connection]") {
    const Connection original = established();
    const auto before = future_of(original);

    Connection copy = original;
    receive(copy, next_from_peer(copy, dumbo_test::ack_bit | dumbo_test::fin_bit), 7);
    copy.close();
    write(copy, 8);
    copy.advance_local_rwnd_edge(100);
    copy.reset();
    write(copy, 9);
    REQUIRE(copy.is_reset());

    CHECK_FALSE(original.is_reset());
    CHECK_FALSE(original.fin_received());
    CHECK(original.state() == dumbo::State::established);
    CHECK(original.local_rwnd() == 5000);
    CHECK(future_of(original) == before);
}

TEST_CASE("what happens to the original does not happen to a copy", "[connection]") {
    Connection original = established();
    const Connection copy = original;
    original.reset();
    write(original);
    CHECK(original.is_reset());
    CHECK_FALSE(copy.is_reset());
}

TEST_CASE("a connection can be moved about in memory as bytes", "[connection]") {
    const Connection original = established();
    Bytes bytes(sizeof original);
    std::memcpy(bytes.data(), &original, sizeof original);
    Connection elsewhere = opened();
    std::memcpy(&elsewhere, bytes.data(), sizeof elsewhere);
    CHECK(future_of(elsewhere) == future_of(original));
}

TEST_CASE("a copy remembers the time like the original", "[connection]") {
    Connection original = established();
    write(original, 500);
    Connection copy = original;
    Bytes buffer(100);
    CHECK(dumbo_test::error_of(copy.write_next_segment(buffer, 0, nullptr, 499)) == dumbo::Error::timestamp_decreased);
}
