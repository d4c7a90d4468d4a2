// SPDX-License-Identifier: Apache-2.0
#include "fuzz/connections.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "fuzz/support/lent_struct.hpp"
#include "fuzz/support/pattern.hpp"
#include "fuzz/support/require.hpp"
#include "fuzz/support/wire.hpp"

namespace fuzz {

namespace {

constexpr std::size_t longest_segment = 70000;
constexpr std::size_t longest_payload = 3000;
constexpr std::size_t tcp_header = DUMBO_TCP_HEADER_LENGTH;
constexpr std::uint64_t never = UINT64_MAX;

constexpr dumbo_address_pair from_peer = {{172, 16, 0, 2}, {169, 254, 169, 254}};
constexpr dumbo_address_pair from_elsewhere = {{10, 0, 0, 1}, {169, 254, 169, 254}};
constexpr dumbo_addressing to_peer = {sizeof(dumbo_addressing), DUMBO_CHECKSUM_FULL, 80, 40000,
                                      {169, 254, 169, 254},     {172, 16, 0, 2},     0};

constexpr std::size_t at_latest_now = 16;  // in a snapshot

constexpr std::int32_t argument_errors[] = {DUMBO_OK, DUMBO_ERR_INVALID_ARGUMENT};

}  // namespace

namespace {

/** What libFuzzer shall tell apart beside the code that it sees: flags, and whether numbers are at each other's edges.
 */
[[nodiscard]] std::uint64_t kind_of_state(const Sight& s) {
    std::uint64_t kind = s.phase * 16U + s.rst * 4U + s.probe;
    const bool aspects[] = {s.fin_recorded,
                            s.fin_received,
                            s.ack_due,
                            s.dup_ack_pending,
                            s.persisting,
                            s.snd_una == s.snd_nxt,
                            s.snd_nxt == s.snd_edge,
                            s.rcv_nxt == s.rcv_edge,
                            s.fin_sent()};
    for (const bool aspect : aspects) {
        kind = kind * 2 + (aspect ? 1 : 0);
    }
    return kind;
}

void require_unbroken(const char* broken) {
    if (broken != nullptr) [[unlikely]] {
        fail(broken);
    }
}

}  // namespace

/* ------------------------------------------------------------------------------------------------- the run ----- */

Connections::Connections()
    : incoming_(longest_segment),
      delivered_(longest_segment),
      outgoing_(longest_segment),
      source_(longest_source),
      pieces_(4096),
      structs_{GuardedMemory(8192), GuardedMemory(8192), GuardedMemory(8192)},
      snapshot_(4096) {}

void Connections::run(Decisions& in) {
    looks_ = 0;
    while (!in.are_over()) {
        step(in);
    }
    for (auto& slot : slots_) {
        free(slot);
    }
    require(allocated_ == 0, "memory was not given back");
}

void Connections::restore_from(Decisions& in, const std::uint8_t* snapshot, std::size_t size) {
    restore(in, slots_[0], snapshot, size);
}

void Connections::step(Decisions& in) {
    const std::uint8_t what = in.byte();
    in.set_careless((what & 0x80U) != 0);
    Slot& slot = slots_[(what >> 5U & 3U) % slots];
    if (slot.connection == nullptr) {
        open(in, slot);
    } else {
        step(in, slot, what & 31U);
    }
    if (slot.connection != nullptr) {
        look_over(slot);
    }
}

void Connections::step(Decisions& in, Slot& slot, unsigned what) {
    switch (what) {
        case 20:
            return write_all(in, slot);
        case 21:
        case 22:
        case 23:
            return pass_time(in, slot);
        case 24:
            return command(in, slot);
        case 25:
            return advance(in, slot);
        case 26:
            return clone(in, slot);
        case 27:
            return carry(in, slot);
        case 28:
            return tamper(in, slot);
        case 29:
            return look(in, slot);
        case 30:
            return open(in, slot);
        case 31:
            return free(slot);
        default:
            return what < 10 ? receive(in, slot) : write(in, slot);
    }
}

void Connections::free(Slot& slot) {
    ++events;
    dumbo_connection_free(slot.connection);
    slot.connection = nullptr;
}

void Connections::replace(Slot& slot, dumbo_connection* connection) {
    if (slot.connection != nullptr) {
        free(slot);
    }
    slot.connection = connection;
    slot.last = invariants::see(connection);
    slot.now = slot.last.latest_now;
}

/** What holds of every call on a connection, and of one that failed. */
void Connections::settle(Slot& slot, std::int32_t code, bool is_write, std::uint64_t now) {
    before_ = slot.last;
    slot.last = invariants::see(slot.connection);
    slot.now = std::max(slot.now, slot.last.latest_now);
    require_unbroken(invariants::broken_by_step(before_, slot.last));
    if (code != DUMBO_OK) {
        require_unbroken(invariants::broken_by_failure(before_, slot.last, code, is_write, now));
    }
}

/** What holds of every connection at any time. */
void Connections::look_over(const Slot& slot) {
    reached(kind_of_state(slot.last));
    require_unbroken(invariants::broken_by_state(slot.last));
    if (++looks_ % 4 == 0) {
        require_restorable(slot);
    }
}

/** Whatever has happened to it, it can be restored, is the same one then, and would write what its status says. */
void Connections::require_restorable(const Slot& slot) {
    const Sight& s = slot.last;
    dumbo_connection* again = nullptr;
    require(
        dumbo_connection_restore_in(&again, restored_, sizeof restored_, s.bytes.data(), s.length, nullptr) == DUMBO_OK,
        "a connection cannot be restored");
    require(invariants::see(again).bytes == s.bytes, "a restored connection is another one");
    std::uint8_t segment[64];
    invariants::Trial trial;
    trial.code = dumbo_connection_write_next_segment(again, segment, sizeof segment, 0, nullptr, &to_peer, slot.now,
                                                     &trial.written, nullptr);
    const Sight after = invariants::see(again);
    trial.acted = trial.written > 0 || after.deadline != s.deadline || after.timeout_count != s.timeout_count;
    require_unbroken(invariants::broken_by_trial(s, slot.now, trial));
}

/* -------------------------------------------------------------------------------------------------- memory ----- */

namespace {

void* allocate(void* user_data, std::size_t size, std::size_t alignment) {
    auto& allocated = *static_cast<std::uint64_t*>(user_data);
    allocated += size;
    return std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

void release(void* user_data, void* memory, std::size_t size) {
    *static_cast<std::uint64_t*>(user_data) -= size;
    std::free(memory);
}

void* allocate_nothing(void* /*user_data*/, std::size_t /*size*/, std::size_t /*alignment*/) {
    return nullptr;
}

alignas(64) std::uint8_t misaligned_memory[DUMBO_CONNECTION_COUNTED_SIZE_MAX + 8];

void* allocate_misaligned(void* user_data, std::size_t size, std::size_t alignment) {
    if (alignment <= 4) {
        return allocate(user_data, size, alignment);
    }
    *static_cast<std::uint64_t*>(user_data) += size;
    return misaligned_memory + 4;
}

void release_misaligned(void* user_data, void* memory, std::size_t size) {
    require(memory == misaligned_memory + 4, "memory went back that was not given");
    *static_cast<std::uint64_t*>(user_data) -= size;
}

}  // namespace

dumbo_allocator Connections::any_allocator(Decisions& in) {
    dumbo_allocator allocator{sizeof(dumbo_allocator), 0, allocate, release, &allocated_};
    if (in.is_careless(4)) {
        switch (in.below(6)) {
            case 0:
                allocator.allocate = allocate_nothing;
                break;
            case 1:
                allocator.allocate = allocate_misaligned;
                allocator.release = release_misaligned;
                break;
            case 2:
                allocator.allocate = nullptr;
                break;
            case 3:
                allocator.release = nullptr;
                break;
            default:
                allocator.reserved = in.byte();
                break;
        }
    }
    return allocator;
}

/* ------------------------------------------------------------------------------------------------- opening ----- */

dumbo_connection_config Connections::any_config(Decisions& in) {
    constexpr std::uint32_t windows[] = {65535,  0,     1,       100,        1000,       4096,
                                         131072, 65536, 1 << 20, 1073725440, 1073725439, 1073725441};
    constexpr std::uint64_t periods[] = {100, 1, 2, 1000, 1U << 20U, never, never - 1, never / 2, 0};
    constexpr std::uint16_t counts[] = {15, 1, 2, 3, 65535, 0};
    constexpr std::uint32_t isns[] = {0, 1, 0xffffffff, 0xfffffff0, 0x7fffffff, 0xffff0000};
    dumbo_connection_config config{};
    config.struct_size = sizeof config;
    config.options = in.byte();
    const std::uint8_t usual = in.byte();
    config.local_rwnd_size = (usual & 1U) == 0 ? 65535 : in.one_of(windows);
    config.rto_period = (usual & 2U) == 0 ? 100 : in.one_of(periods);
    config.rto_count_max = (usual & 4U) == 0 ? 3 : in.one_of(counts);
    config.isn = (usual & 8U) == 0 ? 5000 : in.one_of(isns) - in.byte();
    // Without an ISN of the caller's a run could not be repeated.
    config.flags = DUMBO_CONFIG_ISN | ((usual & 16U) == 0 ? 0U : std::uint32_t{DUMBO_CONFIG_COUNTERS});
    if (in.is_careless(8)) {
        config.flags |= in.number_32();
        config.options |= in.number_32();
        config.reserved = in.byte();
    }
    return config;
}

std::size_t Connections::build_syn(Decisions& in, std::uint8_t* segment) {
    constexpr std::uint16_t sizes[] = {1460, 536, 100, 101, 103, 65495, 65494, 9000, 99, 65496, 0};
    constexpr std::size_t longest_syn = 128;
    const std::uint8_t shape = in.byte();
    Header header;
    header.flags = DUMBO_TCP_SYN;
    header.seq = (shape & 1U) == 0 ? 1000 : in.number_32();
    header.window = (shape & 2U) == 0 ? 65535 : in.number_16();
    header.options = (shape & 4U) == 0 ? 0 : 4;
    std::memset(segment, 0, longest_syn);
    write_header(segment, header);
    if (header.options > 0) {
        write_mss_option(segment + tcp_header, in.one_of(sizes));
    }
    std::size_t size = tcp_header + header.options;
    if ((shape & 8U) != 0) {
        segment[12] = in.byte();
        const auto options = in.bytes(in.below(41));
        std::copy_n(options.data, options.size, segment + tcp_header);
        size = tcp_header + options.size;
    }
    if ((shape & 16U) != 0) {
        segment[13] = in.byte();
    }
    return size;
}

void Connections::open(Decisions& in, Slot& slot) {
    constexpr std::int32_t documented[] = {
        DUMBO_OK,
        DUMBO_ERR_INVALID_ARGUMENT,
        DUMBO_ERR_BUFFER_TOO_SMALL,
        DUMBO_ERR_TRUNCATED,
        DUMBO_ERR_HEADER_LENGTH,
        DUMBO_ERR_CHECKSUM,
        DUMBO_ERR_INVALID_SYN,
        DUMBO_ERR_MSS_OPTION,
        DUMBO_ERR_OUT_OF_MEMORY,
    };
    if (slot.connection != nullptr) {
        free(slot);
    }
    const auto* const config = lend(in, structs_[0], any_config(in));
    std::uint8_t syn[128];
    const std::size_t size = build_syn(in, syn);
    const auto* const segment = in.maybe_null(incoming_.copy(syn, size));
    dumbo_connection* connection = nullptr;
    auto** const out = in.maybe_null(&connection);
    std::int32_t code = DUMBO_OK;
    if (in.is_careless(2)) {
        const auto allocator = any_allocator(in);
        code = dumbo_connection_passive_open(out, segment, size, nullptr, config, lend(in, structs_[1], allocator));
    } else {
        const std::size_t room = in.is_careless(8) ? in.number_16() % sizeof slot.storage : sizeof slot.storage;
        auto* const storage = in.is_careless(8) ? slot.storage + in.byte() % 8 : slot.storage;
        code = dumbo_connection_passive_open_in(out, in.maybe_null(storage), room, segment, size, nullptr, config);
    }
    require_code(code, documented, "passive_open has an undocumented result");
    require((code == DUMBO_OK) == (connection != nullptr), "passive_open and its connection contradict each other");
    if (connection != nullptr) {
        replace(slot, connection);
        slot.now = 0;
    }
}

/* ------------------------------------------------------------------------------------------------ receiving ---- */

std::size_t Connections::build_segment(Decisions& in, const Slot& slot, std::uint8_t* segment) {
    constexpr std::uint8_t flags[] = {DUMBO_TCP_ACK | DUMBO_TCP_FIN,
                                      DUMBO_TCP_RST,
                                      DUMBO_TCP_SYN,
                                      DUMBO_TCP_ACK | DUMBO_TCP_PSH,
                                      0,
                                      DUMBO_TCP_ACK | DUMBO_TCP_RST,
                                      DUMBO_TCP_ACK | DUMBO_TCP_SYN,
                                      DUMBO_TCP_ACK | DUMBO_TCP_URG | DUMBO_TCP_FIN,
                                      DUMBO_TCP_FIN};
    constexpr std::uint16_t windows[] = {0, 1, 2, 99, 100, 101, 536, 1000, 1460, 65534};
    const std::uint8_t shape = in.byte();
    const Sight& s = slot.last;
    Header header;
    header.seq = (shape & 1U) == 0 ? s.rcv_nxt : in.near(in.one_in(8) ? s.rcv_edge : s.rcv_nxt);
    header.ack = (shape & 2U) == 0 ? s.snd_nxt : in.near(in.one_in(2) ? s.snd_una : s.snd_nxt);
    header.flags = (shape & 4U) == 0 ? std::uint8_t{DUMBO_TCP_ACK} : in.one_in(16) ? in.byte() : in.one_of(flags);
    header.window = (shape & 8U) == 0 ? 65535 : in.one_in(4) ? in.number_16() : in.one_of(windows);
    header.options = (shape & 32U) == 0 ? 0 : in.below(11) * std::size_t{4};
    write_header(segment, header);
    const auto options = in.bytes(header.options);
    std::memset(segment + tcp_header, 1, header.options);
    std::copy_n(options.data, options.size, segment + tcp_header);
    std::size_t size = tcp_header + header.options;
    if ((shape & 16U) != 0) {
        std::size_t length = in.byte();
        length = length < 128 ? length : length < 250 ? (length - 127) * 24 : in.number_16();
        std::memcpy(segment + size, octets_at(header.seq), length);
        size += length;
    }
    if ((shape & 64U) != 0) {
        segment[in.below(40) % size] = in.byte();
        size = in.one_in(4) ? in.number_16() % (size + 1) : size;
    }
    return size;
}

void Connections::receive(Decisions& in, Slot& slot) {
    constexpr std::int32_t documented[] = {
        DUMBO_OK,
        DUMBO_ERR_CONNECTION_RESET,
        DUMBO_ERR_BUFFER_TOO_SMALL,
        DUMBO_ERR_TIMESTAMP_DECREASED,
        DUMBO_ERR_TRUNCATED,
        DUMBO_ERR_HEADER_LENGTH,
        DUMBO_ERR_CHECKSUM,
        DUMBO_ERR_INVALID_ARGUMENT,
    };
    static std::uint8_t built[longest_segment];
    const std::size_t size = build_segment(in, slot, built);
    const std::uint8_t how = in.byte();
    const bool in_place = (how & 1U) != 0;
    const auto* const verify = (how & 2U) != 0 ? &from_peer : (how & 12U) == 12 ? &from_elsewhere : nullptr;
    if ((how & 4U) == 0 && verify != nullptr) {
        repair_checksum(built, size, from_peer);
    }
    const auto* const segment = incoming_.copy(built, size);
    const std::size_t room = (how & 16U) == 0   ? std::max(size, tcp_header) - tcp_header
                             : (how & 32U) == 0 ? in.byte()
                                                : longest_payload;
    auto* const buffer = delivered_.piece(room);
    const std::uint64_t now = in.is_careless(8) ? slot.now - in.byte() : slot.now;
    auto* const connection = in.maybe_null(slot.connection);
    std::size_t offset = 0;
    std::size_t received = 0;
    std::uint32_t anomalies = 0;
    auto* const told = in.maybe_null(&anomalies);
    const auto code =
        in_place ? dumbo_connection_receive_segment_in_place(connection, in.maybe_null(segment), size, verify, now,
                                                             in.maybe_null(&offset), in.maybe_null(&received), told)
                 : dumbo_connection_receive_segment(connection, in.maybe_null(segment), size, verify,
                                                    in.maybe_null(buffer), room, now, in.maybe_null(&received), told);
    require_code(code, documented, "receive_segment has an undocumented result");
    settle(slot, code, false, now);
    if (code != DUMBO_OK) {
        require(anomalies == 0 && (received == 0 || code == DUMBO_ERR_BUFFER_TOO_SMALL), "a failure has outputs");
        return;
    }
    require(in_place ? received <= size && offset <= size - received : received <= room,
            "what was received is not where it can be");
    if (told == nullptr) {
        return;
    }
    const invariants::View delivered(in_place ? segment + offset : buffer, received);
    require_unbroken(
        invariants::broken_by_reception(before_, {invariants::View(segment, size), delivered, anomalies}, slot.last));
}

/* ------------------------------------------------------------------------------------------------- sending ----- */

/** What a caller has to send, in one of the three forms. */
struct Connections::Source {
    dumbo_payload payload{};
    dumbo_iovec pieces[8]{};
    bool fails = false;
    bool is_whole = true;  ///< its memory is what it says

