// SPDX-License-Identifier: Apache-2.0
#include "convert.hpp"
#include "stack_handle.hpp"

#include <cstring>

// A stack on the guest's side: frames in, frames out.
using namespace dumbo;

static_assert(DUMBO_STACK_FRAME_MINIMUM == Stack::frame_minimum);
static_assert(DUMBO_FRAME_FOREIGN == static_cast<int>(FrameVerdict::Kind::foreign));
static_assert(DUMBO_FRAME_MALFORMED == static_cast<int>(FrameVerdict::Kind::malformed));
static_assert(DUMBO_FRAME_FRAGMENT == static_cast<int>(FrameVerdict::Kind::fragment));
static_assert(DUMBO_FRAME_ARP_REQUEST == static_cast<int>(FrameVerdict::Kind::arp_request));
static_assert(DUMBO_FRAME_REFUSED == static_cast<int>(FrameVerdict::Kind::refused));
static_assert(DUMBO_FRAME_DROPPED == static_cast<int>(FrameVerdict::Kind::dropped));
static_assert(DUMBO_FRAME_OPENING == static_cast<int>(FrameVerdict::Kind::opening));
static_assert(DUMBO_FRAME_RECEIVED == static_cast<int>(FrameVerdict::Kind::received));

static_assert(DUMBO_VIRTIO_NET_NEEDS_CHECKSUM == VirtioNetHeader::needs_checksum);
static_assert(DUMBO_VIRTIO_NET_DATA_VALID == VirtioNetHeader::data_valid);
static_assert(DUMBO_VIRTIO_NET_GSO_NONE == VirtioNetHeader::gso_none);
static_assert(DUMBO_VIRTIO_NET_GSO_TCPV4 == VirtioNetHeader::gso_tcpv4);

namespace {

// False if the struct is not acceptable.
bool read_header_to(VirtioNetHeader& to, const dumbo_virtio_net_header* header) noexcept {
    dumbo_virtio_net_header known{};
    if (!capi::read_struct_to(known, header) || known.reserved != 0) {
        return false;
    }
    to = {.flags = known.flags,
          .gso_type = known.gso_type,
          .header_length = known.header_length,
          .gso_size = known.gso_size,
          .csum_start = known.csum_start,
          .csum_offset = known.csum_offset};
    return true;
}

dumbo_virtio_net_header from_header(const VirtioNetHeader& header) noexcept {
    return {.struct_size = 0,
            .flags = header.flags,
            .gso_type = header.gso_type,
            .header_length = header.header_length,
            .gso_size = header.gso_size,
            .csum_start = header.csum_start,
            .csum_offset = header.csum_offset,
            .reserved = 0};
}

void fill(dumbo_frame_verdict& to, const FrameVerdict& from) noexcept {
    to.kind = static_cast<std::uint32_t>(from.kind);
    to.error = from.error ? capi::to_code(*from.error) : std::int32_t{DUMBO_OK};
    to.anomalies = from.anomalies;
    to.delivered = from.delivered;
    to.connection = from.connection;
}

}  // namespace

bool dumbo_stack_frame_is_for_us(const dumbo_stack* stack, const uint8_t* frame, size_t len) {
    return stack != nullptr && frame != nullptr && stack->core.is_for_us({frame, len});
}

int32_t dumbo_stack_receive_frame(dumbo_stack* stack, const uint8_t* frame, size_t len, uint64_t now,
                                  const dumbo_virtio_net_header* header, dumbo_frame_verdict* verdict) {
    const capi::OutputStruct output(verdict);
    VirtioNetHeader known;
    if (stack == nullptr || !capi::is_valid_buffer(frame, len) ||
        (header != nullptr && !read_header_to(known, header)) || (verdict != nullptr && !output.is_valid())) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    FrameVerdict told;
    if (const auto error =
            stack->core.receive_frame_to(told, {frame, len}, now, header != nullptr ? &known : nullptr)) {
        return capi::to_code(*error);
    }
    if (verdict != nullptr) {
        dumbo_frame_verdict filled{};
        fill(filled, told);
        output.set(filled);
    }
    return DUMBO_OK;
}

int32_t dumbo_stack_set_offloads(dumbo_stack* stack, uint32_t offloads) {
    const auto known = capi::to_offloads(offloads);
    if (stack == nullptr || !known) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    stack->core.set_offloads(*known);
    return DUMBO_OK;
}

int32_t dumbo_stack_next_frame(dumbo_stack* stack, uint8_t* buf, size_t buf_len, uint64_t now, size_t* written,
                               dumbo_virtio_net_header* header) {
    const capi::OutputStruct output(header);
    if (written == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *written = 0;
    if (stack == nullptr || !capi::is_valid_buffer(buf, buf_len) || (header != nullptr && !output.is_valid())) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    VirtioNetHeader told;
    const auto result = stack->core.next_frame({buf, buf_len}, now, header != nullptr ? &told : nullptr);
    if (header != nullptr) {
        output.set(from_header(told));
    }
    if (!result && result.error() == Error::buffer_too_small) {
        *written = Stack::frame_minimum;
    }
    return capi::set_number(written, result);
}

int32_t dumbo_stack_next_status(dumbo_stack* stack, uint64_t now, uint32_t* status, uint64_t* deadline) {
    if (deadline != nullptr) {
        *deadline = 0;
    }
    if (status == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    *status = DUMBO_NEXT_SEGMENT_NOTHING;
    if (stack == nullptr) {
        return DUMBO_ERR_INVALID_ARGUMENT;
    }
    const auto next = stack->core.next(now);
    if (!next) {
        return capi::to_code(next.error());
    }
    std::uint64_t at = UINT64_MAX;
    switch (next->kind) {
        case NextSegmentStatus::Kind::nothing:
            break;
        case NextSegmentStatus::Kind::available:
            *status = DUMBO_NEXT_SEGMENT_AVAILABLE;
            at = 0;
            break;
        case NextSegmentStatus::Kind::timeout:
            *status = DUMBO_NEXT_SEGMENT_TIMEOUT;
            at = next->deadline;
            break;
    }
    if (deadline != nullptr) {
        *deadline = at;
    }
    return DUMBO_OK;
}
