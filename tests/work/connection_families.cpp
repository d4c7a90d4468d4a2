// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstring>
#include <utility>

#include "work/families.hpp"
#include "work/probe.hpp"
#include "work/scene.hpp"

namespace work {

using dumbo_test::ack_bit;
using dumbo_test::fin_bit;
using dumbo_test::rst_bit;
using dumbo_test::syn_bit;

namespace {

std::vector<std::uint32_t> option_sets(bool with_single_ones) {
    std::vector<std::uint32_t> sets = {DUMBO_OPTIONS_NONE, DUMBO_OPTIONS_GUEST_FACING};
    for (std::uint32_t option = 1; with_single_ones && option < DUMBO_OPTIONS_GUEST_FACING; option *= 2) {
        sets.push_back(option);
    }
    return sets;
}

void receive(const std::string& name, const Scene& scene, const Bytes& bytes, bool is_verified = true,
             std::size_t room = 65536) {
    static Bytes buffer(65536);
    const Scene copy(scene);
    std::size_t received = 0;
    std::uint32_t anomalies = 0;
    const dumbo_address_pair* verify = is_verified ? &from_peer_addresses() : nullptr;
    measure(name, [&] {
        static_cast<void>(dumbo_connection_receive_segment(copy.get(), bytes.data(), bytes.size(), verify,
                                                           buffer.data(), room, copy.now(), &received, &anomalies));
    });
}

struct Writing {
    const dumbo_payload* payload = nullptr;
    std::uint64_t later = 0;
    std::uint16_t reserved = 0;
    std::uint32_t checksum = DUMBO_CHECKSUM_FULL;
    std::size_t room = 65536;
    std::uint32_t flags = 0;
};

void write(const std::string& name, const Scene& scene, const Writing& how) {
    static Bytes buffer(65536);
    const Scene copy(scene);
    std::size_t written = 0;
    auto sent = sized<dumbo_sent>();
    auto addressing = to_peer(how.checksum);
    addressing.flags = how.flags;
    measure(name, [&] {
        static_cast<void>(dumbo_connection_write_next_segment(copy.get(), buffer.data(), how.room, how.reserved,
                                                              how.payload, &addressing, copy.now() + how.later,
                                                              &written, &sent));
    });
}

std::int32_t read_zeros(void* /*user_data*/, std::uint64_t /*offset*/, std::uint8_t* dst, std::size_t len) {
    std::memset(dst, 0, len);
    return 0;
}

dumbo_payload bytes_payload(const Bytes& bytes, std::uint32_t seq) {
    auto payload = sized<dumbo_payload>();
    payload.bytes = bytes.data();
    payload.len = bytes.size();
    payload.seq = seq;
    return payload;
}

dumbo_payload callback_payload(std::uint64_t length, std::uint32_t seq) {
    auto payload = sized<dumbo_payload>();
    payload.kind = DUMBO_PAYLOAD_CALLBACK;
    payload.len = length;
    payload.seq = seq;
    payload.read = read_zeros;
    return payload;
}

dumbo_payload pieces_payload(const std::vector<dumbo_iovec>& pieces, std::uint32_t seq) {
    auto payload = sized<dumbo_payload>();
    payload.kind = DUMBO_PAYLOAD_IOVEC;
    payload.iovecs = pieces.data();
    payload.iovec_count = pieces.size();
    payload.seq = seq;
    return payload;
}

template <typename Use>
void in_every_state(bool with_single_options, Use use) {
    for (const std::uint32_t options : option_sets(with_single_options)) {
        for (const State& state : states()) {
            Scene scene({.options = options});
            state.walk(scene);
            use(scene, state.name + ", options " + std::to_string(options));
        }
    }
}

void receive_all_flags(const Scene& scene, const std::string& where, SegmentSpec spec, const std::string& numbers) {
    constexpr std::array flags = {fin_bit, syn_bit, rst_bit, ack_bit};
    for (std::size_t set = 0; set < 16; ++set) {
        spec.flags = 0;
        for (std::size_t i = 0; i < flags.size(); ++i) {
            spec.flags = static_cast<std::uint8_t>(spec.flags | ((set >> i & 1U) != 0 ? flags[i] : 0));
        }
        receive("receive / " + where + " / flags " + std::to_string(spec.flags) + numbers, scene, sealed(spec));
    }
}

}  // namespace

// One byte of payload at most: what each further one costs is measured apart.
void measure_receiving(bool is_thorough) {
    std::vector<std::int64_t> seqs = {0, -1, 1};
    std::vector<std::int64_t> acks = {0, -100};
    std::vector<std::uint16_t> windows = {4000};
    if (is_thorough) {
        seqs.push_back(4000);
        acks.insert(acks.end(), {1, -70000});
        windows.push_back(0);
    }
    in_every_state(false, [&](const Scene& scene, const std::string& where) {
        for (const std::int64_t seq : seqs) {
            for (const std::int64_t ack : acks) {
                for (const std::uint16_t window : windows) {
                    auto spec = scene.from_peer(0, 1);
                    spec.seq += static_cast<std::uint32_t>(seq);
                    spec.ack += static_cast<std::uint32_t>(ack);
                    spec.window = window;
                    const std::string numbers = " seq " + std::to_string(seq) + " ack " + std::to_string(ack) +
                                                " window " + std::to_string(window);
                    receive_all_flags(scene, where, spec, numbers + " length 1");
                }
            }
        }
        // No room for it: it is rehearsed on a copy.
        receive("receive / " + where + " / no room", scene, sealed(scene.from_peer(ack_bit, 1)), true, 0);
    });
}

void measure_writing(bool is_thorough) {
    const Bytes zeros(5000);
    const Bytes one(1);
    in_every_state(false, [&](const Scene& scene, const std::string& where) {
        const std::uint32_t una = dumbo_connection_highest_ack_received(scene.get());
        const std::uint32_t nxt = dumbo_connection_first_not_sent(scene.get());
        const std::vector<dumbo_iovec> pieces = {{zeros.data(), nxt - una}, {nullptr, 0}, {zeros.data(), 1}};
        // One byte that was not sent yet, one that was, and a source that does not begin where it should.
        const Bytes one_more(nxt - una + 1);
        const std::vector<std::pair<std::string, dumbo_payload>> sources = {
            {"bytes", bytes_payload(one_more, una)},
            {"one byte", bytes_payload(one, nxt)},
            {"early bytes", bytes_payload(one_more, una - 1)},
            {"pieces", pieces_payload(pieces, una)},
            {"callback", callback_payload(nxt - una + 1, una)},
            {"far callback", callback_payload(DUMBO_MAX_WINDOW_SIZE, una - 100000)}};
        const std::vector<std::uint16_t> reserved =
            is_thorough ? std::vector<std::uint16_t>{0, 40, 1000, 1001} : std::vector<std::uint16_t>{999};
        const std::vector<std::uint32_t> checksums =
            is_thorough ? std::vector<std::uint32_t>{DUMBO_CHECKSUM_FULL, DUMBO_CHECKSUM_PSEUDO_HEADER}
                        : std::vector<std::uint32_t>{DUMBO_CHECKSUM_FULL};
        for (const std::uint64_t later : {std::uint64_t{0}, rto}) {
            for (const std::uint16_t reserve : reserved) {
                for (const std::uint32_t checksum : checksums) {
                    Writing how{.payload = nullptr, .later = later, .reserved = reserve, .checksum = checksum};
                    const std::string case_of = " later " + std::to_string(later) + " reserved " +
                                                std::to_string(reserve) + " checksum " + std::to_string(checksum);
                    write("write / " + where + " / nothing" + case_of, scene, how);
                    for (const auto& [name, payload] : sources) {
                        how.payload = &payload;
                        write("write / " + where + " / " + name + case_of, scene, how);
                    }
                }
            }
        }
    });
}

// Walks through the options of a SYN: to open with, and again before and behind the SYNACK.
void measure_options() {
    dumbo_test::Random random(1);
    std::vector<Bytes> walks;
    for (std::size_t length = 0; length <= 40; length += 4) {
        walks.emplace_back(length, std::uint8_t{1});
        Bytes shortest(length, std::uint8_t{2});  // options of 2 bytes
        for (std::size_t at = 0; at < length; at += 2) {
            shortest[at] = 8;
        }
        walks.push_back(shortest);
        for (const Bytes& begin : {walks[walks.size() - 2], shortest}) {
            Bytes with_mss = begin;
            if (length >= 4) {
                std::ranges::copy(dumbo_test::mss_option(mss), with_mss.end() - 4);
            }
            walks.push_back(with_mss);
        }
        for (int i = 0; i < 5; ++i) {
            Bytes some(length);
            std::ranges::generate(some, [&] { return static_cast<std::uint8_t>(random.below(5)); });
            walks.push_back(some);
        }
    }
    const std::vector<State> early(states().begin(), states().begin() + 4);
    for (std::size_t i = 0; i < walks.size(); ++i) {
        const std::string name = std::to_string(walks[i].size()) + " bytes, walk " + std::to_string(i);
        for (const State& state : early) {
            Scene scene({.options = DUMBO_OPTIONS_GUEST_FACING});
            state.walk(scene);
            receive("receive / " + state.name + ", SYN again / " + name, scene, sealed(scene.syn(walks[i])));
        }
        const Bytes syn = sealed(Scene(Setting{}).syn(walks[i]));
        auto config = sized<dumbo_connection_config>();
        config.rto_period = rto;
        config.rto_count_max = 5;
        config.local_rwnd_size = 4000;
        alignas(DUMBO_CONNECTION_ALIGNMENT_MAX) std::array<std::uint8_t, DUMBO_CONNECTION_SIZE_MAX> storage{};
        dumbo_connection* connection = nullptr;
        measure("open / SYN / " + name, [&] {
            static_cast<void>(dumbo_connection_passive_open_in(&connection, storage.data(), storage.size(), syn.data(),
                                                               syn.size(), &from_peer_addresses(), &config));
        });
    }
}

// -------------------------------------------------------------------------------------------------- growth ----

namespace {

// The same two calls on a connection: they must cost the same whatever it has been through.
void measure_both(const std::string& group, const std::string& name, const Scene& scene) {
    receive("same / receive, " + group + " / " + name, scene, sealed(scene.from_peer(ack_bit, 1)));
    const Bytes one(1);
    const auto payload = bytes_payload(one, dumbo_connection_first_not_sent(scene.get()));
    write("same / write, " + group + " / " + name, scene, {.payload = &payload});
}

Scene& established(Scene& scene) {
    states()[3].walk(scene);
    return scene;
}

// None of it changes the connection for good, and some of it makes an ACK due, which is written.
void suffer(Scene& scene, std::size_t segments) {
    dumbo_test::Random random(segments);
    std::size_t received = 0;
    for (std::size_t i = 0; i < segments; ++i) {
        auto spec = scene.from_peer(i % 3 == 0 ? ack_bit | fin_bit : ack_bit, random.below(30));
        spec.seq += 1 + static_cast<std::uint32_t>(random.below(100000));
        spec.ack -= static_cast<std::uint32_t>(random.below(3) * 100000);
        const Bytes bytes = i % 4 == 0 ? random.bytes(random.below(60)) : dumbo_test::segment_bytes(spec);
        static_cast<void>(dumbo_connection_receive_segment(scene.get(), bytes.data(), bytes.size(),
                                                           i % 4 == 0 ? &from_peer_addresses() : nullptr, nullptr, 0,
                                                           scene.now(), &received, nullptr));
    }
    scene.write(0);
}

// Beyond the MSS, so that the device is to cut all of them.
void measure_payload_lengths() {
    for (const std::size_t length : {2000U, 4000U, 8000U, 16000U, 32000U, 64000U}) {
        Scene scene({.window = 65535, .peer_window = 65535});
        established(scene);
        receive("line / receive, length of the payload / " + std::to_string(length), scene,
                sealed(scene.from_peer(ack_bit, length)));
        receive("same / receive, length of an unverified payload / " + std::to_string(length), scene,
                sealed(scene.from_peer(ack_bit, length)), false);
        const Bytes bytes(length);
        const std::uint32_t nxt = dumbo_connection_first_not_sent(scene.get());
        const auto payload = bytes_payload(bytes, nxt);
        const auto read = callback_payload(length, nxt);
        const std::uint32_t tso = DUMBO_ADDRESSING_TSO4;
        write("line / write, length of the payload / " + std::to_string(length), scene,
              {.payload = &payload, .flags = tso});
        // The first takes 64 more at the call of memmove() itself, whatever its length: they are not the library's.
        const std::string family = length == 2000 ? "first" : "same";
        write(family + " / write, length of the payload, no checksum / " + std::to_string(length), scene,
              {.payload = &payload, .checksum = DUMBO_CHECKSUM_NONE, .flags = tso});
        write("same / write, length from a callback, no checksum / " + std::to_string(length), scene,
              {.payload = &read, .checksum = DUMBO_CHECKSUM_NONE, .flags = tso});
    }
    for (const std::uint64_t length : {10000U, 1000000U, DUMBO_MAX_WINDOW_SIZE}) {
        Scene scene({});
        established(scene);
        const auto payload = callback_payload(length, dumbo_connection_first_not_sent(scene.get()));
        write("same / write, length of the source / " + std::to_string(length), scene,
              {.payload = &payload, .checksum = DUMBO_CHECKSUM_NONE});
    }
}

void measure_pieces() {
    for (const std::size_t count : {8U, 16U, 32U, 64U, 128U, 1024U}) {
        Scene scene({});
        established(scene);
        const Bytes byte(1);
        const std::uint32_t nxt = dumbo_connection_first_not_sent(scene.get());
        // All of them before the byte to send; and that many in the segment.
        std::vector<dumbo_iovec> pieces(count, {byte.data(), 1});
        const auto before = pieces_payload(pieces, nxt - static_cast<std::uint32_t>(count) + 1);
        write("line / write, pieces before the payload / " + std::to_string(count), scene, {.payload = &before});
        const auto inside = pieces_payload(pieces, nxt);
        write("line / write, pieces in the payload / " + std::to_string(count), scene, {.payload = &inside});
    }
}

}  // namespace

void measure_growth() {
    for (const std::uint32_t options : {DUMBO_OPTIONS_NONE, DUMBO_OPTIONS_GUEST_FACING}) {
        const std::string with = ", options " + std::to_string(options);
        for (const std::size_t calls : {10U, 1000U, 100000U}) {
            Scene scene({.options = options});
            suffer(established(scene), calls);
            measure_both("earlier segments" + with, std::to_string(calls), scene);
        }
        for (const std::uint64_t age : {std::uint64_t{1}, std::uint64_t{1} << 32U, ~std::uint64_t{0} - 10 * rto}) {
            Scene scene({.options = options});
            established(scene);
            scene.pass(age);
            scene.take(scene.from_peer());
            measure_both("age" + with, std::to_string(age), scene);
        }
        for (const std::uint32_t window : {1000U, 65535U, DUMBO_MAX_WINDOW_SIZE - 1}) {
            Scene scene({.options = options, .window = window});
            measure_both("our window, small enough for its field" + std::string(window > 65535 ? " not" : "") + with,
                         std::to_string(window), established(scene));
        }
        for (const std::uint16_t window : {std::uint16_t{1}, std::uint16_t{1000}, std::uint16_t{65535}}) {
            Scene scene({.options = options, .peer_window = window});
            measure_both("the peer's window" + with, std::to_string(window), established(scene));
        }
        for (const std::uint32_t isn : {5000U, 0x7fffffffU, 0xffffffffU, 0xfffffffeU, 0U}) {
            Scene scene({.options = options, .peer_isn = isn, .isn = isn});
            measure_both("sequence numbers" + with, std::to_string(isn), established(scene));
        }
    }
    measure_payload_lengths();
    measure_pieces();
}

void measure_segment(const Bytes& segment) {
    in_every_state(true, [&](const Scene& scene, const std::string& where) {
        receive("receive / " + where + " / verified", scene, segment, true);
        receive("receive / " + where + " / not verified", scene, segment, false);
    });
}

}  // namespace work