    static std::int32_t read(void* user_data, std::uint64_t offset, std::uint8_t* dst, std::size_t size);
    [[nodiscard]] std::uint64_t length() const;
};

std::int32_t Connections::Source::read(void* user_data, std::uint64_t offset, std::uint8_t* dst, std::size_t size) {
    const auto& source = *static_cast<const Source*>(user_data);
    require(offset <= source.payload.len && size <= source.payload.len - offset, "a callback was asked for too much");
    require(size > 0 && size <= DUMBO_TCP_MAX_SEGMENT_LENGTH, "a callback was asked for nothing, or more than fits");
    std::memcpy(dst, octets_at(source.payload.seq + static_cast<std::uint32_t>(offset)), size);
    return source.fails ? -7 : 0;
}

std::uint64_t Connections::Source::length() const {
    if (payload.kind != DUMBO_PAYLOAD_IOVEC) {
        return payload.len;
    }
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < payload.iovec_count; ++i) {
        sum += pieces[i].len;
    }
    return sum;
}

/** The arguments of one write. */
struct Connections::Write {
    std::size_t room = 2048;
    std::uint16_t mss_reserved = 0;
    const Source* source = nullptr;
    dumbo_addressing addressing = to_peer;
    std::uint64_t now = 0;
};

void Connections::lend_memory(Decisions& in, Source& source, std::size_t size) {
    auto& payload = source.payload;
    const auto* const bytes = source_.copy(octets_at(payload.seq), size);
    payload.bytes = in.maybe_null(bytes);
    source.is_whole = payload.bytes != nullptr;
    if (payload.kind != DUMBO_PAYLOAD_IOVEC) {
        return;
    }
    std::size_t at = 0;
    const std::size_t count = 1 + in.below(6);
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t length =
            i + 1 == count ? size - at : std::min<std::size_t>(size - at, in.byte() * std::size_t{5});
        source.pieces[i] = {length == 0 ? nullptr : bytes + at, length};
        at += length;
    }
    payload.iovec_count = count;
    if (in.is_careless(8)) {
        source.pieces[payload.iovec_count++] = {nullptr, SIZE_MAX - in.byte()};
    }
    payload.iovecs = reinterpret_cast<const dumbo_iovec*>(
        std::memcpy(pieces_.aligned_piece(payload.iovec_count * sizeof(dumbo_iovec)), source.pieces,
                    payload.iovec_count * sizeof(dumbo_iovec)));
}

