// SPDX-License-Identifier: Apache-2.0
#include "script/parser.hpp"

#include "script/lexer.hpp"
#include "script/observers.hpp"
#include "script/vocabulary.hpp"

#include <fmt/format.h>

#include <limits>

namespace script {
namespace {

constexpr std::uint64_t max_u16 = std::numeric_limits<std::uint16_t>::max();
constexpr std::uint64_t max_u32 = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint64_t max_u64 = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t longest_buffer = 1U << 20U;

struct Assignment {
    std::string_view name;
    std::string_view value;
};

[[nodiscard]] Assignment take_assignment(Words& words) {
    const auto text = words.take("NAME=VALUE");
    const auto sign = text.find('=');
    if (sign == std::string_view::npos) {
        words.fail(fmt::format("'{}' is not of the form NAME=VALUE", text));
    }
    return {text.substr(0, sign), text.substr(sign + 1)};
}

// The terms of `open`, and what `established` says beyond them about the handshake.
struct Terms {
    Open open;
    std::uint16_t peer_window = 65535;
    std::uint16_t mss = 1460;
};

[[nodiscard]] Terms default_terms() {
    Terms terms;
    auto& config = terms.open.config;
    config.struct_size = sizeof config;
    config.local_rwnd_size = 65535;
    config.rto_period = 100;
    config.rto_count_max = 3;
    config.flags = DUMBO_CONFIG_ISN;
    return terms;
}

// Returns false if `open` has no term of this name.
[[nodiscard]] bool set_term(const Words& words, const Assignment& term, Open& open) {
    const auto number = [&](std::uint64_t max) { return words.number(term.value, max); };
    if (term.name == "window") {
        open.config.local_rwnd_size = static_cast<std::uint32_t>(number(max_u32));
    } else if (term.name == "rto") {
        open.config.rto_period = number(max_u64);
    } else if (term.name == "rto_max") {
        open.config.rto_count_max = static_cast<std::uint16_t>(number(max_u16));
    } else if (term.name == "options") {
        const auto bits = options_named(term.value);
        if (!bits) {
            words.fail(fmt::format("unknown option in '{}'", term.value));
        }
        open.config.options = *bits;
    } else if (term.name == "isn") {
        open.numbering.host = static_cast<std::uint32_t>(number(max_u32));
    } else if (term.name == "guest_isn") {
        open.numbering.guest = static_cast<std::uint32_t>(number(max_u32));
    } else if (term.name == "epoch") {
        open.epoch = number(max_u64);
    } else {
        return false;
    }
    return true;
}

void set_handshake_term(const Words& words, const Assignment& term, Terms& terms) {
    if (term.name == "peer") {
        terms.peer_window = static_cast<std::uint16_t>(words.number(term.value, max_u16));
    } else if (term.name == "mss") {
        terms.mss = static_cast<std::uint16_t>(words.number(term.value, max_u16));
    } else if (!set_term(words, term, terms.open)) {
        words.fail(fmt::format("unknown term '{}'", term.name));
    }
}

[[nodiscard]] Moment parse_moment(Words& words) {
    const auto sign = words.peek().substr(0, 1);
    if (sign != "+" && sign != "-") {
        return {};
    }
    return {words.number(words.take("a time").substr(1), max_u64), sign == "-"};
}

[[nodiscard]] Refusal parse_refusal(Words& words) {
    const auto name = words.take("the name of an error");
    const auto error = error_named(name);
    if (!error) {
        words.fail(fmt::format("unknown error '{}'", name));
    }
    Refusal refusal{*error, std::nullopt, false};
    if (words.take_if("needs")) {
        refusal.needs = words.take_length("a length", longest_buffer);
    }
    if (refusal.needs.has_value() != (*error == DUMBO_ERR_BUFFER_TOO_SMALL)) {
        words.fail(refusal.needs ? "only BUFFER_TOO_SMALL needs something" : "'needs' is missing");
    }
    refusal.counted = words.take_if("counted");
    return refusal;
}

[[nodiscard]] Receipt parse_receipt(Words& words) {
    Receipt receipt;
    while (!words.done()) {
        if (words.take_if("deliver")) {
            receipt.delivered = words.take_length("a length", longest_buffer);
        } else if (words.take_if("anomalies")) {
            const auto names = words.take("the names of anomalies");
            const auto bits = anomalies_named(names);
            if (!bits) {
                words.fail(fmt::format("unknown anomaly in '{}'", names));
            }
            receipt.anomalies = *bits;
        } else {
            break;
        }
    }
    return receipt;
}

class Parser {
public:
    explicit Parser(std::string_view script) : lines_(split(script)) {}

