// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

namespace dumbo::inline v0 {

// Bytes of the caller's that can be copied from any offset: contiguous, scattered, or pulled through a function. The
// source borrows; it owns nothing.
class ByteSource {
public:
    using Piece = std::span<const std::uint8_t>;

    // Fills `to` with the bytes from `offset` on; false gives up. Must not throw.
    using Pull = bool (*)(const void* context, std::uint64_t offset, std::span<std::uint8_t> to);

    static ByteSource of_bytes(std::span<const std::uint8_t> bytes) noexcept;
    static ByteSource of_pieces(std::span<const Piece> pieces) noexcept;
    static ByteSource of_pull(Pull pull, const void* context, std::uint64_t length) noexcept;

    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }

    // Copies to.size() bytes from `offset` on. Precondition: they lie inside. False if the pull function gave up.
    [[nodiscard]] bool copy(std::uint64_t offset, std::span<std::uint8_t> to) const noexcept;

private:
    enum class Kind : std::uint8_t { bytes, pieces, pull };

    ByteSource(Kind kind, std::uint64_t size) noexcept : size_(size), kind_(kind) {}

    std::uint64_t size_;
    Kind kind_;
    const std::uint8_t* bytes_ = nullptr;
    std::span<const Piece> pieces_;
    Pull pull_ = nullptr;
    const void* context_ = nullptr;
};

}  // namespace dumbo::inline v0