Connections::Source Connections::any_source(Decisions& in, const Slot& slot, unsigned kind) {
    Source source;
    auto& payload = source.payload;
    const Sight& s = slot.last;
    payload.struct_size = sizeof payload;
    payload.kind = kind;
    const std::uint8_t how = in.byte();
    payload.seq = how % 4 != 3 ? s.snd_una : in.near(in.one_in(2) ? s.snd_nxt : s.snd_una);
    const std::uint32_t lengths[] = {s.snd_nxt - s.snd_una,
                                     s.snd_nxt - s.snd_una + 1,
                                     s.snd_edge - s.snd_una,
                                     s.snd_edge - s.snd_una + 1,
                                     s.mss,
                                     s.mss + 1U,
                                     s.fin - payload.seq,
                                     s.fin - payload.seq + 1,
                                     0,
                                     65535,
                                     70000};
    std::uint64_t length = how < 128 ? how * std::uint64_t{12} + s.snd_nxt - s.snd_una : in.one_of(lengths);
    if (kind == DUMBO_PAYLOAD_CALLBACK) {
        constexpr std::uint64_t long_ones[] = {DUMBO_MAX_WINDOW_SIZE, DUMBO_MAX_WINDOW_SIZE + 1, never, never / 2};
        length = in.one_in(16) ? in.one_of(long_ones) : length;
        payload.read = Source::read;
        source.fails = in.one_in(16);
        if (in.is_careless(8)) {
            payload.read = nullptr;
        }
    } else {
        length = std::min<std::uint64_t>(length, longest_source - 4096);
        payload.len = length;
        lend_memory(in, source, static_cast<std::size_t>(length));
    }
    payload.len = length;
    if (in.is_careless(8)) {
        payload.reserved = in.byte();
        payload.kind = in.one_in(2) ? payload.kind : 3 + in.number_16();
    }
    return source;
}

