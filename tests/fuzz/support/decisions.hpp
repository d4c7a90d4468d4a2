// SPDX-License-Identifier: Apache-2.0
// Bytes read as decisions. Every sequence of bytes is a sequence of decisions; where it ends, they go on with zeros. A
// decision takes a byte wherever a byte can hold it, so that a mutated byte is one decision changed, and zero is the
// most ordinary one.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fuzz {

class Decisions {
public:
    Decisions(const std::uint8_t* bytes, std::size_t size) : at_(bytes), end_(bytes + size) {}

    [[nodiscard]] bool are_over() const { return at_ == end_; }
    [[nodiscard]] std::size_t left() const { return static_cast<std::size_t>(end_ - at_); }

    [[nodiscard]] std::uint8_t byte() { return at_ == end_ ? std::uint8_t{0} : *at_++; }
    [[nodiscard]] std::uint16_t number_16() {
        const std::uint32_t high = byte();
        return static_cast<std::uint16_t>(high << 8U | byte());
    }
    [[nodiscard]] std::uint32_t number_32() {
        const std::uint32_t high = number_16();
        return high << 16U | number_16();
    }
    [[nodiscard]] std::uint64_t number_64() {
        const std::uint64_t high = number_32();
        return high << 32U | number_32();
    }

    /** Below limit, which is 256 at most. */
    [[nodiscard]] std::uint32_t below(std::uint32_t limit) { return byte() % limit; }

    template <class T, std::size_t size>
    [[nodiscard]] T one_of(const T (&values)[size]) {
        static_assert(size <= 256);
        return values[below(size)];
    }

    [[nodiscard]] bool one_in(std::uint32_t times) { return below(times) == times - 1; }

    /** The next bytes as they are, `wanted` of them if there are so many. */
    struct Bytes {
        const std::uint8_t* data;
        std::size_t size;
    };
    [[nodiscard]] Bytes bytes(std::size_t wanted) {
        const Bytes taken{at_, wanted < left() ? wanted : left()};
        at_ += taken.size;
        return taken;
    }

    /** For as long as a caller is careless, some arguments are wrong; a careful one spends no decision on them. */
    void set_careless(bool careless) { careless_ = careless; }
    [[nodiscard]] bool is_careless(std::uint32_t times) { return careless_ && one_in(times); }
    template <class T>
    [[nodiscard]] T* maybe_null(T* pointer) {
        return is_careless(16) ? nullptr : pointer;
    }

    /** A number at or near to value, around the places where something changes, or any. */
    [[nodiscard]] std::uint32_t near(std::uint32_t value) {
        constexpr std::uint32_t steps[] = {65535,      65536,      0xffff0000, 0xffff0001, 1073725440,
                                           1073725439, 3221241856, 3221241857, 0x80000000};
        const std::uint8_t how = byte();
        if (how < 192) {
            return value + how - 96;
        }
        return how < 224 ? value + number_16() - 32768 : how < 248 ? value + one_of(steps) : number_32();
    }

private:
    const std::uint8_t* at_;
    const std::uint8_t* end_;
    bool careless_ = false;
};

}  // namespace fuzz
