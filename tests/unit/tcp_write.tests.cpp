// SPDX-License-Identifier: Apache-2.0
#include <dumbo/tcp_segment.hpp>

#include <cstdint>
#include <limits>
#include <optional>
#include <utility>

#include "support/catch.hpp"
#include "unit/support/bytes.hpp"
#include "unit/support/result.hpp"
#include "unit/support/segment.hpp"

using dumbo::ByteSource;
using dumbo::Error;
using dumbo::IncompleteTcpSegment;
using dumbo::SeqNumber;
using dumbo::TcpFields;
using dumbo::TcpPayload;
using dumbo::TcpSegment;
using dumbo_test::Bytes;
using dumbo_test::error_of;
using dumbo_test::random_bytes;
using dumbo_test::same_bytes;
using dumbo_test::View;

namespace {

constexpr std::uint16_t any_room = 65535;

const TcpFields plain{
    .sequence_number = SeqNumber(0xfffffff0), .ack_number = SeqNumber(0x01020304), .flags = 0x18, .window = 0xfedc};

TcpFields with_mss_option(std::uint16_t value) {
    TcpFields fields = plain;
    fields.mss_option = value;
    return fields;
}

std::size_t written_payload(std::size_t buffer_size, const TcpFields& fields, std::uint16_t mss_remaining,
                            std::uint64_t available) {
    const Bytes bytes = random_bytes(70000);
    const ByteSource source = ByteSource::of_bytes(bytes);
    Bytes buffer(buffer_size);
    const auto segment =
        IncompleteTcpSegment::write(buffer, fields, mss_remaining, TcpPayload{.source = &source, .length = available});
    REQUIRE(segment);
    CHECK(segment->length() == segment->payload_length() + IncompleteTcpSegment::header_length(fields));
    return segment->payload_length();
}

}  // namespace

TEST_CASE("a segment without payload is its header", "[tcp_write]") {
    Bytes buffer(20, 0xee);
    auto segment = IncompleteTcpSegment::write(buffer, plain, any_room, std::nullopt);
    REQUIRE(segment);
    CHECK(segment->length() == 20);
    CHECK(segment->payload_length() == 0);
    const auto bytes = std::move(*segment).complete({.source = 0x1234, .destination = 0x5678});
    CHECK(bytes.data() == buffer.data());
    CHECK(buffer == dumbo_test::segment_bytes({.source_port = 0x1234,
                                               .destination_port = 0x5678,
                                               .seq = 0xfffffff0,
                                               .ack = 0x01020304,
                                               .flags = 0x18,
                                               .window = 0xfedc}));
}

TEST_CASE("an MSS option adds 4 bytes of header and parses to its value", "[tcp_write]") {
    for (const std::uint16_t value : {std::uint16_t{100}, std::uint16_t{0x0102}, std::uint16_t{65495}}) {
        Bytes buffer(24);
        auto segment = IncompleteTcpSegment::write(buffer, with_mss_option(value), 4, std::nullopt);
        REQUIRE(segment);
        const auto parsed = TcpSegment::parse(std::move(*segment).complete({}));
        REQUIRE(parsed);
        CHECK(parsed->header_length() == 24);
        CHECK(same_bytes(parsed->options(), dumbo_test::mss_option(value)));
        const auto option = parsed->mss_option();
        REQUIRE(option);
        CHECK(*option == value);
    }
}

TEST_CASE("a parsed segment is written as the same bytes", "[tcp_write]") {
    dumbo_test::Random random(31);
    for (int round = 0; round < 300; ++round) {
        const bool with_option = random.below(2) == 0;
        const Bytes original = dumbo_test::segment_bytes(
            {.source_port = random.word(),
             .destination_port = random.word(),
             .seq = static_cast<std::uint32_t>(random.next()),
             .ack = static_cast<std::uint32_t>(random.next()),
             .flags = random.byte(),
             .window = random.word(),
             .options =
                 with_option ? dumbo_test::mss_option(static_cast<std::uint16_t>(100 + random.below(60000))) : Bytes(),
             .payload = random.bytes(random.below(100))});
        const auto parsed = TcpSegment::parse(original);
        REQUIRE(parsed);
        const auto option = parsed->mss_option();
        REQUIRE(option);

        const ByteSource source = ByteSource::of_bytes(parsed->payload());
        std::optional<TcpPayload> payload;
        if (source.size() > 0) {
            payload = TcpPayload{.source = &source, .length = source.size()};
        }
        Bytes again = random.bytes(original.size());
        auto segment = IncompleteTcpSegment::write(again,
                                                   {.sequence_number = parsed->sequence_number(),
                                                    .ack_number = parsed->ack_number(),
                                                    .flags = parsed->flags(),
                                                    .window = parsed->window(),
                                                    .mss_option = *option},
                                                   any_room, payload);
        REQUIRE(segment);
        const auto bytes =
            std::move(*segment).complete({.source = parsed->source_port(), .destination = parsed->destination_port()});
        CAPTURE(round);
        CHECK(same_bytes(bytes, original));
    }
}