std::size_t Connections::write_once(Decisions& in, Slot& slot, const Write& how) {
    constexpr std::int32_t documented[] = {
        DUMBO_OK,
        DUMBO_ERR_CONNECTION_RESET,
        DUMBO_ERR_BUFFER_TOO_SMALL,
        DUMBO_ERR_TIMESTAMP_DECREASED,
        DUMBO_ERR_CALLBACK,
        DUMBO_ERR_PAYLOAD_TOO_LARGE,
        DUMBO_ERR_PAYLOAD_MISSING_SEQ,
        DUMBO_ERR_DATA_AFTER_FIN,
        DUMBO_ERR_MSS_RESERVED,
        DUMBO_ERR_MSS_OPTION_ROOM,
        DUMBO_ERR_EMPTY_PAYLOAD,
        DUMBO_ERR_INVALID_ARGUMENT,
    };
    auto* const buffer = outgoing_.piece(how.room);
    const dumbo_payload* payload = nullptr;
    if (how.source != nullptr) {
        auto lent = how.source->payload;
        lent.user_data = const_cast<Source*>(how.source);
        payload = lend(in, structs_[0], lent);
    }
    const auto* const addressing = lend(in, structs_[1], how.addressing);
    auto* const sent = lend(in, structs_[2], dumbo_sent{sizeof(dumbo_sent), 0, 0, 0});
    std::size_t written = 0;
    const auto code = dumbo_connection_write_next_segment(in.maybe_null(slot.connection), in.maybe_null(buffer),
                                                          how.room, how.mss_reserved, payload, addressing, how.now,
                                                          in.maybe_null(&written), sent);
    require_code(code, documented, "write_next_segment has an undocumented result");
    settle(slot, code, true, how.now);
    if (code != DUMBO_OK) {
        require(written == 0 || code == DUMBO_ERR_BUFFER_TOO_SMALL, "a failure has written something");
        return 0;
    }
    require(written <= how.room, "a segment does not fit");
    check_written(slot, how, payload, buffer, written, sent);
    return written;
}