    [[nodiscard]] std::vector<Step> parse() {
        for (const auto& line : lines_) {
            parse_line(line);
        }
        return std::move(steps_);
    }

private:
    void parse_line(const Line& line) {
        Words words(line);
        line_ = &line;
        moment_ = parse_moment(words);
        const auto verb = words.take("an event");
        if (verb == "open" || verb == "established") {
            parse_terms(words, verb == "established");
        } else if (verb == "<") {
            add(parse_inbound(words));
        } else if (verb == ">" || verb == "silent" || verb == "write") {
            add(parse_outbound(words, verb));
        } else {
            add(parse_plain(words, verb));
        }
        words.finish();
    }

    void add(Command command) {
        steps_.push_back({line_->number, line_->text, moment_, std::move(command)});
        moment_ = {};
    }

    void parse_terms(Words& words, bool established) {
        auto terms = default_terms();
        while (!words.done()) {
            const auto term = take_assignment(words);
            if (established) {
                set_handshake_term(words, term, terms);
            } else if (!set_term(words, term, terms.open)) {
                words.fail(fmt::format("unknown term '{}'", term.name));
            }
        }
        numbering_ = terms.open.numbering;
        terms.open.config.isn = numbering_.host;
        add(terms.open);
        if (established) {
            add_handshake(terms);
        }
    }

    // `established` is four lines in one.
    void add_handshake(const Terms& terms) {
        const auto window = terms.open.config.local_rwnd_size;
        const auto our_window = static_cast<std::uint16_t>(std::min<std::uint64_t>(window, max_u16));
        const auto high = static_cast<std::uint8_t>(terms.mss / 256U);
        const auto low = static_cast<std::uint8_t>(terms.mss % 256U);
        const Packet syn{DUMBO_TCP_SYN, numbering_.guest, 0, terms.peer_window, 0, {2, 4, high, low}};
        const Packet synack{
            DUMBO_TCP_SYN | DUMBO_TCP_ACK, numbering_.host, numbering_.guest + 1, our_window, 0, syn.options};
        const Packet ack{DUMBO_TCP_ACK, numbering_.guest + 1, numbering_.host + 1, terms.peer_window, 0, {}};
        add(from_guest(syn));
        add(Outbound{65535, 0, Written{synack, false, DUMBO_CAUSE_SYN}});
        add(from_guest(ack));
    }

    [[nodiscard]] static Inbound from_guest(const Packet& packet) {
        Inbound inbound;
        inbound.packet = packet;
        return inbound;
    }

    [[nodiscard]] Inbound parse_inbound(Words& words) const {
        auto inbound = from_guest(parse_packet(words, Sender::guest, numbering_));
        while (!words.done() && words.peek() != "=>") {
            parse_inbound_detail(words, inbound);
        }
        if (words.take_if("=>") && words.done()) {
            static_cast<void>(words.take("an outcome"));
        }
        inbound.outcome = words.take_if("error") ? Outcome(parse_refusal(words)) : Outcome(parse_receipt(words));
        return inbound;
    }

    static void parse_inbound_detail(Words& words, Inbound& inbound) {
        if (words.take_if("into")) {
            inbound.buffer = words.take_length("the length of a buffer", longest_buffer);
        } else if (words.take_if("corrupt")) {
            inbound.corrupt = true;
        } else if (words.take_if("cut")) {
            inbound.cut = words.take_length("a length", longest_buffer);
        } else {
            words.finish();
        }
    }

