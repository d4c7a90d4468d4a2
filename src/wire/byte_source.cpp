// SPDX-License-Identifier: Apache-2.0
#include <dumbo/byte_source.hpp>

namespace dumbo::inline v0 {

namespace {

std::span<const std::uint8_t> as_bytes(const ByteSource::Piece& piece) noexcept {
    return piece;
}

}  // namespace

ByteSource ByteSource::of_pieces(std::span<const Piece> pieces) noexcept {
    ByteSource source(Kind::pieces, detail::scattered_length(pieces, as_bytes), pieces.data());
    source.piece_count_ = pieces.size();
    return source;
}

ByteSource ByteSource::of_pull(Pull pull, const void* context, std::uint64_t length) noexcept {
    ByteSource source(Kind::pull, length, context);
    source.pull_ = pull;
    return source;
}

ByteSource ByteSource::of_copy(Copy copy, const void* context, std::uint64_t length) noexcept {
    ByteSource source(Kind::copy, length, context);
    source.copy_ = copy;
    return source;
}

bool ByteSource::copy_by_function(std::uint64_t offset, std::span<std::uint8_t> to,
                                  ChecksumAccumulator* sum) const noexcept {
    switch (kind_) {
        case Kind::pieces:
            detail::copy_scattered(std::span(static_cast<const Piece*>(data_), piece_count_), as_bytes, offset, to,
                                   sum);
            return true;
        case Kind::pull:
            return pull_and_sum(offset, to, sum);
        case Kind::copy:
            return copy_(data_, offset, to, sum);
        case Kind::bytes:
            break;
    }
    return false;
}

bool ByteSource::pull_and_sum(std::uint64_t offset, std::span<std::uint8_t> to,
                              ChecksumAccumulator* sum) const noexcept {
    if (!pull_(data_, offset, to)) {
        return false;
    }
    if (sum != nullptr) {
        sum->add(to);
    }
    return true;
}

}  // namespace dumbo::inline v0
