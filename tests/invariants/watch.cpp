// SPDX-License-Identifier: Apache-2.0
#include "invariants/watch.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace invariants {
namespace {

// Room for a copy of a connection, beside the allocators.
struct Storage {
    alignas(DUMBO_CONNECTION_ALIGNMENT_MAX) std::array<std::byte, DUMBO_CONNECTION_COUNTED_SIZE_MAX> bytes;
};

[[nodiscard]] bool is_failure_told(std::int32_t code, const std::size_t* length, const std::uint32_t* anomalies) {
    const bool needs = code == DUMBO_ERR_BUFFER_TOO_SMALL;
    return (needs || length == nullptr || *length == 0) && (anomalies == nullptr || *anomalies == 0);
}

[[nodiscard]] Trial try_to_write(dumbo_connection* connection, std::uint64_t now) {
    std::array<std::uint8_t, DUMBO_TCP_HEADER_LENGTH + 4> buffer;
    dumbo_addressing addressing{};
    addressing.struct_size = sizeof addressing;
    addressing.checksum = DUMBO_CHECKSUM_NONE;
    std::uint64_t deadline_before = 0;
    std::uint64_t deadline_after = 0;
    Trial trial;
    static_cast<void>(dumbo_connection_control_segment_or_timeout_status(connection, &deadline_before));
    trial.code = dumbo_connection_write_next_segment(connection, buffer.data(), buffer.size(), 0, nullptr, &addressing,
                                                     now, &trial.written, nullptr);
    static_cast<void>(dumbo_connection_control_segment_or_timeout_status(connection, &deadline_after));
    trial.acted = trial.written != 0 || deadline_before != deadline_after;
    return trial;
}

}  // namespace

// Stands between the library and a source's callback, and keeps what that gives.
struct Watch::ReadBytes {
    const dumbo_payload& source;
    std::vector<std::uint8_t>& bytes;
    std::uint64_t first = 0;
    const char* broken = nullptr;

    static std::int32_t read(void* self, std::uint64_t offset, std::uint8_t* dst, std::size_t len) {
        auto& reading = *static_cast<ReadBytes*>(self);
        if (offset > reading.source.len || len > reading.source.len - offset) {
            reading.broken = "a callback is asked for bytes of its source alone";
            return -1;
        }
        const std::int32_t code = reading.source.read(reading.source.user_data, offset, dst, len);
        if (reading.bytes.empty()) {
            reading.first = offset;
        } else if (offset != reading.first + reading.bytes.size()) {
            reading.broken = "a callback is asked for bytes in their order";
        }
        if (code == 0) {
            reading.bytes.insert(reading.bytes.end(), dst, dst + len);
        }
        return code;
    }
};

void Watch::begin(const dumbo_connection* connection) {
    watching_ = true;
    run_ = {};
    timeouts_ = 0;
    sight_ = see(connection);
    before_ = sight_;
    settle(connection, "begin", nullptr);
}

void Watch::go_on(const dumbo_connection* connection) {
    if (watching_) {
        look(connection, "going on");
    } else {
        begin(connection);
    }
}

// Nobody else can have changed a connection since it was last seen.
void Watch::look(const dumbo_connection* connection, const char* call) {
    if (!watching_) {
        return begin(connection);
    }
    before_ = sight_;
    sight_ = see(connection);
    if (sight_.bytes != before_.bytes) {
        complain(call, "a connection changes by calls on it alone");
    }
    before_ = sight_;
}

// A call came to its end.
void Watch::settle(const dumbo_connection* connection, const char* call, const char* broken) {
    if (broken == nullptr) {
        broken = broken_by_step(before_, sight_);
    }
    if (broken == nullptr) {
        broken = broken_by_state(sight_);
    }
    if (broken != nullptr) {
        complain(call, broken);
    }
    check_restored();
    check_trials(connection);
}

// Whatever has happened to a connection, it can be restored, and is the same one then.
void Watch::check_restored() {
    Storage storage;
    dumbo_connection* restored = nullptr;
    if (dumbo_connection_restore_in(&restored, storage.bytes.data(), storage.bytes.size(), sight_.bytes.data(),
                                    sight_.length, nullptr) != DUMBO_OK) {
        return complain("restore", "every connection can be restored from its snapshot");
    }
    if (see(restored).bytes != sight_.bytes) {
        complain("restore", "a restored connection has the snapshot from which it was made");
    }
    dumbo_connection_free(restored);
}

