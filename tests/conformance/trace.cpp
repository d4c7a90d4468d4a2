// SPDX-License-Identifier: Apache-2.0
#include "conformance/trace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <limits>

#include "conformance/wanted.hpp"

namespace conformance {

namespace {

constexpr std::uint32_t buffer_length_max = 1U << 24U;

std::uint32_t read_buffer_length(const Fields& fields, std::string_view key) {
    const auto length = fields.decimal<std::uint32_t>(key);
    if (length > buffer_length_max) {
        throw FormatError(fields.line(), fmt::format("'{}' is too large to be true", key));
    }
    return length;
}

// A trace line must have all the sticky keys; the lines after it have those that change.
enum class Presence : std::uint8_t { required, optional };

void update(Settings& settings, const Fields& fields, Presence presence) {
    const auto wants = [&](std::string_view key) { return presence == Presence::required || fields.has(key); };
    if (wants("now")) {
        settings.now = fields.decimal<std::uint64_t>("now");
    }
    if (wants("rbuf")) {
        settings.receive_buffer_length = read_buffer_length(fields, "rbuf");
    }
    if (wants("wbuf")) {
        settings.write_buffer_length = read_buffer_length(fields, "wbuf");
    }
    if (wants("res")) {
        settings.mss_reserved = fields.decimal<std::uint16_t>("res");
    }
    if (wants("sport")) {
        settings.addressing.source_port = fields.decimal<std::uint16_t>("sport");
    }
    if (wants("dport")) {
        settings.addressing.destination_port = fields.decimal<std::uint16_t>("dport");
    }
    if (wants("csum")) {
        settings.addressing.addresses = fields.address_pair("csum");
    }
}

std::optional<NextSegment> parse_next(std::string_view text) {
    if (text == "N") {
        return NextSegment{};
    }
    if (text == "A") {
        return NextSegment{NextSegment::Kind::available, 0};
    }
    const auto deadline = parse_decimal(text.substr(1), std::numeric_limits<std::uint64_t>::max());
    if (text.front() != 'T' || !deadline) {
        return std::nullopt;
    }
    return NextSegment{NextSegment::Kind::timeout, *deadline};
}

void update(ConnectionState& state, const Fields& fields, Presence presence) {
    const auto wants = [&](std::string_view key) { return presence == Presence::required || fields.has(key); };
    const auto update_number = [&](std::string_view key, std::uint32_t& number) {
        if (wants(key)) {
            number = fields.decimal<std::uint32_t>(key);
        }
    };
    const auto update_bit = [&](std::string_view key, bool& bit) {
        if (wants(key)) {
            bit = fields.bit(key);
        }
    };
    update_number("fns", state.first_not_sent);
    update_number("har", state.highest_ack_received);
    update_number("rre", state.remote_rwnd_edge);
    update_bit("est", state.established);
    update_bit("fin", state.fin_received);
    update_bit("done", state.done);
    update_bit("dup", state.dup_ack_pending);
    if (wants("next")) {
        state.next = fields.checked("next", parse_next(fields.text("next")));
    }
}

struct VerbName {
    std::string_view name;
    Event::Verb verb;
};

constexpr std::array verb_names{
    VerbName{"recv", Event::Verb::receive}, VerbName{"write", Event::Verb::write},
    VerbName{"close", Event::Verb::close},  VerbName{"reset", Event::Verb::reset},
    VerbName{"adv", Event::Verb::advance},  VerbName{"rstcfg", Event::Verb::rst_config},
};

Event::Verb verb_of(const Record& record) {
    const auto has_name = [&](const VerbName& entry) { return entry.name == record.verb; };
    const auto* const entry = std::find_if(verb_names.begin(), verb_names.end(), has_name);
    if (entry == verb_names.end()) {
        throw FormatError(record.line, fmt::format("'{}' is not an event of a trace", record.verb));
    }
    return entry->verb;
}

void read_reception(Event& event) {
    const Record& record = *event.record;
    event.segment = record.inputs.bytes("seg");
    event.failure = wanted_failure(record, Dialect::connection);
    if (event.failure.empty()) {
        require_word(record, "");
        event.length = record.result.decimal<std::uint64_t>("len");
        event.anomalies = record.result.hex<std::uint32_t>("flags");
    }
}

void read_writing(Event& event) {
    const Record& record = *event.record;
    if (record.inputs.has("src")) {
        event.source = record.inputs.run("src");
    }
    event.failure = wanted_failure(record, Dialect::connection_writing);
    if (event.failure.empty() && record.word != "none") {
        require_word(record, "");
        event.written = record.result.bytes("seg");
        if (event.written->size() == 0) {
            throw FormatError(record.line, "a segment without bytes; 'none' says that there is none");
        }
    }
}

Event read_event(const Record& record, Settings& settings, ConnectionState& state) {
    Event event;
    event.verb = verb_of(record);
    event.record = &record;
    require_result(record);
    switch (event.verb) {
        case Event::Verb::receive:
            read_reception(event);
            break;
        case Event::Verb::write:
            read_writing(event);
            break;
        case Event::Verb::advance:
            event.octets = record.inputs.decimal<std::uint32_t>("n");
            require_word(record, "ok");
            break;
        case Event::Verb::close:
        case Event::Verb::reset:
            require_word(record, "ok");
            break;
        case Event::Verb::rst_config: {
            const auto config = parse_rst_config(record.word);
            if (!config) {
                throw FormatError(record.line, "the result is neither seq:N nor ack:N");
            }
            event.rst_config = *config;
            break;
        }
    }
    update(settings, record.inputs, Presence::optional);
    update(state, record.changes, Presence::optional);
    event.settings = settings;
    event.state = state;
    return event;
}

void read_opening(Trace& trace, const Record& record) {
    if (record.verb != "open") {
        throw FormatError(record.line, "a trace does not begin with 'open'");
    }
    trace.open = &record;
    trace.syn = record.inputs.bytes("seg");
    trace.request.local_rwnd = record.inputs.decimal<std::uint32_t>("rwnd");
    trace.request.rto_period = record.inputs.decimal<std::uint64_t>("rto");
    trace.request.rto_count_max = record.inputs.decimal<std::uint16_t>("rto_max");
    trace.request.isn = record.inputs.decimal<std::uint32_t>("isn");
    trace.failure = wanted_failure(record, Dialect::connection);
    if (trace.failure.empty()) {
        require_word(record, "ok");
        update(trace.state, record.changes, Presence::required);
    } else {
        require_no_changes(record);
    }
}

// Nothing depends on these, but whoever reads a report does.
void read_identity(const Fields& fields) {
    static_cast<void>(fields.decimal<std::uint64_t>("id"));
    static_cast<void>(fields.text("kind"));
    if (fields.has("huge")) {
        static_cast<void>(fields.bit("huge"));
    }
}

// Hands out the records of a trace, which ends where it says so and not where the file does.
class RecordStream {
public:
    explicit RecordStream(const std::vector<Record>& records) : next_(records.begin()), end_(records.end()) {}

