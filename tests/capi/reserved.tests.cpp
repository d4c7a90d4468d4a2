// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "capi/support/endpoint.hpp"
#include "capi/support/observed.hpp"
#include "support/catch.hpp"

using dumbo_test::addressing;
using dumbo_test::Bytes;
using dumbo_test::config;
using dumbo_test::sized;

// What this release has no meaning for is refused: reserved fields that are not 0, unknown flags, unknown enumerators.
namespace {

constexpr auto refused = DUMBO_ERR_INVALID_ARGUMENT;
const std::vector<std::uint32_t> unknown_enumerators = {3, 4, 100, 0x80000000, 0xffffffff};

std::int32_t open(const dumbo_connection_config& how, const dumbo_allocator* allocator = nullptr) {
    const Bytes syn = dumbo_test::syn_bytes();
    dumbo_connection* connection = nullptr;
    const auto code = dumbo_connection_passive_open(&connection, syn.data(), syn.size(), nullptr, &how, allocator);
    CHECK((connection != nullptr) == (code == DUMBO_OK));
    dumbo_connection_free(connection);
    return code;
}

std::int32_t write_segment(const dumbo_tcp_fields& fields, const dumbo_payload* payload = nullptr,
                           const dumbo_addressing& to = addressing()) {
    Bytes buffer(100);
    std::size_t written = 0;
    return dumbo_tcp_write(buffer.data(), buffer.size(), &fields, payload, &to, &written);
}

std::int32_t write_rst(const dumbo_rst_config& rst, const dumbo_addressing& to = addressing()) {
    Bytes buffer(20);
    std::size_t written = 0;
    return dumbo_rst_write(buffer.data(), buffer.size(), &rst, &to, &written);
}

std::int32_t write_next(const dumbo_payload* payload, const dumbo_addressing& to) {
    const auto connection = dumbo_test::established();
    const auto before = dumbo_test::fingerprint(connection.get());
    Bytes buffer(100);
    std::size_t written = 0;
    const auto code = dumbo_connection_write_next_segment(connection.get(), buffer.data(), buffer.size(), 0, payload,
                                                          &to, 0, &written, nullptr);
    CHECK((code == DUMBO_OK || dumbo_test::fingerprint(connection.get()) == before));
    return code;
}

dumbo_tcp_fields fields() {
    auto result = sized<dumbo_tcp_fields>();
    result.mss_remaining = 1000;
    result.payload_max = 1000;
    return result;
}

}  // namespace

TEST_CASE("a config with something in a reserved field or an unknown flag is refused", "[reserved]") {
    CHECK(open(config()) == DUMBO_OK);
    for (unsigned bit = 0; bit < 32; ++bit) {
        auto how = config();
        how.options = 1U << bit;
        CHECK(open(how) == ((how.options & DUMBO_OPTIONS_GUEST_FACING) != 0 ? DUMBO_OK : refused));
        how = config();
        how.flags |= 1U << bit;
        CHECK(open(how) == (bit < 2 ? DUMBO_OK : refused));  // ISN and counters
        if (bit < 16) {
            how = config();
            how.reserved = static_cast<std::uint16_t>(1U << bit);
            CHECK(open(how) == refused);
        }
    }
}

TEST_CASE("a config out of range is refused", "[reserved]") {
    auto how = config();
    how.local_rwnd_size = DUMBO_MAX_WINDOW_SIZE;
    CHECK(open(how) == DUMBO_OK);
    how.local_rwnd_size = DUMBO_MAX_WINDOW_SIZE + 1;
    CHECK(open(how) == refused);
    how = config();
    how.rto_period = 0;
    CHECK(open(how) == refused);
    how = config();
    how.rto_count_max = 0;
    CHECK(open(how) == refused);
}

TEST_CASE("an allocator needs both functions and nothing in its reserved field", "[reserved]") {
    auto good = sized<dumbo_allocator>();
    good.allocate = [](void*, std::size_t size, std::size_t alignment) { return std::aligned_alloc(alignment, size); };
    good.release = [](void*, void* memory, std::size_t) { std::free(memory); };
    CHECK(open(config(), &good) == DUMBO_OK);
    auto bad = good;
    bad.reserved = 1;
    CHECK(open(config(), &bad) == refused);
    bad = good;
    bad.allocate = nullptr;
    CHECK(open(config(), &bad) == refused);
    bad = good;
    bad.release = nullptr;
    CHECK(open(config(), &bad) == refused);

    const auto original = dumbo_test::opened();
    dumbo_connection* copy = nullptr;
    CHECK(dumbo_connection_clone(original.get(), &copy, &bad) == refused);
    CHECK(copy == nullptr);
}

