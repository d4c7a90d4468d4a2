// SPDX-License-Identifier: Apache-2.0
#include "conformance/source.hpp"

#include <algorithm>
#include <array>

namespace conformance {

namespace {

constexpr std::uint64_t held_length_max = 1U << 20U;

// Neither a multiple of the words that a copy or a checksum works in, nor of any MSS.
constexpr std::array<std::size_t, 8> piece_lengths{0, 1, 13, 0, 0, 1461, 7, 30011};

// Moves with the sequence number, so that segments of one connection do not always begin at the same kind of piece.
std::size_t first_piece(const Run& run) {
    return run.first % piece_lengths.size();
}

}  // namespace

GeneratedSource::GeneratedSource(const Run& run, SourceKind kind)
    : run_(run), kind_(run.length > held_length_max ? SourceKind::callback : kind) {
    switch (kind_) {
        case SourceKind::contiguous:
            bytes_.resize(static_cast<std::size_t>(run.length));
            generate(run.first, bytes_);
            break;
        case SourceKind::scattered:
            cut_into_pieces();
            break;
        case SourceKind::callback:
            break;
    }
}

bool GeneratedSource::read(std::uint64_t offset, std::span<std::uint8_t> to) const {
    if (offset > run_.length || to.size() > run_.length - offset) {
        return false;
    }
    generate(run_.first + static_cast<std::uint32_t>(offset), to);
    return true;
}

void GeneratedSource::cut_into_pieces() {
    std::size_t done = 0;
    for (std::size_t i = first_piece(run_); done < run_.length; ++i) {
        const std::size_t left = static_cast<std::size_t>(run_.length) - done;
        Bytes& piece = pieces_.emplace_back(std::min(left, piece_lengths[i % piece_lengths.size()]));
        generate(run_.first + static_cast<std::uint32_t>(done), piece);
        done += piece.size();
    }
}

}  // namespace conformance