void Connections::check_written(const Slot& slot, const Write& how, const dumbo_payload* payload,
                                const std::uint8_t* segment, std::size_t size, const dumbo_sent* sent) const {
    invariants::Writing writing;
    writing.segment = invariants::View(segment, size);
    writing.room = how.room;
    writing.mss_reserved = how.mss_reserved;
    writing.source = payload;
    writing.addressing = how.addressing;
    writing.now = how.now;
    writing.is_sent_known = sent != nullptr;
    writing.sent = sent != nullptr ? *sent : dumbo_sent{};
    // Whatever its form, a source holds what belongs at a number.
    if (size >= tcp_header) {
        const std::size_t header = segment[12] / 16 * std::size_t{4};
        writing.is_payload_known = true;
        writing.payload = invariants::View(octets_at(get_32(segment + 4)), size - std::min(header, size));
    }
    require_unbroken(invariants::broken_by_writing(before_, writing, slot.last));
}

void Connections::write(Decisions& in, Slot& slot) {
    constexpr std::size_t rooms[] = {0, 1, 19, 20, 21, 23, 24, 25, 100, 120, 556, longest_segment - 64};
    const std::uint8_t shape = in.byte();
    Write how;
    how.now = in.is_careless(8) ? slot.now - in.byte() : slot.now;
    how.room = (shape & 4U) == 0 ? how.room : in.one_of(rooms);
    how.mss_reserved = (shape & 8U) == 0 ? std::uint16_t{0} : in.byte();
    if ((shape & 16U) != 0) {
        const std::uint8_t device = in.byte();
        how.addressing.checksum = device % 3;
        how.addressing.flags = (device & 64U) != 0 ? std::uint32_t{DUMBO_ADDRESSING_TSO4} : 0U;
        if (in.is_careless(8)) {
            how.addressing.checksum = in.byte();
            how.addressing.flags = in.byte();
            how.mss_reserved = in.number_16();
        }
    }
    Source source;
    if ((shape & 3U) != 0) {
        source = any_source(in, slot, (shape & 3U) - 1);
        how.source = &source;
    }
    static_cast<void>(write_once(in, slot, how));
}

