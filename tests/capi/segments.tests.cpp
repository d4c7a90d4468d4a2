// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

#include <cstdint>

#include "capi/support/endpoint.hpp"
#include "support/catch.hpp"

using dumbo_test::addressing;
using dumbo_test::Bytes;
using dumbo_test::mss_option;
using dumbo_test::segment_bytes;
using dumbo_test::sized;

// TCP segments through the C structs.
namespace {

dumbo_tcp_segment parsed(const Bytes& bytes) {
    auto out = sized<dumbo_tcp_segment>();
    out.reserved[0] = out.reserved[1] = out.reserved[2] = 9;
    REQUIRE(dumbo_tcp_parse(bytes.data(), bytes.size(), nullptr, &out) == DUMBO_OK);
    CHECK(out.struct_size == sizeof out);
    CHECK((out.reserved[0] | out.reserved[1] | out.reserved[2]) == 0);
    return out;
}

dumbo_tcp_fields fields() {
    auto result = sized<dumbo_tcp_fields>();
    result.seq = 0xfffffffe;
    result.ack = 0x01020304;
    result.window = 0x5678;
    result.flags = DUMBO_TCP_ACK | DUMBO_TCP_PSH;
    result.mss_remaining = 1000;
    result.payload_max = UINT64_MAX;
    return result;
}

// The code, and the segment or, on an error, as many bytes of 0 as were reported.
std::int32_t write_segment(const dumbo_tcp_fields& header, std::size_t room, Bytes& segment,
                           const dumbo_payload* payload = nullptr) {
    const auto to = addressing();
    segment.assign(room, 0xee);
    std::size_t written = 1;
    const auto code = dumbo_tcp_write(segment.data(), room, &header, payload, &to, &written);
    if (code == DUMBO_OK) {
        segment.resize(written);
    } else {
        segment.assign(written, 0);
    }
    return code;
}

}  // namespace

TEST_CASE("a segment comes apart into its fields", "[segments]") {
    Bytes bytes = segment_bytes({.source_port = 0x1122,
                                 .destination_port = 0x3344,
                                 .seq = 0x55667788,
                                 .ack = 0x99aabbcc,
                                 .flags = 0xc3,
                                 .window = 0xddee,
                                 .checksum = 0x1357,
                                 .urgent_pointer = 0x2468,
                                 .options = mss_option(1460),
                                 .payload = Bytes(11)});
    bytes[12] |= 0x0f;
    const auto out = parsed(bytes);
    CHECK(out.source_port == 0x1122);
    CHECK(out.destination_port == 0x3344);
    CHECK(out.seq == 0x55667788);
    CHECK(out.ack == 0x99aabbcc);
    CHECK(out.header_length == 24);
    CHECK(out.flags == 0xc3);
    CHECK(out.reserved_bits == 0x0e);
    CHECK(out.ns == 1);
    CHECK(out.window == 0xddee);
    CHECK(out.checksum == 0x1357);
    CHECK(out.urgent_pointer == 0x2468);
    CHECK(out.length == 35);
    CHECK(out.payload_length == 11);
    CHECK(out.mss == 1460);
    CHECK(out.mss_option == DUMBO_MSS_OPTION_PRESENT);
}

TEST_CASE("the MSS option is present, absent or invalid", "[segments]") {
    const auto with = [](const Bytes& options) { return parsed(segment_bytes({.options = options})); };
    CHECK(with(mss_option(DUMBO_MSS_MIN)).mss == DUMBO_MSS_MIN);
    CHECK(with(mss_option(DUMBO_MSS_MAX)).mss == DUMBO_MSS_MAX);
    CHECK(with({}).mss_option == DUMBO_MSS_OPTION_ABSENT);
    CHECK(with({}).mss == 0);
    for (const Bytes& options : {mss_option(DUMBO_MSS_MIN - 1), mss_option(DUMBO_MSS_MAX + 1), Bytes{3, 1, 0, 0}}) {
        CHECK(with(options).mss_option == DUMBO_MSS_OPTION_INVALID);
        CHECK(with(options).mss == 0);
    }
}

TEST_CASE("a segment that does not parse leaves zeros", "[segments]") {
    for (const std::size_t length : {0U, 19U, 23U}) {
        Bytes bytes = segment_bytes({.seq = 1, .options = mss_option(1460)});
        bytes.resize(length);
        auto out = sized<dumbo_tcp_segment>();
        out.seq = 5;
        out.mss = 5;
        CHECK(dumbo_tcp_parse(bytes.data(), bytes.size(), nullptr, &out) ==
              (length < 20 ? DUMBO_ERR_TRUNCATED : DUMBO_ERR_HEADER_LENGTH));
        CHECK(out.seq == 0);
        CHECK(out.mss == 0);
        CHECK(out.struct_size == sizeof out);
    }
}

TEST_CASE("a long segment counts 65535 bytes", "[segments]") {
    const auto out = parsed(segment_bytes({.payload = Bytes(70000)}));
    CHECK(out.length == 65535);
    CHECK(out.payload_length == 65515);
}

TEST_CASE("a segment is put together from its fields", "[segments]") {
    const Bytes data(20, 'x');
    const auto payload = dumbo_test::payload(data, 999);
    Bytes segment;
    auto header = fields();
    CHECK(write_segment(header, 100, segment, &payload) == DUMBO_OK);
    CHECK(segment == segment_bytes({.source_port = 80,
                                    .destination_port = 40000,
                                    .seq = 0xfffffffe,
                                    .ack = 0x01020304,
                                    .flags = 0x18,
                                    .window = 0x5678,
                                    .payload = data}));
    header.has_mss_option = 1;
    header.mss_option = 5;  // any value: what a segment says is the caller's affair
    CHECK(write_segment(header, 100, segment) == DUMBO_OK);
    CHECK(dumbo_test::same_bytes(dumbo_test::View(segment).subspan(20), mss_option(5)));
}

