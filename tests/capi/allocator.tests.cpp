// SPDX-License-Identifier: Apache-2.0
#include <dumbo/dumbo.h>

#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>

#include "capi/support/endpoint.hpp"
#include "capi/support/observed.hpp"
#include "support/catch.hpp"

using dumbo_test::ack_bit;
using dumbo_test::Bytes;
using dumbo_test::config;
using dumbo_test::fin_bit;
using dumbo_test::Handle;
using dumbo_test::next_from_peer;
using dumbo_test::receive;
using dumbo_test::sized;
using dumbo_test::write;

namespace {

// Memory that is counted, and refused from the n-th request on.
class CountingAllocator {
public:
    explicit CountingAllocator(int refuse_from = 1000) : refuse_from_(refuse_from) {}

    dumbo_allocator interface() {
        auto result = sized<dumbo_allocator>();
        result.allocate = allocate;
        result.release = release;
        result.user_data = this;
        return result;
    }

    [[nodiscard]] int requests() const { return requests_; }
    [[nodiscard]] std::size_t outstanding() const { return blocks_.size(); }
    [[nodiscard]] bool all_well() const { return all_well_; }

private:
    static void* allocate(void* user_data, std::size_t size, std::size_t alignment) {
        auto& self = *static_cast<CountingAllocator*>(user_data);
        self.all_well_ = self.all_well_ && size > 0 && alignment > 0 && (alignment & (alignment - 1)) == 0;
        if (++self.requests_ >= self.refuse_from_) {
            return nullptr;
        }
        void* memory = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
        self.blocks_[memory] = size;
        return memory;
    }

    static void release(void* user_data, void* memory, std::size_t size) {
        auto& self = *static_cast<CountingAllocator*>(user_data);
        const auto block = self.blocks_.find(memory);
        self.all_well_ = self.all_well_ && block != self.blocks_.end() && block->second == size;
        if (block != self.blocks_.end()) {
            self.blocks_.erase(block);
            std::free(memory);
        }
    }

    int refuse_from_;
    int requests_ = 0;
    bool all_well_ = true;
    std::map<void*, std::size_t> blocks_;
};

}  // namespace

TEST_CASE("a connection takes one block and gives it back with its size", "[allocator]") {
    CountingAllocator counting;
    const auto allocator = counting.interface();
    Handle connection = dumbo_test::opened(config(), &allocator);
    CHECK(counting.requests() == 1);
    CHECK(counting.outstanding() == 1);
    connection.reset();
    CHECK(counting.outstanding() == 0);
    CHECK(counting.all_well());
}

TEST_CASE("nothing allocates after opening, from the first segment to the last", "[allocator]") {
    CountingAllocator counting;
    const auto allocator = counting.interface();
    const Handle connection = dumbo_test::opened(config(), &allocator);
    write(connection, 1);
    receive(connection, next_from_peer(connection), 2);
    receive(connection, next_from_peer(connection, ack_bit, Bytes(400, 'q')), 3);
    const Bytes answer(1500, 'r');
    const auto source = dumbo_test::payload(answer, dumbo_connection_first_not_sent(connection.get()));
    write(connection, 4, &source);
    write(connection, 5, &source);
    write(connection, 300, &source);
    receive(connection, next_from_peer(connection), 301);
    dumbo_connection_close(connection.get());
    write(connection, 302);
    receive(connection, next_from_peer(connection, ack_bit | fin_bit), 303);
    write(connection, 304);
    dumbo_connection_reset(connection.get());
    write(connection, 305);
    CHECK(counting.requests() == 1);
}

TEST_CASE("an allocator that refuses makes opening fail, with nothing left behind", "[allocator]") {
    CountingAllocator refusing(1);
    const auto allocator = refusing.interface();
    const Bytes syn = dumbo_test::syn_bytes();
    const auto how = config();
    auto* connection = reinterpret_cast<dumbo_connection*>(&refusing);
    CHECK(dumbo_connection_passive_open(&connection, syn.data(), syn.size(), nullptr, &how, &allocator) ==
          DUMBO_ERR_OUT_OF_MEMORY);
    CHECK(refusing.requests() == 1);
    CHECK(connection == nullptr);
    CHECK(refusing.outstanding() == 0);
    CHECK(dumbo_err_is_fatal(DUMBO_ERR_OUT_OF_MEMORY));
}

TEST_CASE("a refused copy fails and leaves the original as it was", "[allocator]") {
    CountingAllocator once(2);
    const auto allocator = once.interface();
    const Handle connection = dumbo_test::opened(config(), &allocator);
    const auto before = dumbo_test::fingerprint(connection.get());
    auto* copy = reinterpret_cast<dumbo_connection*>(&once);
    CHECK(dumbo_connection_clone(connection.get(), &copy, &allocator) == DUMBO_ERR_OUT_OF_MEMORY);
    CHECK(copy == nullptr);
    CHECK(dumbo_test::fingerprint(connection.get()) == before);
    CHECK(once.outstanding() == 1);
}

TEST_CASE("a refused opening asks for no memory", "[allocator]") {
    CountingAllocator counting;
    const auto allocator = counting.interface();
    const auto how = config();
    dumbo_connection* connection = nullptr;
    Bytes not_a_syn = dumbo_test::segment_bytes({.flags = ack_bit});
    CHECK(dumbo_connection_passive_open(&connection, not_a_syn.data(), not_a_syn.size(), nullptr, &how, &allocator) ==
          DUMBO_ERR_INVALID_SYN);
    CHECK(dumbo_connection_passive_open(&connection, not_a_syn.data(), 19, nullptr, &how, &allocator) ==
          DUMBO_ERR_TRUNCATED);
    auto bad = how;
    bad.rto_period = 0;
    const Bytes syn = dumbo_test::syn_bytes();
    CHECK(dumbo_connection_passive_open(&connection, syn.data(), syn.size(), nullptr, &bad, &allocator) ==
          DUMBO_ERR_INVALID_ARGUMENT);
    CHECK(counting.outstanding() == 0);
}

TEST_CASE("the allocator's struct is not looked at after the call", "[allocator]") {
    CountingAllocator counting;
    auto allocator = std::make_unique<dumbo_allocator>(counting.interface());
    Handle connection = dumbo_test::opened(config(), allocator.get());
    *allocator = {};
    allocator.reset();
    connection.reset();
    CHECK(counting.outstanding() == 0);
    CHECK(counting.all_well());
}

TEST_CASE("original and copy give their memory back to where each came from", "[allocator]") {
    CountingAllocator first;
    CountingAllocator second;
    const auto first_interface = first.interface();
    const auto second_interface = second.interface();
    Handle original = dumbo_test::opened(config(), &first_interface);
    dumbo_connection* raw = nullptr;
    REQUIRE(dumbo_connection_clone(original.get(), &raw, &second_interface) == DUMBO_OK);
    Handle copy(raw);
    const Handle from_libc = dumbo_test::clone_of(original.get());
    CHECK(first.outstanding() == 1);
    CHECK(second.outstanding() == 1);
    original.reset();
    CHECK(first.outstanding() == 0);
    CHECK(second.outstanding() == 1);
    CHECK(dumbo_connection_state(copy.get()) == DUMBO_STATE_SYN_RECEIVED);
    copy.reset();
    CHECK(second.outstanding() == 0);
    CHECK(first.all_well());
    CHECK(second.all_well());
}