    [[nodiscard]] Outbound parse_outbound(Words& words, std::string_view verb) const {
        Outbound outbound;
        if (verb == ">") {
            outbound.outcome = Written{parse_packet(words, Sender::host, numbering_), false};
        } else {
            outbound.outcome = Silence{};
        }
        while (!words.done() && words.peek() != "=>") {
            parse_outbound_detail(words, outbound);
        }
        if (verb == "write") {
            if (!words.take_if("=>") || !words.take_if("error")) {
                words.fail("'write' goes on with '=> error'");
            }
            outbound.outcome = parse_refusal(words);
        }
        return outbound;
    }

    [[nodiscard]] static std::uint32_t take_cause(Words& words) {
        const auto name = words.take("a cause");
        const auto cause = cause_named(name);
        if (!cause) {
            words.fail(fmt::format("there is no cause '{}'", name));
        }
        return *cause;
    }

    static void parse_outbound_detail(Words& words, Outbound& outbound) {
        auto* written = std::get_if<Written>(&outbound.outcome);
        if (words.take_if("room")) {
            outbound.room = words.take_length("the length of a buffer", longest_buffer);
        } else if (words.take_if("reserved")) {
            outbound.reserved = static_cast<std::uint16_t>(words.take_number("a length", max_u16));
        } else if (written != nullptr && words.take_if("more")) {
            written->more = true;
        } else if (written != nullptr && words.take_if("because")) {
            written->cause = take_cause(words);
        } else {
            words.finish();
        }
    }

    [[nodiscard]] Command parse_plain(Words& words, std::string_view verb) const {
        if (verb == "send") {
            return Send{words.take_number("a number of bytes", max_u64)};
        }
        if (verb == "source") {
            return parse_source(words);
        }
        if (verb == "only") {
            return parse_only(words);
        }
        if (verb == "close") {
            return Close{words.done() ? 0U
                                      : static_cast<std::uint32_t>(words.take_number("a number of bytes", max_u32))};
        }
        if (verb == "reset") {
            return Reset{};
        }
        if (verb == "advance") {
            return Advance{static_cast<std::uint32_t>(words.take_number("a number of bytes", max_u32))};
        }
        if (verb == "expect") {
            return parse_expect(words);
        }
        words.fail(fmt::format("unknown event '{}'", verb));
    }

    // `source none`, `source fails`, `source works` or `source FIRST LENGTH`.
    [[nodiscard]] Command parse_source(Words& words) const {
        if (words.take_if("none")) {
            return Lend{std::nullopt};
        }
        if (words.take_if("fails")) {
            return Reading{true};
        }
        if (words.take_if("works")) {
            return Reading{false};
        }
        const auto first = parse_sequence_number(words, words.take("a sequence number"), numbering_.host);
        return Lend{Run{first - numbering_.host, words.take_number("a length", max_u64)}};
    }

    [[nodiscard]] static Command parse_only(Words& words) {
        const auto kind = words.take("a kind of source");
        if (kind == "bytes") {
            return Only{SourceKind::bytes};
        }
        if (kind == "iovec") {
            return Only{SourceKind::iovec};
        }
        if (kind == "callback") {
            return Only{SourceKind::callback};
        }
        words.fail(fmt::format("unknown kind of source '{}'", kind));
    }

    [[nodiscard]] static Command parse_expect(Words& words) {
        Expect expect;
        do {
            const auto [name, value] = take_assignment(words);
            check_observer_value(words, name, value);
            expect.values.emplace_back(name, value);
        } while (!words.done());
        return expect;
    }

    std::vector<Line> lines_;
    std::vector<Step> steps_;
    Numbering numbering_;
    const Line* line_ = nullptr;
    Moment moment_;
};

}  // namespace

std::vector<Step> parse(std::string_view script) {
    return Parser(script).parse();
}

}  // namespace script