TEST_CASE("a payload is as long as source, buffer, MSS and the longest segment all allow", "[tcp_write]") {
    CHECK(written_payload(1000, plain, any_room, 10) == 10);
    CHECK(written_payload(1000, plain, any_room, 980) == 980);
    CHECK(written_payload(1000, plain, any_room, 981) == 980);
    CHECK(written_payload(1000, plain, 536, 5000) == 536);
    CHECK(written_payload(21, plain, 536, 5000) == 1);
    CHECK(written_payload(1000, plain, 1, 5000) == 1);
    CHECK(written_payload(70000, plain, any_room, 70000) == 65495);
    CHECK(written_payload(65515, plain, any_room, 70000) == 65495);
    CHECK(written_payload(65514, plain, any_room, 70000) == 65494);
    CHECK(written_payload(65516, plain, 65495, 70000) == 65495);

    CHECK(written_payload(1000, with_mss_option(1460), 536, 5000) == 532);
    CHECK(written_payload(1000, with_mss_option(1460), 5, 5000) == 1);
    CHECK(written_payload(25, with_mss_option(1460), 536, 5000) == 1);
    CHECK(written_payload(70000, with_mss_option(1460), any_room, 70000) == 65491);
}

TEST_CASE("a payload offered without bounds is cut like any other", "[tcp_write]") {
    const auto fill = [](const void*, std::uint64_t offset, std::span<std::uint8_t> to) {
        std::ranges::fill(to, static_cast<std::uint8_t>(offset));
        return true;
    };
    constexpr auto endless = std::numeric_limits<std::uint64_t>::max();
    const ByteSource source = ByteSource::of_pull(fill, nullptr, endless);
    Bytes buffer(100);
    const auto segment = IncompleteTcpSegment::write(buffer, plain, any_room,
                                                     TcpPayload{.source = &source, .offset = 7, .length = endless - 7});
    REQUIRE(segment);
    CHECK(segment->payload_length() == 80);
    CHECK(same_bytes(View(buffer).subspan(20), Bytes(80, 7)));
}

TEST_CASE("the payload begins at its offset in the source", "[tcp_write]") {
    const Bytes bytes = random_bytes(50);
    const ByteSource source = ByteSource::of_bytes(bytes);
    for (std::size_t offset = 0; offset < 50; ++offset) {
        Bytes buffer(70, 0xcc);
        const auto segment = IncompleteTcpSegment::write(
            buffer, plain, any_room, TcpPayload{.source = &source, .offset = offset, .length = 50 - offset});
        REQUIRE(segment);
        CHECK(segment->payload_length() == 50 - offset);
        CHECK(same_bytes(View(buffer).subspan(20, 50 - offset), View(bytes).subspan(offset)));
        CHECK(same_bytes(View(buffer).subspan(70 - offset), Bytes(offset, 0xcc)));
    }
}

TEST_CASE("a buffer shorter than the header is too small", "[tcp_write]") {
    for (std::size_t size = 0; size < 24; ++size) {
        Bytes buffer(size);
        CAPTURE(size);
        CHECK(IncompleteTcpSegment::write(buffer, plain, any_room, std::nullopt).has_value() == (size >= 20));
        CHECK(error_of(IncompleteTcpSegment::write(buffer, with_mss_option(536), any_room, std::nullopt)) ==
              Error::buffer_too_small);
        if (size < 20) {
            CHECK(error_of(IncompleteTcpSegment::write(buffer, plain, any_room, std::nullopt)) ==
                  Error::buffer_too_small);
        }
    }
}

TEST_CASE("an MSS option needs 4 bytes of what is left of the MSS", "[tcp_write]") {
    Bytes buffer(100);
    for (std::uint16_t remaining = 0; remaining < 4; ++remaining) {
        CHECK(error_of(IncompleteTcpSegment::write(buffer, with_mss_option(536), remaining, std::nullopt)) ==
              Error::mss_option_room);
        CHECK(IncompleteTcpSegment::write(buffer, plain, remaining, std::nullopt));
    }
    CHECK(IncompleteTcpSegment::write(buffer, with_mss_option(536), 4, std::nullopt));
}

TEST_CASE("a payload of which not one byte can be carried is an error", "[tcp_write]") {
    const Bytes bytes = random_bytes(10);
    const ByteSource source = ByteSource::of_bytes(bytes);
    const TcpPayload payload{.source = &source, .length = 10};
    Bytes buffer(100);
    Bytes header_only(20);
    Bytes header_with_option(24);

    CHECK(error_of(IncompleteTcpSegment::write(buffer, plain, any_room, TcpPayload{.source = &source})) ==
          Error::empty_payload);
    CHECK(error_of(IncompleteTcpSegment::write(buffer, plain, 0, payload)) == Error::empty_payload);
    CHECK(error_of(IncompleteTcpSegment::write(header_only, plain, any_room, payload)) == Error::empty_payload);
    CHECK(error_of(IncompleteTcpSegment::write(buffer, with_mss_option(536), 4, payload)) == Error::empty_payload);
    CHECK(error_of(IncompleteTcpSegment::write(header_with_option, with_mss_option(536), any_room, payload)) ==
          Error::empty_payload);
}

TEST_CASE("a source that gives up makes the write fail", "[tcp_write]") {
    const auto give_up = [](const void*, std::uint64_t, std::span<std::uint8_t>) { return false; };
    const ByteSource source = ByteSource::of_pull(give_up, nullptr, 10);
    Bytes buffer(100);
    CHECK(error_of(IncompleteTcpSegment::write(buffer, plain, any_room, TcpPayload{.source = &source, .length = 10})) ==
          Error::callback);
}

TEST_CASE("flags can be added to a written segment and asked for", "[tcp_write]") {
    using namespace dumbo::tcp_flag;
    Bytes buffer(20);
    auto segment = IncompleteTcpSegment::write(buffer, plain, any_room, std::nullopt);
    REQUIRE(segment);
    CHECK(segment->has(ack));
    CHECK_FALSE(segment->has(fin));
    segment->add_flags(fin);
    CHECK(segment->has(fin));
    CHECK(segment->has(ack));
    CHECK(segment->complete({})[13] == (plain.flags | fin));
}
