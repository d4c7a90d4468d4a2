// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>

#include "capi/support/endpoint.hpp"
#include "support/catch.hpp"
#include "unit/support/reference_checksum.hpp"

using dumbo_test::Bytes;
using dumbo_test::get16;
using dumbo_test::put16;
using dumbo_test::random_bytes;
using dumbo_test::reference_checksum;
using dumbo_test::reference_transport_checksum;
using dumbo_test::sized;
using dumbo_test::View;

namespace {

constexpr std::array<std::uint8_t, 4> source = {169, 254, 169, 254};
constexpr std::array<std::uint8_t, 4> destination = {10, 0, 255, 7};
constexpr dumbo_address_pair addresses{{169, 254, 169, 254}, {10, 0, 255, 7}};

std::uint16_t checksum_of(const Bytes& bytes) {
    std::uint16_t checksum = 1;
    CHECK(dumbo_checksum(bytes.data(), bytes.size(), &checksum) == DUMBO_OK);
    return checksum;
}

dumbo_addressing addressing(std::uint32_t policy) {
    auto result = dumbo_test::addressing();
    result.checksum = policy;
    std::memcpy(result.source, source.data(), 4);
    std::memcpy(result.destination, destination.data(), 4);
    return result;
}

Bytes segment_under(std::uint32_t policy, const Bytes& bytes) {
    auto fields = sized<dumbo_tcp_fields>();
    fields.seq = 77;
    fields.flags = DUMBO_TCP_ACK;
    fields.mss_remaining = 65535;
    fields.payload_max = UINT64_MAX;
    const auto payload = dumbo_test::payload(bytes, 0);
    const auto to = addressing(policy);
    Bytes buffer(20 + bytes.size(), 0xee);
    std::size_t written = 0;
    REQUIRE(dumbo_tcp_write(buffer.data(), buffer.size(), &fields, bytes.empty() ? nullptr : &payload, &to, &written) ==
            DUMBO_OK);
    CHECK(written == buffer.size());
    return buffer;
}

bool verifies(const Bytes& segment) {
    auto parsed = sized<dumbo_tcp_segment>();
    const auto code = dumbo_tcp_parse(segment.data(), segment.size(), &addresses, &parsed);
    CHECK((code == DUMBO_OK || code == DUMBO_ERR_CHECKSUM));
    return code == DUMBO_OK;
}

}  // namespace

TEST_CASE("the checksum functions agree with the bytewise reference", "[checksum]") {
    for (std::size_t length = 0; length <= 130; ++length) {
        const Bytes bytes = random_bytes(length, length + 3);
        CAPTURE(length);
        CHECK(checksum_of(bytes) == reference_checksum(bytes));
        std::uint16_t checksum = 1;
        CHECK(dumbo_checksum_tcp(&addresses, bytes.data(), length, &checksum) == DUMBO_OK);
        CHECK(checksum == reference_transport_checksum(source, destination, 6, bytes));
        CHECK(dumbo_checksum_udp(&addresses, bytes.data(), length, &checksum) == DUMBO_OK);
        CHECK(checksum == reference_transport_checksum(source, destination, 17, bytes));
    }
}

TEST_CASE("a computed 0 is sent as 0xffff by UDP only", "[checksum]") {
    for (const bool udp : {false, true}) {
        Bytes bytes = random_bytes(30);
        put16(bytes, 6, 0);
        put16(bytes, 6, reference_transport_checksum(source, destination, udp ? 17 : 6, bytes));
        std::uint16_t checksum = 1;
        CHECK((udp ? dumbo_checksum_udp : dumbo_checksum_tcp)(&addresses, bytes.data(), bytes.size(), &checksum) ==
              DUMBO_OK);
        CHECK(checksum == (udp ? 0xffff : 0));
    }
}

TEST_CASE("an updated checksum is the recomputed one", "[checksum]") {
    dumbo_test::Random random(13);
    for (int round = 0; round < 500; ++round) {
        Bytes bytes = random.bytes(20);
        const std::uint16_t before = checksum_of(bytes);
        const std::size_t at = 2 * random.below(10);
        const std::uint16_t old_word = get16(bytes, at);
        const std::uint16_t new_word = random.word();
        put16(bytes, at, new_word);
        CHECK(dumbo_checksum_update(before, old_word, new_word) == checksum_of(bytes));
    }
}

