// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/dumbo.h>

#include <cstdint>
#include <cstdlib>
#include <memory>

#include "capi/support/endpoint.hpp"
#include "support/catch.hpp"

// Where stacks live.
namespace dumbo_test {

struct FreeMemory {
    void operator()(void* memory) const { std::free(memory); }
};
using Memory = std::unique_ptr<void, FreeMemory>;

inline Memory aligned(std::size_t size) {
    return Memory(std::aligned_alloc(dumbo_stack_alignment(), size));
}

inline std::size_t size_for(const dumbo_stack_config& how) {
    std::size_t size = 0;
    REQUIRE(dumbo_stack_size(&how, &size) == DUMBO_OK);
    return size;
}

// One block at most, and none from the moment it is told so.
struct OneBlock {
    bool refuses = false;
    std::size_t misaligned_by = 0;
    void* memory = nullptr;
    std::size_t size = 0;
    int allocated = 0;
    int released = 0;

    dumbo_allocator interface() {
        auto result = sized<dumbo_allocator>();
        result.allocate = [](void* self, std::size_t bytes, std::size_t alignment) {
            return static_cast<OneBlock*>(self)->allocate(bytes, alignment);
        };
        result.release = [](void* self, void* what, std::size_t bytes) {
            static_cast<OneBlock*>(self)->release(what, bytes);
        };
        result.user_data = this;
        return result;
    }

private:
    void* allocate(std::size_t bytes, std::size_t alignment) {
        ++allocated;
        if (refuses) {
            return nullptr;
        }
        CHECK(alignment == dumbo_stack_alignment());
        size = bytes;
        memory = std::aligned_alloc(alignment, bytes + alignment);
        return static_cast<std::uint8_t*>(memory) + misaligned_by;
    }
    void release(void* what, std::size_t bytes) {
        ++released;
        CHECK(what == static_cast<std::uint8_t*>(memory) + misaligned_by);
        CHECK(bytes == size);
        std::free(memory);
    }
};

}  // namespace dumbo_test
