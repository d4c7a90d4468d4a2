// SPDX-License-Identifier: Apache-2.0
#include "script/calls.hpp"

#include "script/endpoint.hpp"
#include "script/failure.hpp"
#include "script/observers.hpp"
#include "script/vocabulary.hpp"
#include "script/wire.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace script {
namespace {

// Fills what the library has to overwrite, or to leave alone.
constexpr std::uint8_t untouched = 0xa5;
constexpr std::size_t nonsense = 0xa5a5a5a5;

// A buffer with a margin behind it that nobody may touch.
class Guarded {
public:
    explicit Guarded(std::size_t size) : bytes_(size + margin, untouched), size_(size) {}

    [[nodiscard]] std::uint8_t* data() { return bytes_.data(); }
    [[nodiscard]] std::size_t size() const { return size_; }
    [[nodiscard]] std::vector<std::uint8_t> take(std::size_t length) const {
        return {bytes_.begin(), bytes_.begin() + static_cast<std::ptrdiff_t>(length)};
    }

    void require_untouched_from(std::size_t offset) const {
        const auto rest = std::span(bytes_).subspan(offset);
        if (std::ranges::any_of(rest, [](auto byte) { return byte != untouched; })) {
            throw Mismatch("a buffer that is left alone where there is nothing to put", "an overwritten byte");
        }
    }

private:
    static constexpr std::size_t margin = 64;
    std::vector<std::uint8_t> bytes_;
    std::size_t size_;
};

// On failure a length is 0, unless it is the one that would have done.
void require_cleared(std::int32_t code, std::size_t length, std::uint32_t anomalies) {
    const bool says_length = code == DUMBO_OK || code == DUMBO_ERR_BUFFER_TOO_SMALL;
    if ((!says_length && length != 0) || (code != DUMBO_OK && anomalies != 0)) {
        throw Mismatch("outputs of zero beside an error", fmt::format("{} and {}", length, anomaly_names(anomalies)));
    }
}

[[nodiscard]] Received receive_copy(invariants::Watch& watch, dumbo_connection* connection,
                                    std::span<const std::uint8_t> segment, std::size_t buffer_size, std::uint64_t now) {
    const auto verify = addresses_of(Sender::guest);
    Guarded buffer(buffer_size);
    Received result{DUMBO_OK, nonsense, nonsense, {}};
    result.code = watch.receive_segment(connection, segment.data(), segment.size(), &verify, buffer.data(),
                                        buffer.size(), now, &result.length, &result.anomalies);
    require_cleared(result.code, result.length, result.anomalies);
    const auto delivered = result.code == DUMBO_OK ? std::min(result.length, buffer_size) : 0;
    // The payload is copied while its checksum is verified, and may then turn out not to be for delivery.
    buffer.require_untouched_from(delivered > 0 ? delivered : std::min(segment.size(), buffer_size));
    result.payload = buffer.take(delivered);
    return result;
}

[[nodiscard]] Received receive_in_place(invariants::Watch watch, dumbo_connection* connection,
                                        std::span<const std::uint8_t> segment, std::uint64_t now) {
    const auto verify = addresses_of(Sender::guest);
    Received result{DUMBO_OK, nonsense, nonsense, {}};
    std::size_t offset = nonsense;
    result.code = watch.receive_segment_in_place(connection, segment.data(), segment.size(), &verify, now, &offset,
                                                 &result.length, &result.anomalies);
    require_cleared(result.code, result.length, result.anomalies);
    if (result.length > segment.size() || (result.length > 0 && offset > segment.size() - result.length)) {
        throw Mismatch("a range inside the segment", fmt::format("{} bytes from {}", result.length, offset));
    }
    if (result.length > 0) {
        const auto range = segment.subspan(offset, result.length);
        result.payload.assign(range.begin(), range.end());
    }
    return result;
}

void require_same(const Received& copied, const Observers& after_copy, const Received& in_place,
                  const Observers& after_in_place) {
    if (copied != in_place) {
        throw Mismatch(fmt::format("in place as by copy: {}", to_text(copied)), to_text(in_place));
    }
    if (after_copy != after_in_place) {
        throw Mismatch(fmt::format("by copy {}", differences(after_copy, after_in_place, Origin{})),
                       fmt::format("in place {}", differences(after_in_place, after_copy, Origin{})));
    }
}

// What a cause says about the segment. The test of a single cause is a script's matter.
void require_fitting_cause(const Wrote& wrote) {
    if (wrote.segment.empty()) {
        if (wrote.cause != DUMBO_CAUSE_NONE) {
            throw Mismatch("no cause for no segment", cause_name(wrote.cause));
        }
        return;
    }
    const unsigned flags = wrote.segment[13];
    const bool has_payload = wrote.segment.size() > std::size_t{wrote.segment[12]} / 16 * 4;
    const bool is_reset = wrote.cause == DUMBO_CAUSE_RESET || wrote.cause == DUMBO_CAUSE_GIVEN_UP;
    const bool is_synack = wrote.cause == DUMBO_CAUSE_SYN || wrote.cause == DUMBO_CAUSE_REPEATED_SYN;
    const bool is_data =
        wrote.cause == DUMBO_CAUSE_DATA || wrote.cause == DUMBO_CAUSE_PROBE || wrote.cause == DUMBO_CAUSE_WINDOW_OPENED;
    const bool is_again = wrote.cause == DUMBO_CAUSE_TIMEOUT || wrote.cause == DUMBO_CAUSE_DUP_ACK;
    const bool takes_numbers = has_payload || (flags & (DUMBO_TCP_SYN | DUMBO_TCP_FIN)) != 0;
    if (is_reset != ((flags & DUMBO_TCP_RST) != 0) || (is_synack && (flags & DUMBO_TCP_SYN) == 0) ||
        (is_data && !has_payload) || (is_again && !takes_numbers) || (wrote.cause == DUMBO_CAUSE_ACK && has_payload) ||
        (wrote.cause == DUMBO_CAUSE_FIN && (has_payload || (flags & DUMBO_TCP_FIN) == 0)) ||
        wrote.cause == DUMBO_CAUSE_NONE) {
        throw Mismatch("a cause that fits the segment", cause_name(wrote.cause));
    }
}

[[nodiscard]] std::string error_text(std::int32_t error, std::size_t needs) {
    const auto text = fmt::format("error {}", error_name(error));
    return error == DUMBO_ERR_BUFFER_TOO_SMALL ? fmt::format("{} needs {}", text, needs) : text;
}

}  // namespace