TEST_CASE("each policy writes its checksum, and nothing else differs", "[checksum]") {
    for (const std::size_t length : {0U, 1U, 2U, 99U, 1460U}) {
        const Bytes bytes = random_bytes(length);
        Bytes full = segment_under(DUMBO_CHECKSUM_FULL, bytes);
        Bytes none = segment_under(DUMBO_CHECKSUM_NONE, bytes);
        Bytes partial = segment_under(DUMBO_CHECKSUM_PSEUDO_HEADER, bytes);
        CAPTURE(length);
        CHECK(verifies(full));
        CHECK(get16(none, 16) == 0);
        CHECK_FALSE(verifies(none));
        CHECK(get16(partial, 16) ==
              dumbo_test::fold(dumbo_test::unfolded_pseudo_header(source, destination, 6, 20 + length)));
        // As a virtio device completes it: the sum over the segment as it is, inverted, replaces the field.
        put16(partial, 16, reference_checksum(partial));
        CHECK(partial == full);
        put16(full, 16, 0);
        CHECK(full == none);
    }
}

TEST_CASE("a connection and a RST obey the policy too", "[checksum]") {
    auto rst = sized<dumbo_rst_config>();
    rst.flags = DUMBO_TCP_RST;
    rst.seq = 12345;
    for (const std::uint32_t policy : {DUMBO_CHECKSUM_FULL, DUMBO_CHECKSUM_NONE, DUMBO_CHECKSUM_PSEUDO_HEADER}) {
        const auto to = addressing(policy);
        Bytes synack(24);
        Bytes rst_segment(20);
        std::size_t written = 0;
        const auto connection = dumbo_test::opened();
        CHECK(dumbo_connection_write_next_segment(connection.get(), synack.data(), synack.size(), 0, nullptr, &to, 0,
                                                  &written, nullptr) == DUMBO_OK);
        CHECK(written == 24);
        CHECK(dumbo_rst_write(rst_segment.data(), rst_segment.size(), &rst, &to, &written) == DUMBO_OK);
        CHECK(written == 20);
        for (Bytes* segment : {&synack, &rst_segment}) {
            CHECK(get16(*segment, 0) == 80);
            CHECK(get16(*segment, 2) == 40000);
            if (policy == DUMBO_CHECKSUM_PSEUDO_HEADER) {
                put16(*segment, 16, reference_checksum(*segment));
            }
            CHECK(verifies(*segment) == (policy != DUMBO_CHECKSUM_NONE));
        }
    }
}

TEST_CASE("a segment whose checksum is wrong is refused where addresses are given, and only there", "[checksum]") {
    Bytes segment = segment_under(DUMBO_CHECKSUM_FULL, random_bytes(20));
    segment[25] ^= 0x10;
    auto parsed = sized<dumbo_tcp_segment>();
    CHECK(dumbo_tcp_parse(segment.data(), segment.size(), nullptr, &parsed) == DUMBO_OK);
    CHECK_FALSE(verifies(segment));

    Bytes syn = dumbo_test::syn_bytes();
    const auto how = dumbo_test::config();
    dumbo_connection* connection = nullptr;
    CHECK(dumbo_connection_passive_open(&connection, syn.data(), syn.size(), &addresses, &how, nullptr) ==
          DUMBO_ERR_CHECKSUM);
    CHECK(connection == nullptr);
    put16(syn, 16, reference_transport_checksum(source, destination, 6, syn));
    CHECK(dumbo_connection_passive_open(&connection, syn.data(), syn.size(), &addresses, &how, nullptr) == DUMBO_OK);
    dumbo_connection_free(connection);
}

TEST_CASE("the way in which checksums are computed has one of the documented names", "[capi][checksum]") {
    const std::string name = dumbo_checksum_kernel();
    CHECK((name == "portable" || name == "vector16" || name == "avx2" || name == "avx512"));
    CHECK(dumbo_checksum_kernel() == name);
}

TEST_CASE("more bytes than are summed at a time", "[capi][checksum]") {
    constexpr std::size_t length = (std::size_t{1} << 30U) + 12'345;
    // Zeros that nobody writes to take no memory.
    const std::unique_ptr<std::uint8_t, decltype(&std::free)> bytes(static_cast<std::uint8_t*>(std::calloc(length, 1)),
                                                                    &std::free);
    REQUIRE(bytes != nullptr);
    bytes.get()[length - 1] = 0x12;
    bytes.get()[length - 2] = 0x34;
    bytes.get()[1] = 0x56;
    std::uint16_t checksum = 0;
    CHECK(dumbo_checksum(bytes.get(), length, &checksum) == DUMBO_OK);
    CHECK(checksum == static_cast<std::uint16_t>(~(0x1200U + 0x34U + 0x56U)));
}
