// SPDX-License-Identifier: Apache-2.0
#include "model/lockstep.hpp"

#include "unit/support/bytes.hpp"
#include "unit/support/reference_checksum.hpp"
#include "unit/support/segment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace model {
namespace {

constexpr dumbo_address_pair to_us{{169, 254, 1, 2}, {169, 254, 169, 254}};
constexpr std::uint16_t our_port = 80;
constexpr std::uint16_t peer_port = 40000;

[[nodiscard]] std::array<std::uint8_t, 4> address(const std::uint8_t* bytes) {
    return {bytes[0], bytes[1], bytes[2], bytes[3]};
}

// What every source lends from a number on: as long as the longest that is lent as memory.
[[nodiscard]] const std::uint8_t* material_from(std::uint32_t number) {
    static const Bytes material = [] {
        Bytes bytes(3U << 16U);
        for (std::uint32_t i = 0; i < bytes.size(); ++i) {
            bytes[i] = content(i);
        }
        return bytes;
    }();
    return &material[number & 0xffffU];
}

void fill_checksum(Bytes& segment) {
    dumbo_test::put16(segment, 16, 0);
    dumbo_test::put16(
        segment, 16,
        dumbo_test::reference_transport_checksum(address(to_us.source), address(to_us.destination), 6, segment));
}

[[nodiscard]] Bytes mss_option(std::uint16_t mss) {
    return mss == 0 ? Bytes{} : dumbo_test::mss_option(mss);
}

[[nodiscard]] Bytes syn_for(const Setup& setup) {
    Bytes syn = dumbo_test::segment_bytes({.seq = setup.peer_isn,
                                           .flags = setup.syn_flags,
                                           .window = setup.peer_window,
                                           .options = mss_option(setup.mss),
                                           .payload = Bytes(setup.syn_length)});
    fill_checksum(syn);
    return syn;
}

[[nodiscard]] std::int32_t open(const Setup& setup, dumbo_connection*& connection) {
    dumbo_connection_config config{};
    config.struct_size = sizeof config;
    config.local_rwnd_size = setup.local_window;
    config.rto_period = setup.rto_period;
    config.rto_count_max = setup.rto_count_max;
    config.flags = (setup.chooses_isn ? 0U : std::uint32_t{DUMBO_CONFIG_ISN}) |
                   (setup.counts ? std::uint32_t{DUMBO_CONFIG_COUNTERS} : 0U);
    config.isn = setup.chooses_isn ? 0 : setup.isn;
    config.options = setup.options;
    const Bytes syn = syn_for(setup);
    return dumbo_connection_passive_open(&connection, syn.data(), syn.size(), &to_us, &config, nullptr);
}

// Where the library chose the initial sequence number, the model takes it from there.
[[nodiscard]] Config config_for(const Setup& setup, const dumbo_connection* connection) {
    const std::uint32_t isn = setup.chooses_isn ? dumbo_connection_highest_ack_received(connection) : setup.isn;
    return {setup.local_window, setup.rto_period, setup.rto_count_max, isn, setup.options};
}

[[nodiscard]] dumbo_connection* clone_of(const dumbo_connection* connection) {
    dumbo_connection* copy = nullptr;
    static_cast<void>(dumbo_connection_clone(connection, &copy, nullptr));
    return copy;
}

// A source as the C ABI takes it.
class Loan {
public:
    Loan(const Source& source, Event::Lent how) : source_(source) {
        payload_.struct_size = sizeof payload_;
        payload_.seq = source.first;
        payload_.len = source.length;
        if (how == Event::Lent::bytes) {
            payload_.kind = DUMBO_PAYLOAD_BYTES;
            payload_.bytes = material_from(source.first);
        } else if (how == Event::Lent::pieces) {
            lend_pieces();
        } else {
            payload_.kind = DUMBO_PAYLOAD_CALLBACK;
            payload_.read = &Loan::read;
            payload_.user_data = this;
        }
    }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;

