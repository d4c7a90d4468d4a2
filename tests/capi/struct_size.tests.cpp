// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

#include <array>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "capi/support/endpoint.hpp"
#include "capi/support/released_sizes.hpp"
#include "capi/support/stack.hpp"
#include "support/catch.hpp"
#include "unit/support/bytes.hpp"

using dumbo_test::addressing;
using dumbo_test::Bytes;
using dumbo_test::sized;
using dumbo_test::View;

// The rule for structs that may grow, applied to every struct of every call: smaller than in the first release is an
// error, every size that a release had is accepted, and so is a larger one whose unknown bytes are zero (input) or may
// be set to zero (output). Each struct lies in memory of exactly the size it states, so that a sanitizer sees an access
// past it.
namespace {

// A struct in memory of its stated size, which may differ from this release's.
class Resized {
public:
    Resized(View contents, std::size_t size) : bytes_(std::max<std::size_t>(size, 4)) {
        std::memcpy(bytes_.data(), contents.data(), std::min(contents.size(), bytes_.size()));
        const auto stated = static_cast<std::uint32_t>(size);
        std::memcpy(bytes_.data(), &stated, sizeof stated);
    }

    Bytes& bytes() { return bytes_; }
    void* data() { return bytes_.data(); }

private:
    Bytes bytes_;
};

// One struct argument of one function; the other arguments are fine.
struct Argument {
    std::string name;
    Bytes contents;                                 // a good one, of this release's size
    std::vector<std::size_t> released;              // the sizes it had, the first release's first
    std::function<std::int32_t(const void*)> call;  // with the struct in question
};

template <typename Struct>
Argument input(std::string name, const Struct& good, std::function<std::int32_t(const Struct*)> call) {
    Bytes contents(sizeof good);
    std::memcpy(contents.data(), &good, sizeof good);
    return {std::move(name), contents, dumbo_test::released_sizes(&good),
            [call = std::move(call)](const void* changed) { return call(static_cast<const Struct*>(changed)); }};
}

std::int32_t tcp_write(const dumbo_tcp_fields* fields, const dumbo_payload* payload, const dumbo_addressing* to) {
    Bytes buffer(200);
    std::size_t written = 0;
    return dumbo_tcp_write(buffer.data(), buffer.size(), fields, payload, to, &written);
}

std::int32_t rst_write(const dumbo_rst_config* rst, const dumbo_addressing* to) {
    Bytes buffer(20);
    std::size_t written = 0;
    return dumbo_rst_write(buffer.data(), buffer.size(), rst, to, &written);
}

std::int32_t write_next(const dumbo_payload* payload, const dumbo_addressing* to) {
    const auto connection = dumbo_test::established();
    Bytes buffer(200);
    std::size_t written = 0;
    return dumbo_connection_write_next_segment(connection.get(), buffer.data(), buffer.size(), 0, payload, to, 0,
                                               &written, nullptr);
}

std::int32_t open(const dumbo_connection_config* config, const dumbo_allocator* allocator) {
    const Bytes syn = dumbo_test::syn_bytes();
    dumbo_connection* connection = nullptr;
    const auto code = dumbo_connection_passive_open(&connection, syn.data(), syn.size(), nullptr, config, allocator);
    dumbo_connection_free(connection);
    return code;
}

std::int32_t open_in(const dumbo_connection_config* config) {
    const Bytes syn = dumbo_test::syn_bytes();
    dumbo_connection* connection = nullptr;
    alignas(64) std::array<std::uint8_t, 128> storage{};
    return dumbo_connection_passive_open_in(&connection, storage.data(), storage.size(), syn.data(), syn.size(),
                                            nullptr, config);
}

std::int32_t clone(const dumbo_allocator* allocator) {
    const auto connection = dumbo_test::opened();
    dumbo_connection* copy = nullptr;
    const auto code = dumbo_connection_clone(connection.get(), &copy, allocator);
    dumbo_connection_free(copy);
    return code;
}

Bytes snapshot() {
    const auto connection = dumbo_test::opened();
    Bytes bytes(DUMBO_SNAPSHOT_LENGTH_MAX);
    std::size_t length = 0;
    REQUIRE(dumbo_connection_snapshot(connection.get(), bytes.data(), bytes.size(), &length) == DUMBO_OK);
    bytes.resize(length);
    return bytes;
}

std::int32_t restore(const dumbo_restore_config* config, const dumbo_allocator* allocator) {
    const Bytes bytes = snapshot();
    dumbo_connection* connection = nullptr;
    const auto code = dumbo_connection_restore(&connection, bytes.data(), bytes.size(), config, allocator);
    dumbo_connection_free(connection);
    return code;
}

std::int32_t restore_in(const dumbo_restore_config* config) {
    const Bytes bytes = snapshot();
    dumbo_connection* connection = nullptr;
    alignas(64) std::array<std::uint8_t, 128> storage{};
    return dumbo_connection_restore_in(&connection, storage.data(), storage.size(), bytes.data(), bytes.size(), config);
}

std::int32_t create(const dumbo_stack_config* config, const dumbo_allocator* allocator) {
    dumbo_stack* stack = nullptr;
    const auto code = dumbo_stack_create(&stack, config, allocator);
    CHECK((stack != nullptr) == (code == DUMBO_OK));
    dumbo_stack_free(stack);
    return code;
}

struct alignas(64) StackStorage {
    std::array<std::uint8_t, 20000> bytes;
};

std::int32_t create_in(const dumbo_stack_config* config) {
    StackStorage storage{};
    dumbo_stack* stack = nullptr;
    return dumbo_stack_create_in(&stack, &storage, sizeof storage, config);
}

Bytes stack_snapshot() {
    const auto stack = dumbo_test::a_stack();
    Bytes bytes(100);
    std::size_t length = 0;
    REQUIRE(dumbo_stack_snapshot(stack.get(), bytes.data(), bytes.size(), &length) == DUMBO_OK);
    bytes.resize(length);
    return bytes;
}

std::int32_t restore_stack_in(const dumbo_stack_config* config, const dumbo_restore_config* how) {
    const Bytes bytes = stack_snapshot();
    StackStorage storage{};
    dumbo_stack* stack = nullptr;
    return dumbo_stack_restore_in(&stack, &storage, sizeof storage, bytes.data(), bytes.size(), config, how);
}

std::int32_t restore_stack(const dumbo_stack_config* config, const dumbo_restore_config* how,
                           const dumbo_allocator* allocator) {
    const Bytes bytes = stack_snapshot();
    dumbo_stack* stack = nullptr;
    const auto code = dumbo_stack_restore(&stack, bytes.data(), bytes.size(), config, how, allocator);
    CHECK((stack != nullptr) == (code == DUMBO_OK));
    dumbo_stack_free(stack);
    return code;
}

std::vector<Argument> inputs() {
    static const Bytes data = dumbo_test::random_bytes(50);
    auto arp = sized<dumbo_arp_packet>();
    arp.operation = DUMBO_ARP_REPLY;
    auto ipv4 = sized<dumbo_ipv4_fields>();
    ipv4.payload_length = 10;
    static auto tcp = sized<dumbo_tcp_fields>();
    tcp.mss_remaining = 500;
    tcp.payload_max = 40;
    static auto rst = sized<dumbo_rst_config>();
    rst.flags = DUMBO_TCP_RST;
    static const dumbo_addressing to = addressing();
    const auto source = dumbo_test::payload(data, dumbo_test::our_isn + 1);
    auto allocator = sized<dumbo_allocator>();
    allocator.allocate = [](void*, std::size_t size, std::size_t alignment) {
        return std::aligned_alloc(alignment, size);
    };
    allocator.release = [](void*, void* memory, std::size_t) { std::free(memory); };

    using Addressing = const dumbo_addressing*;
    using Payload = const dumbo_payload*;
    return {
        input<dumbo_arp_packet>("arp_write: packet", arp,
                                [](const dumbo_arp_packet* packet) {
                                    Bytes buffer(28);
                                    return dumbo_arp_write(buffer.data(), buffer.size(), packet);
                                }),
        input<dumbo_ipv4_fields>("ipv4_write: fields", ipv4,
                                 [](const dumbo_ipv4_fields* fields) {
                                     Bytes buffer(40);
                                     std::size_t length = 0;
                                     return dumbo_ipv4_write(buffer.data(), buffer.size(), fields, &length);
                                 }),
        input<dumbo_tcp_fields>("tcp_write: fields", tcp,
                                [](const dumbo_tcp_fields* fields) { return tcp_write(fields, nullptr, &to); }),
        input<dumbo_payload>("tcp_write: payload", source,
                             [](Payload changed) { return tcp_write(&tcp, changed, &to); }),
        input<dumbo_addressing>("tcp_write: addressing", to,
                                [](Addressing changed) { return tcp_write(&tcp, nullptr, changed); }),
        input<dumbo_rst_config>("rst_write: rst", rst,
                                [](const dumbo_rst_config* changed) { return rst_write(changed, &to); }),
        input<dumbo_addressing>("rst_write: addressing", to,
                                [](Addressing changed) { return rst_write(&rst, changed); }),
        input<dumbo_payload>("write_next_segment: payload", source,
                             [](Payload changed) { return write_next(changed, &to); }),
        input<dumbo_addressing>("write_next_segment: addressing", to,
                                [](Addressing changed) { return write_next(nullptr, changed); }),
        input<dumbo_connection_config>("passive_open: config", dumbo_test::config(),
                                       [](const dumbo_connection_config* changed) { return open(changed, nullptr); }),
        input<dumbo_connection_config>("passive_open_in: config", dumbo_test::config(), open_in),
        input<dumbo_allocator>("passive_open: allocator", allocator,
                               [](const dumbo_allocator* changed) {
                                   const auto how = dumbo_test::config();
                                   return open(&how, changed);
                               }),
        input<dumbo_allocator>("clone: allocator", allocator, clone),
        input<dumbo_restore_config>("restore: config", sized<dumbo_restore_config>(),
                                    [](const dumbo_restore_config* changed) { return restore(changed, nullptr); }),
        input<dumbo_restore_config>("restore_in: config", sized<dumbo_restore_config>(), restore_in),
        input<dumbo_allocator>("restore: allocator", allocator,
                               [](const dumbo_allocator* changed) { return restore(nullptr, changed); }),
        input<dumbo_stack_config>("stack_size: config", dumbo_test::stack_config(),
                                  [](const dumbo_stack_config* changed) {
                                      std::size_t size = 0;
                                      return dumbo_stack_size(changed, &size);
                                  }),
        input<dumbo_stack_config>("stack_create: config", dumbo_test::stack_config(),
                                  [](const dumbo_stack_config* changed) { return create(changed, nullptr); }),
        input<dumbo_stack_config>("stack_create_in: config", dumbo_test::stack_config(), create_in),
        input<dumbo_allocator>("stack_create: allocator", allocator,
                               [](const dumbo_allocator* changed) {
                                   const auto how = dumbo_test::stack_config();
                                   return create(&how, changed);
                               }),
        input<dumbo_stack_config>(
            "making a stack again: config", dumbo_test::stack_config(),
            [](const dumbo_stack_config* changed) { return restore_stack(changed, nullptr, nullptr); }),
        input<dumbo_stack_config>("making a stack again in storage: config", dumbo_test::stack_config(),
                                  [](const dumbo_stack_config* changed) { return restore_stack_in(changed, nullptr); }),
        input<dumbo_restore_config>("stack_restore_in: restore", sized<dumbo_restore_config>(),
                                    [](const dumbo_restore_config* changed) {
                                        const auto how = dumbo_test::stack_config();
                                        return restore_stack_in(&how, changed);
                                    }),
        input<dumbo_restore_config>("stack_restore: restore", sized<dumbo_restore_config>(),
                                    [](const dumbo_restore_config* changed) {
                                        const auto how = dumbo_test::stack_config();
                                        return restore_stack(&how, changed, nullptr);
                                    }),
        input<dumbo_allocator>("stack_restore: allocator", allocator,
                               [](const dumbo_allocator* changed) {
                                   const auto how = dumbo_test::stack_config();
                                   return restore_stack(&how, nullptr, changed);
                               }),
        input<dumbo_virtio_net_header>("stack_receive_frame: header", sized<dumbo_virtio_net_header>(),
                                       [](const dumbo_virtio_net_header* changed) {
                                           const auto stack = dumbo_test::a_stack();
                                           return dumbo_stack_receive_frame(stack.get(), data.data(), data.size(), 0,
                                                                            changed, nullptr);
                                       }),
    };
}

template <typename Struct>
Argument output(std::string name, std::function<std::int32_t(Struct*)> call) {
    // All ones: what the call does not write is seen.
    constexpr const Struct* type = nullptr;
    return {std::move(name), Bytes(sizeof(Struct), 0xff), dumbo_test::released_sizes(type),
            [call = std::move(call)](const void* out) { return call(static_cast<Struct*>(const_cast<void*>(out))); }};
}

std::vector<Argument> outputs() {
    static const Bytes arp = {0, 1, 8, 0, 6, 4, 0, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 3, 3, 4, 4, 4, 4};
    static const Bytes ipv4 = {0x45, 0, 0, 20, 0, 0, 0, 0, 64, 6, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8};
    static const Bytes tcp = dumbo_test::syn_bytes();
    return {
        output<dumbo_ethernet_header>(
            "ethernet_parse: out",
            [](dumbo_ethernet_header* out) { return dumbo_ethernet_parse(tcp.data(), tcp.size(), out); }),
        output<dumbo_arp_packet>(
            "arp_parse_request: out",
            [](dumbo_arp_packet* out) { return dumbo_arp_parse_request(arp.data(), arp.size(), out); }),
        output<dumbo_ipv4_header>(
            "ipv4_parse: out",
            [](dumbo_ipv4_header* out) { return dumbo_ipv4_parse(ipv4.data(), ipv4.size(), 0, out); }),
        output<dumbo_tcp_segment>(
            "tcp_parse: out",
            [](dumbo_tcp_segment* out) { return dumbo_tcp_parse(tcp.data(), tcp.size(), nullptr, out); }),
        output<dumbo_rst_config>(
            "rst_config_for_segment: out",
            [](dumbo_rst_config* out) { return dumbo_rst_config_for_segment(tcp.data(), tcp.size(), out); }),
        output<dumbo_rst_config>("make_rst_config: out",
                                 [](dumbo_rst_config* out) {
                                     const auto connection = dumbo_test::opened();
                                     return dumbo_connection_make_rst_config(connection.get(), out);
                                 }),
        output<dumbo_sent>("write_next_segment: sent",
                           [](dumbo_sent* out) {
                               const auto connection = dumbo_test::opened();
                               const dumbo_addressing to = addressing();
                               Bytes buffer(200);
                               std::size_t written = 0;
                               return dumbo_connection_write_next_segment(
                                   connection.get(), buffer.data(), buffer.size(), 0, nullptr, &to, 0, &written, out);
                           }),
        output<dumbo_counters>("counters: out",
                               [](dumbo_counters* out) {
                                   auto how = dumbo_test::config();
                                   how.flags |= DUMBO_CONFIG_COUNTERS;
                                   const auto connection = dumbo_test::established(how);
                                   return dumbo_connection_counters(connection.get(), out);
                               }),
        output<dumbo_connection_config>(
            "config_init: config",
            [](dumbo_connection_config* out) { return dumbo_connection_config_init(out, out->struct_size); }),
        output<dumbo_stack_config>(
            "stack config_init: config",
            [](dumbo_stack_config* out) { return dumbo_stack_config_init(out, out->struct_size); }),
        output<dumbo_frame_verdict>("stack_receive_frame: verdict",
                                    [](dumbo_frame_verdict* out) {
                                        const auto stack = dumbo_test::a_stack();
                                        return dumbo_stack_receive_frame(stack.get(), tcp.data(), tcp.size(), 0,
                                                                         nullptr, out);
                                    }),
        output<dumbo_virtio_net_header>("stack_next_frame: header",
                                        [](dumbo_virtio_net_header* out) {
                                            const auto stack = dumbo_test::a_stack();
                                            Bytes frame(100);
                                            std::size_t length = 0;
                                            return dumbo_stack_next_frame(stack.get(), frame.data(), frame.size(), 0,
                                                                          &length, out);
                                        }),
        output<dumbo_connection_info>("stack_connection_info: out",
                                      [](dumbo_connection_info* out) {
                                          const auto stack = dumbo_test::a_stack();
                                          const auto guest = dumbo_test::open_connection(stack.get());
                                          return dumbo_stack_connection_info(stack.get(), guest.id, out);
                                      }),
        output<dumbo_stack_event>("stack_next_event: event",
                                  [](dumbo_stack_event* out) {
                                      const auto stack = dumbo_test::a_stack();
                                      dumbo_test::open_connection(stack.get());
                                      return dumbo_stack_next_event(stack.get(), out);
                                  }),
        output<dumbo_interface_counters>("stack_counters: out",
                                         [](dumbo_interface_counters* out) {
                                             const auto stack = dumbo_test::a_stack();
                                             return dumbo_stack_counters(stack.get(), out);
                                         }),
    };
}

void check_smaller_sizes_are_refused(const Argument& argument) {
    for (std::size_t size = 0; size < argument.released.front(); ++size) {
        Resized changed(argument.contents, size);
        const Bytes before = changed.bytes();
        CAPTURE(size);
        CHECK(argument.call(changed.data()) == DUMBO_ERR_INVALID_ARGUMENT);
        CHECK(changed.bytes() == before);
    }
}

}  // namespace

