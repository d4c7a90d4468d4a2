// SPDX-License-Identifier: Apache-2.0
#include "scenario/storm.hpp"

#include "scenario/codec_storm.hpp"
#include "scenario/padded.hpp"
#include "scenario/stormy_payload.hpp"
#include "script/failure.hpp"
#include "script/vocabulary.hpp"
#include "script/wire.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

namespace scenario {
namespace {

constexpr std::uint8_t untouched = 0xa5;
constexpr std::size_t margin = 32;
constexpr std::size_t segment_header = 20;

// Lengths of output buffers: mostly enough, else around the sizes at which something changes.
[[nodiscard]] std::size_t buffer_size(Dice& dice) {
    constexpr std::size_t sizes[] = {0, 1, 19, 20, 21, 23, 24, 25, 100, 2000, 2000, 2000, 2000};
    return dice.one_of(sizes);
}

[[nodiscard]] bool margin_untouched(const std::vector<std::uint8_t>& buffer) {
    return std::all_of(buffer.end() - margin, buffer.end(), [](auto byte) { return byte == untouched; });
}

[[nodiscard]] std::uint8_t any_flags(Dice& dice) {
    constexpr std::uint8_t usual[] = {
        DUMBO_TCP_ACK,
        DUMBO_TCP_ACK,
        DUMBO_TCP_ACK,
        DUMBO_TCP_ACK | DUMBO_TCP_PSH,
        DUMBO_TCP_ACK,
        DUMBO_TCP_ACK | DUMBO_TCP_PSH,
        0,
        DUMBO_TCP_ACK | DUMBO_TCP_FIN,
    };
    return dice.one_in(40) ? static_cast<std::uint8_t>(dice.any()) : dice.one_of(usual);
}

// Damages bytes so that some segments do not parse, and others say something odd.
void damage(Dice& dice, std::vector<std::uint8_t>& bytes) {
    if (dice.one_in(20) && !bytes.empty()) {
        bytes[dice.size_below(bytes.size())] = static_cast<std::uint8_t>(dice.any());
    }
    if (dice.one_in(40)) {
        bytes.resize(dice.size_below(bytes.size() + 1));
    }
}

}  // namespace

Storm::Storm(std::uint32_t seed) : dice_(seed) {
    constexpr std::size_t connections = 6;
    while (slots_.size() < connections) {
        slots_.push_back({nullptr, invariants::Watch([this](const std::string& complaint) { complain(complaint); })});
    }
}

StormReport Storm::rage(std::uint64_t calls) {
    while (report_.calls < calls && report_.complaint.empty()) {
        strike();
    }
    for (auto& slot : slots_) {
        slot.connection.reset();
    }
    if (heap_.outstanding() != 0) {
        complain(fmt::format("{} bytes were not given back", heap_.outstanding()));
    }
    return std::move(report_);
}

void Storm::strike() {
    auto& slot = slots_[dice_.size_below(slots_.size())];
    if (dice_.one_in(6)) {
        ++report_.calls;
        const auto complaint = strike_codec(dice_);
        if (!complaint.empty()) {
            complain(complaint);
        }
    } else if (!slot.connection || dice_.one_in(300)) {
        open(slot);
    } else {
        strike_connection(slot);
        if (dice_.one_in(4)) {
            check_restores(slot);
        }
    }
}

void Storm::strike_connection(Slot& slot) {
    switch (dice_.below(16)) {
        case 0:
            return command(slot);
        case 1:
            return clone(slot);
        case 2:
            return look(slot);
        case 3:
            return carry(slot);
        case 4:
        case 5:
        case 6:
        case 7:
        case 8:
            return receive(slot);
        default:
            return write(slot);
    }
}

void Storm::open(Slot& slot) {
    const script::Numbering numbering{dice_.any32(), dice_.any32()};
    auto syn = script::encode({DUMBO_TCP_SYN, numbering.guest, 0, static_cast<std::uint16_t>(dice_.any()), 0, {}},
                              script::Sender::guest, numbering);
    damage(dice_, syn);
    constexpr std::uint32_t windows[] = {0, 1, 1000, 65535, 65535, 65535, 1'000'000, 1'073'725'440, 1'073'725'441};
    constexpr std::uint64_t periods[] = {0, 1, 100, 100, 100, 100, 100, ~std::uint64_t{0}};
    constexpr std::uint16_t counts[] = {0, 1, 3, 15, 65535};
    Padded<dumbo_connection_config> config;
    config.sized(dice_);
    config.value.local_rwnd_size = dice_.one_of(windows);
    config.value.rto_period = dice_.one_of(periods);
    config.value.rto_count_max = dice_.one_of(counts);
    config.value.flags = dice_.one_in(20) ? dice_.any32() : std::uint32_t{DUMBO_CONFIG_ISN};
    config.value.isn = numbering.host;
    config.value.options = dice_.one_in(50) ? dice_.any32() : dice_.any32() & DUMBO_OPTIONS_GUEST_FACING;
    auto allocator = heap_.allocator();
    if (dice_.one_in(20)) {
        allocator.allocate = [](void*, std::size_t, std::size_t) -> void* { return nullptr; };
    }
    slot.connection.reset();
    slot.now = 0;
    dumbo_connection* opened = nullptr;
    auto** const out = dice_.maybe_null(&opened);
    const auto verify = script::addresses_of(script::Sender::guest);
    const auto code = dumbo_connection_passive_open(out, dice_.maybe_null(syn.data()), syn.size(),
                                                    dice_.one_in(2) ? &verify : nullptr,
                                                    dice_.maybe_null(&config.value), dice_.maybe_null(&allocator));
    slot.take(opened);
    check_code(code, "passive_open");
    report_.opened += code == DUMBO_OK ? 1 : 0;
    if ((code == DUMBO_OK) != (opened != nullptr)) {
        complain("an opened connection and the code of passive_open contradict each other");
    }
}

std::vector<std::uint8_t> Storm::segment_for(const dumbo_connection* connection) {
    const bool established = dumbo_connection_is_established(connection);
    constexpr std::uint32_t lengths[] = {0, 0, 1, 10, 100, 1000};
    const auto una = dumbo_connection_highest_ack_received(connection);
    const auto nxt = dumbo_connection_first_not_sent(connection);
    script::Packet packet;
    packet.flags = any_flags(dice_);
    packet.seq = dice_.near(dumbo_connection_next_expected(connection));
    packet.ack = dice_.near(established && dice_.one_in(3) ? una : nxt);
    packet.window = static_cast<std::uint16_t>(dice_.one_in(4) ? dice_.any() : 20000);
    packet.length = dice_.one_of(lengths);
    auto segment = script::encode(packet, script::Sender::guest, script::Numbering{});
    damage(dice_, segment);
    return segment;
}

// Mostly a little later, sometimes a timeout later, now and then earlier, or at the end of time.
std::uint64_t Storm::time_for(Slot& slot) {
    if (dice_.one_in(50)) {
        return slot.now - dice_.below(3);
    }
    if (dice_.one_in(2000)) {
        slot.now = ~std::uint64_t{0} - dice_.below(3);
    }
    const auto step = dice_.one_in(10) ? dice_.below(300) : dice_.below(3);
    slot.now += std::min(step, ~slot.now);
    return slot.now;
}

void Storm::receive(Slot& slot) {
    auto* const connection = slot.connection.get();
    const auto before = script::observe(connection);
    const auto segment = segment_for(connection);
    const auto room = buffer_size(dice_);
    std::vector<std::uint8_t> buffer(room + margin, untouched);
    std::size_t offset = 0;
    std::size_t length = 0;
    std::uint32_t anomalies = 0;
    const auto* const data = dice_.maybe_null(segment.data());
    const auto verify = script::addresses_of(script::Sender::guest);
    const auto* const addresses = dice_.one_in(2) ? &verify : nullptr;
    auto* const receiver = dice_.maybe_null(connection);
    const auto now = time_for(slot);
    const bool copies = dice_.one_in(2);
    const auto code =
        copies ? slot.watch.receive_segment(receiver, data, segment.size(), addresses, dice_.maybe_null(buffer.data()),
                                            room, now, dice_.maybe_null(&length), dice_.maybe_null(&anomalies))
               : slot.watch.receive_segment_in_place(receiver, data, segment.size(), addresses, now,
                                                     dice_.maybe_null(&offset), dice_.maybe_null(&length),
                                                     dice_.maybe_null(&anomalies));
    check_code(code, "receive_segment");
    check_unchanged(code, before, connection, "receive_segment");
    if (code == DUMBO_OK) {
        report_.delivered += length > 0 ? 1 : 0;
        if (length > segment.size() - segment_header || (copies && length > room) || anomalies > 0xfff) {
            complain(fmt::format("{} bytes and anomalies {:#x} were received", length, anomalies));
        }
    }
    if (!margin_untouched(buffer)) {
        complain("receive_segment wrote behind its buffer");
    }
}

void Storm::write(Slot& slot) {
    auto* const connection = slot.connection.get();
    report_.established += dumbo_connection_is_established(connection) ? 1 : 0;
    const auto before = script::observe(connection);
    const auto room = buffer_size(dice_);
    std::vector<std::uint8_t> buffer(room + margin, untouched);
    std::size_t written = 0;
    StormyPayload payload(dice_, dumbo_connection_highest_ack_received(connection),
                          dumbo_connection_first_not_sent(connection));
    Padded<dumbo_addressing> addressing;
    addressing.value = script::host_addressing();
    addressing.sized(dice_);
    addressing.value.checksum = static_cast<std::uint32_t>(dice_.one_in(40) ? dice_.any() : dice_.below(3));
    const auto reserved = static_cast<std::uint16_t>(dice_.one_in(20) ? dice_.any() : dice_.below(60));
    const auto code =
        slot.watch.write_next_segment(dice_.maybe_null(connection), dice_.maybe_null(buffer.data()), room, reserved,
                                      dice_.one_in(5) ? nullptr : payload.get(), dice_.maybe_null(&addressing.value),
                                      time_for(slot), dice_.maybe_null(&written), nullptr);
    check_code(code, "write_next_segment");
    if (code != DUMBO_ERR_PAYLOAD_MISSING_SEQ) {
        check_unchanged(code, before, connection, "write_next_segment");
    }
    if (code == DUMBO_OK && (written > room || (written > 0 && written < segment_header))) {
        complain(fmt::format("{} bytes were written into {}", written, room));
    }
    report_.written += code == DUMBO_OK && written > 0 ? 1 : 0;
    if (!margin_untouched(buffer)) {
        complain("write_next_segment wrote behind its buffer");
    }
    // Room for another connection: a reset one has no more stories to tell.
    if (dumbo_connection_is_reset(connection) && dice_.one_in(10)) {
        slot.connection.reset();
    }
}

void Storm::command(Slot& slot) {
    auto* const connection = dice_.maybe_null(slot.connection.get());
    if (dice_.one_in(40)) {
        return check_code(slot.watch.reset(connection), "reset");
    }
    if (dice_.one_in(20)) {
        return check_code(slot.watch.close(connection), "close");
    }
    if (dice_.one_in(20)) {
        const auto after = dice_.one_in(10) ? dice_.any32() : static_cast<std::uint32_t>(dice_.below(3000));
        return check_code(slot.watch.close_after(connection, after), "close_after");
    }
    const auto octets = dice_.one_in(10) ? dice_.any32() : static_cast<std::uint32_t>(dice_.below(3000));
    check_code(slot.watch.advance_local_rwnd_edge(connection, octets), "advance_local_rwnd_edge");
}

void Storm::clone(Slot& slot) {
    const auto allocator = heap_.allocator();
    dumbo_connection* copy = nullptr;
    const auto code = dumbo_connection_clone(dice_.maybe_null(slot.connection.get()), dice_.maybe_null(&copy),
                                             dice_.maybe_null(&allocator));
    check_code(code, "clone");
    if ((code == DUMBO_OK) != (copy != nullptr)) {
        complain("a clone and the code of clone contradict each other");
    }
    if (copy != nullptr) {
        slot.take(copy);
    }
}

// To a snapshot and back, perhaps onto another clock; or to nothing, with arguments that are wrong.
void Storm::carry(Slot& slot) {
    Padded<dumbo_restore_config> config;
    config.sized(dice_);
    config.value.flags = dice_.one_in(10) ? dice_.any32() : static_cast<std::uint32_t>(dice_.below(4));
    if ((config.value.flags & DUMBO_RESTORE_REBASE) != 0) {
        config.value.old_now = dice_.one_in(20) ? dice_.any() : slot.now;
        config.value.new_now = dice_.one_in(4) ? dice_.any() : dice_.below(1000);
    }
    std::vector<std::uint8_t> bytes(dice_.one_in(20) ? dice_.size_below(120) : DUMBO_SNAPSHOT_LENGTH_MAX);
    std::size_t length = 0;
    check_code(dumbo_connection_snapshot(dice_.maybe_null(slot.connection.get()), dice_.maybe_null(bytes.data()),
                                         bytes.size(), dice_.maybe_null(&length)),
               "snapshot");
    bytes.resize(std::min(length, bytes.size()));
    damage(dice_, bytes);
    const auto allocator = heap_.allocator();
    dumbo_connection* restored = nullptr;
    const auto code =
        dumbo_connection_restore(dice_.maybe_null(&restored), dice_.maybe_null(bytes.data()), bytes.size(),
                                 dice_.maybe_null(&config.value), dice_.maybe_null(&allocator));
    check_code(code, "restore");
    if ((code == DUMBO_OK) != (restored != nullptr)) {
        complain("a restored connection and the code of restore contradict each other");
    }
    if (restored != nullptr) {
        slot.take(restored);
        slot.now = (config.value.flags & DUMBO_RESTORE_REBASE) != 0 ? config.value.new_now : slot.now;
        report_.restored += 1;
    }
}

// Whatever has happened to it, a connection can be restored, and is the same one then.
void Storm::check_restores(const Slot& slot) {
    if (!slot.connection) {
        return;
    }
    try {
        const auto bytes = script::snapshot(slot.connection.get());
        if (script::snapshot(script::restore(bytes, nullptr).get()) != bytes) {
            complain("a restored connection has another snapshot");
        }
    } catch (const script::Mismatch& mismatch) {
        complain(mismatch.what());
    }
}

void Storm::look(const Slot& slot) {
    ++report_.calls;
    Padded<dumbo_rst_config> rst;
    check_code(dumbo_connection_make_rst_config(dice_.maybe_null(slot.connection.get()), rst.sized(dice_)),
               "make_rst_config");
    const auto observers = script::observe(slot.connection.get());
    try {
        script::require_consistent(observers);
    } catch (const script::Mismatch& mismatch) {
        complain(mismatch.what());
    }
    if (observers.rwnd > DUMBO_MAX_WINDOW_SIZE || observers.mss < DUMBO_MSS_MIN || observers.mss > DUMBO_MSS_MAX) {
        complain(fmt::format("a window of {} and an MSS of {}", observers.rwnd, observers.mss));
    }
}

void Storm::check_code(std::int32_t code, const char* call) {
    ++report_.calls;
    report_.failed += code == DUMBO_OK ? 0 : 1;
    const bool known = code == DUMBO_OK || script::error_named(script::error_name(code)).has_value() ||
                       code == DUMBO_ERR_OUT_OF_MEMORY;
    if (!known) {
        complain(fmt::format("{} returned {}", call, code));
    }
}

void Storm::check_unchanged(std::int32_t code, const script::Observers& before, const dumbo_connection* connection,
                            const char* call) {
    if (code != DUMBO_OK && script::observe(connection) != before) {
        complain(fmt::format("{} returned {} and changed {}", call, script::error_name(code),
                             script::differences(script::observe(connection), before, script::Origin{})));
    }
}

void Storm::complain(std::string complaint) {
    if (report_.complaint.empty()) {
        report_.complaint = fmt::format("call {}: {}", report_.calls, complaint);
    }
}

}  // namespace scenario
