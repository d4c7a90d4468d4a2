// SPDX-License-Identifier: Apache-2.0
#include <dumbo/stack.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "stack/checked_stack.hpp"
#include "support/catch.hpp"

using dumbo::Error;
using dumbo::Stack;
using dumbo::StackConfig;
using stack_test::Client;
using stack_test::Memory;

namespace {

StackConfig config_for(std::uint32_t connections) {
    StackConfig config = stack_test::small_config();
    config.connections = connections;
    config.half_open = connections;
    config.receive_buffer = 3;
    config.send_buffer = 5;
    config.replies = 1;
    return config;
}

std::size_t size_of(const StackConfig& config) {
    const auto size = Stack::memory_size(config);
    REQUIRE(size);
    return *size;
}

Error error_of(const StackConfig& config) {
    const auto size = Stack::memory_size(config);
    REQUIRE_FALSE(size);
    const Memory memory(65536);
    const auto stack = Stack::create(memory.span(), config);
    REQUIRE_FALSE(stack);
    CHECK(stack.error() == size.error());
    return size.error();
}

template <class Change>
Error error_with(Change change) {
    StackConfig config = stack_test::small_config();
    change(config);
    return error_of(config);
}

}  // namespace

TEST_CASE("a stack lives in exactly as many bytes as it asks for", "[stack]") {
    for (const std::uint32_t connections : {1U, 30U, 1000U, 100'000U}) {
        const StackConfig config = config_for(connections);
        const std::size_t size = size_of(config);
        constexpr std::size_t guard = 64;
        const Memory memory(size + guard);
        const auto behind = memory.span().subspan(size);
        std::fill(behind.begin(), behind.end(), std::byte{0x5a});
        const auto stack = Stack::create(memory.span().first(size), config);
        REQUIRE(stack);
        CHECK(stack->connection_count() == 0);
        CHECK(std::all_of(behind.begin(), behind.end(), [](std::byte byte) { return byte == std::byte{0x5a}; }));

        // Under a sanitizer this one shows the same, to the byte.
        stack_test::CheckedStack exact(config, 50'000);
        for (std::uint32_t i = 0; i < connections; ++i) {
            stack_test::TcpFrame frame{.source = {10, static_cast<std::uint8_t>(i >> 16U), 0, 1},
                                       .source_port = static_cast<std::uint16_t>(i),
                                       .flags = stack_test::syn};
            exact.receive(frame);
        }
        CHECK(exact.count() == connections);
    }
}

TEST_CASE("one byte less is too small, and more is as good", "[stack]") {
    for (const std::uint32_t connections : {1U, 30U, 1000U, 100'000U}) {
        const StackConfig config = config_for(connections);
        const std::size_t size = size_of(config);
        const Memory less(size - 1);
        const auto refused = Stack::create(less.span(), config);
        REQUIRE_FALSE(refused);
        CHECK(refused.error() == Error::buffer_too_small);
        const Memory more(size + 1000);
        CHECK(Stack::create(more.span(), config));
    }
    const auto none = Stack::create({}, stack_test::small_config());
    REQUIRE_FALSE(none);
    CHECK(none.error() == Error::buffer_too_small);
}

TEST_CASE("memory must be aligned", "[stack]") {
    const StackConfig config = config_for(2);
    const std::size_t size = size_of(config);
    const Memory memory(size + Stack::memory_alignment);
    for (std::size_t offset = 1; offset < Stack::memory_alignment; ++offset) {
        const auto stack = Stack::create(memory.span().subspan(offset), config);
        REQUIRE_FALSE(stack);
        CHECK(stack.error() == Error::invalid_argument);
    }
    CHECK(Stack::create(memory.span().subspan(Stack::memory_alignment), config));
}

TEST_CASE("whatever lay in the memory before does not matter", "[stack]") {
    const StackConfig config = config_for(2);
    const Memory clean(size_of(config));
    const Memory dirty(size_of(config));
    std::fill(clean.span().begin(), clean.span().end(), std::byte{0});
    std::fill(dirty.span().begin(), dirty.span().end(), std::byte{0xff});
    auto one = Stack::create(clean.span(), config);
    auto other = Stack::create(dirty.span(), config);
    REQUIRE(one);
    REQUIRE(other);
    for (Stack* stack : {&*one, &*other}) {
        CHECK(stack->connection_count() == 0);
        CHECK_FALSE(stack->next_event());
        const auto status = stack->next(0);
        REQUIRE(status);
        CHECK(status->kind == dumbo::NextSegmentStatus::Kind::nothing);
        CHECK(stack->counters().frames_in == 0);
        for (const dumbo::ConnectionId id : {std::uint64_t{0}, std::uint64_t{1}, std::uint64_t{1} << 32U}) {
            CHECK(stack->connection(id) == nullptr);
        }
    }
}

TEST_CASE("numbers outside their range are refused", "[stack]") {
    constexpr std::uint32_t most = StackConfig::connections_max;
    constexpr std::uint32_t largest = StackConfig::buffer_max;
    CHECK(error_with([](StackConfig& config) { config.connections = 0; }) == Error::invalid_argument);
    CHECK(error_with([](StackConfig& config) { config.connections = most + 1; }) == Error::invalid_argument);
    CHECK(error_with([](StackConfig& config) { config.half_open = 0; }) == Error::invalid_argument);
    CHECK(error_with([](StackConfig& config) { config.half_open = config.connections + 1; }) ==
          Error::invalid_argument);
    CHECK(error_with([](StackConfig& config) { config.receive_buffer = 0; }) == Error::invalid_argument);
    CHECK(error_with([](StackConfig& config) { config.receive_buffer = largest + 1; }) == Error::invalid_argument);
    CHECK(error_with([](StackConfig& config) { config.send_buffer = 0; }) == Error::invalid_argument);
    CHECK(error_with([](StackConfig& config) { config.send_buffer = largest + 1; }) == Error::invalid_argument);
    CHECK(error_with([](StackConfig& config) { config.replies = 0; }) == Error::invalid_argument);
    CHECK(error_with([](StackConfig& config) { config.replies = most + 1; }) == Error::invalid_argument);
    CHECK(error_with([](StackConfig& config) { config.rto_period = 0; }) == Error::invalid_argument);
    CHECK(error_with([](StackConfig& config) { config.rto_count_max = 0; }) == Error::invalid_argument);
}

TEST_CASE("the largest stack has a size that fits 64 bits", "[stack]") {
    StackConfig config = stack_test::small_config();
    config.connections = StackConfig::connections_max;
    config.receive_buffer = StackConfig::buffer_max;
    config.send_buffer = StackConfig::buffer_max;
    const auto size = Stack::memory_size(config);
    if constexpr (sizeof(std::size_t) == 8) {
        REQUIRE(size);
        CHECK(*size > std::uint64_t{2} * config.connections * config.receive_buffer);
    } else {
        // It must be an error there, and never a small number.
        CHECK_FALSE(size);
    }
}
