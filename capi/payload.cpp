// SPDX-License-Identifier: Apache-2.0
#include "payload.hpp"

#include <dumbo/detail/scatter.hpp>

namespace dumbo::capi {

namespace {

std::span<const std::uint8_t> as_bytes(const dumbo_iovec& piece) noexcept {
    return {piece.base, piece.len};
}

bool are_valid(std::span<const dumbo_iovec> pieces) noexcept {
    const auto is_valid = [](const dumbo_iovec& piece) { return is_valid_buffer(piece.base, piece.len); };
    return std::all_of(pieces.begin(), pieces.end(), is_valid);
}

std::span<const dumbo_iovec> pieces_of(const dumbo_payload& payload) noexcept {
    return {payload.iovecs, payload.iovec_count};
}

bool copy_from_pieces(const void* payload, std::uint64_t offset, std::span<std::uint8_t> to,
                      ChecksumAccumulator* sum) noexcept {
    detail::copy_scattered(pieces_of(*static_cast<const dumbo_payload*>(payload)), as_bytes, offset, to, sum);
    return true;
}

bool pull_from_callback(const void* payload, std::uint64_t offset, std::span<std::uint8_t> to) noexcept {
    const auto& callback = *static_cast<const dumbo_payload*>(payload);
    return callback.read(callback.user_data, offset, to.data(), to.size()) == 0;
}

}  // namespace

bool Payload::read() noexcept {
    if (payload_.reserved != 0 || payload_.reserved2 != nullptr) {
        return false;
    }
    const SeqNumber first(payload_.seq);
    switch (payload_.kind) {
        case DUMBO_PAYLOAD_BYTES:
            if (payload_.len > SIZE_MAX || !is_valid_buffer(payload_.bytes, static_cast<std::size_t>(payload_.len))) {
                return false;
            }
            source_ =
                PayloadSource{.bytes = ByteSource::of_bytes({payload_.bytes, static_cast<std::size_t>(payload_.len)}),
                              .first = first};
            return true;
        case DUMBO_PAYLOAD_IOVEC:
            if (!is_valid_buffer(payload_.iovecs, payload_.iovec_count) || !are_valid(pieces_of(payload_))) {
                return false;
            }
            source_ =
                PayloadSource{.bytes = ByteSource::of_copy(copy_from_pieces, &payload_,
                                                           detail::scattered_length(pieces_of(payload_), as_bytes)),
                              .first = first};
            return true;
        case DUMBO_PAYLOAD_CALLBACK:
            if (payload_.read == nullptr) {
                return false;
            }
            source_ = PayloadSource{.bytes = ByteSource::of_pull(pull_from_callback, &payload_, payload_.len),
                                    .first = first};
            return true;
        default:
            return false;
    }
}

}  // namespace dumbo::capi
