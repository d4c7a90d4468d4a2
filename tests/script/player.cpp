// SPDX-License-Identifier: Apache-2.0
#include "script/player.hpp"

#include "script/calls.hpp"
#include "script/content.hpp"
#include "script/failure.hpp"
#include "script/observers.hpp"
#include "script/parser.hpp"
#include "script/tally.hpp"
#include "script/vocabulary.hpp"
#include "script/wire.hpp"

#include <fmt/format.h>

#include <limits>

namespace script {
namespace {

constexpr std::uint64_t end_of_time = std::numeric_limits<std::uint64_t>::max();

// One epoch has 32-bit times wrap within a script, one is far beyond them.
constexpr Setup setups[] = {
    {"bytes, all kept, on the heap", SourceKind::bytes, Keep::all, Home::heap, 0},
    {"iovecs, the unacknowledged kept, in clones", SourceKind::iovec, Keep::unacknowledged, Home::clones, 0xffff'ffc0},
    {"a callback, all kept, in storage", SourceKind::callback, Keep::all, Home::storage, 1ULL << 62U},
    {"bytes, the unacknowledged kept, restored", SourceKind::bytes, Keep::unacknowledged, Home::restored, 7},
    {"iovecs, all kept, travelled", SourceKind::iovec, Keep::all, Home::travelled, 0xffff'ffc0},
};

class Player {
public:
    explicit Player(const Setup& setup)
        : setup_(setup), endpoint_(setup.home), source_(setup.kind, setup.keep), now_(setup.epoch) {
        origin_.epoch = setup.epoch;
    }

    void play(const Step& step, const Step* next) {
        step_ = &step;
        next_ = next;
        time_ = arrive(step.moment);
        endpoint_.move_house();
        if (endpoint_.get() != nullptr) {
            watch_.go_on(endpoint_.get());
        }
        std::visit([this](const auto& command) { perform(command); }, step.command);
        check_promises();
    }

    void finish() { endpoint_.leave(); }

private:
    [[nodiscard]] std::uint64_t arrive(Moment moment) {
        if (moment.step > (moment.earlier ? now_ : end_of_time - now_)) {
            throw BadScript(step_->number, "there is no such time");
        }
        if (moment.earlier) {
            return now_ - moment.step;
        }
        now_ += moment.step;
        return now_;
    }

    [[nodiscard]] dumbo_connection* connection() const {
        if (endpoint_.get() == nullptr) {
            throw BadScript(step_->number, "there is no connection");
        }
        return endpoint_.get();
    }

    void perform(const Open& open) {
        endpoint_.leave();
        open_ = open;
        origin_.numbering = open.numbering;
        origin_.epoch = open.epoch.value_or(setup_.epoch);
        now_ = origin_.epoch;
        time_ = now_;
        source_.remove();
    }

    void perform(const Inbound& inbound) {
        auto segment = encode(inbound.packet, Sender::guest, origin_.numbering);
        segment[16] ^= inbound.corrupt ? std::uint8_t{0x80} : std::uint8_t{0};
        segment.resize(std::min(segment.size(), inbound.cut.value_or(segment.size())));
        if (endpoint_.get() == nullptr) {
            perform_opening(inbound, segment);
        } else {
            perform_receive(inbound, segment);
        }
    }

    void perform_opening(const Inbound& inbound, std::span<const std::uint8_t> syn) {
        const auto code = endpoint_.open(syn, addresses_of(Sender::guest), open_.config);
        const auto* refusal = std::get_if<Refusal>(&inbound.outcome);
        const auto wanted = refusal != nullptr ? refusal->error : DUMBO_OK;
        if (code != wanted) {
            throw Mismatch(opening_text(wanted), opening_text(code));
        }
        tally_ = {};
        watch_ = strict_watch();
    }

    [[nodiscard]] static std::string opening_text(std::int32_t code) {
        return code == DUMBO_OK ? "a connection" : fmt::format("error {}", error_name(code));
    }

    void perform_receive(const Inbound& inbound, std::span<const std::uint8_t> segment) {
        const auto before = observe(connection());
        const auto image = endpoint_.image();
        const auto received = receive(watch_, connection(), segment, inbound.buffer, time_);
        tally_.add(received);
        const auto wanted = std::visit([](const auto& outcome) { return to_text(outcome); }, inbound.outcome);
        if (wanted != to_text(received)) {
            throw Mismatch(wanted, to_text(received));
        }
        const auto place = inbound.packet.seq - origin_.numbering.guest;
        if (received.payload != content(Sender::guest, place, received.payload.size())) {
            throw Mismatch("the payload of the segment", "other bytes");
        }
        if (received.code != DUMBO_OK) {
            require_unchanged(before, image);
        }
    }

    void perform(const Outbound& outbound) {
        const auto before = observe(connection());
        const auto image = endpoint_.image();
        const auto wrote = write_from_source(watch_, connection(), outbound);
        tally_.add(wrote);
        std::visit([&](const auto& outcome) { check_outcome(outcome, wrote); }, outbound.outcome);
        if (const auto* refusal = std::get_if<Refusal>(&outbound.outcome)) {
            check_refusal(*refusal, before, image);
        }
        const auto* written = std::get_if<Written>(&outbound.outcome);
        if (written != nullptr && !written->more && !goes_on_writing()) {
            require_nothing_after(outbound);
        }
    }

    [[nodiscard]] Wrote write_from_source(invariants::Watch& watch, dumbo_connection* connection,
                                          const Outbound& outbound) {
        const auto una = dumbo_connection_highest_ack_received(connection);
        const auto* payload = source_.lend(origin_.numbering.host, una);
        auto wrote = write(watch, connection, outbound.room, outbound.reserved, payload, time_);
        if (!source_.complaint().empty()) {
            throw Mismatch("reads inside the source", source_.complaint());
        }
        return wrote;
    }

    void check_outcome(const Written& wanted, const Wrote& wrote) const {
        const auto text = "> " + to_text(wanted.packet, Sender::host, origin_.numbering);
        if (text != to_text(wrote, origin_.numbering)) {
            throw Mismatch(text, to_text(wrote, origin_.numbering));
        }
        if (wanted.cause && *wanted.cause != wrote.cause) {
            throw Mismatch("because " + cause_name(*wanted.cause), "because " + cause_name(wrote.cause));
        }
        require_content(wrote.segment, wanted.packet, origin_.numbering);
    }

    void check_outcome(const Silence&, const Wrote& wrote) const {
        if (wrote.code != DUMBO_OK || !wrote.segment.empty()) {
            throw Mismatch("silent", to_text(wrote, origin_.numbering));
        }
    }

    void check_outcome(const Refusal& wanted, const Wrote& wrote) const {
        if (to_text(wanted) != to_text(wrote, origin_.numbering)) {
            throw Mismatch(to_text(wanted), to_text(wrote, origin_.numbering));
        }
    }

    // A call that failed left everything as it was, but for a counted timeout, which begins again.
    void check_refusal(const Refusal& refusal, Observers before, std::span<const std::uint8_t> image) const {
        if (!refusal.counted) {
            require_unchanged(before, image);
            return;
        }
        const auto period = open_.config.rto_period;
        before.deadline = period > end_of_time - time_ ? end_of_time : time_ + period;
        require_unchanged(before, {});
    }

    void require_unchanged(const Observers& before, std::span<const std::uint8_t> image) const {
        const auto after = observe(connection());
        if (after != before) {
            throw Mismatch(fmt::format("no change from {}", differences(before, after, origin_)),
                           differences(after, before, origin_));
        }
        if (!image.empty() && !std::ranges::equal(image, endpoint_.image())) {
            throw Mismatch("no change", "a change in the connection's memory that no observer tells");
        }
    }

    // The next line has a segment to be written right after this one.
    [[nodiscard]] bool goes_on_writing() const {
        return next_ != nullptr && std::holds_alternative<Outbound>(next_->command) && next_->moment.step == 0;
    }

    void require_nothing_after(const Outbound& outbound) {
        const auto twin = clone(connection());
        auto watch = watch_;
        const auto wrote = write_from_source(watch, twin.get(), outbound);
        if (!wrote.segment.empty()) {
            throw Mismatch("nothing after this segment", to_text(wrote, origin_.numbering));
        }
    }

    void perform(const Send& send) { source_.grow(send.bytes); }

    void perform(const Lend& lend) {
        if (lend.run) {
            source_.set(*lend.run);
        } else {
            source_.remove();
        }
    }

    void perform(const Reading& reading) { source_.make_reading_fail(reading.fails); }

    void perform(const Only& only) { source_.set_kind(only.kind); }

    void perform(const Close& close) {
        require_ok(close.after == 0 ? watch_.close(connection()) : watch_.close_after(connection(), close.after));
    }

    void perform(const Reset&) {
        tally_.add_reset(connection());
        require_ok(watch_.reset(connection()));
    }

    void perform(const Advance& advance) { require_ok(watch_.advance_local_rwnd_edge(connection(), advance.bytes)); }

    static void require_ok(std::int32_t code) {
        if (code != DUMBO_OK) {
            throw Mismatch("success", fmt::format("error {}", error_name(code)));
        }
    }

    void perform(const Expect& expect) const {
        const auto observers = observe(connection());
        for (const auto& [name, wanted] : expect.values) {
            const auto got = observer_text(name, observers, origin_);
            if (got != wanted) {
                throw Mismatch(fmt::format("{}={}", name, wanted), fmt::format("{}={}", name, got.value_or("?")));
            }
        }
    }

    // What holds after every line: the observers agree with each other, and the status with what a write would do.
    void check_promises() const {
        if (endpoint_.get() == nullptr) {
            return;
        }
        const auto observers = observe(endpoint_.get());
        require_consistent(observers);
        if (endpoint_.counts()) {
            tally_.require_counted(endpoint_.get());
        }
        if (observers.next == DUMBO_NEXT_SEGMENT_TIMEOUT && observers.deadline <= now_) {
            return;  // what a timeout does is for scripts to say
        }
        const auto twin = clone(endpoint_.get());
        const auto wrote = write(twin.get(), 64, 0, nullptr, now_);
        const bool available = observers.next == DUMBO_NEXT_SEGMENT_AVAILABLE;
        // An ACK that became due before the handshake is over is called available and waits all the same.
        const bool waits = available && wrote.segment.empty() && observers.state == DUMBO_STATE_SYN_RECEIVED;
        if (available == wrote.segment.empty() && !waits) {
            throw Mismatch(fmt::format("a control segment exactly when next=available, not {}",
                                       observer_text("next", observers, origin_).value_or("?")),
                           to_text(wrote, origin_.numbering));
        }
    }

    const Setup& setup_;
    Endpoint endpoint_;
    invariants::Watch watch_ = strict_watch();
    Source source_;
    Open open_;
    Origin origin_;
    Tally tally_;
    std::uint64_t now_;
    std::uint64_t time_ = 0;  // of this line, which can be earlier than now
    const Step* step_ = nullptr;
    const Step* next_ = nullptr;
};

}  // namespace

std::span<const Setup> all_setups() {
    return setups;
}

std::optional<std::string> play(std::string_view script, const Setup& setup) {
    const auto steps = parse(script);
    Player player(setup);
    const Step* step = nullptr;
    try {
        for (std::size_t index = 0; index < steps.size(); ++index) {
            step = &steps[index];
            player.play(*step, index + 1 < steps.size() ? step + 1 : nullptr);
        }
        player.finish();
    } catch (const Mismatch& mismatch) {
        return fmt::format("script line {}: {}\n{}\n  with    {}", step->number, step->text, mismatch.what(),
                           setup.name);
    }
    return std::nullopt;
}

}  // namespace script
