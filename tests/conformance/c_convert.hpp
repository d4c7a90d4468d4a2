// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/dumbo.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "conformance/subject.hpp"

namespace conformance {

// Neutral types to those of the C interface and back.

// Throws BrokenPromise for a number that the header does not have.
[[nodiscard]] Failure failure_of(std::int32_t code);

[[nodiscard]] dumbo_address_pair to_dumbo(const AddressPair& pair);
[[nodiscard]] dumbo_addressing to_dumbo(const Addressing& addressing);
[[nodiscard]] RstConfig from_dumbo(const dumbo_rst_config& config);

// Addresses are arrays there.
template <std::size_t length>
[[nodiscard]] std::array<std::uint8_t, length> to_array(const std::uint8_t (&bytes)[length]) {
    std::array<std::uint8_t, length> array{};
    std::copy_n(bytes, length, array.begin());
    return array;
}

template <std::size_t length>
void copy_to(std::uint8_t (&to)[length], const std::array<std::uint8_t, length>& array) {
    std::copy_n(array.begin(), length, to);
}

// A struct of the interface, with its size set.
template <typename T>
[[nodiscard]] T sized() {
    T value{};
    value.struct_size = sizeof(T);
    return value;
}

void require(bool promise, const std::string& what);

// The optional argument `verify`: the address of a pair, or NULL.
class Verify {
public:
    explicit Verify(const std::optional<AddressPair>& pair) : given_(pair.has_value()) {
        if (pair) {
            pair_ = to_dumbo(*pair);
        }
    }
    [[nodiscard]] const dumbo_address_pair* get() const { return given_ ? &pair_ : nullptr; }

private:
    bool given_;
    dumbo_address_pair pair_{};
};

// A generated source, lent to the library; NULL for none.
class LentPayload {
public:
    explicit LentPayload(const GeneratedSource* source);

    LentPayload(const LentPayload&) = delete;
    LentPayload& operator=(const LentPayload&) = delete;

    [[nodiscard]] const dumbo_payload* get() const { return given_ ? &payload_ : nullptr; }

private:
    bool given_;
    std::vector<dumbo_iovec> iovecs_;
    dumbo_payload payload_;
};

}  // namespace conformance