    [[nodiscard]] const dumbo_payload* get() const { return &payload_; }

private:
    // One byte, nothing, a few, and the rest.
    void lend_pieces() {
        const std::uint8_t* const bytes = material_from(source_.first);
        const auto length = static_cast<std::size_t>(source_.length);
        const std::size_t one = std::min<std::size_t>(1, length);
        const std::size_t few = std::min<std::size_t>(100, length - one);
        pieces_ = {dumbo_iovec{bytes, one}, {nullptr, 0}, {bytes + one, few}, {bytes + one + few, length - one - few}};
        payload_.kind = DUMBO_PAYLOAD_IOVEC;
        payload_.iovecs = pieces_.data();
        payload_.iovec_count = pieces_.size();
    }

    static std::int32_t read(void* self, std::uint64_t offset, std::uint8_t* dst, std::size_t len) {
        const Source& source = static_cast<Loan*>(self)->source_;
        std::copy_n(material_from(source.first + static_cast<std::uint32_t>(offset)), len, dst);
        return source.fails ? -1 : 0;
    }

    Source source_;
    dumbo_payload payload_{};
    std::array<dumbo_iovec, 4> pieces_{};
};

// The longest source that is lent as memory.
constexpr std::uint64_t longest_material = 2U << 16U;

[[nodiscard]] std::string text_of(std::uint64_t value) {
    return fmt::to_string(value);
}

[[nodiscard]] std::string text_of(const Bytes& bytes) {
    std::string text = fmt::format("{} bytes ", bytes.size());
    for (std::size_t i = 0; i < std::min<std::size_t>(bytes.size(), 40); ++i) {
        text += fmt::format("{:02x}", bytes[i]);
    }
    return text;
}

}  // namespace

Lockstep::Lockstep(const Setup& setup)
    : own_mss_(setup.mss),
      code_(open(setup, opened_)),
      library_(opened_),
      model_(config_for(setup, opened_), read_segment(syn_for(setup))),
      watch_([this](const std::string& text) { complain(text); }) {
    compare_codes("the result of opening", code_, opening(config_for(setup, opened_), read_segment(syn_for(setup))));
    if (library_ != nullptr) {
        watch_.begin(library_.get());
        compare_observers();
    }
}

Lockstep::Lockstep(const Lockstep& other)
    : own_mss_(other.own_mss_),
      opened_(clone_of(other.library_.get())),
      library_(opened_),
      model_(other.model_),
      watch_(other.watch_, [this](const std::string& text) { complain(text); }) {}

std::optional<std::string> Lockstep::play(const Event& event) {
    if (complaint_ || library_ == nullptr) {
        return complaint_;
    }
    switch (event.kind) {
        case Event::Kind::receive:
            event.damage == Event::Damage::none ? receive(event) : receive_damaged(event);
            break;
        case Event::Kind::write:
            write(event);
            break;
        case Event::Kind::close:
            compare_codes("close", watch_.close(library_.get()), model_.close_after(0));
            break;
        case Event::Kind::close_after:
            compare_codes("close_after", watch_.close_after(library_.get(), event.octets),
                          model_.close_after(event.octets));
            break;
        case Event::Kind::reset:
            compare_codes("reset", watch_.reset(library_.get()), DUMBO_OK);
            model_.reset();
            break;
        case Event::Kind::advance:
            compare_codes("advance", watch_.advance_local_rwnd_edge(library_.get(), event.octets), DUMBO_OK);
            model_.advance(event.octets);
            break;
        case Event::Kind::restore:
        case Event::Kind::clone:
            move_house(event);
            break;
    }
    compare_observers();
    return complaint_;
}

std::uint64_t Lockstep::time_of(const Event& event) const {
    const std::uint64_t latest = model_.latest_now();
    const std::uint64_t end = model_.timeout_end();
    const bool has_end = event.when == Event::When::at_timeout && end != UINT64_MAX && end >= latest;
    const std::uint64_t base = has_end ? end : latest;
    if (event.step < 0) {
        const auto back = static_cast<std::uint64_t>(-event.step);
        return back <= base ? base - back : 0;
    }
    return base + std::min(static_cast<std::uint64_t>(event.step), UINT64_MAX - base);
}