/** As a careful caller does after each segment: until there is nothing more, which has to come. */
void Connections::write_all(Decisions& in, Slot& slot) {
    in.set_careless(false);
    Write how;
    how.now = slot.now;
    const std::uint8_t shape = in.byte();
    Source source;
    if ((shape & 3U) != 0) {
        source = any_source(in, slot, (shape & 3U) - 1);
        how.source = &source;
    }
    // Not less than 100 octets a segment, but for the last one, one that goes again, and control segments.
    const std::uint64_t most = std::min<std::uint64_t>(source.length(), 65535) / DUMBO_MSS_MIN + 8;
    std::uint64_t segments = 0;
    while (write_once(in, slot, how) > 0) {
        require(++segments <= most, "a connection goes on writing without end");
    }
}

/* ---------------------------------------------------------------------------------------------- what else ------ */

void Connections::pass_time(Decisions& in, Slot& slot) {
    std::uint64_t deadline = 0;
    const auto status = dumbo_connection_control_segment_or_timeout_status(slot.connection, &deadline);
    require(status <= DUMBO_NEXT_SEGMENT_TIMEOUT, "there is an unknown status");
    const std::uint8_t how = in.byte();
    std::uint64_t then = slot.now + how;
    if (how < 64) {
        then = deadline;
    } else if (how < 96) {
        then = deadline - 1;
    } else if (how == 255) {
        then = slot.now + in.number_64();
    }
    slot.now = std::max(slot.now, then);
    ++events;
}