invariants::Watch strict_watch() {
    return invariants::Watch([](const std::string& complaint) { throw Mismatch("what is always true", complaint); });
}

Received receive(dumbo_connection* connection, std::span<const std::uint8_t> segment, std::size_t buffer,
                 std::uint64_t now) {
    auto watch = strict_watch();
    return receive(watch, connection, segment, buffer, now);
}

Received receive(invariants::Watch& watch, dumbo_connection* connection, std::span<const std::uint8_t> segment,
                 std::size_t buffer, std::uint64_t now) {
    const auto twin = clone(connection);
    const auto watch_of_twin = watch;
    auto copied = receive_copy(watch, connection, segment, buffer, now);
    // A buffer that is too small is the one thing that cannot happen in place.
    if (copied.code != DUMBO_ERR_BUFFER_TOO_SMALL) {
        const auto in_place = receive_in_place(watch_of_twin, twin.get(), segment, now);
        require_same(copied, observe(connection), in_place, observe(twin.get()));
    }
    return copied;
}

Wrote write(dumbo_connection* connection, std::size_t room, std::uint16_t reserved, const dumbo_payload* payload,
            std::uint64_t now) {
    auto watch = strict_watch();
    return write(watch, connection, room, reserved, payload, now);
}

Wrote write(invariants::Watch& watch, dumbo_connection* connection, std::size_t room, std::uint16_t reserved,
            const dumbo_payload* payload, std::uint64_t now) {
    const auto addressing = host_addressing();
    Guarded buffer(room);
    std::size_t written = nonsense;
    Wrote result;
    dumbo_sent sent{};
    sent.struct_size = sizeof sent;
    result.code = watch.write_next_segment(connection, buffer.data(), buffer.size(), reserved, payload, &addressing,
                                           now, &written, &sent);
    result.cause = sent.cause;
    require_cleared(result.code, written, 0);
    buffer.require_untouched_from(room);
    if (result.code == DUMBO_OK) {
        result.segment = buffer.take(std::min(written, room));
    } else {
        result.needs = written;
    }
    require_fitting_cause(result);
    return result;
}

std::string to_text(const Receipt& receipt) {
    return fmt::format("deliver {} anomalies {}", receipt.delivered, anomaly_names(receipt.anomalies));
}

std::string to_text(const Refusal& refusal) {
    return error_text(refusal.error, refusal.needs.value_or(0));
}

std::string to_text(const Received& received) {
    return received.code == DUMBO_OK ? to_text(Receipt{received.length, received.anomalies})
                                     : error_text(received.code, received.length);
}

std::string to_text(const Wrote& wrote, const Numbering& numbering) {
    if (wrote.code != DUMBO_OK) {
        return error_text(wrote.code, wrote.needs);
    }
    return wrote.segment.empty() ? "silent" : "> " + to_text(decode(wrote.segment), Sender::host, numbering);
}

}  // namespace script