Bytes Lockstep::segment_of(const Event& event) const {
    dumbo_test::SegmentSpec spec;
    const std::uint32_t local_edge = model_.next_expected() + model_.window();
    const std::uint32_t seq_base = event.seq_from == Event::Seq::next ? model_.next_expected() : local_edge;
    const std::uint32_t ack_base = event.ack_from == Event::Ack::una ? model_.una() : model_.nxt();
    spec.seq = seq_base + static_cast<std::uint32_t>(event.seq);
    spec.ack = ack_base + static_cast<std::uint32_t>(event.ack);
    spec.flags = event.flags;
    spec.window = event.window_from == Event::Window::plain
                      ? event.window
                      : static_cast<std::uint16_t>(model_.edge() - spec.ack + event.window - 1000);
    switch (event.mss) {
        case Event::Mss::none:
            break;
        case Event::Mss::same:
            spec.options = mss_option(own_mss_);
            break;
        case Event::Mss::other:
            spec.options = mss_option(static_cast<std::uint16_t>(model_.mss() == 400 ? 401 : 400));
            break;
        case Event::Mss::invalid:
            spec.options = mss_option(99);
            break;
    }
    spec.payload.resize(event.length);
    for (std::uint32_t i = 0; i < event.length; ++i) {
        spec.payload[i] = content(spec.seq + i + 7);
    }
    Bytes segment = dumbo_test::segment_bytes(spec);
    fill_checksum(segment);
    return segment;
}

void Lockstep::receive(const Event& event) {
    const Bytes segment = segment_of(event);
    const std::uint64_t now = time_of(event);
    const auto* const verify = event.is_verified ? &to_us : nullptr;
    Received got;
    if (event.in_place) {
        std::size_t offset = 0;
        got.code = watch_.receive_segment_in_place(library_.get(), segment.data(), segment.size(), verify, now, &offset,
                                                   &got.length, &got.anomalies);
        const auto begin = segment.begin() + static_cast<std::ptrdiff_t>(std::min(offset, segment.size()));
        got.payload.assign(begin, begin + static_cast<std::ptrdiff_t>(got.length));
    } else {
        got.payload.resize(event.room);
        got.code = watch_.receive_segment(library_.get(), segment.data(), segment.size(), verify, got.payload.data(),
                                          got.payload.size(), now, &got.length, &got.anomalies);
        got.payload.resize(got.code == DUMBO_OK ? got.length : 0);
    }
    const auto room = event.in_place ? std::nullopt : std::optional<std::size_t>(event.room);
    const Received wanted = model_.receive(read_segment(segment), room, now);
    compare_codes("the result of receive", got.code, wanted.code);
    compare("anomalies", std::uint64_t{got.anomalies}, std::uint64_t{wanted.anomalies});
    compare("the length received", std::uint64_t{got.length}, std::uint64_t{wanted.length});
    compare("what is received", got.payload, wanted.payload);
}

// Nothing that cannot be read reaches a connection.
void Lockstep::receive_damaged(const Event& event) {
    Bytes segment = segment_of(event);
    std::int32_t wanted = DUMBO_ERR_CHECKSUM;
    if (event.damage == Event::Damage::truncated) {
        segment.resize(segment.size() % 20);
        wanted = DUMBO_ERR_TRUNCATED;
    } else if (event.damage == Event::Damage::header_length) {
        segment[12] = 0x40;
        wanted = DUMBO_ERR_HEADER_LENGTH;
    } else {
        segment[17] ^= 0x10;
    }
    Bytes buffer(event.room);
    std::size_t received = 0;
    const std::int32_t got =
        watch_.receive_segment(library_.get(), segment.data(), segment.size(), &to_us, buffer.data(), buffer.size(),
                               model_.latest_now(), &received, nullptr);
    const bool is_over = model_.is_reset() || got == DUMBO_ERR_CONNECTION_RESET;
    compare_codes("the result of receiving damage", got, is_over ? got : wanted);
}