void Connections::command(Decisions& in, Slot& slot) {
    const std::uint8_t which = in.byte();
    auto* const connection = in.maybe_null(slot.connection);
    if (which >= 240) {
        const auto code = dumbo_connection_reset(connection);
        require_code(code, argument_errors, "reset has an undocumented result");
        settle(slot, code, false, 0);
        return require_unbroken(code == DUMBO_OK ? invariants::broken_by_reset(before_, slot.last) : nullptr);
    }
    const std::uint32_t octets = which < 100 ? 0 : which < 230 ? in.byte() * 8U : in.number_32();
    const auto code =
        which < 100 ? dumbo_connection_close(connection) : dumbo_connection_close_after(connection, octets);
    require_code(code, argument_errors, "closing has an undocumented result");
    settle(slot, code, false, 0);
    require_unbroken(code == DUMBO_OK ? invariants::broken_by_close(before_, octets, slot.last) : nullptr);
}

void Connections::advance(Decisions& in, Slot& slot) {
    const std::uint8_t how = in.byte();
    const std::uint32_t octets = how < 128 ? how * 20U : how < 240 ? how - 128U : in.number_32();
    const auto code = dumbo_connection_advance_local_rwnd_edge(in.maybe_null(slot.connection), octets);
    require_code(code, argument_errors, "advance_local_rwnd_edge has an undocumented result");
    settle(slot, code, false, 0);
    require_unbroken(code == DUMBO_OK ? invariants::broken_by_advance(before_, octets, slot.last) : nullptr);
}

void Connections::clone(Decisions& in, Slot& slot) {
    constexpr std::int32_t documented[] = {DUMBO_OK, DUMBO_ERR_INVALID_ARGUMENT, DUMBO_ERR_OUT_OF_MEMORY,
                                           DUMBO_ERR_BUFFER_TOO_SMALL};
    Slot& other = slots_[in.below(slots)];
    if (&other == &slot) {
        dumbo_connection* out = nullptr;
        const auto code =
            dumbo_connection_clone_in(slot.connection, &out, slot.storage + in.below(2) * std::size_t{64}, 448);
        require_code(code, documented, "clone has an undocumented result");
        const auto place = reinterpret_cast<std::uintptr_t>(slot.connection);
        const auto storage = reinterpret_cast<std::uintptr_t>(slot.storage);
        require(place - storage >= sizeof slot.storage || code != DUMBO_OK, "a clone overlaps its original");
        if (code == DUMBO_OK) {
            replace(slot, out);
        }
        return;
    }
    dumbo_connection* copy = nullptr;
    const auto* const original = in.maybe_null(slot.connection);
    std::int32_t code = DUMBO_OK;
    if (in.one_in(2)) {
        const auto allocator = any_allocator(in);
        code = dumbo_connection_clone(original, in.maybe_null(&copy), lend(in, structs_[0], allocator));
    } else {
        free(other);
        code = dumbo_connection_clone_in(original, in.maybe_null(&copy), in.maybe_null(&other.storage[0]),
                                         in.is_careless(4) ? in.byte() : sizeof other.storage);
    }
    require_code(code, documented, "clone has an undocumented result");
    require((code == DUMBO_OK) == (copy != nullptr), "clone and its copy contradict each other");
    if (copy != nullptr) {
        replace(other, copy);
        other.now = slot.now;
        require(other.last.bytes == slot.last.bytes, "a clone is another connection");
    }
}

