// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

// The loop that all kernels share, for vectors of any width. GCC and Clang compile the vectors to what the including
// file is compiled for. As one such file is for another machine than the next, nothing here has external linkage, and
// nothing from elsewhere is used that has: the linker would keep one copy for all of them, perhaps the wrong one.
namespace dumbo::inline v0::byte_sum {

namespace {  // NOLINT(cert-dcl59-cpp): one copy for each including file is what is wanted

template <std::size_t width>
struct Lanes {
    using Vector [[gnu::vector_size(width)]] = std::uint64_t;
};

// NOLINTBEGIN(misc-definitions-in-headers): see above
#if defined(__AVX512F__)
constexpr std::size_t register_width = 64;
#elif defined(__AVX__)
constexpr std::size_t register_width = 32;
#elif defined(__x86_64__) || defined(__aarch64__)
constexpr std::size_t register_width = 16;
#else
constexpr std::size_t register_width = 0;  // none that is known here
#endif
// NOLINTEND(misc-definitions-in-headers)

// Has the compiler forget where a value came from, so that it cannot read it from memory once more.
template <typename T>
[[gnu::always_inline]] inline void forget_origin(T& value) noexcept {
    if constexpr (sizeof(T) <= sizeof(void*)) {
        asm("" : "+r"(value));
    } else if constexpr (sizeof(T) <= sizeof(std::uint64_t) || sizeof(T) > register_width) {
        asm("" : "+m"(value));  // no register holds it
    } else {
#ifdef __aarch64__
        asm("" : "+w"(value));
#else
        asm("" : "+v"(value));
#endif
    }
}

// The bytes that are still to be summed and, if they are to be copied, their way there.
template <bool copies>
struct Cursor {
    std::uint8_t* to;
    const std::uint8_t* from;
    std::size_t left;
};

template <typename T, bool copies>
[[gnu::always_inline]] inline T take(Cursor<copies>& bytes) noexcept {
    T value;
    __builtin_memcpy(&value, bytes.from, sizeof value);
    bytes.from += sizeof value;
    bytes.left -= sizeof value;
    if constexpr (copies) {
        forget_origin(value);
        __builtin_memcpy(bytes.to, &value, sizeof value);
        bytes.to += sizeof value;
    }
    return value;
}

// Sums 64-bit words as two of 32 bits each, which leaves room for carries. The lower halves' sum is not taken apart
// word by word: it is what the wrapping sum of the words has beyond the upper halves' sum.
template <typename Word>
class HalvesSum {
public:
    [[gnu::always_inline]] void add(const Word& word) noexcept {
        words_ += word;
        upper_ += word >> half;
    }
    [[gnu::always_inline]] void add(const HalvesSum& other) noexcept {
        words_ += other.words_;
        upper_ += other.upper_;
    }
    [[nodiscard, gnu::always_inline]] Word total() const noexcept { return words_ - (upper_ << half) + upper_; }

private:
    static constexpr std::uint64_t half = 32;

    Word words_{};
    Word upper_{};
};

// As many as there are whole words. Two sums go on side by side, as each waits for its last addition.
template <typename Word, bool copies>
[[gnu::always_inline]] inline Word sum_words(Cursor<copies>& bytes) noexcept {
    HalvesSum<Word> even;
    HalvesSum<Word> odd;
    while (bytes.left >= 4 * sizeof(Word)) {
        even.add(take<Word>(bytes));
        odd.add(take<Word>(bytes));
        even.add(take<Word>(bytes));
        odd.add(take<Word>(bytes));
    }
    while (bytes.left >= sizeof(Word)) {
        even.add(take<Word>(bytes));
    }
    even.add(odd);
    return even.total();
}

// What is less than a word.
template <bool copies>
[[gnu::always_inline]] inline std::uint64_t sum_rest(Cursor<copies>& bytes) noexcept {
    std::uint64_t sum = 0;
    if ((bytes.left & sizeof(std::uint32_t)) != 0) {
        sum += take<std::uint32_t>(bytes);
    }
    if ((bytes.left & sizeof(std::uint16_t)) != 0) {
        sum += take<std::uint16_t>(bytes);
    }
    if (bytes.left != 0) {
        constexpr std::uint64_t first_of_pair = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ ? 0x100 : 1;
        sum += take<std::uint8_t>(bytes) * first_of_pair;
    }
    return sum;
}

// With vectors of `width`, then of half of it, down to words.
template <std::size_t width, bool copies>
[[gnu::always_inline]] inline std::uint64_t sum_all(Cursor<copies>& bytes) noexcept {
    if constexpr (width <= sizeof(std::uint64_t)) {
        const auto sum = sum_words<std::uint64_t>(bytes);
        return sum + sum_rest(bytes);
    } else {
        std::uint64_t sum = 0;
        if (bytes.left >= width) {
            const auto lanes = sum_words<typename Lanes<width>::Vector>(bytes);
            for (std::size_t i = 0; i < width / sizeof(std::uint64_t); ++i) {
                sum += lanes[i];
            }
        }
        return sum + sum_all<width / 2>(bytes);
    }
}

}  // namespace

}  // namespace dumbo::inline v0::byte_sum