void Watch::check_trials(const dumbo_connection* connection) {
    check_trial(connection, sight_.latest_now);
    const bool waits = sight_.next == DUMBO_NEXT_SEGMENT_TIMEOUT && sight_.deadline > sight_.latest_now;
    if (waits && sight_.deadline != Sight::never) {
        check_trial(connection, sight_.deadline - 1);
        check_trial(connection, sight_.deadline);
    }
}

// What a copy would write that has nothing to send: what the status says, and not for ever.
void Watch::check_trial(const dumbo_connection* connection, std::uint64_t now) {
    constexpr int most_control_segments = 2;
    Storage storage;
    dumbo_connection* copy = nullptr;
    if (dumbo_connection_clone_in(connection, &copy, storage.bytes.data(), storage.bytes.size()) != DUMBO_OK) {
        return complain("clone", "every connection can be cloned");
    }
    Trial trial = try_to_write(copy, now);
    if (const auto* const broken = broken_by_trial(sight_, now, trial)) {
        complain("a write on a clone", broken);
    }
    for (int segments = 0; trial.code == DUMBO_OK && trial.written != 0; ++segments) {
        if (segments == most_control_segments) {
            complain("writes on a clone", "control segments come to an end");
            break;
        }
        trial = try_to_write(copy, now);
    }
    dumbo_connection_free(copy);
}

std::int32_t Watch::receive_segment(dumbo_connection* connection, const std::uint8_t* segment, std::size_t len,
                                    const dumbo_address_pair* verify, std::uint8_t* buf, std::size_t buf_len,
                                    std::uint64_t now, std::size_t* received, std::uint32_t* anomalies) {
    constexpr const char* call = "receive_segment";
    if (connection == nullptr) {
        return dumbo_connection_receive_segment(connection, segment, len, verify, buf, buf_len, now, received,
                                                anomalies);
    }
    look(connection, call);
    std::uint32_t told = 0;
    auto* const anomalies_told = anomalies != nullptr ? anomalies : &told;
    const std::int32_t code =
        dumbo_connection_receive_segment(connection, segment, len, verify, buf, buf_len, now, received, anomalies_told);
    sight_ = see(connection);
    const char* broken = nullptr;
    if (code != DUMBO_OK) {
        broken = broken_by_failure(before_, sight_, code, false, now);
        broken = is_failure_told(code, received, anomalies_told) ? broken : "outputs beside an error are 0";
    } else if (*received > buf_len) {
        broken = "no more is received than there is room for";
    } else {
        broken = broken_by_reception(before_, {View(segment, len), View(buf, *received), *anomalies_told}, sight_);
        run_ = {};
        timeouts_ = 0;
    }
    settle(connection, call, broken);
    return code;
}

std::int32_t Watch::receive_segment_in_place(dumbo_connection* connection, const std::uint8_t* segment, std::size_t len,
                                             const dumbo_address_pair* verify, std::uint64_t now, std::size_t* offset,
                                             std::size_t* received, std::uint32_t* anomalies) {
    constexpr const char* call = "receive_segment_in_place";
    if (connection == nullptr) {
        return dumbo_connection_receive_segment_in_place(connection, segment, len, verify, now, offset, received,
                                                         anomalies);
    }
    look(connection, call);
    std::uint32_t told = 0;
    auto* const anomalies_told = anomalies != nullptr ? anomalies : &told;
    const std::int32_t code = dumbo_connection_receive_segment_in_place(connection, segment, len, verify, now, offset,
                                                                        received, anomalies_told);
    sight_ = see(connection);
    const char* broken = nullptr;
    if (code != DUMBO_OK) {
        broken = broken_by_failure(before_, sight_, code, false, now);
        broken = is_failure_told(code, received, anomalies_told) ? broken : "outputs beside an error are 0";
    } else if (*received > len || *offset > len - *received) {
        broken = "what is received lies inside the segment";
    } else {
        broken = broken_by_reception(before_, {View(segment, len), View(segment + *offset, *received), *anomalies_told},
                                     sight_);
        run_ = {};
        timeouts_ = 0;
    }
    settle(connection, call, broken);
    return code;
}

