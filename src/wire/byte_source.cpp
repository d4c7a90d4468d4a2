// SPDX-License-Identifier: Apache-2.0
#include <dumbo/byte_source.hpp>
#include <dumbo/detail/scatter.hpp>

#include <cstring>

namespace dumbo::inline v0 {

namespace {

std::span<const std::uint8_t> as_bytes(const ByteSource::Piece& piece) noexcept {
    return piece;
}

}  // namespace

ByteSource ByteSource::of_bytes(std::span<const std::uint8_t> bytes) noexcept {
    ByteSource source(Kind::bytes, bytes.size());
    source.bytes_ = bytes.data();
    return source;
}

ByteSource ByteSource::of_pieces(std::span<const Piece> pieces) noexcept {
    ByteSource source(Kind::pieces, detail::scattered_length(pieces, as_bytes));
    source.pieces_ = pieces;
    return source;
}

ByteSource ByteSource::of_pull(Pull pull, const void* context, std::uint64_t length) noexcept {
    ByteSource source(Kind::pull, length);
    source.pull_ = pull;
    source.context_ = context;
    return source;
}

bool ByteSource::copy(std::uint64_t offset, std::span<std::uint8_t> to) const noexcept {
    if (to.empty()) {
        return true;
    }
    switch (kind_) {
        case Kind::bytes:
            // memmove: a caller may lend overlapping memory, which is wrong but must not be undefined.
            std::memmove(to.data(), bytes_ + offset, to.size());
            return true;
        case Kind::pieces:
            detail::copy_scattered(pieces_, as_bytes, offset, to);
            return true;
        case Kind::pull:
            return pull_(context_, offset, to);
    }
    return false;
}

}  // namespace dumbo::inline v0
