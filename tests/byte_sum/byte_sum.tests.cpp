// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <span>

#include "byte_sum/kernel_under_test.hpp"
#include "support/catch.hpp"
#include "unit/support/bytes.hpp"
#include "unit/support/reference_checksum.hpp"
#include "wire/byte_sum.hpp"

using dumbo_test::Bytes;
using dumbo_test::fold;
using dumbo_test::kernel;
using dumbo_test::Random;
using dumbo_test::random_bytes;
using dumbo_test::unfolded_sum;
using dumbo_test::View;

namespace {

constexpr std::size_t longest = 300;
constexpr std::size_t alignments = 64;

// In network order, as the reference has it. A sum of words in the machine's order is the same, up to their bytes'.
std::uint16_t in_network_order(std::uint64_t sum) {
    const std::uint16_t folded = fold(sum);
    Bytes bytes(sizeof folded);
    std::memcpy(bytes.data(), &folded, sizeof folded);
    return dumbo_test::get16(bytes, 0);
}

std::uint16_t sum_of(View bytes) {
    return in_network_order(kernel().sum(bytes.data(), bytes.size()));
}

std::uint16_t reference(View bytes) {
    return fold(unfolded_sum(bytes));
}

std::uint8_t* aligned(std::size_t length) {
    void* memory = nullptr;
    return posix_memalign(&memory, alignments, length) == 0 ? static_cast<std::uint8_t*>(memory) : nullptr;
}

// As many bytes as asked for, at an alignment of choice, which end where their allocation ends: a sanitizer sees a step
// too far.
class Placed {
public:
    Placed(std::size_t length, std::size_t alignment)
        : memory_(aligned(alignment + length)), bytes_(memory_ + alignment, length) {
        REQUIRE(memory_ != nullptr);
    }
    Placed(View bytes, std::size_t alignment) : Placed(bytes.size(), alignment) {
        std::copy(bytes.begin(), bytes.end(), bytes_.begin());
    }
    ~Placed() { std::free(memory_); }
    Placed(const Placed&) = delete;
    Placed& operator=(const Placed&) = delete;
    [[nodiscard]] std::span<std::uint8_t> bytes() const { return bytes_; }

private:
    std::uint8_t* memory_;
    std::span<std::uint8_t> bytes_;
};

// Whether copying these bytes gives a copy, and its sum.
bool copies_and_sums(View bytes, std::uint16_t expected, std::size_t alignment_of_copy) {
    const Placed to(bytes.size(), alignment_of_copy);
    const std::uint64_t sum = kernel().copy_and_sum(to.bytes().data(), bytes.data(), bytes.size());
    return in_network_order(sum) == expected && dumbo_test::same_bytes(to.bytes(), bytes);
}

// What a second piece adds to a sum: its bytes change places if it begins at an odd offset.
std::uint16_t turned_if(bool is_odd, std::uint16_t sum) {
    return is_odd ? static_cast<std::uint16_t>(sum << 8U | sum >> 8U) : sum;
}

}  // namespace

TEST_CASE("every length at every alignment: the bytewise sum, and a copy with that sum", "[byte_sum]") {
    const int filling = GENERATE(-1, 0x00, 0xff);
    CAPTURE(filling);
    std::size_t right = 0;
    for (std::size_t length = 0; length <= longest; ++length) {
        const Bytes bytes =
            filling < 0 ? random_bytes(length, length + 1) : Bytes(length, static_cast<std::uint8_t>(filling));
        const std::uint16_t expected = reference(bytes);
        for (std::size_t alignment = 0; alignment < alignments; ++alignment) {
            const Placed placed(bytes, alignment);
            const std::size_t alignment_of_copy = (alignment * 7 + length) % alignments;
            right += sum_of(placed.bytes()) == expected && copies_and_sums(placed.bytes(), expected, alignment_of_copy)
                         ? 1U
                         : 0U;
        }
    }
    CHECK(right == (longest + 1) * alignments);
}

TEST_CASE("every split of every length gives the sum of the whole", "[byte_sum]") {
    const Bytes bytes = random_bytes(longest, 42);
    std::size_t right = 0;
    std::size_t splits = 0;
    for (std::size_t length = 0; length <= longest; ++length) {
        const View whole = View(bytes).first(length);
        const std::uint16_t expected = reference(whole);
        for (std::size_t split = 0; split <= length; ++split, ++splits) {
            const std::uint16_t second = turned_if(split % 2 != 0, sum_of(whole.subspan(split)));
            right += fold(std::uint64_t{sum_of(whole.first(split))} + second) == expected ? 1U : 0U;
        }
    }
    CHECK(splits == 45'451);
    CHECK(right == splits);
}

TEST_CASE("random bytes up to the longest packet, at random alignments", "[byte_sum]") {
    Random random(5);
    for (int round = 0; round < 2000; ++round) {
        const Bytes bytes = random.bytes(random.below(65'537));
        const Placed placed(bytes, random.below(alignments));
        const std::uint16_t expected = reference(bytes);
        CAPTURE(round, bytes.size());
        REQUIRE(sum_of(placed.bytes()) == expected);
        REQUIRE(copies_and_sums(placed.bytes(), expected, random.below(alignments)));
    }
}

TEST_CASE("carries survive: as many ones as a call takes", "[byte_sum]") {
    constexpr std::size_t most = dumbo::byte_sum::max_length;
    // Written to once, so that it takes little memory: the pages that hold zeros are all the same one.
    const std::unique_ptr<std::uint8_t, decltype(&std::free)> memory(static_cast<std::uint8_t*>(std::calloc(most, 1)),
                                                                     &std::free);
    REQUIRE(memory != nullptr);
    const std::size_t ones = std::size_t{1} << 20U;
    std::memset(memory.get(), 0xff, ones);
    std::memset(memory.get() + most - ones, 0xff, ones);
    CHECK(kernel().sum(memory.get(), most) % 0xffff == 0);
    CHECK(kernel().sum(memory.get(), most) == std::uint64_t{ones} / 2 * 0xffff'ffff);
}

TEST_CASE("only zeros have the sum 0", "[byte_sum]") {
    for (std::size_t length = 0; length <= longest; ++length) {
        CHECK(kernel().sum(Bytes(length).data(), length) == 0);
        Bytes ones(length, 0xff);
        CHECK((kernel().sum(ones.data(), length) != 0) == (length > 0));
    }
}

// Bytes that change between one read and another, without a second thread and so every time: what is copied first is
// read as a source later.
TEST_CASE("bytes that change meanwhile: the sum is the copy's", "[byte_sum]") {
    std::size_t right = 0;
    std::size_t copies = 0;
    for (std::size_t length = 0; length <= longest; length += 7) {
        for (std::size_t shift = 0; shift <= 130; ++shift) {
            for (const bool is_forward : {false, true}) {
                const Placed placed(random_bytes(length + shift, shift), 0);
                std::uint8_t* const low = placed.bytes().data();
                std::uint8_t* const to = is_forward ? low + shift : low;
                const std::uint64_t sum = kernel().copy_and_sum(to, is_forward ? low : low + shift, length);
                right += in_network_order(sum) == reference({to, length}) ? 1U : 0U;
                ++copies;
            }
        }
    }
    CHECK(right == copies);
}
