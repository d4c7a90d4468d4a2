// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/dumbo.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <type_traits>
#include <utility>

// What every entry point does with its arguments before anything else happens.
namespace dumbo::capi {

template <typename Byte>
[[nodiscard]] bool is_valid_buffer(const Byte* data, std::size_t length) noexcept {
    return data != nullptr || length == 0;
}

// Structs begin with struct_size. The smallest that is ever accepted is the first release's, which ends with the field
// that is named here.
constexpr std::uint32_t first_release_size(const dumbo_ethernet_header* /*type*/) noexcept {
    return offsetof(dumbo_ethernet_header, reserved) + sizeof(dumbo_ethernet_header::reserved);
}
constexpr std::uint32_t first_release_size(const dumbo_arp_packet* /*type*/) noexcept {
    return offsetof(dumbo_arp_packet, target_ip) + sizeof(dumbo_arp_packet::target_ip);
}
constexpr std::uint32_t first_release_size(const dumbo_ipv4_header* /*type*/) noexcept {
    return offsetof(dumbo_ipv4_header, payload_length) + sizeof(dumbo_ipv4_header::payload_length);
}
constexpr std::uint32_t first_release_size(const dumbo_ipv4_fields* /*type*/) noexcept {
    return offsetof(dumbo_ipv4_fields, flags) + sizeof(dumbo_ipv4_fields::flags);
}
constexpr std::uint32_t first_release_size(const dumbo_tcp_segment* /*type*/) noexcept {
    return offsetof(dumbo_tcp_segment, reserved) + sizeof(dumbo_tcp_segment::reserved);
}
constexpr std::uint32_t first_release_size(const dumbo_addressing* /*type*/) noexcept {
    return offsetof(dumbo_addressing, flags) + sizeof(dumbo_addressing::flags);
}
constexpr std::uint32_t first_release_size(const dumbo_payload* /*type*/) noexcept {
    return offsetof(dumbo_payload, reserved2) + sizeof(dumbo_payload::reserved2);
}
constexpr std::uint32_t first_release_size(const dumbo_sent* /*type*/) noexcept {
    return offsetof(dumbo_sent, gso_size) + sizeof(dumbo_sent::gso_size);
}
constexpr std::uint32_t first_release_size(const dumbo_tcp_fields* /*type*/) noexcept {
    return offsetof(dumbo_tcp_fields, payload_max) + sizeof(dumbo_tcp_fields::payload_max);
}
constexpr std::uint32_t first_release_size(const dumbo_rst_config* /*type*/) noexcept {
    return offsetof(dumbo_rst_config, ack) + sizeof(dumbo_rst_config::ack);
}
constexpr std::uint32_t first_release_size(const dumbo_connection_config* /*type*/) noexcept {
    return offsetof(dumbo_connection_config, options) + sizeof(dumbo_connection_config::options);
}
constexpr std::uint32_t first_release_size(const dumbo_allocator* /*type*/) noexcept {
    return offsetof(dumbo_allocator, user_data) + sizeof(dumbo_allocator::user_data);
}

constexpr std::uint32_t first_release_size(const dumbo_counters* /*type*/) noexcept {
    return offsetof(dumbo_counters, after_reset) + sizeof(dumbo_counters::after_reset);
}
constexpr std::uint32_t first_release_size(const dumbo_restore_config* /*type*/) noexcept {
    return offsetof(dumbo_restore_config, new_now) + sizeof(dumbo_restore_config::new_now);
}

constexpr std::uint32_t first_release_size(const dumbo_stack_config* /*type*/) noexcept {
    return offsetof(dumbo_stack_config, hash_key) + sizeof(dumbo_stack_config::hash_key);
}
constexpr std::uint32_t first_release_size(const dumbo_virtio_net_header* /*type*/) noexcept {
    return offsetof(dumbo_virtio_net_header, reserved) + sizeof(dumbo_virtio_net_header::reserved);
}
constexpr std::uint32_t first_release_size(const dumbo_connection_info* /*type*/) noexcept {
    return offsetof(dumbo_connection_info, last_heard) + sizeof(dumbo_connection_info::last_heard);
}
constexpr std::uint32_t first_release_size(const dumbo_frame_verdict* /*type*/) noexcept {
    return offsetof(dumbo_frame_verdict, connection) + sizeof(dumbo_frame_verdict::connection);
}
constexpr std::uint32_t first_release_size(const dumbo_stack_event* /*type*/) noexcept {
    return offsetof(dumbo_stack_event, connection) + sizeof(dumbo_stack_event::connection);
}
constexpr std::uint32_t first_release_size(const dumbo_interface_counters* /*type*/) noexcept {
    return offsetof(dumbo_interface_counters, timed_out) + sizeof(dumbo_interface_counters::timed_out);
}

// The largest is far above any that there will be: a larger one was never initialized.
template <typename Struct>
[[nodiscard]] bool is_valid_size(std::uint32_t struct_size) noexcept {
    constexpr std::uint32_t most = 4096;
    constexpr const Struct* type = nullptr;
    return struct_size >= first_release_size(type) && struct_size <= most;
}

// Through memcpy, as a caller's pointer may be misaligned.
template <typename Struct>
[[nodiscard]] std::uint32_t struct_size_of(const Struct* from) noexcept {
    std::uint32_t size = 0;
    std::memcpy(&size, from, sizeof size);
    return size;
}

template <typename Struct>
[[nodiscard]] bool has_this_size(const Struct* from) noexcept {
    return from != nullptr && struct_size_of(from) == sizeof(Struct);
}

// Copies a caller's input struct, of whatever release, into one of this release that holds zeros. False if it is NULL,
// of a size that cannot be, or says something in fields that this release does not know.
template <typename Struct>
[[nodiscard]] bool read_struct_to(Struct& to, const Struct* from) noexcept {
    static_assert(std::is_trivially_copyable_v<Struct>);
    if (from == nullptr || !is_valid_size<Struct>(struct_size_of(from))) {
        return false;
    }
    const std::uint32_t size = struct_size_of(from);
    if (size == sizeof(Struct)) [[likely]] {
        std::memcpy(&to, from, sizeof to);
        return true;
    }
    const auto* bytes = reinterpret_cast<const std::uint8_t*>(from);
    const auto is_zero = [](std::uint8_t byte) { return byte == 0; };
    if (size > sizeof(Struct) && !std::all_of(bytes + sizeof(Struct), bytes + size, is_zero)) {
        return false;
    }
    std::memcpy(&to, bytes, std::min<std::size_t>(size, sizeof(Struct)));
    return true;
}

// A caller's input struct as one of this release: itself, if it has its size, or else a copy.
template <typename Struct>
class InputStruct {
public:
    explicit InputStruct(const Struct* from) noexcept {
        if (has_this_size(from)) {
            known_ = from;
        } else if (Struct& copy = copy_.emplace(); read_struct_to(copy, from)) {
            copy.struct_size = sizeof copy;
            known_ = &copy;
        }
    }
    InputStruct(const InputStruct&) = delete;
    InputStruct& operator=(const InputStruct&) = delete;
    InputStruct(InputStruct&&) = delete;
    InputStruct& operator=(InputStruct&&) = delete;
    ~InputStruct() = default;

