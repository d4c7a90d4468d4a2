// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <dumbo/address.hpp>
#include <dumbo/byte_source.hpp>
#include <dumbo/checksum.hpp>
#include <dumbo/detail/byte_order.hpp>
#include <dumbo/detail/tcp_offsets.hpp>
#include <dumbo/result.hpp>
#include <dumbo/seq_number.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace dumbo::inline v0 {

// The control bits of a TCP header (RFC 9293, 3.1), as they lie in its byte 13.
namespace tcp_flag {
inline constexpr std::uint8_t fin = 0x01;
inline constexpr std::uint8_t syn = 0x02;
inline constexpr std::uint8_t rst = 0x04;
inline constexpr std::uint8_t psh = 0x08;
inline constexpr std::uint8_t ack = 0x10;
inline constexpr std::uint8_t urg = 0x20;
inline constexpr std::uint8_t ece = 0x40;
inline constexpr std::uint8_t cwr = 0x80;
}  // namespace tcp_flag

inline constexpr std::uint16_t mss_default = 536;  // RFC 9293, 3.7.1 (MUST-15)
inline constexpr std::uint16_t mss_min = 100;
inline constexpr std::uint16_t mss_max = 65495;  // what an IPv4 packet holds behind two headers without options

// A checked view of a TCP segment (RFC 9293, 3.1). It borrows the bytes. parse() looks at the lengths once and keeps
// them: after that every accessor is total, and stays inside the bytes even if somebody changes them meanwhile.
class TcpSegment {
public:
    static constexpr std::size_t header_length_without_options = 20;
    static constexpr std::size_t header_length_max = 60;
    static constexpr std::size_t length_max = 65535;

    // Errors: truncated, header_length.
    static Result<TcpSegment> parse(std::span<const std::uint8_t> bytes) noexcept {
        if (bytes.size() < header_length_without_options) [[unlikely]] {
            return Error::truncated;
        }
        const auto header_length = static_cast<std::uint8_t>((bytes[detail::tcp_offset::data_offset] >> 4U) * 4U);
        if (header_length < header_length_without_options || header_length > bytes.size()) [[unlikely]] {
            return Error::header_length;
        }
        return TcpSegment(bytes.first(std::min(bytes.size(), length_max)), header_length);
    }

    // Errors: those, and checksum. The checksum covers all bytes, also those past 65535.
    static Result<TcpSegment> parse_verified(std::span<const std::uint8_t> bytes,
                                             const Ipv4AddressPair& addresses) noexcept;

    [[nodiscard]] std::uint16_t source_port() const noexcept { return word(detail::tcp_offset::source_port); }
    [[nodiscard]] std::uint16_t destination_port() const noexcept { return word(detail::tcp_offset::destination_port); }
    [[nodiscard]] SeqNumber sequence_number() const noexcept { return number(detail::tcp_offset::sequence_number); }
    [[nodiscard]] SeqNumber ack_number() const noexcept { return number(detail::tcp_offset::ack_number); }
    // In bytes, 20 ... 60.
    [[nodiscard]] std::uint8_t header_length() const noexcept { return header_length_; }
    [[nodiscard]] std::uint8_t reserved_bits() const noexcept {
        return bytes_[detail::tcp_offset::data_offset] & std::uint8_t{0x0e};
    }
    [[nodiscard]] bool ns() const noexcept { return (bytes_[detail::tcp_offset::data_offset] & 0x01U) != 0; }
    [[nodiscard]] std::uint8_t flags() const noexcept { return bytes_[detail::tcp_offset::flags]; }
    [[nodiscard]] bool has(std::uint8_t flag) const noexcept { return (flags() & flag) != 0; }
    // Unscaled.
    [[nodiscard]] std::uint16_t window() const noexcept { return word(detail::tcp_offset::window); }
    [[nodiscard]] std::uint16_t checksum() const noexcept { return word(detail::tcp_offset::checksum); }
    [[nodiscard]] std::uint16_t urgent_pointer() const noexcept { return word(detail::tcp_offset::urgent_pointer); }
    // 65535 for a longer one: what lies past that is not looked at.
    [[nodiscard]] std::uint16_t length() const noexcept { return static_cast<std::uint16_t>(bytes_.size()); }
    [[nodiscard]] std::uint16_t payload_length() const noexcept {
        return static_cast<std::uint16_t>(bytes_.size() - header_length());
    }
    [[nodiscard]] std::span<const std::uint8_t> options() const noexcept {
        return bytes_.first(header_length()).subspan(detail::tcp_offset::options);
    }
    [[nodiscard]] std::span<const std::uint8_t> header() const noexcept { return bytes_.first(header_length()); }
    [[nodiscard]] std::span<const std::uint8_t> payload() const noexcept { return bytes_.subspan(header_length()); }

