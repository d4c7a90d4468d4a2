// SPDX-License-Identifier: Apache-2.0
#include "conformance/trace_replay.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "conformance/state_text.hpp"
#include "conformance/wanted.hpp"

namespace conformance {

namespace {

// What came out, if it differs from what is wanted.
using Verdict = std::optional<std::string>;

constexpr Verdict as_wanted = std::nullopt;

// The aspects in which a replay takes turns.
enum Aspect : unsigned { source_kind, open_storage, clone_now, clone_storage, receive_without_copy, damage };

// What a receive buffer holds beforehand. It depends on the place, so that bytes moved within the buffer show as well.
std::uint8_t untouched_byte(std::size_t at) {
    return static_cast<std::uint8_t>(~generated_byte(static_cast<std::uint32_t>(3 * at)));
}

Bytes untouched_buffer(std::size_t length) {
    Bytes buffer(length);
    for (std::size_t at = 0; at < length; ++at) {
        buffer[at] = untouched_byte(at);
    }
    return buffer;
}

// The payload of a segment that parses.
ByteView payload_of(ByteView segment) {
    constexpr std::size_t data_offset_at = 12;
    const std::size_t header_length = std::size_t{segment[data_offset_at]} / 16U * 4U;
    return segment.subspan(header_length);
}

std::uint32_t sequence_number_of(ByteView segment) {
    std::uint32_t number = 0;
    for (const std::uint8_t byte : segment.subspan(4, 4)) {
        number = number << 8U | byte;
    }
    return number;
}

std::string failure_text(Failure failure, Dialect dialect) {
    return fmt::format("err={}", failure_name(failure, dialect));
}

Verdict check_failure(std::string_view wanted, Failure got, Dialect dialect) {
    return wanted == failure_name(got, dialect) ? as_wanted : failure_text(got, dialect);
}

Verdict check_reception(const Event& event, const Answer<Reception>& got) {
    if (!got) {
        return check_failure(event.failure, got.failure(), Dialect::connection);
    }
    if (event.failure.empty() && got->length == event.length && got->anomalies == event.anomalies) {
        return as_wanted;
    }
    return fmt::format("len={} flags={:x}", got->length, got->anomalies);
}

Verdict check_delivered(ByteView payload, ByteView buffer, std::size_t length) {
    if (length == 0) {
        payload = {};
    } else if (length != payload.size()) {
        return fmt::format("{} bytes delivered of a payload of {}", length, payload.size());
    }
    for (std::size_t at = 0; at < buffer.size(); ++at) {
        const std::uint8_t wanted = at < payload.size() ? payload[at] : untouched_byte(at);
        if (buffer[at] != wanted) {
            return fmt::format("byte {} of the receive buffer: wanted {:02x}, got {:02x}", at, wanted, buffer[at]);
        }
    }
    return as_wanted;
}

Verdict receive_copying(const Event& event, Endpoint& endpoint) {
    const Bytes segment = event.segment.expand();
    Bytes buffer = untouched_buffer(event.settings.receive_buffer_length);
    const auto got = endpoint.receive(segment, buffer, event.settings.now);
    if (const Verdict verdict = check_reception(event, got)) {
        return verdict;
    }
    return check_delivered(payload_of(segment), buffer, got ? got->length : 0);
}

Verdict receive_in_place(const Event& event, Endpoint& endpoint) {
    const Bytes segment = event.segment.expand();
    const auto got = endpoint.receive_in_place(segment, event.settings.now);
    if (const Verdict verdict = check_reception(event, got)) {
        return verdict;
    }
    const ByteView payload = payload_of(segment);
    const std::size_t offset = segment.size() - payload.size();
    if (got && got->length != 0 && (got->offset != offset || got->length != payload.size())) {
        return fmt::format("in place: offset {}, length {}; the payload has {}, {}", got->offset, got->length, offset,
                           payload.size());
    }
    return as_wanted;
}

// Without a buffer nothing can be too small: such an event is replayed with the copy that it is about.
Verdict receive(const Event& event, Endpoint& endpoint, const Variation& variation) {
    const bool about_buffer = event.failure == failure_name(Failure::buffer_too_small, Dialect::connection);
    if (!about_buffer && variation.pick(event.record->line, Aspect::receive_without_copy, 2) == 1) {
        return receive_in_place(event, endpoint);
    }
    return receive_copying(event, endpoint);
}

Verdict check_written(const Event& event, const Answer<std::size_t>& got, ByteView buffer) {
    if (!got) {
        return check_failure(event.failure, got.failure(), Dialect::connection_writing);
    }
    if (*got > buffer.size()) {
        return fmt::format("a segment of {} bytes in a buffer of {}", *got, buffer.size());
    }
    const ByteView segment = buffer.first(*got);
    const std::string text = segment.empty() ? "none" : fmt::format("seg={}", to_text(segment));
    if (!event.failure.empty()) {
        return text;
    }
    const Bytes wanted = event.written ? event.written->expand() : Bytes();
    if (std::equal(segment.begin(), segment.end(), wanted.begin(), wanted.end())) {
        return as_wanted;
    }
    const auto first = std::mismatch(segment.begin(), segment.end(), wanted.begin(), wanted.end()).first;
    return fmt::format("{} ({} bytes, wanted {}; they differ from byte {} on)", text, segment.size(), wanted.size(),
                       first - segment.begin());
}

Verdict write(const Event& event, Endpoint& endpoint, const Variation& variation) {
    std::optional<GeneratedSource> source;
    if (event.source) {
        const auto kind = static_cast<SourceKind>(variation.pick(event.record->line, Aspect::source_kind, 3));
        source.emplace(*event.source, kind);
    }
    const Settings& settings = event.settings;
    Bytes buffer(settings.write_buffer_length);
    const auto got =
        endpoint.write(buffer, settings.mss_reserved, source ? &*source : nullptr, settings.addressing, settings.now);
    return check_written(event, got, buffer);
}

// The result of an event and the state after it; both are reported, as one often explains the other.
Verdict with_state(Verdict verdict, const ConnectionState& wanted, const ConnectionState& got) {
    if (wanted == got) {
        return verdict;
    }
    const std::string state = describe_difference(wanted, got);
    return verdict ? fmt::format("{}; {}", *verdict, state) : state;
}

// Whether a record wants payload that does not lie inside the source which it names.
bool contradicts_itself(const Event& event) {
    if (!event.source || !event.written) {
        return false;
    }
    const Bytes segment = event.written->expand();
    const std::size_t payload_length = payload_of(segment).size();
    const std::uint64_t offset = sequence_number_of(segment) - event.source->first;
    return payload_length > 0 && offset + payload_length > event.source->length;
}

// The write is refused, and nothing has changed.
Verdict run_contradiction(const Event& event, Endpoint& endpoint, const Variation& variation) {
    Event refused = event;
    refused.failure = failure_name(Failure::empty_payload, Dialect::connection_writing);
    refused.written.reset();
    const ConnectionState before = endpoint.state();
    return with_state(write(refused, endpoint, variation), before, endpoint.state());
}

Verdict perform(const Event& event, Endpoint& endpoint, const Variation& variation) {
    switch (event.verb) {
        case Event::Verb::receive:
            return receive(event, endpoint, variation);
        case Event::Verb::write:
            return write(event, endpoint, variation);
        case Event::Verb::close:
            endpoint.close();
            return as_wanted;
        case Event::Verb::reset:
            endpoint.reset();
            return as_wanted;
        case Event::Verb::advance:
            endpoint.advance_local_rwnd_edge(event.octets);
            return as_wanted;
        case Event::Verb::rst_config: {
            const RstConfig got = endpoint.rst_config();
            return got == event.rst_config ? as_wanted : Verdict(to_text(got));
        }
    }
    return "an event that is not known";
}

// Each byte of a snapshot with another value: refused, or without any effect.
Verdict check_damage(const Bytes& snapshot, const Endpoint& endpoint, unsigned flip) {
    Bytes damaged = snapshot;
    for (std::size_t at = 0; at < snapshot.size(); ++at) {
        damaged[at] ^= static_cast<std::uint8_t>(flip);
        const auto restored = endpoint.restore(damaged, Storage::library);
        if (restored != nullptr && restored->snapshot() != snapshot) {
            return fmt::format("a snapshot with a damaged byte {} became another connection", at);
        }
        damaged[at] = snapshot[at];
    }
    return as_wanted;
}

// Puts a connection made of the endpoint's snapshot in its place.
Verdict restore(std::size_t line, std::unique_ptr<Endpoint>& endpoint, const Variation& variation) {
    const Bytes snapshot = endpoint->snapshot();
    auto restored = endpoint->restore(snapshot, static_cast<Storage>(variation.pick(line, Aspect::clone_storage, 2)));
    if (restored == nullptr) {
        return "a snapshot that is refused";
    }
    if (restored->snapshot() != snapshot) {
        return "a restored connection with another snapshot";
    }
    endpoint = std::move(restored);
    return check_damage(snapshot, *endpoint, 1 + variation.pick(line, Aspect::damage, 255));
}

Verdict run_event(const Event& event, std::unique_ptr<Endpoint>& endpoint, const Variation& variation) {
    constexpr unsigned events_per_clone = 8;
    if (variation.pick(event.record->line, Aspect::clone_now, events_per_clone) == 0) {
        endpoint = endpoint->clone(static_cast<Storage>(variation.pick(event.record->line, Aspect::clone_storage, 2)));
    }
    Verdict verdict = perform(event, *endpoint, variation);
    return with_state(std::move(verdict), event.state, endpoint->state());
}

Verdict run_opening(const Trace& trace, Answer<std::unique_ptr<Endpoint>>& opened) {
    if (!opened) {
        return check_failure(trace.failure, opened.failure(), Dialect::connection);
    }
    if (!trace.failure.empty()) {
        return "ok";
    }
    return with_state(as_wanted, trace.state, (*opened)->state());
}

// Calls what returns a verdict; a broken promise is one, too.
template <typename Call>
Verdict guarded(Call call) {
    try {
        return call();
    } catch (const BrokenPromise& broken) {
        return fmt::format("broken promise: {}", broken.what());
    }
}

Difference difference_at(const Trace& trace, const Record& record, const std::string& got) {
    std::string context = std::string(trace.header->text);
    if (&record != trace.open) {
        context += fmt::format("\n{}", trace.open->text);
    }
    return make_difference(record, std::move(context), got);
}

}  // namespace

TraceOutcome replay_trace(const Trace& trace, Subject& subject, const Variation& variation) {
    const Bytes syn = trace.syn.expand();
    std::unique_ptr<Endpoint> endpoint;
    const Verdict opening = guarded([&] {
        const auto storage = static_cast<Storage>(variation.pick(trace.open->line, Aspect::open_storage, 2));
        auto opened = subject.open(syn, trace.request, storage);
        Verdict verdict = run_opening(trace, opened);
        if (opened) {
            endpoint = std::move(*opened);
        }
        return verdict;
    });
    if (opening) {
        return {
            .difference = difference_at(trace, *trace.open, *opening), .contradiction = std::nullopt, .restored = 0};
    }
    TraceOutcome outcome;
    for (const Event& event : trace.events) {
        const bool contradiction = contradicts_itself(event);
        const Verdict verdict = guarded([&]() -> Verdict {
            if (variation.restores()) {
                if (Verdict refused = restore(event.record->line, endpoint, variation)) {
                    return refused;
                }
                ++outcome.restored;
            }
            return contradiction ? run_contradiction(event, *endpoint, variation)
                                 : run_event(event, endpoint, variation);
        });
        if (verdict) {
            outcome.difference = difference_at(trace, *event.record, *verdict);
            return outcome;
        }
        if (contradiction) {
            outcome.contradiction = difference_at(trace, *event.record, "refused, and nothing changed");
            return outcome;
        }
    }
    return outcome;
}

}  // namespace conformance