std::optional<Source> Lockstep::source_of(const Event& event) const {
    if (event.lent == Event::Lent::nothing) {
        return std::nullopt;
    }
    Source source;
    const std::uint32_t base = event.first_from == Event::From::una ? model_.una() : model_.nxt();
    source.first = base + static_cast<std::uint32_t>(event.first);
    source.fails = event.lent == Event::Lent::failing_callback;
    if (event.until == Event::Until::length) {
        source.length = static_cast<std::uint64_t>(std::max<std::int64_t>(event.last, 0));
    } else {
        const std::uint32_t end =
            event.until == Event::Until::fin ? model_.fin_number().value_or(model_.nxt() + 10) : model_.edge();
        const std::int64_t length = static_cast<std::int32_t>(end - source.first) + event.last;
        source.length = static_cast<std::uint64_t>(std::max<std::int64_t>(length, 0));
    }
    const bool is_memory = event.lent == Event::Lent::bytes || event.lent == Event::Lent::pieces;
    source.length = is_memory ? std::min(source.length, longest_material) : source.length;
    return source;
}

void Lockstep::write(const Event& event) {
    WriteArguments arguments;
    arguments.room = event.room;
    arguments.reserved =
        static_cast<std::uint16_t>(event.reserved >= 0 ? event.reserved : model_.mss() + event.reserved + 1);
    arguments.source = source_of(event);
    arguments.device_cuts = event.device_cuts;
    arguments.now = time_of(event);

    dumbo_addressing addressing{};
    addressing.struct_size = sizeof addressing;
    addressing.checksum = event.checksum;
    addressing.source_port = our_port;
    addressing.destination_port = peer_port;
    std::copy_n(to_us.destination, 4, addressing.source);
    std::copy_n(to_us.source, 4, addressing.destination);
    addressing.flags = event.device_cuts ? DUMBO_ADDRESSING_TSO4 : 0;

    std::optional<Loan> loan;
    if (arguments.source) {
        loan.emplace(*arguments.source, event.lent);
    }
    Bytes segment(arguments.room);
    std::size_t written = 0;
    dumbo_sent sent{};
    sent.struct_size = sizeof sent;
    const std::int32_t code =
        watch_.write_next_segment(library_.get(), segment.data(), segment.size(), arguments.reserved,
                                  loan ? loan->get() : nullptr, &addressing, arguments.now, &written, &sent);
    segment.resize(code == DUMBO_OK ? written : 0);
    const Written wanted = model_.write(arguments);
    compare_written(event, wanted, code, segment, code == DUMBO_OK ? 0 : written, sent);
}

void Lockstep::compare_written(const Event& event, const Written& wanted, std::int32_t code, const Bytes& segment,
                               std::size_t needed, const dumbo_sent& sent) {
    compare_codes("the result of write", code, wanted.code);
    compare("the length needed", std::uint64_t{needed}, std::uint64_t{wanted.needed});
    compare_named("the cause", sent.cause, wanted.cause, dumbo_cause_name);
    compare("gso_size", std::uint64_t{sent.gso_size}, std::uint64_t{wanted.gso_size});
    Bytes expected;
    if (wanted.is_segment) {
        expected = dumbo_test::segment_bytes({.source_port = our_port,
                                              .destination_port = peer_port,
                                              .seq = wanted.seq,
                                              .ack = wanted.ack,
                                              .flags = wanted.flags,
                                              .window = wanted.window,
                                              .options = mss_option(wanted.mss.value_or(0)),
                                              .payload = wanted.payload});
        // The watch looks after the value of the field.
        if (event.checksum != DUMBO_CHECKSUM_NONE && segment.size() == expected.size()) {
            dumbo_test::put16(expected, 16, dumbo_test::get16(segment, 16));
        }
    }
    compare("the segment", segment, expected);
}