void Connections::restore(Decisions& in, Slot& slot, const std::uint8_t* snapshot, std::size_t size) {
    constexpr std::int32_t documented[] = {DUMBO_OK,
                                           DUMBO_ERR_INVALID_ARGUMENT,
                                           DUMBO_ERR_SNAPSHOT_LENGTH,
                                           DUMBO_ERR_SNAPSHOT_FORMAT,
                                           DUMBO_ERR_SNAPSHOT_VERSION,
                                           DUMBO_ERR_SNAPSHOT_CHECKSUM,
                                           DUMBO_ERR_SNAPSHOT_VALUE,
                                           DUMBO_ERR_SNAPSHOT_OPTION,
                                           DUMBO_ERR_SNAPSHOT_HANDSHAKE,
                                           DUMBO_ERR_SNAPSHOT_SEND,
                                           DUMBO_ERR_SNAPSHOT_RECEIVE,
                                           DUMBO_ERR_SNAPSHOT_TIMEOUT,
                                           DUMBO_ERR_SNAPSHOT_RESET,
                                           DUMBO_ERR_TIMESTAMP_DECREASED,
                                           DUMBO_ERR_OUT_OF_MEMORY,
                                           DUMBO_ERR_BUFFER_TOO_SMALL};
    const std::uint8_t how = in.byte();
    const auto* const bytes = snapshot_.copy(snapshot, size);
    const auto latest = size >= at_latest_now + 8 ? get_little<std::uint64_t>(snapshot + at_latest_now) : 0;
    dumbo_restore_config config{sizeof config, 0, 0, 0};
    if ((how & 1U) != 0) {
        config.flags |= DUMBO_RESTORE_REBASE;
        config.old_now = latest + ((how & 2U) != 0 ? in.byte() : 0U) - ((how & 4U) != 0 ? 1U : 0U);
        config.new_now = (how & 8U) != 0 ? in.number_64() : in.byte();
    }
    config.flags |= (how & 16U) != 0 ? std::uint32_t{DUMBO_RESTORE_COUNTERS} : 0U;
    const bool in_storage = (how & 32U) == 0;
    dumbo_connection* connection = nullptr;
    std::int32_t code = DUMBO_OK;
    if (in_storage) {
        if (slot.connection != nullptr) {
            free(slot);
        }
        code =
            dumbo_connection_restore_in(in.maybe_null(&connection), in.maybe_null(&slot.storage[0]),
                                        sizeof slot.storage, in.maybe_null(bytes), size, lend(in, structs_[0], config));
    } else {
        const auto allocator = any_allocator(in);
        code = dumbo_connection_restore(in.maybe_null(&connection), in.maybe_null(bytes), size,
                                        lend(in, structs_[0], config), lend(in, structs_[1], allocator));
    }
    require_code(code, documented, "restore has an undocumented result");
    require((code == DUMBO_OK) == (connection != nullptr), "restore and its connection contradict each other");
    if (connection != nullptr) {
        replace(slot, connection);
    }
}

/** To a snapshot and back. */
void Connections::carry(Decisions& in, Slot& slot) {
    constexpr std::int32_t documented[] = {DUMBO_OK, DUMBO_ERR_BUFFER_TOO_SMALL, DUMBO_ERR_INVALID_ARGUMENT};
    const std::size_t room = in.is_careless(4) ? in.byte() : slot.last.length;
    std::size_t written = 0;
    auto* const buffer = outgoing_.piece(room);
    const auto code =
        dumbo_connection_snapshot(in.maybe_null(slot.connection), in.maybe_null(buffer), room, in.maybe_null(&written));
    require_code(code, documented, "snapshot has an undocumented result");
    require(code != DUMBO_OK || (written == slot.last.length &&
                                 (room < written || std::memcmp(buffer, slot.last.bytes.data(), written) == 0)),
            "two snapshots differ");
    const Sight taken = slot.last;
    restore(in, slot, taken.bytes.data(), taken.length);
}

/** To a snapshot that somebody changes, and back if that is still one. */
void Connections::tamper(Decisions& in, Slot& slot) {
    Sight changed = slot.last;
    const std::size_t changes = 1 + in.below(4);
    for (std::size_t i = 0; i < changes; ++i) {
        auto& byte = changed.bytes[in.byte() % changed.length];
        const std::uint8_t value = in.byte();
        byte = value < 16 ? value : value < 128 ? static_cast<std::uint8_t>(byte + value - 72) : in.byte();
    }
    if (!in.one_in(8)) {
        seal(changed.bytes.data(), changed.length);
    }
    const std::size_t size = in.one_in(16) ? in.byte() % (changed.length + 1) : changed.length;
    restore(in, slot, changed.bytes.data(), size);
}

/** Questions, which change nothing. */
void Connections::look(Decisions& in, const Slot& slot) {
    const auto* const connection = in.maybe_null(slot.connection);
    auto* const rst = lend(in, structs_[0], dumbo_rst_config{sizeof(dumbo_rst_config), 0, 0, 0});
    auto code = dumbo_connection_make_rst_config(connection, rst);
    require_code(code, argument_errors, "make_rst_config has an undocumented result");
    if (code == DUMBO_OK) {
        std::size_t written = 0;
        auto* const buffer = outgoing_.piece(tcp_header);
        code = dumbo_rst_write(buffer, tcp_header, rst, &to_peer, &written);
        require_code(code, argument_errors, "rst_write has an undocumented result");
        require(written == tcp_header || code != DUMBO_OK, "a RST has another length");
    }
    auto* const counters = lend(in, structs_[1], dumbo_counters{});
    code = dumbo_connection_counters(connection, counters);
    require_code(code, argument_errors, "counters has an undocumented result");
    require(connection != nullptr || (dumbo_connection_is_done(nullptr) && dumbo_connection_is_reset(nullptr) &&
                                      !dumbo_connection_is_established(nullptr)),
            "NULL is not like a reset connection");
}

}  // namespace fuzz