TEST_CASE("an MSS option that is not asked for is not written, whatever its value", "[segments]") {
    auto header = fields();
    header.mss_option = 1460;
    Bytes segment;
    CHECK(write_segment(header, 100, segment) == DUMBO_OK);
    CHECK(segment.size() == 20);
}

TEST_CASE("a payload is cut by payload_max, MSS, buffer and the longest segment", "[segments]") {
    const Bytes data(70000, 'x');
    const auto payload = dumbo_test::payload(data, 0);
    const auto length_with = [&payload](std::uint64_t max, std::uint16_t mss, std::size_t room) {
        auto header = fields();
        header.payload_max = max;
        header.mss_remaining = mss;
        Bytes segment;
        CHECK(write_segment(header, room, segment, &payload) == DUMBO_OK);
        return segment.size();
    };
    CHECK(length_with(7, 1000, 2000) == 27);
    CHECK(length_with(UINT64_MAX, 1000, 2000) == 1020);
    CHECK(length_with(UINT64_MAX, 1000, 33) == 33);
    CHECK(length_with(UINT64_MAX, 65535, 70000) == DUMBO_TCP_MAX_SEGMENT_LENGTH);
}

TEST_CASE("a segment that cannot be written tells the least buffer that can hold its header", "[segments]") {
    auto header = fields();
    Bytes segment;
    for (std::size_t room = 0; room < 24; ++room) {
        header.has_mss_option = 0;
        if (room < 20) {
            CHECK(write_segment(header, room, segment) == DUMBO_ERR_BUFFER_TOO_SMALL);
            CHECK(segment.size() == 20);
        }
        header.has_mss_option = 1;
        CHECK(write_segment(header, room, segment) == DUMBO_ERR_BUFFER_TOO_SMALL);
        CHECK(segment.size() == 24);
    }
    header.mss_remaining = 3;
    CHECK(write_segment(header, 100, segment) == DUMBO_ERR_MSS_OPTION_ROOM);
    CHECK(segment.empty());
    const Bytes data(5);
    const auto payload = dumbo_test::payload(data, 0);
    header.mss_remaining = 4;
    CHECK(write_segment(header, 100, segment, &payload) == DUMBO_ERR_EMPTY_PAYLOAD);
    CHECK(segment.empty());
}

TEST_CASE("a RST answers a segment without connection, and is written as configured", "[segments]") {
    const auto answer_to = [](const dumbo_test::SegmentSpec& spec) {
        const Bytes bytes = segment_bytes(spec);
        auto rst = sized<dumbo_rst_config>();
        REQUIRE(dumbo_rst_config_for_segment(bytes.data(), bytes.size(), &rst) == DUMBO_OK);
        CHECK(rst.struct_size == sizeof rst);
        const auto to = addressing();
        Bytes buffer(20, 0xee);
        std::size_t written = 0;
        REQUIRE(dumbo_rst_write(buffer.data(), buffer.size(), &rst, &to, &written) == DUMBO_OK);
        CHECK(written == 20);
        const auto out = parsed(buffer);
        CHECK(out.seq == rst.seq);
        CHECK(out.ack == rst.ack);
        CHECK(out.flags == rst.flags);
        CHECK(out.window == 0);
        CHECK(out.header_length == 20);
        return rst;
    };
    const auto with_ack = answer_to({.seq = 5, .ack = 77, .flags = DUMBO_TCP_ACK, .payload = Bytes(9)});
    CHECK(with_ack.flags == DUMBO_TCP_RST);
    CHECK(with_ack.seq == 77);
    CHECK(with_ack.ack == 0);
    const auto without = answer_to({.seq = 5, .ack = 77, .flags = DUMBO_TCP_SYN, .payload = Bytes(9)});
    CHECK(without.flags == (DUMBO_TCP_RST | DUMBO_TCP_ACK));
    CHECK(without.seq == 0);
    CHECK(without.ack == 15);
}

TEST_CASE("a RST needs 20 bytes, and leaves a shorter buffer alone", "[segments]") {
    auto rst = sized<dumbo_rst_config>();
    rst.flags = DUMBO_TCP_RST;
    const auto to = addressing();
    for (std::size_t size = 0; size < 20; ++size) {
        Bytes buffer(size, 0xee);
        std::size_t written = 0;
        CHECK(dumbo_rst_write(buffer.data(), size, &rst, &to, &written) == DUMBO_ERR_BUFFER_TOO_SMALL);
        CHECK(written == 20);
        CHECK(buffer == Bytes(size, 0xee));
    }
}

TEST_CASE("sequence numbers are ordered within the largest window", "[segments]") {
    CHECK_FALSE(dumbo_seq_after(7, 7));
    CHECK(dumbo_seq_at_or_after(7, 7));
    CHECK(dumbo_seq_after(3, 0xfffffffe));
    CHECK(dumbo_seq_at_or_after(3, 0xfffffffe));
    CHECK_FALSE(dumbo_seq_after(0xfffffffe, 3));
    CHECK(dumbo_seq_after(DUMBO_MAX_WINDOW_SIZE - 1, 0));
    CHECK_FALSE(dumbo_seq_after(DUMBO_MAX_WINDOW_SIZE, 0));
    CHECK_FALSE(dumbo_seq_at_or_after(DUMBO_MAX_WINDOW_SIZE, 0));
    CHECK_FALSE(dumbo_seq_at_or_after(0, DUMBO_MAX_WINDOW_SIZE));
}