    [[nodiscard]] bool at_end() const { return next_ == end_; }

    const Record& take() {
        if (at_end()) {
            throw FormatError((next_ - 1)->line, "the file ends within a trace");
        }
        return *next_++;
    }

private:
    std::vector<Record>::const_iterator next_;
    std::vector<Record>::const_iterator end_;
};

Trace read_trace(RecordStream& records) {
    Trace trace;
    trace.header = &records.take();
    if (trace.header->verb != "trace" || trace.header->has_result) {
        throw FormatError(trace.header->line, "a trace does not begin with 'trace'");
    }
    read_identity(trace.header->inputs);
    Settings settings;
    update(settings, trace.header->inputs, Presence::required);
    const Record& opening = records.take();
    read_opening(trace, opening);
    update(settings, opening.inputs, Presence::optional);
    ConnectionState state = trace.state;
    while (true) {
        const Record& record = records.take();
        if (record.verb == "end" && !record.has_result) {
            return trace;
        }
        if (!trace.failure.empty()) {
            throw FormatError(record.line, "a connection that does not open has an event");
        }
        trace.events.push_back(read_event(record, settings, state));
    }
}

}  // namespace

std::vector<Trace> read_traces(const Document& document) {
    std::vector<Trace> traces;
    RecordStream records(document.records());
    while (!records.at_end()) {
        traces.push_back(read_trace(records));
    }
    return traces;
}

}  // namespace conformance
