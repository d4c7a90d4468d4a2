// SPDX-License-Identifier: Apache-2.0
#include "script/observers.hpp"

#include "script/failure.hpp"
#include "script/vocabulary.hpp"

#include <fmt/format.h>

#include <limits>

namespace script {
namespace {

constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();

// How the value of an observer is written.
enum class Form { yes_no, number, state, next, rst };

struct Observer {
    std::string_view name;
    Form form;
    std::string (*text)(const Observers&, const Origin&);
};

[[nodiscard]] std::string yes_no(bool value) {
    return value ? "1" : "0";
}

[[nodiscard]] std::string host_number(std::uint32_t number, const Origin& origin) {
    return relative_text(number, origin.numbering.host);
}

[[nodiscard]] std::string guest_number(std::uint32_t number, const Origin& origin) {
    return relative_text(number, origin.numbering.guest);
}

[[nodiscard]] std::string next_text(const Observers& o, const Origin& origin) {
    switch (o.next) {
        case DUMBO_NEXT_SEGMENT_NOTHING:
            return o.deadline == never ? "nothing" : "nothing, but with a deadline";
        case DUMBO_NEXT_SEGMENT_AVAILABLE:
            return o.deadline == 0 ? "available" : "available, but with a deadline";
        case DUMBO_NEXT_SEGMENT_TIMEOUT:
            return o.deadline == never ? "timeout@max" : fmt::format("timeout@{}", o.deadline - origin.epoch);
        default:
            return fmt::format("unknown status {}", o.next);
    }
}

[[nodiscard]] std::string rst_text(const Observers& o, const Origin& origin) {
    if (o.rst_flags == DUMBO_TCP_RST && o.rst_ack == 0) {
        return fmt::format("seq:{}", host_number(o.rst_seq, origin));
    }
    if (o.rst_flags == (DUMBO_TCP_RST | DUMBO_TCP_ACK) && o.rst_seq == 0) {
        return fmt::format("ack:{}", guest_number(o.rst_ack, origin));
    }
    return fmt::format("flags {:#x} seq @{} ack @{}", o.rst_flags, o.rst_seq, o.rst_ack);
}

constexpr Observer observer_table[] = {
    {"est", Form::yes_no, [](const Observers& o, const Origin&) { return yes_no(o.established); }},
    {"fin", Form::yes_no, [](const Observers& o, const Origin&) { return yes_no(o.fin_received); }},
    {"fin_acked", Form::yes_no, [](const Observers& o, const Origin&) { return yes_no(o.fin_acknowledged); }},
    {"done", Form::yes_no, [](const Observers& o, const Origin&) { return yes_no(o.done); }},
    {"reset", Form::yes_no, [](const Observers& o, const Origin&) { return yes_no(o.reset); }},
    {"dup", Form::yes_no, [](const Observers& o, const Origin&) { return yes_no(o.dup_ack_pending); }},
    {"state", Form::state, [](const Observers& o, const Origin&) { return state_name(o.state); }},
    {"snd_una", Form::number, [](const Observers& o, const Origin& at) { return host_number(o.snd_una, at); }},
    {"snd_nxt", Form::number, [](const Observers& o, const Origin& at) { return host_number(o.snd_nxt, at); }},
    {"edge", Form::number, [](const Observers& o, const Origin& at) { return host_number(o.edge, at); }},
    {"rcv_nxt", Form::number, [](const Observers& o, const Origin& at) { return guest_number(o.rcv_nxt, at); }},
    {"rwnd", Form::number, [](const Observers& o, const Origin&) { return fmt::to_string(o.rwnd); }},
    {"mss", Form::number, [](const Observers& o, const Origin&) { return fmt::to_string(o.mss); }},
    {"next", Form::next, next_text},
    {"rst", Form::rst, rst_text},
};

[[nodiscard]] const Observer* find(std::string_view name) {
    for (const auto& observer : observer_table) {
        if (observer.name == name) {
            return &observer;
        }
    }
    return nullptr;
}

[[nodiscard]] bool is_number(std::string_view text) {
    const auto digits = text.substr(text.substr(0, 1) == "-" ? 1 : 0);
    return !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
}

[[nodiscard]] bool is_next(std::string_view text) {
    constexpr std::string_view prefix = "timeout@";
    if (text.substr(0, prefix.size()) == prefix) {
        return text.substr(prefix.size()) == "max" || is_number(text.substr(prefix.size()));
    }
    return text == "nothing" || text == "available";
}

[[nodiscard]] bool is_rst(std::string_view text) {
    return (text.substr(0, 4) == "seq:" || text.substr(0, 4) == "ack:") && is_number(text.substr(4));
}

[[nodiscard]] bool has_form(std::string_view text, Form form) {
    switch (form) {
        case Form::yes_no:
            return text == "0" || text == "1";
        case Form::number:
            return is_number(text);
        case Form::state:
            return state_named(text).has_value();
        case Form::next:
            return is_next(text);
        case Form::rst:
            return is_rst(text);
    }
    return false;
}

// The state that the yes-or-no observers tell. They cannot tell ESTABLISHED from FIN-WAIT-1.
[[nodiscard]] std::uint32_t state_told(const Observers& o) {
    if (o.reset) {
        return DUMBO_STATE_CLOSED;
    }
    if (!o.established) {
        return DUMBO_STATE_SYN_RECEIVED;
    }
    if (o.fin_received) {
        // A connection that lingers is not done yet when its FIN is out.
        const bool fin_is_out = o.done || o.state == DUMBO_STATE_LAST_ACK;
        return o.fin_acknowledged ? DUMBO_STATE_CLOSED : fin_is_out ? DUMBO_STATE_LAST_ACK : DUMBO_STATE_CLOSE_WAIT;
    }
    if (o.fin_acknowledged) {
        return DUMBO_STATE_FIN_WAIT_2;
    }
    return o.state == DUMBO_STATE_FIN_WAIT_1 ? DUMBO_STATE_FIN_WAIT_1 : DUMBO_STATE_ESTABLISHED;
}

}  // namespace

Observers observe(const dumbo_connection* connection) {
    Observers o;
    o.established = dumbo_connection_is_established(connection);
    o.fin_received = dumbo_connection_fin_received(connection);
    o.fin_acknowledged = dumbo_connection_fin_acknowledged(connection);
    o.done = dumbo_connection_is_done(connection);
    o.reset = dumbo_connection_is_reset(connection);
    o.dup_ack_pending = dumbo_connection_dup_ack_pending(connection);
    o.state = dumbo_connection_state(connection);
    o.snd_una = dumbo_connection_highest_ack_received(connection);
    o.snd_nxt = dumbo_connection_first_not_sent(connection);
    o.edge = dumbo_connection_remote_rwnd_edge(connection);
    o.rcv_nxt = dumbo_connection_next_expected(connection);
    o.rwnd = dumbo_connection_local_rwnd(connection);
    o.mss = dumbo_connection_mss(connection);
    o.next = dumbo_connection_control_segment_or_timeout_status(connection, &o.deadline);
    dumbo_rst_config rst{};
    rst.struct_size = sizeof rst;
    if (dumbo_connection_make_rst_config(connection, &rst) != DUMBO_OK) {
        throw Mismatch("a RST configuration", "an error");
    }
    o.rst_flags = rst.flags;
    o.rst_seq = rst.seq;
    o.rst_ack = rst.ack;
    return o;
}

std::optional<std::string> observer_text(std::string_view name, const Observers& observers, const Origin& origin) {
    const auto* observer = find(name);
    return observer != nullptr ? std::optional(observer->text(observers, origin)) : std::nullopt;
}

void check_observer_value(const Words& words, std::string_view name, std::string_view value) {
    const auto* observer = find(name);
    if (observer == nullptr) {
        words.fail(fmt::format("there is no observer '{}'", name));
    }
    if (!has_form(value, observer->form)) {
        words.fail(fmt::format("'{}' cannot be '{}'", name, value));
    }
}

std::string differences(const Observers& these, const Observers& those, const Origin& origin) {
    std::string text;
    for (const auto& observer : observer_table) {
        const auto value = observer.text(these, origin);
        if (value != observer.text(those, origin)) {
            text += fmt::format("{}{}={}", text.empty() ? "" : " ", observer.name, value);
        }
    }
    return text;
}

void require_consistent(const Observers& o) {
    if (o.state != state_told(o)) {
        throw Mismatch(fmt::format("a state of {}, as the other observers tell it", state_name(state_told(o))),
                       state_name(o.state));
    }
    if (o.reset && !(o.done && o.next == DUMBO_NEXT_SEGMENT_NOTHING)) {
        throw Mismatch("a reset connection that is done and has nothing more to say", "one that goes on");
    }
}

}  // namespace script