    [[nodiscard]] bool is_valid() const noexcept { return known_ != nullptr; }
    [[nodiscard]] const Struct* get() const noexcept { return known_; }

private:
    const Struct* known_ = nullptr;
    std::optional<Struct> copy_;
};

// One field of a struct of this release, at an offset of that type. A caller may just have put the struct together: a
// load of several fields at once would wait for the stores of all of them.
template <typename Field, typename Struct>
[[nodiscard]] Field field_of(const Struct* from, std::size_t offset) noexcept {
    Field value{};
    std::memcpy(&value, reinterpret_cast<const std::uint8_t*>(from) + offset, sizeof value);
    return value;
}

// A whole one by value; empty instead of false.
template <typename Struct>
[[nodiscard]] std::optional<Struct> read_struct(const Struct* from) noexcept {
    std::optional<Struct> copy(std::in_place);
    if (!read_struct_to(*copy, from)) {
        copy.reset();
    }
    return copy;
}

// An output struct of the caller's, of whatever release: filled up to the size that the caller states, and zeroed until
// then, so that a call that fails leaves zeros.
template <typename Struct>
class OutputStruct {
    static_assert(std::is_trivially_copyable_v<Struct>);

public:
    explicit OutputStruct(Struct* to) noexcept : to_(to), size_(to != nullptr ? struct_size_of(to) : 0) {
        if (is_valid()) {
            std::memset(to_, 0, size_);
            std::memcpy(to_, &size_, sizeof size_);
        }
    }

    [[nodiscard]] bool is_valid() const noexcept { return to_ != nullptr && is_valid_size<Struct>(size_); }

    // Precondition: is_valid().
    void set(Struct value) const noexcept {
        value.struct_size = size_;
        std::memcpy(to_, &value, std::min<std::size_t>(size_, sizeof(Struct)));
    }

private:
    void* to_;
    std::uint32_t size_;
};

template <std::size_t N>
void copy_bytes(std::uint8_t (&to)[N], const std::array<std::uint8_t, N>& from) noexcept {
    std::memcpy(to, from.data(), N);
}

template <std::size_t N>
[[nodiscard]] std::array<std::uint8_t, N> to_array(const std::uint8_t* from) noexcept {
    std::array<std::uint8_t, N> array{};
    std::memcpy(array.data(), from, N);
    return array;
}

}  // namespace dumbo::capi