    // The value of the MSS option, if there is one. Errors: mss_option, for options that cannot be walked or a value
    // outside mss_min ... mss_max.
    [[nodiscard]] Result<std::optional<std::uint16_t>> mss_option() const noexcept;

    // The same into `mss`, which stays what it is if there is no such option, without a result to be copied.
    [[nodiscard]] std::optional<Error> mss_option_to(std::uint16_t& mss) const noexcept {
        // Most peers have it first.
        const bool is_first =
            header_length_ > detail::tcp_offset::options && bytes_[detail::tcp_offset::options] == mss_option_kind;
        const auto found = is_first ? checked_mss(word(detail::tcp_offset::options + 2)) : find_mss_option(options());
        if (!found) [[unlikely]] {
            return found.error();
        }
        mss = found->value_or(mss);
        return std::nullopt;
    }

private:
    TcpSegment(std::span<const std::uint8_t> bytes, std::uint8_t header_length) noexcept
        : bytes_(bytes), header_length_(header_length) {}

    static constexpr std::uint8_t mss_option_kind = 2;

    [[nodiscard]] static Result<std::optional<std::uint16_t>> checked_mss(std::uint16_t mss) noexcept {
        return mss >= mss_min && mss <= mss_max ? Result(std::optional(mss)) : Error::mss_option;
    }
    [[nodiscard]] static Result<std::optional<std::uint16_t>> find_mss_option(
        std::span<const std::uint8_t> options) noexcept;
    [[nodiscard]] std::uint16_t word(std::size_t offset) const noexcept { return detail::load_be16(&bytes_[offset]); }
    [[nodiscard]] SeqNumber number(std::size_t offset) const noexcept {
        return SeqNumber(detail::load_be32(&bytes_[offset]));
    }

    std::span<const std::uint8_t> bytes_;
    std::uint8_t header_length_;
};

// The two forms of a RST (RFC 9293, 3.10.7.1).
struct RstConfig {
    enum class Kind : std::uint8_t { seq, ack };

    Kind kind = Kind::seq;
    SeqNumber number;  // of the RST's own octet, or the one that it acknowledges, the other number being 0

    [[nodiscard]] SeqNumber sequence_number() const noexcept { return kind == Kind::seq ? number : SeqNumber(); }
    [[nodiscard]] SeqNumber ack_number() const noexcept { return kind == Kind::ack ? number : SeqNumber(); }
    [[nodiscard]] std::uint8_t flags() const noexcept {
        return kind == Kind::seq ? tcp_flag::rst : std::uint8_t{tcp_flag::rst | tcp_flag::ack};
    }

    friend bool operator==(const RstConfig&, const RstConfig&) noexcept = default;
};

// The RST that answers a segment of no connection. Whether to answer at all (never a RST) is the caller's decision.
[[nodiscard]] RstConfig rst_config_for(const TcpSegment& segment) noexcept;

struct TcpPorts {
    std::uint16_t source = 0;
    std::uint16_t destination = 0;
};

