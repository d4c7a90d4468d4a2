// SPDX-License-Identifier: Apache-2.0
#include <dumbo/ethernet.hpp>

#include <cstdint>
#include <limits>

#include "support/catch.hpp"
#include "unit/support/bytes.hpp"
#include "unit/support/result.hpp"

using dumbo::Error;
using dumbo::EthernetFields;
using dumbo::EthernetFrame;
using dumbo::MacAddress;
using dumbo::write_ethernet;
using dumbo_test::Bytes;
using dumbo_test::error_of;
using dumbo_test::random_bytes;
using dumbo_test::same_bytes;
using dumbo_test::View;

namespace {

constexpr MacAddress guest_mac{0x06, 0x01, 0x23, 0x45, 0x67, 0x89};
constexpr MacAddress our_mac{0x02, 0xaa, 0xbb, 0xcc, 0xdd, 0xee};

// To our_mac from guest_mac, IPv4, three bytes of payload.
const Bytes sample{0x02, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0x06, 0x01, 0x23, 0x45, 0x67, 0x89, 0x08, 0x00, 1, 2, 3};

}  // namespace

TEST_CASE("a frame tells its addresses, its type and its payload", "[ethernet]") {
    const auto frame = EthernetFrame::parse(sample);
    REQUIRE(frame);
    CHECK(frame->destination() == our_mac);
    CHECK(frame->source() == guest_mac);
    CHECK(frame->ethertype() == dumbo::ethertype_ipv4);
    CHECK(frame->length() == 17);
    CHECK(same_bytes(frame->payload(), Bytes{1, 2, 3}));
    CHECK(frame->payload().data() == sample.data() + 14);
}

TEST_CASE("every prefix shorter than a header is truncated, every longer one is a frame", "[ethernet]") {
    for (std::size_t length = 0; length <= sample.size(); ++length) {
        const Bytes prefix(sample.begin(), sample.begin() + static_cast<std::ptrdiff_t>(length));
        const auto frame = EthernetFrame::parse(prefix);
        CAPTURE(length);
        REQUIRE(frame.has_value() == (length >= 14));
        if (frame) {
            CHECK(frame->payload().size() == length - 14);
        } else {
            CHECK(frame.error() == Error::truncated);
        }
    }
}

TEST_CASE("a written frame parses to what was written, and its payload is not touched", "[ethernet]") {
    for (const std::size_t payload_length : {0U, 1U, 46U, 1500U, 65536U}) {
        for (const std::uint16_t ethertype : {std::uint16_t{0}, dumbo::ethertype_arp, std::uint16_t{0xffff}}) {
            const Bytes payload = random_bytes(payload_length);
            Bytes buffer = dumbo_test::concat({random_bytes(14), payload, random_bytes(5, 9)});
            const Bytes tail(buffer.end() - 5, buffer.end());

            const auto written = write_ethernet(buffer, EthernetFields{our_mac, guest_mac, ethertype}, payload_length);
            REQUIRE(written);
            REQUIRE(written->data() == buffer.data());
            REQUIRE(written->size() == 14 + payload_length);
            CHECK(same_bytes(View(buffer).last(5), tail));

            const auto frame = EthernetFrame::parse(*written);
            REQUIRE(frame);
            CHECK(frame->destination() == our_mac);
            CHECK(frame->source() == guest_mac);
            CHECK(frame->ethertype() == ethertype);
            CHECK(same_bytes(frame->payload(), payload));

            Bytes again(written->size());
            std::ranges::copy(payload, again.begin() + 14);
            REQUIRE(write_ethernet(again, EthernetFields{frame->destination(), frame->source(), frame->ethertype()},
                                   payload_length));
            CHECK(same_bytes(again, *written));
        }
    }
}

TEST_CASE("a buffer that holds the frame exactly suffices, one byte less is refused and unchanged", "[ethernet]") {
    for (const std::size_t payload_length : {0U, 1U, 100U}) {
        Bytes exact(14 + payload_length);
        CHECK(write_ethernet(exact, EthernetFields{}, payload_length));
        for (std::size_t size = 0; size < 14 + payload_length; ++size) {
            Bytes buffer = random_bytes(size);
            const Bytes before = buffer;
            const auto written = write_ethernet(buffer, EthernetFields{our_mac, guest_mac, 0x0800}, payload_length);
            CHECK(error_of(written) == Error::buffer_too_small);
            CHECK(buffer == before);
        }
    }
}

TEST_CASE("a payload length that would wrap round is refused", "[ethernet]") {
    Bytes buffer(64);
    for (std::size_t below_end = 0; below_end < 20; ++below_end) {
        const auto written =
            write_ethernet(buffer, EthernetFields{}, std::numeric_limits<std::size_t>::max() - below_end);
        CHECK(error_of(written) == Error::buffer_too_small);
    }
}
