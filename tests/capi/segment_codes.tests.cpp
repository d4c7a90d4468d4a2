// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

#include <array>
#include <cstdint>

#include "capi/support/endpoint.hpp"
#include "support/catch.hpp"

using dumbo_test::Bytes;

// A segment that does not parse, or opens nothing, is refused by the same name wherever it is handed in.
namespace {

constexpr dumbo_address_pair addresses{{169, 254, 0, 2}, {169, 254, 169, 254}};

std::int32_t opened(const Bytes& syn) {
    const auto how = dumbo_test::config();
    dumbo_connection* connection = nullptr;
    const std::int32_t code =
        dumbo_connection_passive_open(&connection, syn.data(), syn.size(), &addresses, &how, nullptr);
    CHECK((connection != nullptr) == (code == DUMBO_OK));
    dumbo_connection_free(connection);
    alignas(DUMBO_CONNECTION_ALIGNMENT_MAX) std::array<std::uint8_t, DUMBO_CONNECTION_SIZE_MAX> storage{};
    CHECK(dumbo_connection_passive_open_in(&connection, storage.data(), storage.size(), syn.data(), syn.size(),
                                           &addresses, &how) == code);
    CHECK((connection != nullptr) == (code == DUMBO_OK));
    return code;
}

std::int32_t received(const Bytes& segment) {
    const auto connection = dumbo_test::established();
    Bytes buffer(segment.size());
    std::size_t offset = 0;
    std::size_t count = 0;
    const std::int32_t code = dumbo_connection_receive_segment(
        connection.get(), segment.data(), segment.size(), &addresses, buffer.data(), buffer.size(), 0, &count, nullptr);
    CHECK(dumbo_connection_receive_segment_in_place(connection.get(), segment.data(), segment.size(), &addresses, 0,
                                                    &offset, &count, nullptr) == code);
    return code;
}

Bytes with_checksum(Bytes segment) {
    std::uint16_t checksum = 0;
    REQUIRE(dumbo_checksum_tcp(&addresses, segment.data(), segment.size(), &checksum) == DUMBO_OK);
    dumbo_test::put16(segment, 16, checksum);
    return segment;
}

Bytes with_header_length(Bytes segment, std::uint8_t words) {
    segment[12] = static_cast<std::uint8_t>(words << 4U);
    return segment;
}

}  // namespace

TEST_CASE("both ways of opening refuse a SYN by the same name", "[segments]") {
    const Bytes syn = with_checksum(dumbo_test::syn_bytes());
    CHECK(opened(syn) == DUMBO_OK);
    CHECK(opened({syn.begin(), syn.begin() + 19}) == DUMBO_ERR_TRUNCATED);
    CHECK(opened(with_header_length(syn, 4)) == DUMBO_ERR_HEADER_LENGTH);
    CHECK(opened(dumbo_test::syn_bytes()) == DUMBO_ERR_CHECKSUM);
    CHECK(opened(with_checksum(dumbo_test::segment_bytes({.flags = dumbo_test::ack_bit}))) == DUMBO_ERR_INVALID_SYN);
    CHECK(opened(with_checksum(dumbo_test::segment_bytes(
              {.flags = dumbo_test::syn_bit, .options = dumbo_test::mss_option(99)}))) == DUMBO_ERR_MSS_OPTION);
}

TEST_CASE("both ways of receiving refuse a segment by the same name, and so does what answers it", "[segments]") {
    const Bytes segment = with_checksum(dumbo_test::segment_bytes({}));
    CHECK(received(segment) == DUMBO_OK);
    CHECK(received({segment.begin(), segment.begin() + 19}) == DUMBO_ERR_TRUNCATED);
    CHECK(received(with_header_length(segment, 6)) == DUMBO_ERR_HEADER_LENGTH);
    CHECK(received(dumbo_test::segment_bytes({})) == DUMBO_ERR_CHECKSUM);
    auto rst = dumbo_test::sized<dumbo_rst_config>();
    const Bytes bad = with_header_length(segment, 6);
    CHECK(dumbo_rst_config_for_segment(bad.data(), bad.size(), &rst) == DUMBO_ERR_HEADER_LENGTH);
}