std::int32_t Watch::write_next_segment(dumbo_connection* connection, std::uint8_t* buf, std::size_t buf_len,
                                       std::uint16_t mss_reserved, const dumbo_payload* payload,
                                       const dumbo_addressing* addressing, std::uint64_t now, std::size_t* written,
                                       dumbo_sent* sent) {
    constexpr const char* call = "write_next_segment";
    if (connection == nullptr) {
        return dumbo_connection_write_next_segment(connection, buf, buf_len, mss_reserved, payload, addressing, now,
                                                   written, sent);
    }
    look(connection, call);
    read_.clear();
    const bool calls_back = payload != nullptr && payload->struct_size == sizeof *payload &&
                            payload->kind == DUMBO_PAYLOAD_CALLBACK && payload->read != nullptr;
    dumbo_payload stand_in = calls_back ? *payload : dumbo_payload{};
    ReadBytes reading{calls_back ? *payload : stand_in, read_};
    stand_in.read = &ReadBytes::read;
    stand_in.user_data = &reading;
    const std::int32_t code = dumbo_connection_write_next_segment(
        connection, buf, buf_len, mss_reserved, calls_back ? &stand_in : payload, addressing, now, written, sent);
    sight_ = see(connection);
    const char* broken = reading.broken;
    if (broken == nullptr && code != DUMBO_OK) {
        broken = broken_by_failure(before_, sight_, code, true, now);
        broken = is_failure_told(code, written, nullptr) ? broken : "outputs beside an error are 0";
    } else if (broken == nullptr && *written > buf_len) {
        broken = "no more is written than there is room for";
    } else if (broken == nullptr) {
        Writing writing;
        writing.segment = View(buf, *written);
        writing.room = buf_len;
        writing.mss_reserved = mss_reserved;
        writing.source = payload;
        writing.payload = read_;
        writing.is_payload_known = calls_back;
        writing.addressing = *addressing;
        writing.now = now;
        writing.sent = sent != nullptr ? *sent : dumbo_sent{};
        writing.is_sent_known = sent != nullptr;
        broken = broken_by_writing(before_, writing, sight_);
        broken = broken != nullptr ? broken : broken_by_run(writing, sight_);
    }
    settle(connection, call, broken);
    return code;
}

// Without anything from outside, writing comes to an end: all that goes out at one time are numbers that were not sent
// before, as far as the peer's window, the FIN or the one octet of a probe go, and besides one control segment or one
// repetition, then one more when a timeout struck. And of timeouts there are no more than are allowed, and one more for
// a probe that was answered.
const char* Watch::broken_by_run(const Writing& writing, const Sight& after) {
    constexpr std::uint64_t most_besides = 2;
    if (writing.segment.empty()) {
        return nullptr;
    }
    if (run_.segments == 0 || run_.now != writing.now) {
        run_ = {writing.now, 0, 0};
    }
    run_.segments += 1;
    run_.moved += after.snd_nxt - before_.snd_nxt;
    const bool is_repeated = writing.is_sent_known && writing.sent.cause == DUMBO_CAUSE_TIMEOUT;
    timeouts_ += is_repeated ? 1 : 0;
    if (run_.segments > run_.moved + most_besides) {
        return "writes at one time come to an end";
    }
    return timeouts_ <= std::uint64_t{after.rto_count_max} + 1 ? nullptr : "a silent peer is given up";
}

// A call without time and segments.
std::int32_t Watch::command(dumbo_connection* connection, const char* name, const Call& call, const Broken& broken_by) {
    if (connection == nullptr) {
        return call();
    }
    look(connection, name);
    const std::int32_t code = call();
    sight_ = see(connection);
    run_ = {};
    settle(connection, name, code == DUMBO_OK ? broken_by() : broken_by_failure(before_, sight_, code, false, 0));
    return code;
}

std::int32_t Watch::close(dumbo_connection* connection) {
    return command(
        connection, "close", [&] { return dumbo_connection_close(connection); },
        [&] { return broken_by_close(before_, 0, sight_); });
}

std::int32_t Watch::close_after(dumbo_connection* connection, std::uint32_t octets) {
    return command(
        connection, "close_after", [&] { return dumbo_connection_close_after(connection, octets); },
        [&] { return broken_by_close(before_, octets, sight_); });
}

std::int32_t Watch::reset(dumbo_connection* connection) {
    return command(
        connection, "reset", [&] { return dumbo_connection_reset(connection); },
        [&] { return broken_by_reset(before_, sight_); });
}

std::int32_t Watch::advance_local_rwnd_edge(dumbo_connection* connection, std::uint32_t octets) {
    return command(
        connection, "advance_local_rwnd_edge",
        [&] { return dumbo_connection_advance_local_rwnd_edge(connection, octets); },
        [&] { return broken_by_advance(before_, octets, sight_); });
}

void Watch::complain(const char* call, const char* broken) {
    report_(std::string(call) + ": " + broken + "\n  before " + describe(before_) + "\n  after  " + describe(sight_));
}

}  // namespace invariants