TEST_CASE("the last size on record of each struct is this release's", "[struct_size]") {
    for (const auto& arguments : {inputs(), outputs()}) {
        for (const Argument& argument : arguments) {
            INFO(argument.name);
            CHECK(argument.released.back() == argument.contents.size());
        }
    }
}

TEST_CASE("an input struct smaller than in the first release is refused", "[struct_size]") {
    for (const Argument& argument : inputs()) {
        INFO(argument.name);
        check_smaller_sizes_are_refused(argument);
    }
}

TEST_CASE("an output struct smaller than in the first release is refused and not touched", "[struct_size]") {
    for (const Argument& argument : outputs()) {
        INFO(argument.name);
        check_smaller_sizes_are_refused(argument);
    }
}

TEST_CASE("every size that a struct had in a release is accepted", "[struct_size]") {
    for (const auto& arguments : {inputs(), outputs()}) {
        for (const Argument& argument : arguments) {
            INFO(argument.name);
            for (const std::size_t size : argument.released) {
                Resized changed(argument.contents, size);
                CAPTURE(size);
                CHECK(argument.call(changed.data()) == DUMBO_OK);
            }
        }
    }
}

TEST_CASE("no struct is larger than 4096 bytes: one that says so was never initialized", "[struct_size]") {
    constexpr std::size_t largest = 4096;
    for (const auto& arguments : {inputs(), outputs()}) {
        for (const Argument& argument : arguments) {
            INFO(argument.name);
            CHECK(argument.call(Resized(argument.contents, largest).data()) == DUMBO_OK);
            Resized too_large(argument.contents, largest + 1);
            const Bytes before = too_large.bytes();
            CHECK(argument.call(too_large.data()) == DUMBO_ERR_INVALID_ARGUMENT);
            CHECK(too_large.bytes() == before);
        }
    }
}