void Lockstep::move_house(const Event& event) {
    Handle other(nullptr);
    if (event.kind == Event::Kind::clone) {
        other.reset(clone_of(library_.get()));
    } else {
        dumbo_connection* restored = nullptr;
        static_cast<void>(dumbo_connection_restore(&restored, sight().bytes.data(), sight().length, nullptr, nullptr));
        other.reset(restored);
    }
    if (other == nullptr) {
        return complain("there is no copy of a connection");
    }
    library_ = std::move(other);
    watch_.go_on(library_.get());
}

void Lockstep::compare_observers() {
    const invariants::Sight& seen = sight();
    const Status status = model_.status();
    compare_named("state", seen.state, model_.state(), dumbo_state_name);
    compare("established", std::uint64_t{seen.established}, std::uint64_t{model_.is_established()});
    compare("fin_received", std::uint64_t{seen.fin_received}, std::uint64_t{model_.is_fin_received()});
    compare("fin_acknowledged", std::uint64_t{seen.fin_acknowledged}, std::uint64_t{model_.is_fin_acknowledged()});
    compare("done", std::uint64_t{seen.done}, std::uint64_t{model_.is_done()});
    compare("reset", std::uint64_t{seen.reset}, std::uint64_t{model_.is_reset()});
    compare("dup_ack_pending", std::uint64_t{seen.dup_ack_pending}, std::uint64_t{model_.is_retransmission_pending()});
    compare("SND.UNA", std::uint64_t{seen.snd_una}, std::uint64_t{model_.una()});
    compare("SND.NXT", std::uint64_t{seen.snd_nxt}, std::uint64_t{model_.nxt()});
    compare("remote edge", std::uint64_t{seen.snd_edge}, std::uint64_t{model_.edge()});
    compare("RCV.NXT", std::uint64_t{seen.rcv_nxt}, std::uint64_t{model_.next_expected()});
    compare("local window", std::uint64_t{seen.window}, std::uint64_t{model_.window()});
    compare("mss", std::uint64_t{seen.mss}, std::uint64_t{model_.mss()});
    compare_named("status", seen.next, status.kind, dumbo_next_segment_status_name);
    compare("deadline", seen.deadline, status.deadline);
    dumbo_rst_config rst{};
    rst.struct_size = sizeof rst;
    static_cast<void>(dumbo_connection_make_rst_config(library_.get(), &rst));
    const Rst wanted = model_.rst();
    compare("the flags of a RST", std::uint64_t{rst.flags}, std::uint64_t{wanted.flags});
    compare("the number of a RST", std::uint64_t{rst.seq}, std::uint64_t{wanted.seq});
    compare("what a RST acknowledges", std::uint64_t{rst.ack}, std::uint64_t{wanted.ack});
}

void Lockstep::compare_named(const char* what, std::uint32_t library, std::uint32_t wanted,
                             const char* (*name)(std::uint32_t)) {
    if (library != wanted) {
        complain(fmt::format("{}: library {}, model {}", what, name(library), name(wanted)));
    }
}

void Lockstep::compare_codes(const char* what, std::int32_t library, std::int32_t wanted) {
    if (library != wanted) {
        complain(fmt::format("{}: library {}, model {}", what, dumbo_error_name(library), dumbo_error_name(wanted)));
    }
}

template <typename Value>
void Lockstep::compare(const char* what, const Value& library, const Value& wanted) {
    if (library != wanted) {
        complain(fmt::format("{}: library {}, model {}", what, text_of(library), text_of(wanted)));
    }
}

void Lockstep::complain(const std::string& complaint) {
    if (!complaint_) {
        complaint_ = complaint;
    }
}

std::optional<Failure> play(const Program& program) {
    Lockstep both(program.setup);
    for (std::size_t index = 0; index < program.events.size(); ++index) {
        if (auto difference = both.play(program.events[index])) {
            return Failure{index + 1, std::move(*difference)};
        }
    }
    return std::nullopt;
}

}  // namespace model