TEST_CASE("a payload has a known kind, nothing reserved, and the pointers of its kind", "[reserved]") {
    const Bytes bytes(10, 'a');
    const auto good = dumbo_test::payload(bytes, dumbo_test::our_isn + 1);
    const auto both = [](const dumbo_payload& payload) {
        const auto code = write_next(&payload, addressing());
        CHECK(write_segment(fields(), &payload) == code);
        return code;
    };
    CHECK(both(good) == DUMBO_OK);
    auto bad = good;
    bad.reserved = 1;
    CHECK(both(bad) == refused);
    bad = good;
    bad.reserved2 = &bad;
    CHECK(both(bad) == refused);
    for (const std::uint32_t kind : unknown_enumerators) {
        bad = good;
        bad.kind = kind;
        CHECK(both(bad) == refused);
    }
    bad = good;
    bad.bytes = nullptr;
    CHECK(both(bad) == refused);

    bad = sized<dumbo_payload>();
    bad.seq = good.seq;
    bad.kind = DUMBO_PAYLOAD_IOVEC;
    bad.iovec_count = 1;
    CHECK(both(bad) == refused);
    const dumbo_iovec pieces[] = {{bytes.data(), 1}, {nullptr, 1}};
    bad.iovecs = pieces;
    CHECK(both(bad) == DUMBO_OK);
    bad.iovec_count = 2;
    CHECK(both(bad) == refused);

    bad = sized<dumbo_payload>();
    bad.seq = good.seq;
    bad.kind = DUMBO_PAYLOAD_CALLBACK;
    bad.len = 10;
    CHECK(both(bad) == refused);
}

TEST_CASE("an unknown checksum policy is refused by every call that writes a segment", "[reserved]") {
    auto rst = sized<dumbo_rst_config>();
    rst.flags = DUMBO_TCP_RST;
    for (std::uint32_t policy = 0; policy < 3; ++policy) {
        auto to = addressing();
        to.checksum = policy;
        CHECK(write_segment(fields(), nullptr, to) == DUMBO_OK);
        CHECK(write_rst(rst, to) == DUMBO_OK);
        CHECK(write_next(nullptr, to) == DUMBO_OK);
    }
    for (const std::uint32_t policy : unknown_enumerators) {
        auto to = addressing();
        to.checksum = policy;
        CHECK(write_segment(fields(), nullptr, to) == refused);
        CHECK(write_rst(rst, to) == refused);
        CHECK(write_next(nullptr, to) == refused);
    }
}

TEST_CASE("an unknown flag beside the addresses is refused by every call that writes a segment", "[reserved]") {
    auto rst = sized<dumbo_rst_config>();
    rst.flags = DUMBO_TCP_RST;
    for (unsigned bit = 1; bit < 32; ++bit) {
        auto to = addressing();
        to.flags = 1U << bit;
        CAPTURE(bit);
        CHECK(write_segment(fields(), nullptr, to) == refused);
        CHECK(write_rst(rst, to) == refused);
        CHECK(write_next(nullptr, to) == refused);
    }
}

TEST_CASE("the fields of a segment have nothing reserved, and a yes or no about the option", "[reserved]") {
    for (unsigned bit = 0; bit < 32; ++bit) {
        auto bad = fields();
        bad.reserved = 1U << bit;
        CHECK(write_segment(bad) == refused);
    }
    for (unsigned value = 0; value < 256; ++value) {
        auto changed = fields();
        changed.has_mss_option = static_cast<std::uint8_t>(value);
        CHECK(write_segment(changed) == (value < 2 ? DUMBO_OK : refused));
    }
}

TEST_CASE("a RST has one of two sets of flags", "[reserved]") {
    for (std::uint32_t flags = 0; flags < 1024; ++flags) {
        auto rst = sized<dumbo_rst_config>();
        rst.flags = flags;
        const bool known = flags == DUMBO_TCP_RST || flags == (DUMBO_TCP_RST | DUMBO_TCP_ACK);
        CHECK(write_rst(rst) == (known ? DUMBO_OK : refused));
        rst.flags = flags | 0x10000U;
        CHECK(write_rst(rst) == refused);
    }
}

TEST_CASE("an ARP packet is written for a known operation only", "[reserved]") {
    for (std::uint32_t operation = 0; operation <= 0xffff; operation += operation < 16 ? 1 : 97) {
        auto packet = sized<dumbo_arp_packet>();
        packet.operation = static_cast<std::uint16_t>(operation);
        Bytes buffer(28, 0xee);
        const bool known = operation == DUMBO_ARP_REQUEST || operation == DUMBO_ARP_REPLY;
        CHECK(dumbo_arp_write(buffer.data(), buffer.size(), &packet) == (known ? DUMBO_OK : refused));
        CHECK((buffer == Bytes(28, 0xee)) == !known);
    }
}

TEST_CASE("IPv4 packets know one flag", "[reserved]") {
    const Bytes packet = {0x45, 0, 0, 20, 0, 0, 0, 0, 64, 6, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8};
    Bytes buffer(20);
    for (unsigned bit = 1; bit < 32; ++bit) {
        auto out = sized<dumbo_ipv4_header>();
        CHECK(dumbo_ipv4_parse(packet.data(), packet.size(), 1U << bit, &out) == refused);
        auto how = sized<dumbo_ipv4_fields>();
        how.flags = 1U << bit;
        std::size_t length = 0;
        CHECK(dumbo_ipv4_write(buffer.data(), buffer.size(), &how, &length) == refused);
        CHECK(length == 0);
    }
}
