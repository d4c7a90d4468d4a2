// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/checksum.hpp>
#include <dumbo/detail/scatter.hpp>

#include <cstdint>
#include <span>

namespace dumbo::inline v0 {

// Bytes of the caller's that can be copied from any offset: contiguous, scattered, or by a function. The source
// borrows; it owns nothing.
class ByteSource {
public:
    using Piece = std::span<const std::uint8_t>;

    // Fills `to` with the bytes from `offset` on; false gives up. Must not throw.
    using Pull = bool (*)(const void* context, std::uint64_t offset, std::span<std::uint8_t> to);

    // The same, and adds what it copied to `sum` unless that is null: for who can do so while copying.
    using Copy = bool (*)(const void* context, std::uint64_t offset, std::span<std::uint8_t> to,
                          ChecksumAccumulator* sum);

    static ByteSource of_bytes(std::span<const std::uint8_t> bytes) noexcept {
        return {Kind::bytes, bytes.size(), bytes.data()};
    }
    static ByteSource of_pieces(std::span<const Piece> pieces) noexcept;
    static ByteSource of_pull(Pull pull, const void* context, std::uint64_t length) noexcept;
    static ByteSource of_copy(Copy copy, const void* context, std::uint64_t length) noexcept;

    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    [[nodiscard]] bool is_contiguous() const noexcept { return kind_ == Kind::bytes; }

    // Copies to.size() bytes from `offset` on, and adds what it copied to `sum` unless that is null: in one pass, in
    // which each byte of the source is read once. (What a Pull function wrote is summed where it wrote it.)
    // Precondition: the bytes lie inside. False if the function gave up.
    [[nodiscard]] bool copy(std::uint64_t offset, std::span<std::uint8_t> to,
                            ChecksumAccumulator* sum = nullptr) const noexcept {
        if (to.empty()) {
            return true;
        }
        if (!is_contiguous()) {
            return copy_by_function(offset, to, sum);
        }
        detail::copy_bytes({static_cast<const std::uint8_t*>(data_) + offset, to.size()}, to.data(), sum);
        return true;
    }

private:
    enum class Kind : std::uint8_t { bytes, pieces, pull, copy };

    ByteSource(Kind kind, std::uint64_t size, const void* data) noexcept : size_(size), data_(data), kind_(kind) {}

    [[nodiscard]] bool copy_by_function(std::uint64_t offset, std::span<std::uint8_t> to,
                                        ChecksumAccumulator* sum) const noexcept;
    [[nodiscard]] bool pull_and_sum(std::uint64_t offset, std::span<std::uint8_t> to,
                                    ChecksumAccumulator* sum) const noexcept;

    std::uint64_t size_;
    const void* data_;  // bytes, pieces, or a function's context
    Kind kind_;
    std::size_t piece_count_ = 0;
    Pull pull_ = nullptr;
    Copy copy_ = nullptr;
};

}  // namespace dumbo::inline v0