// What goes into the checksum field.
enum class ChecksumPolicy : std::uint8_t {
    full,           // the checksum of pseudo header, header and payload
    none,           // zero
    pseudo_header,  // the sum of the pseudo header alone, not inverted, for a device that completes it
};

struct TcpFields {
    SeqNumber sequence_number{};
    SeqNumber ack_number{};
    std::uint8_t flags = 0;
    std::uint16_t window = 0;
    std::optional<std::uint16_t> mss_option = std::nullopt;
};

// The part of a source that a segment may carry: up to `length` bytes from `offset` on. Precondition: they lie inside.
struct TcpPayload {
    const ByteSource* source = nullptr;
    std::uint64_t offset = 0;
    std::uint64_t length = 0;
};

// A segment in the making: the payload is in its place, and the header is settled except for the ports.
class IncompleteTcpSegment {
public:
    // None yet. To be assigned to: there is nothing to complete.
    IncompleteTcpSegment() noexcept = default;

    // The longest segment: what fits an IPv4 packet behind a header without options.
    static constexpr std::size_t max_length = 65515;
    static constexpr std::size_t mss_option_length = 4;

    // Takes as much of the payload as its length, the buffer, max_length and mss_remaining (which bounds MSS option and
    // payload together) allow. With ChecksumPolicy::full it is summed while it is copied. Reserved bits, NS and the
    // urgent pointer will be 0.
    // Errors: buffer_too_small (for the header), mss_option_room, empty_payload (a payload was asked for and 0 bytes of
    // it can go), callback (the source gave up).
    static Result<IncompleteTcpSegment> write(std::span<std::uint8_t> buffer, const TcpFields& fields,
                                              std::uint16_t mss_remaining, const std::optional<TcpPayload>& payload,
                                              ChecksumPolicy policy = ChecksumPolicy::full) noexcept;

    // The same, into this one: a result that is made where it is wanted need not be copied. A payload without a source
    // is none.
    std::optional<Error> write_here(std::span<std::uint8_t> buffer, const TcpFields& fields,
                                    std::uint16_t mss_remaining, const TcpPayload& payload,
                                    ChecksumPolicy policy) noexcept;

    // How long the header of a segment with these fields is.
    [[nodiscard]] static std::size_t header_length(const TcpFields& fields) noexcept {
        return TcpSegment::header_length_without_options + (fields.mss_option ? mss_option_length : 0);
    }

    [[nodiscard]] std::size_t length() const noexcept { return header_length(fields_) + payload_length_; }
    [[nodiscard]] std::size_t payload_length() const noexcept { return payload_length_; }
    [[nodiscard]] bool has(std::uint8_t flag) const noexcept { return (fields_.flags & flag) != 0; }
    void add_flags(std::uint8_t flags) noexcept { fields_.flags |= flags; }

    // Writes the header and returns the segment. Without addresses it has no checksum, whatever the policy.
    std::span<std::uint8_t> complete(TcpPorts ports) noexcept;
    std::span<std::uint8_t> complete(TcpPorts ports, const Ipv4AddressPair& addresses) noexcept;

private:
    // Those of the header's 32-bit words that are no field by themselves.
    struct HeaderWords {
        std::uint32_t ports = 0;
        std::uint32_t control = 0;     // data offset, flags, window
        std::uint32_t mss_option = 0;  // 0: there is none
    };
    [[nodiscard]] HeaderWords header_words(TcpPorts ports) const noexcept;
    void store_header(const HeaderWords& words, std::uint16_t checksum) noexcept;

    std::uint8_t* begin_ = nullptr;
    std::size_t payload_length_ = 0;
    TcpFields fields_;
    ChecksumPolicy policy_ = ChecksumPolicy::none;
    std::uint64_t payload_sum_ = 0;  // with ChecksumPolicy::full, unfolded
};

}  // namespace dumbo::inline v0

#include <dumbo/detail/tcp_segment_writer.hpp>
