// SPDX-License-Identifier: Apache-2.0
#include "script/source.hpp"

#include "script/content.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace script {
namespace {

// A source that claims to be longer than this has no more memory behind it: the library has no business beyond one
// segment from the byte it sends, and a sanitizer sees it if it goes there.
constexpr std::uint64_t most_material = 1u << 20;

[[nodiscard]] std::size_t material_for(std::uint64_t length) {
    return static_cast<std::size_t>(std::min(length, most_material));
}

}  // namespace

void Source::set(Run run) {
    run_ = run;
    trims_ = false;
}

void Source::grow(std::uint64_t bytes) {
    if (!run_) {
        run_ = Run{};
        trims_ = true;
    }
    run_->length += bytes;
}

Run Source::kept(std::uint32_t una) const {
    if (!trims_ || keep_ == Keep::all) {
        return *run_;
    }
    // The SYN and the FIN are acknowledged too, but are no bytes of the source.
    const auto acknowledged = static_cast<std::int32_t>(una - run_->first);
    const auto released = std::min<std::uint64_t>(run_->length, static_cast<std::uint64_t>(std::max(acknowledged, 0)));
    return {run_->first + static_cast<std::uint32_t>(released), run_->length - released};
}

const dumbo_payload* Source::lend(std::uint32_t isn, std::uint32_t una) {
    if (!run_) {
        return nullptr;
    }
    lent_ = kept(una - isn);
    payload_ = dumbo_payload{};
    payload_.struct_size = sizeof payload_;
    payload_.seq = isn + lent_.first;
    material_.clear();
    switch (kind_) {
        case SourceKind::bytes:
            lend_bytes(lent_.first, lent_.length);
            break;
        case SourceKind::iovec:
            lend_pieces(lent_.first, lent_.length);
            break;
        case SourceKind::callback:
            lend_callback();
            break;
    }
    return &payload_;
}

void Source::lend_bytes(std::uint32_t place, std::uint64_t length) {
    material_.push_back(content(Sender::host, place, material_for(length)));
    payload_.kind = DUMBO_PAYLOAD_BYTES;
    payload_.bytes = length == 0 ? nullptr : material_.front().data();
    payload_.len = length;
}

// Pieces of 1, 2, 4, ... bytes, each in memory of its own, with a piece of nothing in front of each.
void Source::lend_pieces(std::uint32_t place, std::uint64_t length) {
    pieces_.clear();
    for (std::uint64_t size = 1; length > 0; size *= 2) {
        const auto piece = std::min(size, length);
        material_.push_back(content(Sender::host, place, material_for(piece)));
        pieces_.push_back({nullptr, 0});
        pieces_.push_back({material_.back().data(), static_cast<std::size_t>(piece)});
        place += static_cast<std::uint32_t>(piece);
        length -= piece;
    }
    payload_.kind = DUMBO_PAYLOAD_IOVEC;
    payload_.iovecs = pieces_.empty() ? nullptr : pieces_.data();
    payload_.iovec_count = pieces_.size();
    payload_.len = ~std::uint64_t{0};  // to be ignored
}

void Source::lend_callback() {
    payload_.kind = DUMBO_PAYLOAD_CALLBACK;
    payload_.len = lent_.length;
    payload_.user_data = this;
    payload_.read = [](void* self, std::uint64_t offset, std::uint8_t* dst, std::size_t length) {
        return static_cast<Source*>(self)->read(offset, dst, length);
    };
}

std::int32_t Source::read(std::uint64_t offset, std::uint8_t* dst, std::size_t length) {
    if (fails_) {
        return -1;
    }
    if (offset > lent_.length || length > lent_.length - offset) {
        complaint_ = fmt::format("{} bytes from offset {} of a source of {} bytes", length, offset, lent_.length);
        return -1;
    }
    const auto bytes = content(Sender::host, lent_.first + static_cast<std::uint32_t>(offset), length);
    std::ranges::copy(bytes, dst);
    return 0;
}

}  // namespace script