// With a library of a later release this program is the older one.
TEST_CASE("an input struct of a later release is accepted as long as it says nothing new",
          "[struct_size][this_release]") {
    for (const Argument& argument : inputs()) {
        INFO(argument.name);
        for (std::size_t more = 1; more <= 40; ++more) {
            Resized later(argument.contents, argument.contents.size() + more);
            CAPTURE(more);
            CHECK(argument.call(later.data()) == DUMBO_OK);
            for (const std::size_t at : {argument.contents.size(), later.bytes().size() - 1}) {
                later.bytes()[at] = 1;
                CHECK(argument.call(later.data()) == DUMBO_ERR_INVALID_ARGUMENT);
                later.bytes()[at] = 0;
            }
        }
    }
}

TEST_CASE("a later release takes what it has added to an input struct", "[.][later_release]") {
    for (const Argument& argument : inputs()) {
        INFO(argument.name);
        Resized later(argument.contents, argument.contents.size() + 8);
        later.bytes().back() = 1;
        CHECK(argument.call(later.data()) == DUMBO_OK);
    }
}

TEST_CASE("an output struct of a later release is filled, and what is not known set to zero", "[struct_size]") {
    for (const Argument& argument : outputs()) {
        INFO(argument.name);
        Resized exact(argument.contents, argument.contents.size());
        REQUIRE(argument.call(exact.data()) == DUMBO_OK);
        CHECK(dumbo_test::get32(exact.bytes(), 0) != 0);
        for (std::size_t more = 1; more <= 40; ++more) {
            Resized later(Bytes(500, 0xff), argument.contents.size() + more);
            CAPTURE(more);
            CHECK(argument.call(later.data()) == DUMBO_OK);
            std::uint32_t stated = 0;
            std::memcpy(&stated, later.data(), sizeof stated);
            CHECK(stated == argument.contents.size() + more);
            const View all(later.bytes());
            CHECK(dumbo_test::same_bytes(all.subspan(4, argument.contents.size() - 4), View(exact.bytes()).subspan(4)));
            CHECK(dumbo_test::same_bytes(all.subspan(argument.contents.size()), Bytes(more)));
        }
    }
}

TEST_CASE("every call that takes a struct refuses NULL in its place, except where none is allowed", "[struct_size]") {
    for (const auto& arguments : {inputs(), outputs()}) {
        for (const Argument& argument : arguments) {
            INFO(argument.name);
            const bool may_be_null = argument.name.find("payload") != std::string::npos ||
                                     argument.name.find("allocator") != std::string::npos ||
                                     argument.name.find("restore") != std::string::npos ||
                                     argument.name.find("header") != std::string::npos ||
                                     argument.name.find("verdict") != std::string::npos ||
                                     argument.name.find("sent") != std::string::npos;
            if (argument.name.find("config_init") == std::string::npos) {
                CHECK(argument.call(nullptr) == (may_be_null ? DUMBO_OK : DUMBO_ERR_INVALID_ARGUMENT));
            }
        }
    }
    CHECK(dumbo_connection_config_init(nullptr, sizeof(dumbo_connection_config)) == DUMBO_ERR_INVALID_ARGUMENT);
    CHECK(dumbo_stack_config_init(nullptr, sizeof(dumbo_stack_config)) == DUMBO_ERR_INVALID_ARGUMENT);
}
